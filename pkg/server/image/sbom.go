package image

import (
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"sort"
	"strings"
)

// The parts of a CycloneDX 1.5 bill of materials that are used here.
type (
	bom struct {
		Format       string       `json:"bomFormat"`
		SpecVersion  string       `json:"specVersion"`
		SerialNumber string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     bomMetadata  `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	bomMetadata struct {
		Component component `json:"component"`
	}
	component struct {
		Ref     string    `json:"bom-ref"`
		Type    string    `json:"type"`
		Name    string    `json:"name"`
		Version string    `json:"version,omitempty"`
		PURL    string    `json:"purl,omitempty"`
		Hashes  []bomHash `json:"hashes,omitempty"`
	}
	bomHash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// WriteSBOM writes what is in the image as a CycloneDX 1.5 bill of materials:
// each binary, the Go it was built with, and every module in it at its version,
// as the binaries themselves record them. The same image gives the same bytes.
func (i *Image) WriteSBOM(w io.Writer) error {
	root := component{
		Ref: i.Reference(), Type: "container", Name: i.name, Version: strings.TrimPrefix(i.Reference(), i.name+":"),
		Hashes: []bomHash{{"SHA-256", strings.TrimPrefix(i.digest, "sha256:")}},
	}
	doc := bom{Format: "CycloneDX", SpecVersion: "1.5", SerialNumber: serial(i.digest), Version: 1, Metadata: bomMetadata{root}}
	seen := map[string]bool{}
	top := dependency{Ref: root.Ref, DependsOn: []string{}}
	for _, l := range i.layers {
		for _, e := range l.entries {
			if e.path == "" {
				continue
			}
			file, modules, err := describe(e)
			if err != nil {
				return fmt.Errorf("bill of materials of %s: %w", i.name, err)
			}
			top.DependsOn = append(top.DependsOn, file.Ref)
			own := dependency{Ref: file.Ref, DependsOn: []string{}}
			doc.Components = append(doc.Components, file)
			for _, m := range modules {
				own.DependsOn = append(own.DependsOn, m.Ref)
				if !seen[m.Ref] {
					seen[m.Ref] = true
					doc.Components = append(doc.Components, m)
				}
			}
			doc.Dependencies = append(doc.Dependencies, own)
		}
	}
	doc.Dependencies = append([]dependency{top}, doc.Dependencies...)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// describe lists one binary and what it was built from.
func describe(e entry) (file component, modules []component, err error) {
	info, err := buildinfo.ReadFile(e.path)
	if err != nil {
		return file, nil, fmt.Errorf("%s: %w", e.path, err)
	}
	file = component{Ref: "/" + e.name, Type: "application", Name: path.Base(e.name), Version: info.Main.Version}
	std := strings.TrimPrefix(info.GoVersion, "go")
	modules = append(modules, module("stdlib", std))
	if v := info.Main.Version; v != "" && v != "(devel)" {
		modules = append(modules, module(info.Main.Path, v))
	}
	for _, m := range info.Deps {
		// A replacement by a folder is a patched copy of the module itself.
		if m.Replace != nil && m.Replace.Version != "" {
			m = m.Replace
		}
		modules = append(modules, module(m.Path, m.Version))
	}
	sort.Slice(modules, func(a, b int) bool { return modules[a].Ref < modules[b].Ref })
	return file, modules, nil
}

func module(name, version string) component {
	purl := "pkg:golang/" + name
	if version != "" {
		purl += "@" + strings.ReplaceAll(version, "+", "%2B")
	}
	return component{Ref: purl, Type: "library", Name: name, Version: version, PURL: purl}
}

// serial makes a version 8 UUID (RFC 9562) out of the image's digest.
func serial(digest string) string {
	b, err := hex.DecodeString(strings.TrimPrefix(digest, "sha256:")[:32])
	if err != nil {
		return ""
	}
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return "urn:uuid:" + strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
