project = "hello"

variable "go_image" {
  type        = string
  default     = "pilot-go:1.26"
  description = "image to build with; golang:1.26 where an image registry can be reached"
}

app "web" {
  build {
    use "docker" {
      build_args = {
        GO_IMAGE = var.go_image
      }
      disable_entrypoint = true
    }

    registry {
      use "docker" {
        image = "pilot.local/hello/web"
        tag   = gitrefhash()
        local = true
      }
    }
  }

  deploy {
    use "docker" {
      service_port = 8080
    }
  }
}
