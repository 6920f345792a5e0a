project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "docker" {
      disable_entrypoint = true
    }
  }

  deploy {
    use "docker" {
      service_port = 3000
    }
  }
}
