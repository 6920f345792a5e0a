// Command server-image writes the Pilot server's images into files for "docker load", each with its
// bill of materials (CycloneDX) beside it.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pilot-framework/pilot/pkg/server/image"
)

func main() {
	bin := flag.String("bin", "bin", "folder that holds waypoint and pilot-agent")
	out := flag.String("out", "dist", "folder to write the images to")
	flag.Parse()
	if err := run(*bin, *out); err != nil {
		fmt.Fprintln(os.Stderr, "server-image:", err)
		os.Exit(1)
	}
}

func run(bin, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, assemble := range []func(image.Options) (*image.Image, error){image.Server, image.Gateway} {
		img, err := assemble(image.Options{BinDir: bin})
		if err != nil {
			return err
		}
		file := filepath.Join(out, img.Name()+".tar.gz")
		if err := write(img, file); err != nil {
			return err
		}
		if err := writeSBOM(img, filepath.Join(out, img.Name()+".cdx.json")); err != nil {
			return err
		}
		fmt.Println(file, img.Reference(), img.Digest())
	}
	return nil
}

func write(img *image.Image, file string) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	z := gzip.NewWriter(f)
	if _, err := img.WriteTo(z); err != nil {
		return err
	}
	return z.Close()
}

// writeSBOM writes the bill of materials beside the image.
func writeSBOM(img *image.Image, file string) error {
	var doc bytes.Buffer
	if err := img.WriteSBOM(&doc); err != nil {
		return err
	}
	return os.WriteFile(file, doc.Bytes(), 0o644)
}
