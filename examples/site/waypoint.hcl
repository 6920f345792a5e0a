project = "site"

variable "node_image" {
  type        = string
  default     = "pilot-node:18"
  description = "image to build with; node:22 where an image registry can be reached"
}

variable "region" {
  type        = string
  default     = "eu-west-1"
  description = "AWS region of the bucket"
}

variable "bucket" {
  type        = string
  description = "name of the S3 bucket, unique in the world; made when missing"
}

variable "endpoint" {
  type        = string
  default     = ""
  description = "API to use instead of Amazon's, such as an emulator's"
}

app "web" {
  build {
    use "pilot-yarn" {
      image = var.node_image
      env = {
        GREETING = "Built with yarn, in a container."
      }
    }
  }

  deploy {
    use "pilot-cloudfront" {
      region   = var.region
      bucket   = var.bucket
      endpoint = var.endpoint
    }
  }

  release {
    use "pilot-cloudfront" {
      spa = true
    }
  }
}
