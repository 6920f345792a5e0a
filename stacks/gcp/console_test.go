package gcp

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// computeEngine answers for one machine as Compute Engine does, in its own
// types: to who looks for it by id, and to who reads its serial port.
type computeEngine struct {
	serial  string
	refuses bool
}

func (e *computeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const at = "/projects/acme-prod-123"
	var v any
	switch {
	case e.refuses:
		w.WriteHeader(http.StatusForbidden)
		v = map[string]any{"error": &googleapi.Error{Code: http.StatusForbidden, Message: "Required 'compute.instances.getSerialPortOutput' permission"}}
	case r.Method == http.MethodGet && r.URL.Path == at+"/aggregated/instances":
		list := &compute.InstanceAggregatedList{Items: map[string]compute.InstancesScopedList{"zones/europe-west1-b": {}}}
		if r.FormValue("filter") == "id=4711" {
			list.Items["zones/europe-west1-c"] = compute.InstancesScopedList{Instances: []*compute.Instance{{
				Id: 4711, Name: "acme-prod", Zone: "https://www.googleapis.com/compute/v1" + at + "/zones/europe-west1-c",
			}}}
		}
		v = list
	case r.Method == http.MethodGet && r.URL.Path == at+"/zones/europe-west1-c/instances/acme-prod/serialPort" && r.FormValue("port") == "1":
		v = &compute.SerialPortOutput{Contents: e.serial}
	default:
		w.WriteHeader(http.StatusNotFound)
		v = map[string]any{"error": &googleapi.Error{Code: http.StatusNotFound, Message: r.URL.String()}}
	}
	_ = json.NewEncoder(w).Encode(v)
}

func TestBoot(t *testing.T) {
	const booting = "SeaBIOS\r\nPILOT-BOOT step=boot state=running\r\n"
	for _, c := range []struct {
		name, machine string
		engine        computeEngine
		boot          provider.Boot
		wrong         string
	}{
		{"a machine that is silent", "4711", computeEngine{serial: "SeaBIOS\r\n"}, provider.Boot{}, ""},
		{"booting", "4711", computeEngine{serial: booting}, provider.Boot{Step: "booting"}, ""},
		{"installing", "4711", computeEngine{serial: booting + "PILOT-BOOT step=packages state=running\r\nReading package lists...\r\n"},
			provider.Boot{Step: "installing Docker"}, ""},
		{"fetching", "4711", computeEngine{serial: booting + "PILOT-BOOT step=certificate state=running\r\n"},
			provider.Boot{Step: "fetching the certificate"}, ""},
		{"failed", "4711", computeEngine{serial: booting + "PILOT-BOOT step=packages state=failed detail=\"E: no such package\"\r\nlogin: "},
			provider.Boot{Step: "installing Docker failed: E: no such package", Failed: true}, ""},
		{"a machine that is gone", "4712", computeEngine{serial: booting}, provider.Boot{}, "project acme-prod-123 has none of this id"},
		{"no right to look", "4711", computeEngine{refuses: true}, provider.Boot{}, "compute.instances.getSerialPortOutput"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := open(t, &c.engine).boot(t.Context(), c.machine)
			if got != c.boot || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, c.boot, c.wrong)
			}
		})
	}
}

func open(t *testing.T, e *computeEngine) *console {
	t.Helper()
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	c, err := newConsole(t.Context(), "acme-prod-123", option.WithEndpoint(s.URL), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBootProgress(t *testing.T) {
	c := open(t, &computeEngine{serial: "PILOT-BOOT step=ready state=done detail=\"Docker 28.2.2\"\r\n"})
	got, err := c.progress(t.Context(), "europe-west1-c", "acme-prod")
	if err != nil || !got.Ready() || got.String() != "TLS ready: Docker 28.2.2" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestBootWithoutCredentials only makes those who wait less well informed.
func TestBootWithoutCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "missing.json"))
	p := &Platform{Project: "acme-prod-123"}
	if got, err := p.boot(t.Context(), "4711"); err == nil || got != (provider.Boot{}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := p.BootProgress(t.Context(), auto.OutputMap{outputInstanceName: {Value: "acme-prod"}}); err == nil || got != (cloudinit.Progress{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}
