package cloudcdn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"

	"github.com/pilot-framework/pilot/plugins/site"
)

// store is the bucket as package site sees it.
type store struct{ *cloud }

func (s *store) Put(ctx context.Context, key string, body site.Body, _ int64, h site.Header) error {
	object := &storage.Object{Name: key, ContentType: h.ContentType, CacheControl: h.CacheControl}
	_, err := try(ctx, func() (*storage.Object, error) {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		// One request: what fails is sent again from the start.
		return s.storage.Objects.Insert(s.bucket, object).
			Media(io.NopCloser(body), googleapi.ContentType(h.ContentType), googleapi.ChunkSize(0)).Context(ctx).Do()
	})
	return err
}

func (s *store) Copy(ctx context.Context, from, to string, h site.Header) error {
	object := &storage.Object{ContentType: h.ContentType, CacheControl: h.CacheControl}
	for token := ""; ; {
		out, err := try(ctx, func() (*storage.RewriteResponse, error) {
			call := s.storage.Objects.Rewrite(s.bucket, from, s.bucket, to, object).Context(ctx)
			if token != "" {
				call = call.RewriteToken(token)
			}
			return call.Do()
		})
		if err != nil || out.Done {
			return notFound(err)
		}
		token = out.RewriteToken // a large one, which takes several requests
	}
}

func (s *store) Get(ctx context.Context, key string) ([]byte, error) {
	content, err := try(ctx, func() ([]byte, error) {
		res, err := s.storage.Objects.Get(s.bucket, key).Context(ctx).Download()
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		return io.ReadAll(res.Body)
	})
	return content, notFound(err)
}

func (s *store) List(ctx context.Context, prefix string) ([]site.Object, error) {
	var all []site.Object
	err := s.pages(ctx, prefix, "", func(page *storage.Objects) error {
		for _, o := range page.Items {
			all = append(all, object(o.Name, o))
		}
		return nil
	})
	return all, err
}

func object(name string, o *storage.Object) site.Object {
	modified, err := time.Parse(time.RFC3339, o.Updated)
	if err != nil { // never old enough to be thought abandoned
		modified = time.Now()
	}
	return site.Object{Name: name, Modified: modified}
}

func (s *store) Folders(ctx context.Context, prefix string) ([]site.Object, error) {
	var all []site.Object
	err := s.pages(ctx, prefix, "/", func(page *storage.Objects) error {
		for _, p := range page.Prefixes {
			first, err := try(ctx, func() (*storage.Objects, error) {
				return s.storage.Objects.List(s.bucket).Prefix(p).MaxResults(1).Context(ctx).Do()
			})
			if err != nil {
				return err
			}
			if len(first.Items) > 0 {
				all = append(all, object(strings.TrimSuffix(strings.TrimPrefix(p, prefix), "/"), first.Items[0]))
			}
		}
		return nil
	})
	return all, err
}

func (s *store) pages(ctx context.Context, prefix, delimiter string, each func(*storage.Objects) error) error {
	for token := ""; ; {
		page, err := try(ctx, func() (*storage.Objects, error) {
			return s.storage.Objects.List(s.bucket).Prefix(prefix).Delimiter(delimiter).PageToken(token).Context(ctx).Do()
		})
		if err != nil {
			return err
		}
		if err := each(page); err != nil {
			return err
		}
		if token = page.NextPageToken; token == "" {
			return nil
		}
	}
}

// Remove lists from the start again after each page, because what was listed is
// gone by then. It stops when nothing is left, so it also finishes what an
// interrupted call began.
func (s *store) Remove(ctx context.Context, prefix string) error {
	for {
		page, err := try(ctx, func() (*storage.Objects, error) {
			return s.storage.Objects.List(s.bucket).Prefix(prefix).Versions(true).Context(ctx).Do()
		})
		if is(err, http.StatusNotFound) { // no bucket
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the objects below %q: %w", prefix, err)
		}
		if len(page.Items) == 0 {
			return nil
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(site.DefaultParallel)
		for _, o := range page.Items {
			group.Go(func() error {
				_, err := try(ctx, func() (struct{}, error) {
					return struct{}{}, s.storage.Objects.Delete(s.bucket, o.Name).Generation(o.Generation).Context(ctx).Do()
				})
				if err != nil && !is(err, http.StatusNotFound) {
					return fmt.Errorf("delete %s: %w", o.Name, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
}

func notFound(err error) error {
	if is(err, http.StatusNotFound) {
		return errors.Join(site.ErrNotFound, err)
	}
	return err
}
