project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "pack" {
      builder            = "heroku/builder:24"
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
    use "aws-ecs" {
      region       = "eu-west-1"
      memory       = 512
      service_port = 3000
      subnets      = ["subnet-0a1", "subnet-0b2"]
    }
  }
}
