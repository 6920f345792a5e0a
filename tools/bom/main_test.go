package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// TestThisTest writes the bill of this very test binary.
func TestThisTest(t *testing.T) {
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := write(&out, file, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Format != "CycloneDX" || len(got.Metadata.Component.Hashes) != 1 || len(got.Metadata.Component.Hashes[0].Content) != 64 ||
		got.Metadata.Component.Version != "v1.2.3" {
		t.Errorf("got %+v", got)
	}
	if len(got.Components) == 0 || got.Components[0].PURL == "" {
		t.Errorf("components: %+v", got.Components)
	}
	if err := write(&out, "main.go", ""); err == nil {
		t.Error("a source file is taken for a binary")
	}
}
