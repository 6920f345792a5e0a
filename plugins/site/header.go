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
)

// hashed reports whether the name holds a hash of the content. A wrong yes would
// keep an old file in browsers for a year, so words and dates must not look like
// one: a hash in hexadecimal has letters and digits, and one in base64 counts only
// in a folder that bundlers fill, and only when it mixes what words don't.
func hashed(name string) bool {
	if m := hexadecimal.FindStringSubmatch(name); m != nil {
		return strings.ContainsAny(m[1], "abcdef") && strings.ContainsAny(m[1], "0123456789")
	}
	if !bundles(name) {
		return false
	}
	m := alphabetic.FindStringSubmatch(path.Base(name))
	return m != nil && mixed(m[1])
}

func bundles(name string) bool {
	for _, dir := range []string{"assets/", "static/", "_app/immutable/", "_next/static/", "_astro/", "_nuxt/"} {
		if strings.HasPrefix(name, dir) || strings.Contains(name, "/"+dir) {
			return true
		}
	}
	return false
}

func mixed(s string) bool {
	var upper, lower, digit int
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digit++
		case r >= 'A' && r <= 'Z' && i > 0:
			upper++
		case r >= 'a' && r <= 'z':
			lower++
		}
	}
	return upper > 0 && digit > 0 || upper > 1 && lower > 0
}
