package site

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

func publish(t *testing.T, b *bucket, id string, files map[string]string, opts Options) (Manifest, Progress) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	m, p, err := Publish(t.Context(), b, open(t, dir), id, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m, p
}

func TestPublishUploadsWhatIsNew(t *testing.T) {
	b := newBucket()
	_, p := publish(t, b, "1", map[string]string{"index.html": "one", "docs/index.html": "docs", "a.png": "a"}, Options{FolderPage: "index.html"})
	if p.Uploaded != 3 || p.Copied != 1 || p.Done != p.Total || p.Bytes != 8 {
		t.Errorf("first: %+v", p)
	}
	if o := b.objects["releases/1/docs/"]; o.content != "docs" || o.header != HeaderOf("docs/index.html") {
		t.Errorf("the folder's page is %+v", o)
	}
	// Renamed, changed and the same.
	_, p = publish(t, b, "2", map[string]string{"index.html": "two", "docs/index.html": "docs", "b.png": "a"}, Options{FolderPage: "index.html"})
	if p.Uploaded != 1 || p.Copied != 3 {
		t.Errorf("second: %+v", p)
	}
	if b.objects["releases/1/index.html"].content != "one" || b.objects["releases/2/index.html"].content != "two" {
		t.Error("a version is not its own")
	}
	// What it would be copied from is destroyed meanwhile.
	for key := range b.objects {
		if strings.HasSuffix(key, ".png") {
			delete(b.objects, key)
		}
	}
	_, p = publish(t, b, "3", map[string]string{"index.html": "two", "b.png": "a"}, Options{})
	if p.Uploaded != 1 || p.Copied != 1 {
		t.Errorf("third: %+v", p)
	}
}

func TestPublishIsParallelWithALimit(t *testing.T) {
	b := newBucket()
	files := map[string]string{"index.html": "x"}
	for i := range 100 {
		files[strings.Repeat("a", i+1)+".txt"] = strings.Repeat("a", i+1)
	}
	gate := make(chan struct{})
	var once sync.Once
	b.fail = func(string, string) error { // holds the first ones until all may run that may
		b.mu.Lock()
		full := b.busy >= 4
		b.mu.Unlock()
		if full {
			once.Do(func() { close(gate) })
		}
		select {
		case <-gate:
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("never four at a time")
		}
	}
	last := Progress{}
	_, p := publish(t, b, "1", files, Options{Parallel: 4, Progress: func(p Progress) {
		if p.Done != last.Done+1 || p.Total != 101 {
			t.Errorf("progress %+v after %+v", p, last)
		}
		last = p
	}})
	if b.busiest != 4 || p.Uploaded != 101 {
		t.Errorf("%d at a time, %+v", b.busiest, p)
	}
}

func TestAFailedPublishLeavesNothing(t *testing.T) {
	for _, failing := range []string{"releases/2/b.txt", "releases/2/docs/", "manifests/2.json"} {
		b := newBucket()
		publish(t, b, "1", map[string]string{"index.html": "one"}, Options{})
		before := len(b.objects)
		planted := errors.New("planted")
		b.fail = func(_, key string) error {
			if key == failing {
				return planted
			}
			return nil
		}
		dir := t.TempDir()
		write(t, dir, map[string]string{"index.html": "two", "b.txt": "b", "docs/index.html": "d"})
		if _, _, err := Publish(t.Context(), b, open(t, dir), "2", Options{FolderPage: "index.html"}); !errors.Is(err, planted) {
			t.Errorf("%s: error %v", failing, err)
		}
		if len(b.objects) != before {
			t.Errorf("%s: %d objects, want %d", failing, len(b.objects), before)
		}
	}
	if _, _, err := Publish(t.Context(), newBucket(), &Folder{}, "../1", Options{}); err == nil {
		t.Error("a version outside its folder is accepted")
	}
}

