package engine

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcerrors"

	"github.com/pulumi/pulumi/pkg/v3/authhelpers"
	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// store reads and writes the files of one stack in the layout of Pulumi's own
// self-managed backend (version 1 of it, where stacks belong to projects).
type store struct {
	bucket *blob.Bucket
	ref    infra.Ref
	// dir is the root directory of a file:// backend, empty for any other.
	dir string
}

const bookkeeping = ".pulumi"

func openStore(ctx context.Context, stateURL string, ref infra.Ref) (*store, error) {
	s := &store{ref: ref}
	dir, isFile, err := stateDir(stateURL)
	if err != nil {
		return nil, err
	}
	if isFile {
		s.dir = dir
		// The temporary file must lie beside its target for the rename to be atomic.
		s.bucket, err = blob.OpenBucket(ctx, withOptions("file://"+filepath.ToSlash(dir)+"?no_tmp_dir=true"))
		if err != nil {
			return nil, err
		}
		// Where nothing may be removed, as in a read-only copy, nothing has to be.
		_ = s.sweep()
		return s, nil
	}
	u, err := url.Parse(withOptions(stateURL))
	if err != nil {
		return nil, err
	}
	mux := blob.DefaultURLMux()
	switch u.Scheme {
	case gcsblob.Scheme:
		if mux, err = authhelpers.GoogleCredentialsMux(ctx); err != nil {
			return nil, err
		}
	case azureblob.Scheme:
		mux = &blob.URLMux{}
		mux.RegisterBucket(azureblob.Scheme, &azureblob.URLOpener{
			MakeClient:        azureblob.NewDefaultClient,
			ServiceURLOptions: *azureblob.NewDefaultServiceURLOptions(),
		})
	}
	if s.bucket, err = mux.OpenBucket(ctx, u.String()); err != nil {
		return nil, err
	}
	if sub := strings.Trim(u.Path, "/"); sub != "" {
		s.bucket = blob.PrefixedBucket(s.bucket, sub+"/")
	}
	return s, nil
}

// stateDir gives the directory of a file:// URL; a leading ~ is the user's home.
func stateDir(stateURL string) (dir string, isFile bool, err error) {
	rest, ok := strings.CutPrefix(stateURL, "file://")
	if !ok {
		return "", false, nil
	}
	rest, _, _ = strings.Cut(rest, "?")
	if rest == "~" || strings.HasPrefix(rest, "~/") {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", true, fmt.Errorf("state %q: %w", stateURL, err)
		}
		rest = filepath.Join(home, rest[1:])
	}
	dir, err = filepath.Abs(filepath.FromSlash(rest))
	return dir, true, err
}

func (s *store) Close() error { return s.bucket.Close() }

// base is the checkpoint's key without its extension.
func (s *store) base() string {
	return path.Join(bookkeeping, "stacks", s.ref.Project, s.ref.Stack)
}

func (s *store) historyPrefix() string {
	return path.Join(bookkeeping, "history", s.ref.Project, s.ref.Stack,
		fmt.Sprintf("%s-%d", s.ref.Stack, time.Now().UnixNano()))
}

func (s *store) lockDir() string {
	return path.Join(bookkeeping, "locks", "organization", s.ref.Project, s.ref.Stack)
}

// checkpointKey finds which of the compressed or plain forms is the newest.
func (s *store) checkpointKey(ctx context.Context) (string, error) {
	plain := s.base() + ".json"
	best, newest := plain, time.Time{}
	all, err := s.list(ctx, plain)
	if err != nil {
		return "", fmt.Errorf("list state: %w", err)
	}
	for _, obj := range all {
		switch obj.Key {
		case plain, plain + encoding.GZIPExt, plain + encoding.ZSTDExt:
			if !obj.ModTime.Before(newest) {
				best, newest = obj.Key, obj.ModTime
			}
		}
	}
	return best, nil
}

