project = "shop"

app "backend" {
  path = "./server"

  build {
    use "pack" {
    }

    registry {
      use "aws-ecr" {
        region     = "us-east-1"
        repository = "backend"
        tag        = "latest"
      }
    }
  }

  deploy {
    use "aws-ecs" {
      region  = "us-east-1"
      memory  = 512
      subnets = ["subnet-1", "subnet-2"]
    }
  }
}
