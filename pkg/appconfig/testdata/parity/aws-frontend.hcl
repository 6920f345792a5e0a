project = "shop"

app "frontend" {
  build {
    use "pilot-yarn" {
      directory = "./client"
    }
  }

  deploy {
    use "pilot-cloudfront" {
      region    = "us-east-1"
      bucket    = "acme-frontend"
      directory = "./client/build/"
    }
  }

  release {
    use "pilot-cloudfront" {
    }
  }
}
