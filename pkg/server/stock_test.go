package server

import "testing"

func TestIsStock(t *testing.T) {
	for reference, want := range map[string]bool{
		StockImage:                                       true,
		"hashicorp/waypoint":                             true,
		"docker.io/hashicorp/waypoint:latest":            true,
		"mirror.example.com:5000/hashicorp/waypoint:1":   true,
		"hashicorp/waypoint@sha256:0123":                 true,
		"pilot-server:0123":                              false,
		"example.com/hashicorp/waypoint-odr:0.11.4":      false,
		"example.com/nothashicorp/waypoint:0.11.4":       false,
		"mirror.example.com:5000/acme/pilot-server:1.2.": false,
	} {
		if got := IsStock(reference); got != want {
			t.Errorf("%s: %v, want %v", reference, got, want)
		}
	}
}
