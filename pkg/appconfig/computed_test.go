package appconfig_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

func TestComputedEnv(t *testing.T) {
	f, err := appconfig.Parse([]byte(`project = "shop"

variable "tag" {
  default = "v1"
}

config {
  env = {
    TAG    = var.tag
    PLAIN  = "1"
    LATER  = var.tag
    VAULT  = dynamic("vault", { path = "db" })
    JOINED = "${config.env.PLAIN}-x"
  }
}

app "web" {
  config {
    env = {
      LATER = "plain now"
      NAME  = "${app.name}-${var.tag}"
    }
  }
  build {
    use "docker" {
    }
  }
  deploy {
    use "docker" {
      static_environment = { OWN = "1" }
    }
  }
}
`), appconfig.FileName)
	if err != nil {
		t.Fatal(err)
	}
	delivered, left := f.ComputedEnv("web")
	if fmt.Sprint(delivered) != "[NAME TAG]" || fmt.Sprint(left) != "[JOINED VAULT]" {
		t.Errorf("delivered %v, left out %v", delivered, left)
	}
	out, err := f.DeliverConfig("web")
	if err != nil {
		t.Fatal(err)
	}
	want := `static_environment = merge({ OWN = "1" }, merge({ "NAME" = "${app.name}-${var.tag}", "TAG" = var.tag }, var.pilot_config_web))`
	if !strings.Contains(squeezed(string(out.Bytes())), want) {
		t.Errorf("got\n%s\nwant in it %s", out.Bytes(), want)
	}
	if err := out.Validate(); err != nil {
		t.Error(err)
	}
}
