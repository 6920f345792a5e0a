package site

import (
	"path"
	"regexp"
	"strings"
)

// Header is what a file is served with.
type Header struct {
	ContentType  string `json:"type"`
	CacheControl string `json:"cache"`
}

// Values of Cache-Control.
const (
	// Immutable is for files whose name changes with their content.
	Immutable = "public, max-age=31536000, immutable"
	// Revalidate is for pages and code with a lasting name: whoever holds a copy
	// asks whether it is still the right one, so an old style never meets a new
	// page.
	Revalidate = "no-cache"
	// Shared is for media with a lasting name: browsers ask again, the CDN keeps
	// it, because a release invalidates what it changes.
	Shared = "public, max-age=0, s-maxage=86400, must-revalidate"
)

// HeaderOf says what a file of that path is served with. It depends on the name
// alone, so that it is the same on every machine.
func HeaderOf(name string) Header {
	h := Header{ContentType: contentType(name), CacheControl: Shared}
	switch {
	case page(name):
		h.CacheControl = Revalidate
	case hashed(name):
		h.CacheControl = Immutable
	case code(h.ContentType):
		h.CacheControl = Revalidate
	}
	return h
}

// contentTypes is a table of our own: that of the mime package depends on what
// the machine has installed. The names are IANA's.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".xhtml": "application/xhtml+xml",
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".jsonld": "application/ld+json",
	".geojson": "application/geo+json", ".webmanifest": "application/manifest+json", ".wasm": "application/wasm",
	".xml": "application/xml", ".rss": "application/rss+xml", ".atom": "application/atom+xml",
	".txt": "text/plain; charset=utf-8", ".md": "text/markdown; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".ics": "text/calendar; charset=utf-8", ".vtt": "text/vtt; charset=utf-8", ".yaml": "application/yaml", ".yml": "application/yaml",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".webp": "image/webp", ".avif": "image/avif", ".ico": "image/vnd.microsoft.icon", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
	".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf", ".eot": "application/vnd.ms-fontobject",
	".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime", ".ogv": "video/ogg",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/wav", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".flac": "audio/flac",
	".pdf": "application/pdf", ".zip": "application/zip", ".gz": "application/gzip", ".tar": "application/x-tar",
	".glb": "model/gltf-binary", ".gltf": "model/gltf+json", ".obj": "model/obj",
}

// associations are files that have a type but no extension.
var associations = map[string]string{
	".well-known/apple-app-site-association": "application/json",
	"apple-app-site-association":             "application/json",
	"CNAME":                                  "text/plain; charset=utf-8",
	"LICENSE":                                "text/plain; charset=utf-8",
}

func contentType(name string) string {
	if t, ok := contentTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	if t, ok := associations[name]; ok {
		return t
	}
	if strings.HasSuffix(name, "/") { // a folder's page under the folder's own address
		return contentTypes[".html"]
	}
	return "application/octet-stream"
}

func code(contentType string) bool {
	for _, prefix := range []string{"text/", "application/json", "application/manifest", "application/wasm",
		"application/xml", "application/rss", "application/atom", "application/xhtml", "application/ld", "application/geo"} {
		if strings.HasPrefix(contentType, prefix) {
			return true
		}
	}
	return false
}

// page reports whether browsers reach the file by a lasting address whatever its
// name looks like: pages, and service workers.
func page(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml", ".webmanifest":
		return true
	}
	base := path.Base(name)
	return strings.HasSuffix(name, "/") || base == "sw.js" || base == "service-worker.js"
}

var (
	// hexadecimal matches webpack's, Parcel's and esbuild's hexadecimal hashes.
	hexadecimal = regexp.MustCompile(`[.\-_]([0-9a-f]{8,64})\.[^/]+$`)
	// alphabetic matches base64 and base32 hashes, as Vite, Rollup and esbuild write them.
	alphabetic = regexp.MustCompile(`[.\-_]([A-Za-z0-9_-]{8}|[A-Z2-7]{8})(\.[a-z0-9]+)+$`)
	// identifier matches a UUID, which stays the same when the content changes.
	identifier = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[^/]+$`)
)

// hashed reports whether the name holds a hash of the content. A wrong yes would
// keep an old file in browsers for a year, and a wrong no has them ask each time,
// so whatever may be a word, a date, a number of a camera or an ID of a database
// is none.
//
// A folder that bundlers alone fill has such names only. In one that people fill
// as well it depends on what the file is: scripts, styles and fonts come from
// bundlers, pictures and films from anywhere, and other files from people. Elsewhere
// only the hexadecimal hashes of scripts and styles count.
func hashed(name string) bool {
	alone := below(name, "_app/immutable/", "_next/static/", "_astro/", "_nuxt/")
	shared := below(name, "assets/", "static/")
	script, font, media := kind(name)
	if m := hexadecimal.FindStringSubmatch(name); m != nil {
		known := alone || script || shared && (font || media)
		return known && changes(m[1]) > 1 && !identifier.MatchString(name)
	}
	m := alphabetic.FindStringSubmatch(path.Base(name))
	if m == nil || !mixed(m[1]) {
		return false
	}
	return alone || shared && (script || font || media && random(m[1]))
}

// below reports whether one of the folders is on the file's path.
func below(name string, folders ...string) bool {
	for _, dir := range folders {
		if strings.HasPrefix(name, dir) || strings.Contains(name, "/"+dir) {
			return true
		}
	}
	return false
}

// kind is what a file is to a bundler. Others than these it hardly ever writes.
func kind(name string) (script, font, media bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".js", ".mjs", ".css", ".map":
		return true, false, false
	case ".woff", ".woff2", ".ttf", ".otf", ".eot":
		return false, true, false
	case ".wasm":
		return false, false, true
	}
	t := contentType(name)
	return false, false, strings.HasPrefix(t, "image/") || strings.HasPrefix(t, "video/") || strings.HasPrefix(t, "audio/")
}

// mixed reports whether s is neither a word nor a number.
func mixed(s string) bool {
	var upper, lower, digit int
	for i, r := range s {
		switch class(r) {
		case '0':
			digit++
		case 'A':
			if i > 0 {
				upper++
			}
		case 'a':
			lower++
		}
	}
	return upper > 0 && digit > 0 || upper > 1 && lower > 0 && changes(s) > 1
}

// random reports whether s is not made of words, abbreviations and numbers either,
// such as iPhone15, IMG_1234 or Q3FY2024: they keep to one kind of characters for a
// while.
func random(s string) bool {
	run, last := 0, rune(0)
	for _, r := range s {
		if c := class(r); c == last {
			run++
		} else {
			run, last = 1, c
		}
		if run == 3 {
			return false
		}
	}
	return changes(s) >= 4 && strings.Count(s, "-")+strings.Count(s, "_") < 2
}

// changes counts how often s goes from one kind of letters and digits to another.
func changes(s string) int {
	n, last := 0, rune(0)
	for _, r := range s {
		c := class(r)
		if c == 0 {
			continue
		}
		if last != 0 && c != last {
			n++
		}
		last = c
	}
	return n
}

// class is the kind of a letter or digit, and 0 of what joins them.
func class(r rune) rune {
	switch {
	case r >= '0' && r <= '9':
		return '0'
	case r >= 'A' && r <= 'Z':
		return 'A'
	case r >= 'a' && r <= 'z':
		return 'a'
	}
	return 0
}
