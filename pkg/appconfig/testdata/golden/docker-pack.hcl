project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "pack" {
      builder            = "heroku/builder:24"
      disable_entrypoint = true
    }
  }

  deploy {
    use "docker" {
      service_port = 3000
    }
  }
}
