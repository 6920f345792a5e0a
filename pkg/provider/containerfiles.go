package provider

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// roots are the folders that files are unpacked into. Docker refuses to copy
// into a read-only root file system, even before the start, but not into a
// volume: there, each topmost folder of files becomes an anonymous volume.
func (r *containerRun) roots() []string {
	if !r.in.ReadOnlyRootfs {
		return []string{"/"}
	}
	var folders []string
	for _, f := range r.in.Files {
		folder := path.Dir(f.Path)
		for _, m := range r.in.Mounts {
			if under(folder, m.Target) {
				folder = m.Target
			}
		}
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	var roots []string
	for _, folder := range slices.Compact(folders) {
		if !slices.ContainsFunc(roots, func(root string) bool { return under(folder, root) }) {
			roots = append(roots, folder)
		}
	}
	return roots
}

func (r *containerRun) mounted(folder string) bool {
	return slices.ContainsFunc(r.in.Mounts, func(m pilot.Mount) bool { return m.Target == folder })
}

// copyFiles puts files into the container, with the folders that are missing.
func (r *containerRun) copyFiles(ctx context.Context, id string, files []pilot.File) error {
	if len(files) == 0 {
		return nil
	}
	for _, root := range r.roots() {
		var mine []pilot.File
		for _, f := range files {
			if under(f.Path, root) {
				mine = append(mine, f)
			}
		}
		if len(mine) == 0 {
			continue
		}
		archive, err := r.pack(ctx, id, root, mine)
		if err != nil {
			return fmt.Errorf("pack the files of container %s: %w", r.in.Name, err)
		}
		if err := r.docker.CopyToContainer(ctx, id, root, archive, container.CopyToContainerOptions{}); err != nil {
			return fmt.Errorf("copy files into container %s: %w", r.in.Name, err)
		}
	}
	return nil
}

// pack makes a tar of files, with names relative to root. A folder that
// exists is left out of it: unpacking would change its owner and mode.
func (r *containerRun) pack(ctx context.Context, id, root string, files []pilot.File) (*bytes.Buffer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	now := time.Now()
	done := map[string]bool{root: true}
	for _, f := range files {
		var missing []string
		for folder := path.Dir(f.Path); !done[folder]; folder = path.Dir(folder) {
			done[folder] = true
			if _, err := r.docker.ContainerStatPath(ctx, id, folder); gone(err) {
				missing = append(missing, folder)
			} else if err != nil {
				return nil, err
			}
		}
		slices.Reverse(missing)
		for _, folder := range missing {
			header := &tar.Header{Typeflag: tar.TypeDir, Name: relative(root, folder) + "/", Mode: 0o755, ModTime: now}
			if err := w.WriteHeader(header); err != nil {
				return nil, err
			}
		}
		mode, err := strconv.ParseInt(f.Mode, 8, 32)
		if err != nil {
			return nil, fmt.Errorf("mode %q of %s: want octal digits, such as 0400", f.Mode, f.Path)
		}
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: relative(root, f.Path), Size: int64(len(f.Content)),
			Mode: mode, Uid: f.UID, Gid: f.GID, ModTime: now,
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(f.Content)); err != nil {
			return nil, err
		}
	}
	return &b, w.Close()
}

func relative(root, full string) string {
	return strings.TrimPrefix(strings.TrimPrefix(full, root), "/")
}
