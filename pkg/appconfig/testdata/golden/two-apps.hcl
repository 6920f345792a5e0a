project = "shop"

app "api" {
  path = "./services/api"

  build {
    use "docker" {
      disable_entrypoint = true
    }

    registry {
      use "aws-ecr" {
        region     = "eu-west-1"
        repository = "shop/api"
        tag        = gitrefhash()
      }
    }
  }

  deploy {
    use "aws-ecs" {
      region       = "eu-west-1"
      memory       = 512
      service_port = 8080
      subnets      = ["subnet-0a1", "subnet-0b2"]
    }
  }
}

app "web" {
  path = "./web"

  build {
    use "docker" {
      disable_entrypoint = true
    }

    registry {
      use "docker" {
        image = "europe-west1-docker.pkg.dev/acme-prod-1/apps/web"
        tag   = gitrefhash()
      }
    }
  }

  deploy {
    use "google-cloud-run" {
      project  = "acme-prod-1"
      location = "europe-west1"
      port     = 3000
      capacity {
        memory                     = 512
        cpu_count                  = 1
        max_requests_per_container = 80
        request_timeout            = 300
      }
      auto_scaling {
        max = 2
      }
      vpc_access {
        connector = "pilot-vpc"
        egress    = "private-ranges-only"
      }
    }
  }

  release {
    use "google-cloud-run" {
    }
  }
}

variable "tag" {
  type        = string
  default     = "v1"
  description = "what to run"
  env         = ["TAG"]
}

config {
  env = {
    "LOG_LEVEL" = "info"
    "QUOTED"    = "say \"$${hi}\""
    "TAG"       = var.tag
  }
}
