package main

import (
	"strings"
	"testing"
)

const scan = `{"config":{"go_version":"go1.26.8"}}
{"osv":{"id":"GO-1","summary":"Reads too far"}}
{"osv":{"id":"GO-2","summary":"Answers twice"}}
{"osv":{"id":"GO-3","summary":"Never mended"}}
{"osv":{"id":"GO-4","summary":"Only required"}}
{"finding":{"osv":"GO-1","fixed_version":"v1.2.0","trace":[{"module":"example.com/a","version":"v1.1.0","package":"example.com/a"}]}}
{"finding":{"osv":"GO-1","fixed_version":"v1.2.0","trace":[{"module":"example.com/a","version":"v1.1.0","package":"example.com/a","function":"Read"},{"module":"m","package":"m/cmd"}]}}
{"finding":{"osv":"GO-2","fixed_version":"v1.26.9","trace":[{"module":"stdlib","version":"v1.26.8","package":"net/http","function":"Get"},{"package":"m/cmd"}]}}
{"finding":{"osv":"GO-3","trace":[{"module":"example.com/b","version":"v2.0.0","package":"example.com/b","function":"Do"},{"package":"m/cmd"}]}}
{"finding":{"osv":"GO-4","fixed_version":"v9.0.0","trace":[{"module":"example.com/c","version":"v1.0.0","package":"example.com/c"}]}}
`

func TestOnlyWhatIsReachedAndMendedIsOurs(t *testing.T) {
	r, err := read(strings.NewReader(scan))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	r.write(&out)
	want := `reached, and a release mends it:
  GO-1 Reads too far (example.com/a v1.1.0, mended in v1.2.0), from m/cmd
reached in the standard library of go1.26.8, mended in a newer Go release:
  GO-2 Answers twice (net/http v1.26.8, mended in v1.26.9), from m/cmd
reached, and no release mends it yet:
  GO-3 Never mended (example.com/b v2.0.0), from m/cmd
known vulnerabilities: 1 reached that a release mends, 1 of the Go release, 1 without a mend
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
	if len(r.ours) != 1 {
		t.Errorf("%d for the project to mend, want 1", len(r.ours))
	}
}

func TestWhatIsNoScanIsRefused(t *testing.T) {
	for _, text := range []string{"", "no json", "{}"} {
		if _, err := read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken for a scan", text)
		}
	}
}
