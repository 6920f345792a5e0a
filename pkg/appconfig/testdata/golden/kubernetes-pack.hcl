project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "pack" {
      builder            = "heroku/builder:24"
      disable_entrypoint = true
    }

    registry {
      use "docker" {
        image = "registry.example.com/acme/front"
        tag   = gitrefhash()
      }
    }
  }

  deploy {
    use "kubernetes" {
      service_port = 3000
    }
  }

  release {
    use "kubernetes" {
      load_balancer = true
      port          = 80
    }
  }
}
