project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "docker" {
      disable_entrypoint = true
    }

    registry {
      use "docker" {
        image = "pilot.local/shop/front"
        tag   = gitrefhash()
        local = true
      }
    }
  }

  deploy {
    use "docker" {
      service_port = 3000
    }
  }
}
