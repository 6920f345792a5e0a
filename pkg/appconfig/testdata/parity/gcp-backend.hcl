project = "shop"

app "backend" {
  path = "./server"

  build {
    use "pack" {
    }

    registry {
      use "docker" {
        image = "gcr.io/acme-prod/backend"
        tag   = "latest"
      }
    }
  }

  deploy {
    use "google-cloud-run" {
      project  = "acme-prod"
      location = "us-east1"
      port     = 5000
      capacity {
        memory                     = 128
        cpu_count                  = 1
        max_requests_per_container = 10
        request_timeout            = 300
      }
      auto_scaling {
        max = 2
      }
      vpc_access {
        connector = "pilot-vpc-connector"
        egress    = "all"
      }
    }
  }

  release {
    use "google-cloud-run" {
    }
  }
}
