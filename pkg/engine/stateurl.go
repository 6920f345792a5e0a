package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// withOptions adds what we want of a backend to its URL, where it says nothing
// about it: files get no sidecars with metadata. And a store that follows S3
// (one with an endpoint of its own) is not asked for checksums: most send none,
// and the client would warn of it on the terminal at every read.
func withOptions(url string) string {
	switch {
	case strings.HasPrefix(url, "file://"):
		return withOption(url, "metadata", "skip")
	case strings.HasPrefix(url, "s3://") && strings.Contains(url, "endpoint="):
		return withOption(url, "response_checksum_validation", "when_required")
	}
	return url
}

func withOption(url, name, value string) string {
	if strings.Contains(url, name+"=") {
		return url
	}
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + name + "=" + value
}

// makeStateDir creates the directory of a file:// backend, private to its
// owner, since it will hold encrypted secrets.
func makeStateDir(url string) error {
	dir, ok, err := stateDir(url)
	if err != nil || !ok {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create state directory: %w", err)
	}
	return nil
}

// redactURL drops what may hold a password from a backend's URL.
func redactURL(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	rest, _, _ = strings.Cut(rest, "?")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		rest = rest[at+1:]
	}
	return scheme + "://" + rest
}

// redactError drops what may hold a password out of an error that quotes a
// backend's URL, or the user information of it.
func redactError(err error, url string) error {
	text := err.Error()
	clean := strings.ReplaceAll(text, url, redactURL(url))
	if _, rest, ok := strings.Cut(url, "://"); ok {
		if at := strings.LastIndex(rest, "@"); at > 0 {
			clean = strings.ReplaceAll(clean, rest[:at+1], "")
		}
	}
	if clean == text {
		return err
	}
	return errors.New(clean)
}