func TestRepublish(t *testing.T) {
	b := newBucket()
	publish(t, b, "1", map[string]string{"index.html": "one", "a.txt": "same"}, Options{Build: "h1"})
	publish(t, b, "2", map[string]string{"index.html": "two", "a.txt": "same"}, Options{Build: "h2"})
	b.puts = nil
	m, p, err := Republish(t.Context(), b, "3", Options{Build: "h1"})
	if err != nil || p.Copied != 2 || p.Uploaded != 0 || m.ID != "3" || !slices.Equal(b.puts, []string{"manifests/3.json"}) {
		t.Errorf("%+v %+v %v, put %v", m, p, err, b.puts)
	}
	if got := b.objects["releases/3/index.html"].content; got != "one" {
		t.Errorf("index.html is %q", got)
	}
	for _, build := range []string{"h3", ""} {
		if _, _, err := Republish(t.Context(), b, "4", Options{Build: build}); !errors.Is(err, ErrNotFound) {
			t.Errorf("build %q: %v", build, err)
		}
	}
	// A build's folder is gone, and so is what was made of it.
	in, err := Read(t.Context(), "/src", "", &sitepb.Folder{Path: "/no/such/folder", Hash: "h3"}, "index.html")
	if err != nil || !in.Gone() {
		t.Fatal(err)
	}
	if _, _, err := in.Send(t.Context(), b, "4", Options{}); err == nil || !strings.Contains(err.Error(), "no deployment in the bucket was made of that build") {
		t.Errorf("error %v", err)
	}
}

func TestPrune(t *testing.T) {
	b := newBucket()
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		publish(t, b, id, map[string]string{"index.html": id}, Options{})
	}
	old := Header{}
	b.objects["releases/abandoned/x"] = stored{"x", old, time.Now().Add(-2 * abandoned)}
	b.objects["releases/coming/x"] = stored{"x", old, time.Now()}
	removed, err := Prune(t.Context(), b, "2", 3)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(removed)
	if !slices.Equal(removed, []string{"1", "3", "abandoned"}) {
		t.Errorf("removed %v", removed)
	}
	for id, want := range map[string]bool{"1": false, "2": true, "3": false, "4": true, "5": true} {
		if _, ok := b.objects["releases/"+id+"/index.html"]; ok != want {
			t.Errorf("version %s is there: %v", id, ok)
		}
	}
	if _, ok := b.objects["releases/coming/x"]; !ok {
		t.Error("a version on its way was removed")
	}
}

func TestChanged(t *testing.T) {
	entry := func(name, sum string) Entry { return Entry{Path: name, Sum: sum, Header: HeaderOf(name)} }
	old := Manifest{Entries: []Entry{entry("docs/", "2"), entry("docs/index.html", "2"), entry("gone.txt", "3"), entry("index.html", "1"), entry("same.txt", "4")}}
	now := Manifest{Entries: []Entry{entry("docs/", "5"), entry("docs/index.html", "5"), entry("index.html", "6"), entry("new.txt", "7"), entry("same.txt", "4")}}
	for root, want := range map[string][]string{
		"":      {"/", "/docs/", "/docs/index.html", "/gone.txt", "/index.html"},
		"docs":  {"/", "/index.html"},
		"other": nil,
	} {
		got := old.Changed(now, root, "index.html")
		if !slices.Equal(got, want) {
			t.Errorf("below %q: %v, want %v", root, got, want)
		}
	}
	if got := old.Changed(old, "", "index.html"); len(got) != 0 {
		t.Errorf("the same version: %v", got)
	}
}

func TestPendingIsKept(t *testing.T) {
	b := newBucket()
	for _, step := range []struct{ add, want []string }{
		{[]string{"/b", "/a"}, []string{"/a", "/b"}}, {nil, []string{"/a", "/b"}}, {[]string{"/c", "/a"}, []string{"/a", "/b", "/c"}},
	} {
		if got, err := AddPending(t.Context(), b, step.add); err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%v %v, want %v", got, err, step.want)
		}
	}
	if err := ClearPending(t.Context(), b); err != nil || len(b.objects) != 0 {
		t.Errorf("%v: %v", err, b.objects)
	}
}
