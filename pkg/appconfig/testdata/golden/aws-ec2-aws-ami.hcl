project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "aws-ami" {
      region = "eu-west-1"
      owners = ["self"]
      name   = "front-*"
    }
  }

  deploy {
    use "aws-ec2" {
      region        = "eu-west-1"
      instance_type = "t3.small"
      service_port  = 3000
      subnet        = "subnet-0a1"
      count {
        desired = 1
        min     = 1
        max     = 2
      }
    }
  }

  release {
    use "aws-alb" {
      subnets = ["subnet-0a1", "subnet-0b2"]
    }
  }
}
