// Command vuln reads what govulncheck says in JSON on standard input and prints
// the vulnerabilities that the scanned code reaches, a line each. It exits with 1
// if one of them has a fix in a module that go.mod can name: that is for the
// project to take. Those of the standard library go with the Go release that
// builds, and those without a fix can only be known.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// message is the part of govulncheck's messages that matters here.
type message struct {
	Config *struct {
		GoVersion string `json:"go_version"`
	} `json:"config"`
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV          string  `json:"osv"`
		FixedVersion string  `json:"fixed_version"`
		Trace        []frame `json:"trace"`
	} `json:"finding"`
}

// frame is a step of the way to a vulnerability, its own place first. A function
// is named only where calls were followed and reach it.
type frame struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Package  string `json:"package"`
	Function string `json:"function"`
}

// reached is a vulnerability that the code can come to.
type reached struct {
	id, summary string
	at          frame
	fixed       string
	from        frame
}

// report is what was found, in the order of the identifiers.
type report struct {
	goVersion        string
	ours, goes, open []reached
}

func main() {
	r, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vuln: standard input is not what govulncheck -format json prints:", err)
		os.Exit(2)
	}
	r.write(os.Stdout)
	if len(r.ours) > 0 {
		os.Exit(1)
	}
}

func read(in io.Reader) (*report, error) {
	r := &report{}
	summaries, found := map[string]string{}, map[string]reached{}
	dec := json.NewDecoder(in)
	for {
		var m message
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		switch {
		case m.Config != nil:
			r.goVersion = m.Config.GoVersion
		case m.OSV != nil:
			summaries[m.OSV.ID] = m.OSV.Summary
		case m.Finding != nil && len(m.Finding.Trace) > 0 && m.Finding.Trace[0].Function != "":
			f := m.Finding
			found[f.OSV] = reached{id: f.OSV, at: f.Trace[0], fixed: f.FixedVersion, from: f.Trace[len(f.Trace)-1]}
		}
	}
	if r.goVersion == "" {
		return nil, errors.New("it has no configuration message")
	}
	for id, v := range found {
		v.summary = summaries[id]
		switch {
		case v.fixed == "":
			r.open = append(r.open, v)
		case v.at.Module == "stdlib":
			r.goes = append(r.goes, v)
		default:
			r.ours = append(r.ours, v)
		}
	}
	for _, list := range [][]reached{r.ours, r.goes, r.open} {
		slices.SortFunc(list, func(a, b reached) int {
			if a.id < b.id {
				return -1
			}
			return 1
		})
	}
	return r, nil
}

func (r *report) write(out io.Writer) {
	for _, part := range []struct {
		title string
		list  []reached
	}{
		{"reached, and a release mends it", r.ours},
		{"reached in the standard library of " + r.goVersion + ", mended in a newer Go release", r.goes},
		{"reached, and no release mends it yet", r.open},
	} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s:\n", part.title)
		for _, v := range part.list {
			fixed := ""
			if v.fixed != "" {
				fixed = ", mended in " + v.fixed
			}
			fmt.Fprintf(out, "  %s %s (%s %s%s), from %s\n", v.id, v.summary, v.at.Package, v.at.Version, fixed, v.from.Package)
		}
	}
	fmt.Fprintf(out, "known vulnerabilities: %d reached that a release mends, %d of the Go release, %d without a mend\n",
		len(r.ours), len(r.goes), len(r.open))
}
