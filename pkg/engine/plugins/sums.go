package plugins

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// SumError says that an archive is not what it should be.
type SumError struct {
	// File is the archive.
	File string
	// Got and Want are SHA-256 sums in hexadecimal.
	Got, Want string
	// From says who wants it: the address of a list, or a file.
	From string
}

// Error names both sums and where the right one is from.
func (e *SumError) Error() string {
	return fmt.Sprintf("%s has the sum sha256:%s; want sha256:%s, as %s says: it was altered, and is not used", e.File, e.Got, e.Want, e.From)
}

// UnknownError says that nothing tells what an archive's sum should be.
type UnknownError struct {
	// File is the archive, Sums the record that has no line for it.
	File, Sums string
	// Reason says why the release's list does not tell.
	Reason string
}

// Error gives the two ways on.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("nothing tells the sum of %s (%s), so it is not fetched; put the plugin into a folder yourself and name it with --plugin-dir, "+
		"or add the line %q to %s", e.File, e.Reason, e.File+" sha256:HEX", e.Sums)
}

// expectation is a sum and where it is from.
type expectation struct{ sum, from string }

// expected asks the record and the release what the archive's sum is. Where
// both know one, they must agree.
func (o Options) expected(ctx context.Context, p Plugin) (expectation, error) {
	file := p.Archive()
	recorded, err := readSums(o.Sums)
	if err != nil {
		return expectation{}, err
	}
	known, have := recorded[file]
	list := o.address(p, p.list())
	published, err := o.published(ctx, list)
	switch {
	case ctx.Err() != nil:
		return expectation{}, ctx.Err()
	case err != nil && have:
		return expectation{known, o.Sums}, nil
	case err != nil:
		return expectation{}, &UnknownError{File: file, Sums: o.Sums, Reason: err.Error()}
	}
	sum, listed := published[file]
	switch {
	case listed && have && sum != known:
		return expectation{}, &SumError{File: file, Got: sum, Want: known, From: o.Sums}
	case listed:
		return expectation{sum, list}, nil
	case have:
		return expectation{known, o.Sums}, nil
	}
	return expectation{}, &UnknownError{File: file, Sums: o.Sums, Reason: list + " has no line for it"}
}

// maxList is far above any list of sums that a release has.
const maxList = 1 << 20

// published reads a release's list: "HEX  FILE" a line.
func (o Options) published(ctx context.Context, address string) (map[string]string, error) {
	var text []byte
	err := o.retry(ctx, func() error {
		resp, err := o.get(ctx, address, 0)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return statusError(address, resp)
		}
		text, err = io.ReadAll(io.LimitReader(resp.Body, maxList+1))
		if err == nil && len(text) > maxList {
			err = final(fmt.Errorf("%s is longer than a list of sums", address))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 2 && isSum(words[0]) {
			sums[strings.TrimPrefix(words[1], "*")] = strings.ToLower(words[0])
		}
	}
	return sums, nil
}

func isSum(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

const sumPrefix = "sha256:"

// readSums reads the record; one that is missing is empty.
func readSums(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of sums: %w", err)
	}
	defer f.Close()
	sums, lines := map[string]string{}, bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2 || !strings.HasPrefix(words[1], sumPrefix) || !isSum(strings.TrimPrefix(words[1], sumPrefix)) {
			return nil, fmt.Errorf("%s:%d: %q: want FILE %sHEX with 64 hexadecimal digits", file, n, lines.Text(), sumPrefix)
		}
		sum := strings.ToLower(strings.TrimPrefix(words[1], sumPrefix))
		if other, twice := sums[words[0]]; twice && other != sum {
			return nil, fmt.Errorf("%s:%d: %s has another sum above; keep the line that is right", file, n, words[0])
		}
		sums[words[0]] = sum
	}
	return sums, lines.Err()
}

// record adds a sum that was not known before.
func record(ctx context.Context, file, archive, sum string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("record the sum of %s: %w", archive, err)
	}
	// Other plugins are recorded in the same file.
	unlock, err := lock(ctx, file+lockSuffix)
	if err != nil {
		return fmt.Errorf("record the sum of %s: %w", archive, err)
	}
	defer unlock()
	sums, err := readSums(file)
	if err != nil || sums[archive] == sum {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("record the sum of %s: %w", archive, err)
	}
	err = appendLine(f, archive+" "+sumPrefix+sum+"\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("record the sum of %s: %w", archive, err)
	}
	return nil
}

// appendLine writes a line after the last one, which may lack its end.
func appendLine(f *os.File, line string) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	last := make([]byte, 1)
	if end > 0 {
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = "\n" + line
		}
	}
	if _, err := f.WriteString(line); err != nil {
		return err
	}
	return f.Sync()
}
