package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// UID is the user and group that the server image's processes run as. Files copied into a container for them must be
// owned by it.
const UID = 1000

// Paths inside the images.
const (
	// WaypointPath is the deploy engine's binary (server image only).
	WaypointPath = "/usr/bin/waypoint"
	// AgentPath is pilot-agent.
	AgentPath = "/usr/bin/pilot-agent"
	// DataDir belongs to UID, and a new volume mounted there does too (server image only).
	DataDir = "/data"
	// ConfigDir is where certificates, keys and client configuration are to be copied. It is empty, and belongs to the
	// image's user. In the server image, XDG_CONFIG_HOME names it.
	ConfigDir = "/etc/pilot"
	// CAFile is read as a further set of trusted certificates when it exists (SSL_CERT_FILE; server image only).
	CAFile = ConfigDir + "/ca.pem"
	// DockerDir is an empty folder for a Docker client's certificates (DOCKER_CERT_PATH; server image only).
	DockerDir = ConfigDir + "/docker"
	// ContextDir is an empty folder for the runner's connection to the server (server image only).
	ContextDir = ConfigDir + "/waypoint/context"
	// PluginDir is where the deploy engine looks for plugins (server image only).
	PluginDir = ConfigDir + "/waypoint/plugins"
)

// Image is an assembled image. It holds no content: the binaries are read again when it is written.
type Image struct {
	name   string
	digest string
	config []byte
	layers []layer
}

// Name returns the repository name: "pilot-server" or "pilot-gateway".
func (i *Image) Name() string { return i.name }

// Digest returns the image's content digest, "sha256:" and 64 hex digits. Docker Engines with the classic image
// store use it as the image's ID; those with the containerd store have another ID, so look an image up by Reference.
func (i *Image) Digest() string { return i.digest }

// Reference returns the name and a tag made from the digest. An endpoint that has an image of this reference has
// this very image.
func (i *Image) Reference() string { return i.name + ":" + i.digest[len("sha256:"):][:12] }

// Size returns the number of bytes of the image's layers.
func (i *Image) Size() int64 {
	var total int64
	for _, l := range i.layers {
		total += l.size
	}
	return total
}

// WriteTo writes the image in the form that "docker load" and the Docker API's /images/load take. They also take it
// gzipped, about a third of the size. It fails when a binary has changed since the image was assembled.
func (i *Image) WriteTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	archive := tar.NewWriter(out)
	manifest := []manifestEntry{{Config: i.digest[len("sha256:"):] + ".json", RepoTags: []string{i.Reference()}}}
	for _, l := range i.layers {
		manifest[0].Layers = append(manifest[0].Layers, l.file())
	}
	raw, err := json.Marshal(manifest)
	if err != nil {
		return out.n, err
	}
	small := []struct {
		name    string
		content []byte
	}{{manifest[0].Config, i.config}, {"manifest.json", raw}}
	for _, f := range small {
		if err := archive.WriteHeader(fileHeader(f.name, int64(len(f.content)))); err != nil {
			return out.n, fmt.Errorf("write image %s: %w", i.name, err)
		}
		if _, err := archive.Write(f.content); err != nil {
			return out.n, fmt.Errorf("write image %s: %w", i.name, err)
		}
	}
	for _, l := range i.layers {
		if err := archive.WriteHeader(fileHeader(l.file(), l.size)); err != nil {
			return out.n, fmt.Errorf("write image %s: %w", i.name, err)
		}
		sum := sha256.New()
		err := l.write(io.MultiWriter(archive, sum))
		if err != nil && !errors.Is(err, tar.ErrWriteTooLong) {
			return out.n, fmt.Errorf("write image %s: %w", i.name, err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); err != nil || got != l.sum {
			return out.n, fmt.Errorf("write image %s: a binary has changed since the image was assembled: assemble it again", i.name)
		}
	}
	if err := archive.Close(); err != nil {
		return out.n, fmt.Errorf("write image %s: %w", i.name, err)
	}
	return out.n, nil
}

type manifestEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func fileHeader(name string, size int64) *tar.Header {
	return &tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: epoch, Format: tar.FormatUSTAR}
}

// epoch is the time of everything in an image.
var epoch = time.Unix(0, 0).UTC()

// assemble reads all content once to learn its digests.
func assemble(name, arch string, cfg runConfig, layers []layer) (*Image, error) {
	doc := imageConfig{
		Architecture: arch, OS: "linux", Created: epoch.Format(time.RFC3339), Config: cfg,
		RootFS: rootFS{Type: "layers"},
	}
	for n := range layers {
		l := &layers[n]
		sum := sha256.New()
		out := &counter{w: sum}
		if err := l.write(out); err != nil {
			return nil, fmt.Errorf("assemble image %s: %w", name, err)
		}
		l.size, l.sum = out.n, hex.EncodeToString(sum.Sum(nil))
		doc.RootFS.DiffIDs = append(doc.RootFS.DiffIDs, "sha256:"+l.sum)
		doc.History = append(doc.History, history{Created: doc.Created, CreatedBy: "pilot: " + l.comment})
	}
	var config bytes.Buffer
	if err := json.NewEncoder(&config).Encode(doc); err != nil {
		return nil, fmt.Errorf("assemble image %s: %w", name, err)
	}
	sum := sha256.Sum256(config.Bytes())
	return &Image{name: name, digest: "sha256:" + hex.EncodeToString(sum[:]), config: config.Bytes(), layers: layers}, nil
}

// imageConfig is the OCI image configuration, as far as it is used here.
type imageConfig struct {
	Architecture string    `json:"architecture"`
	OS           string    `json:"os"`
	Created      string    `json:"created"`
	Config       runConfig `json:"config"`
	RootFS       rootFS    `json:"rootfs"`
	History      []history `json:"history"`
}

type runConfig struct {
	User       string            `json:"User"`
	Env        []string          `json:"Env"`
	Cmd        []string          `json:"Cmd"`
	WorkingDir string            `json:"WorkingDir"`
	Labels     map[string]string `json:"Labels"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type history struct {
	Created   string `json:"created"`
	CreatedBy string `json:"created_by"`
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
