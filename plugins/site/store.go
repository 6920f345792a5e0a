package site

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// ErrNotFound says that the bucket has no such object.
var ErrNotFound = errors.New("no such object")

// Object is an object of a bucket.
type Object struct {
	Name     string
	Modified time.Time
}

// Store is a bucket. All methods may be called at the same time, and retry what a
// cloud asks to retry.
type Store interface {
	// Put writes an object.
	Put(ctx context.Context, key string, body Body, size int64, h Header) error
	// Copy copies an object inside the bucket and gives it new headers. It
	// returns ErrNotFound when from is not there.
	Copy(ctx context.Context, from, to string, h Header) error
	// Get reads a small object, or returns ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)
	// List lists all objects whose key starts with prefix.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Folders lists the names of the folders right below prefix, with the time of
	// one of their objects.
	Folders(ctx context.Context, prefix string) ([]Object, error)
	// Remove deletes all objects whose key starts with prefix, in all their
	// versions. Nothing to delete is no error.
	Remove(ctx context.Context, prefix string) error
}

func putBytes(ctx context.Context, s Store, key string, content []byte) error {
	h := Header{ContentType: contentTypes[".json"], CacheControl: "no-store"}
	return s.Put(ctx, key, memory{bytes.NewReader(content)}, int64(len(content)), h)
}
