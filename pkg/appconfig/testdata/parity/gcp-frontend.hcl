project = "shop"

app "frontend" {
  build {
    use "pilot-yarn" {
      directory = "./client"
    }
  }

  deploy {
    use "pilot-cloud-cdn" {
      project   = "acme-prod"
      region    = "us-east1"
      bucket    = "acme-frontend"
      directory = "./client/build"
    }
  }

  release {
    use "pilot-cloud-cdn" {
      domain = "shop.example.com"
    }
  }
}
