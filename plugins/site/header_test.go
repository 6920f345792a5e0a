package site

import "testing"

func TestHeaderOf(t *testing.T) {
	for name, want := range map[string]Header{
		// Pages and code with a lasting name.
		"index.html":                  {"text/html; charset=utf-8", Revalidate},
		"docs/":                       {"text/html; charset=utf-8", Revalidate},
		"INDEX.HTM":                   {"text/html; charset=utf-8", Revalidate},
		"about.3f2a1b4c.html":         {"text/html; charset=utf-8", Revalidate},
		"app.js":                      {"text/javascript; charset=utf-8", Revalidate},
		"site.css":                    {"text/css; charset=utf-8", Revalidate},
		"data.json":                   {"application/json", Revalidate},
		"site.webmanifest":            {"application/manifest+json", Revalidate},
		"sw.js":                       {"text/javascript; charset=utf-8", Revalidate},
		"static/service-worker.js":    {"text/javascript; charset=utf-8", Revalidate},
		"robots.txt":                  {"text/plain; charset=utf-8", Revalidate},
		".well-known/assetlinks.json": {"application/json", Revalidate},
		// Hashes as bundlers write them.
		"static/js/main.3f2a1b4c.js":                    {"text/javascript; charset=utf-8", Immutable},
		"static/js/main.3f2a1b4c.js.map":                {"application/json", Immutable},
		"main.8e0d62a0c8c0a4e1b7f3.bundle.js":           {"text/javascript; charset=utf-8", Immutable},
		"assets/index-BxY3k2Qz.js":                      {"text/javascript; charset=utf-8", Immutable},
		"assets/index-D_w9Tda0.css":                     {"text/css; charset=utf-8", Immutable},
		"sub/assets/logo-C7kQ2abZ.png":                  {"image/png", Immutable},
		"_next/static/chunks/0a1b2c3d4e5f.js":           {"text/javascript; charset=utf-8", Revalidate},
		"chunk-7HX2KQ5A.js":                             {"text/javascript; charset=utf-8", Revalidate},
		"assets/chunk-7HX2KQ5A.js":                      {"text/javascript; charset=utf-8", Immutable},
		"_next/static/css/app/0a1b2c3d4e5f.css":         {"text/css; charset=utf-8", Revalidate},
		"_next/static/chunks/main-0a1b2c3d4e5f.js":      {"text/javascript; charset=utf-8", Immutable},
		"_next/static/media/inter.p.da1ebef7.woff2":     {"font/woff2", Immutable},
		"_nuxt/entry.BxY3k2Qz.css":                      {"text/css; charset=utf-8", Immutable},
		"_astro/IMG_1234.C7kQ2abZ.webp":                 {"image/webp", Immutable},
		"static/media/logo.6ce24c58023cc2f8fd88.svg":    {"image/svg+xml", Immutable},
		"static/media/intro.6ce24c58023cc2f8fd88.mp4":   {"video/mp4", Immutable},
		"assets/inter-latin-wght-normal-DxXkJAlq.woff2": {"font/woff2", Immutable},
		"assets/react-CH2o9phT.svg":                     {"image/svg+xml", Immutable},
		"assets/codec-D3_aQ7zB.wasm":                    {"application/wasm", Immutable},
		// Files that people give their names.
		"assets/team-IMG_1234.jpg":                        {"image/jpeg", Shared},
		"assets/photo_DSC01234.jpg":                       {"image/jpeg", Shared},
		"assets/intro-iPhone15.png":                       {"image/png", Shared},
		"assets/intro-MacBook1.png":                       {"image/png", Shared},
		"assets/step-1_A-2_B3.png":                        {"image/png", Shared},
		"assets/drone-GX010042.mp4":                       {"video/mp4", Shared},
		"assets/fonts/Inter-SemiBold.woff2":               {"font/woff2", Shared},
		"assets/team-20240101a.jpg":                       {"image/jpeg", Shared},
		"assets/3f2a1b4c-1b2c-4d5e-8f90-a1b2c3d4e5f6.jpg": {"image/jpeg", Shared},
		"static/report-Q3FY2024.pdf":                      {"application/pdf", Shared},
		"static/report-1a2b3c4d.pdf":                      {"application/pdf", Shared},
		"static/data-BxY3k2Qz.json":                       {"application/json", Revalidate},
		"uploads/cms-1a2b3c4d.pdf":                        {"application/pdf", Shared},
		"uploads/cms-1a2b3c4d.png":                        {"image/png", Shared},
		"app-20240101a.js":                                {"text/javascript; charset=utf-8", Revalidate},
		// Words, dates and versions are no hashes.
		"assets/my-FAQPages.css": {"text/css; charset=utf-8", Revalidate},
		"assets/my-homepage.css": {"text/css; charset=utf-8", Revalidate},
		"assets/my-Homepage.css": {"text/css; charset=utf-8", Revalidate},
		"report-20240101.pdf":    {"application/pdf", Shared},
		"photo-deadbeef.png":     {"image/png", Shared},
		"lib-img12345.png":       {"image/png", Shared},
		"jquery-3.7.1.min.js":    {"text/javascript; charset=utf-8", Revalidate},
		"logo.png":               {"image/png", Shared},
		"font.woff2":             {"font/woff2", Shared},
		"movie.mp4":              {"video/mp4", Shared},
		"unknown.xyz":            {"application/octet-stream", Shared},
		"noextension":            {"application/octet-stream", Shared},
		"icon.SVG":               {"image/svg+xml", Shared},
	} {
		if got := HeaderOf(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
