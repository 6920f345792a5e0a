project = "shop"

app "front" {
  path = "./apps/front"

  build {
    use "pack" {
      builder            = "heroku/builder:24"
      disable_entrypoint = true
    }

    registry {
      use "docker" {
        image = "europe-west1-docker.pkg.dev/acme-prod-1/apps/front"
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
