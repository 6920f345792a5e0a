project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "pilot-yarn" {
    }
  }

  deploy {
    use "pilot-cloudfront" {
      region = "eu-west-1"
      bucket = "shop-front-123456789012"
    }
  }

  release {
    use "pilot-cloudfront" {
    }
  }
}