// list gives the objects directly below a prefix that is a folder, or that begin
// with it. A folder of files can't be read while one of them goes: it is read
// anew then.
func (s *store) list(ctx context.Context, prefix string) ([]blob.ListObject, error) {
	var all []blob.ListObject
	it := s.bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"})
	for retries := 0; ; {
		obj, err := it.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case gcerrors.Code(err) == gcerrors.NotFound && retries < listRetries:
			it, all, retries = s.bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"}), nil, retries+1
		case err != nil:
			return nil, err
		case !obj.IsDir:
			all = append(all, *obj)
		}
	}
}

// listRetries bounds how often a folder is read anew.
const listRetries = 100

func (s *store) readCheckpoint(ctx context.Context) (key string, data []byte, err error) {
	if key, err = s.checkpointKey(ctx); err != nil {
		return "", nil, err
	}
	data, err = s.bucket.ReadAll(ctx, key)
	if err != nil {
		return "", nil, fmt.Errorf("read state %s: %w", key, err)
	}
	return key, data, nil
}

// plainJSON marshals without escaping <, > and &, as the backend does.
type plainJSON struct{}

func (plainJSON) Marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

func (plainJSON) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func compressionOf(key string) encoding.Compression {
	switch path.Ext(key) {
	case encoding.GZIPExt:
		return encoding.CompressionGzip
	case encoding.ZSTDExt:
		return encoding.CompressionZstd
	default:
		return encoding.CompressionNone
	}
}

// encodeCheckpoint gives the bytes of a checkpoint that is to be kept at key.
func (s *store) encodeCheckpoint(key string, d apitype.TypedDeployment) ([]byte, error) {
	name := tokens.QName("organization/" + s.ref.String())
	inner, err := plainJSON{}.Marshal(apitype.CheckpointV3{Stack: name, Latest: d.Deployment})
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	chk := apitype.VersionedCheckpoint{Version: d.Version, Features: d.Features, Checkpoint: inner}
	data, err := encoding.Compress(plainJSON{}, compressionOf(key)).Marshal(chk)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return data, nil
}

// write replaces an object as a whole, or leaves it as it is. The bucket's own
// WriteAll puts the half that a full disk took of a file in its place: the end of
// a write that failed has to be cancelled. Buckets check an upload by its MD5.
func (s *store) write(ctx context.Context, key string, data []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sum := md5.Sum(data)
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentMD5: sum[:]})
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		cancel()
		_ = w.Close()
		return err
	}
	return w.Close()
}

// writeCheckpoint replaces the checkpoint, keeps the one before as KEY.bak and
// returns when the new one is on the disk.
func (s *store) writeCheckpoint(ctx context.Context, key string, data []byte) error {
	if err := s.bucket.Copy(ctx, key+".bak", key, nil); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("back up state %s: %w", key, err)
	}
	if err := s.write(ctx, key, data); err != nil {
		return fmt.Errorf("write state %s: %w", key, err)
	}
	if s.dir == "" {
		return nil
	}
	file := filepath.Join(s.dir, filepath.FromSlash(key))
	if err := syncPath(file); err != nil {
		return err
	}
	return syncPath(filepath.Dir(file))
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// addHistory records a finished operation and the state it left.
func (s *store) addHistory(ctx context.Context, key string, checkpoint []byte, info backend.UpdateInfo) error {
	prefix := s.historyPrefix()
	ext := ".json" + compressionOf(key).Ext()
	data, err := encoding.Compress(plainJSON{}, compressionOf(key)).Marshal(&info)
	if err != nil {
		return fmt.Errorf("encode history: %w", err)
	}
	backup := path.Join(bookkeeping, "backups", s.ref.Project, s.ref.Stack,
		fmt.Sprintf("%s.%d%s", s.ref.Stack, time.Now().UnixNano(), ext))
	for _, f := range []struct {
		key  string
		data []byte
	}{
		{prefix + ".history" + ext, data},
		{prefix + ".checkpoint" + ext, checkpoint},
		{backup, checkpoint},
	} {
		if err := s.write(ctx, f.key, f.data); err != nil {
			return fmt.Errorf("write history %s: %w", f.key, err)
		}
	}
	return nil
}
