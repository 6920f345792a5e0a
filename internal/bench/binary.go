package main

import (
	"bufio"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// binary tells the size of the stripped command, and what its code is.
func binary(b *bench) ([]result, error) {
	info, err := os.Stat(b.pilot)
	if err != nil {
		return nil, err
	}
	parts, err := b.contents()
	if err != nil {
		return nil, err
	}
	return []result{{
		name: "binary", title: "size of bin/pilot, stripped", unit: "MB", goal: 130,
		mem: float64(info.Size()) / 1e6, judged: "mem", runs: 1, notes: parts,
	}}, nil
}

// groups are what the parts of the binary are told as, by the beginning of a
// symbol's package path. The first that fits counts.
var groups = []struct{ prefix, name string }{
	{"github.com/pilot-framework/", "Pilot"},
	{"github.com/pulumi/pulumi-aws/", "Pulumi's AWS SDK"},
	{"github.com/pulumi/pulumi-gcp/", "Pulumi's GCP SDK"},
	{"github.com/pulumi/", "Pulumi's engine and SDK"},
	{"github.com/hashicorp/waypoint", "Waypoint's API"},
	{"github.com/aws/", "AWS client (state on S3, keys in KMS)"},
	{"cloud.google.com/", "Google client (state on GCS, keys in KMS)"},
	{"google.golang.org/api", "Google client (state on GCS, keys in KMS)"},
	{"github.com/Azure/", "Azure client (state, keys)"},
	{"github.com/AzureAD/", "Azure client (state, keys)"},
	{"google.golang.org/", "gRPC and protobuf"},
	{"github.com/envoyproxy/", "gRPC and protobuf"},
	{"github.com/cncf/", "gRPC and protobuf"},
	{"github.com/alecthomas/chroma", "syntax colours of the raw command line"},
	{"github.com/ccojocar/", "password lists of the raw command line"},
	{"github.com/go-git/", "git"},
	{"github.com/docker/", "Docker client"},
	{"github.com/", "other libraries"},
	{"go.", "other libraries"},
	{"golang.org/", "other libraries"},
	{"gopkg.in/", "other libraries"},
}

// contents says what the file consists of, and how the code is shared out. The
// tables for stack traces belong to no package; they grow with the code.
func (b *bench) contents() ([]string, error) {
	file := filepath.Join(b.dir, "with-symbols")
	build := exec.Command("go", "build", "-o", file, "./cmd/pilot")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build with symbols, which has to start at the top of the checkout: %w", err)
	}
	defer os.Remove(file)
	parts, err := sections(file)
	if err != nil {
		return nil, err
	}
	symbols, err := exec.Command("go", "tool", "nm", "-size", file).Output()
	if err != nil {
		return nil, fmt.Errorf("list symbols: %w", err)
	}
	sizes := map[string]int64{}
	var all int64
	lines := bufio.NewScanner(bytes.NewReader(symbols))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		// address, size, kind, name; t is code.
		if len(fields) < 4 || !strings.EqualFold(fields[2], "t") {
			continue
		}
		size, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		sizes[groupOf(strings.Join(fields[3:], " "))] += size
		all += size
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(sizes))
	for name := range sizes {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return sizes[names[i]] > sizes[names[j]] })
	parts = append(parts, "of the code:")
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("  %s: %.1f MB, %.0f %%", name, float64(sizes[name])/1e6, 100*float64(sizes[name])/float64(all)))
	}
	return parts, nil
}

// sections are the large parts of a binary that stay when it is stripped, on
// systems whose binaries are ELF.
func sections(file string) ([]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		var format *elf.FormatError
		if errors.As(err, &format) {
			return nil, nil
		}
		return nil, fmt.Errorf("read the binary's sections: %w", err)
	}
	defer f.Close()
	named := map[string]string{
		".text": "code", ".gopclntab": "tables for garbage collection and stack traces",
		".rodata": "constants and types", ".noptrdata": "data", ".data": "data",
	}
	sizes := map[string]uint64{}
	for _, s := range f.Sections {
		if name := named[s.Name]; name != "" && s.Type != elf.SHT_NOBITS {
			sizes[name] += s.FileSize
		}
	}
	parts := make([]string, 0, len(sizes))
	for name, size := range sizes {
		parts = append(parts, fmt.Sprintf("%s: %.1f MB", name, float64(size)/1e6))
	}
	sort.Slice(parts, func(i, j int) bool {
		return sizes[strings.Split(parts[i], ":")[0]] > sizes[strings.Split(parts[j], ":")[0]]
	})
	return parts, nil
}

func groupOf(symbol string) string {
	symbol = strings.TrimPrefix(symbol, "go:itab.")
	symbol = strings.TrimLeft(strings.TrimPrefix(symbol, "type:"), ".*")
	symbol = strings.TrimPrefix(strings.TrimPrefix(symbol, "eq."), "hash.")
	for _, g := range groups {
		if strings.HasPrefix(symbol, g.prefix) {
			return g.name
		}
	}
	return "Go's runtime and standard library"
}
