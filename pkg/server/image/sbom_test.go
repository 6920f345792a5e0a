package image_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/image"
)

// TestSBOM reads the bill of materials of the image that is really run.
func TestSBOM(t *testing.T) {
	img, err := image.Server(image.Options{BinDir: "../../../bin"})
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := img.WriteSBOM(out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two bills of one image differ")
	}
	var bom struct {
		SerialNumber string
		Components   []struct {
			Ref           string `json:"bom-ref"`
			Name, Version string
		}
		Dependencies []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal(first.Bytes(), &bom); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, c := range bom.Components {
		if _, twice := have[c.Ref]; twice {
			t.Errorf("%s is listed twice", c.Ref)
		}
		have[c.Ref] = c.Version
	}
	for _, want := range []string{"/usr/bin/waypoint", "/usr/bin/pilot-agent", "pkg:golang/github.com/hashicorp/waypoint@v0.11.4"} {
		if _, ok := have[want]; !ok {
			t.Errorf("%s is missing", want)
		}
	}
	for _, d := range bom.Dependencies {
		for _, on := range d.DependsOn {
			if _, ok := have[on]; !ok {
				t.Errorf("%s depends on %s, which is not listed", d.Ref, on)
			}
		}
	}
	if !strings.HasPrefix(bom.SerialNumber, "urn:uuid:") || len(have) < 100 {
		t.Errorf("serial number %q, %d components", bom.SerialNumber, len(have))
	}
}
