project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "docker" {
      disable_entrypoint = true
    }

    registry {
      use "aws-ecr" {
        region     = "eu-west-1"
        repository = "shop/front"
        tag        = gitrefhash()
      }
    }
  }

  deploy {
    use "aws-lambda" {
      region  = "eu-west-1"
      memory  = 512
      timeout = 60
    }
  }

  release {
    use "lambda-function-url" {
      auth_type = "NONE"
    }
  }
}
