package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// TestKeptKeys holds kept keys to what Pulumi itself derives.
func TestKeptKeys(t *testing.T) {
	salt, theirs, err := passphrase.NewPassphraseSecretsManager("right")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := theirs.Encrypter().EncryptValue(context.Background(), "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "keys")
	reads := func(when string) {
		t.Helper()
		crypter, err := crypterFor("right", salt, dir)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if got, err := crypter.DecryptValue(context.Background(), secret); err != nil || got != "s3cret" {
			t.Errorf("%s: got %q, %v", when, got, err)
		}
	}
	reads("derived")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("kept: %v, %v; want one file", files, err)
	}
	info, err := files[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != config.SymmetricCrypterKeyBytes {
		t.Errorf("kept with mode %v and %d bytes, %v", info.Mode(), info.Size(), err)
	}
	start := time.Now()
	reads("kept")
	t.Logf("with a kept key: %v", time.Since(start))
	if _, err := crypterFor("wrong", salt, dir); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("a wrong passphrase beside a kept key: got %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("a wrong passphrase's key is kept: %v", files)
	}
	if err := os.WriteFile(filepath.Join(dir, files[0].Name()), make([]byte, config.SymmetricCrypterKeyBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	reads("another key's file")
	reads("kept anew")
}
