project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "pilot-yarn" {
    }
  }

  deploy {
    use "pilot-cloud-cdn" {
      project = "acme-prod-1"
      region  = "europe-west1"
      bucket  = "shop-front-acme-prod-1"
    }
  }

  release {
    use "pilot-cloud-cdn" {
      domain = "www.example.com"
    }
  }
}
