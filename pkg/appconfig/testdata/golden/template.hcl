# One project holds any number of apps. Each is built, deployed and released on
# its own: pilot up shop/web.
project = "shop"

# An input of this file, used as var.replicas. A runner's environment variable
# named in env may set it.
# variable "replicas" {
#   type    = number
#   default = 1
#   env     = ["REPLICAS"]
# }

# What every app of the project finds in its environment. A secret does not
# belong here: pilot config set --secret keeps it on the server.
# config {
#   env = {
#     LOG_LEVEL = "info"
#   }
# }

app "web" {
  # The app's folder, when it is not the folder of this file.
  # path = "./services/web"

  build {
    # Builds ./Dockerfile. Others: "pack" finds out the language by itself,
    # "pilot-yarn" builds a static site from package.json.
    use "docker" {
      # dockerfile = "Dockerfile"
      # build_args = { VERSION = "1.0" }
      disable_entrypoint = true
    }

    # Where the image is stored: in the Docker that builds and runs it, under a tag of
    # its own, so that a rollback finds the image that it deployed. Another registry
    # takes this one's place.
    registry {
      use "docker" {
        image = "pilot.local/shop/web"
        tag   = gitrefhash()
        local = true
      }
    }
    # registry {
    #   use "aws-ecr" {
    #     region     = "eu-west-1"
    #     repository = "shop/web"
    #     tag        = gitrefhash()
    #   }
    # }
    # registry {
    #   use "docker" {
    #     image = "europe-west1-docker.pkg.dev/my-project/apps/web"
    #     tag   = gitrefhash()
    #   }
    # }
  }

  deploy {
    # Others: "aws-ecs", "aws-ec2", "aws-lambda", "pilot-cloudfront",
    # "google-cloud-run", "pilot-cloud-cdn", "kubernetes".
    use "docker" {
      # The port that the app listens on. It is told it as PORT.
      service_port = 3000
      # static_environment = { MODE = "production" }
    }
    # use "aws-ecs" {
    #   region       = "eu-west-1"
    #   memory       = 512 # MiB
    #   service_port = 3000
    #   subnets      = ["subnet-..."]
    # }
  }

  # Makes a deployment public, where the target does not do it by itself.
  # release {
  #   use "google-cloud-run" {}
  # }
}
