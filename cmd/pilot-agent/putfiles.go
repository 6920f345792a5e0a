package main

import (
	"archive/tar"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
)

// runPutFiles writes the files of a tar from standard input into those that are there, which stay the same files: a
// program that watches a file by inotify does not notice one that takes its place more than once.
func runPutFiles(_ context.Context, args []string, _ io.Writer, _ *slog.Logger) error {
	flags := flag.NewFlagSet("put-files", flag.ContinueOnError)
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	in := tar.NewReader(os.Stdin)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the files: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := putFile("/"+header.Name, header.FileInfo().Mode().Perm(), in); err != nil {
			return err
		}
	}
}

func putFile(path string, mode fs.FileMode, content io.Reader) (err error) {
	// Its owner may change the mode of a file that it may not write.
	if err := os.Chmod(path, mode|0o200); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode|0o200)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Chmod(path, mode)) }()
	_, err = io.Copy(f, content)
	return err
}
