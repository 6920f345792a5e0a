package site

import (
	"context"
	"errors"
	"io"
	"sort"
	"strings"
	"sync"
	"time"
)

// bucket is a Store in memory.
type bucket struct {
	mu      sync.Mutex
	objects map[string]stored
	now     time.Time
	puts    []string
	copies  int
	fail    func(op, key string) error
	busy    int
	busiest int
}

type stored struct {
	content  string
	header   Header
	modified time.Time
}

func newBucket() *bucket { return &bucket{objects: map[string]stored{}, now: time.Now()} }

func (b *bucket) begin(op, key string) error {
	b.mu.Lock()
	b.busy++
	b.busiest = max(b.busiest, b.busy)
	fail := b.fail
	b.mu.Unlock()
	if fail != nil {
		return fail(op, key)
	}
	return nil
}

func (b *bucket) end() { b.mu.Lock(); b.busy--; b.mu.Unlock() }

func (b *bucket) set(key, content string, h Header) {
	b.now = b.now.Add(time.Millisecond)
	b.objects[key] = stored{content, h, b.now}
}

func (b *bucket) Put(_ context.Context, key string, body Body, size int64, h Header) error {
	err := b.begin("put", key)
	defer b.end()
	if err != nil {
		return err
	}
	content, err := io.ReadAll(body)
	if err != nil || int64(len(content)) != size {
		return errors.Join(err, errors.New("size"))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.puts = append(b.puts, key)
	b.set(key, string(content), h)
	return nil
}

func (b *bucket) Copy(_ context.Context, from, to string, h Header) error {
	err := b.begin("copy", to)
	defer b.end()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[from]
	if !ok {
		return ErrNotFound
	}
	b.copies++
	b.set(to, o.content, h)
	return nil
}

func (b *bucket) Get(_ context.Context, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	if !ok {
		return nil, ErrNotFound
	}
	return []byte(o.content), nil
}

func (b *bucket) List(_ context.Context, prefix string) ([]Object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Object
	for key, o := range b.objects {
		if strings.HasPrefix(key, prefix) {
			all = append(all, Object{key, o.modified})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, nil
}

func (b *bucket) Folders(ctx context.Context, prefix string) ([]Object, error) {
	list, err := b.List(ctx, prefix)
	var all []Object
	for _, o := range list {
		name, _, _ := strings.Cut(strings.TrimPrefix(o.Name, prefix), "/")
		if len(all) == 0 || all[len(all)-1].Name != name {
			all = append(all, Object{name, o.Modified})
		}
	}
	return all, err
}

func (b *bucket) Remove(_ context.Context, prefix string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.objects {
		if strings.HasPrefix(key, prefix) {
			delete(b.objects, key)
		}
	}
	return nil
}
