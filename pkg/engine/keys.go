package engine

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// keys caches derived keys: a derivation takes a million rounds of SHA-256.
var keys keyCache

// keyCache is keyed by a digest, so that it holds no passphrase.
type keyCache struct {
	mu   sync.Mutex
	keys map[[sha256.Size]byte]*derivedKey
}

type derivedKey struct {
	once    sync.Once
	crypter config.Crypter
	err     error
}

func (c *keyCache) entry(phrase, salt string) *derivedKey {
	id := sha256.Sum256([]byte(salt + "\x00" + phrase))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = map[[sha256.Size]byte]*derivedKey{}
	}
	k := c.keys[id]
	if k == nil {
		k = &derivedKey{}
		c.keys[id] = k
	}
	return k
}

func (c *keyCache) put(phrase, salt string, crypter config.Crypter) {
	k := c.entry(phrase, salt)
	k.once.Do(func() { k.crypter = crypter })
}

func (c *keyCache) get(phrase, salt, dir string) (config.Crypter, error) {
	k := c.entry(phrase, salt)
	k.once.Do(func() { k.crypter, k.err = crypterFor(phrase, salt, dir) })
	return k.crypter, k.err
}

// rounds is how often Pulumi hashes a passphrase to make a key of it.
// Source: NewSymmetricCrypterFromPassphrase in its package config.
const rounds = 1_000_000

// crypterFor reads Pulumi's "v1:SALT:CHECK" form, where CHECK is a known word
// encrypted with the key, and tells a wrong passphrase by it. With dir, the key
// comes from there if it was kept, and is kept there once it is known to be right.
func crypterFor(phrase, state, dir string) (config.Crypter, error) {
	salt, check, err := splitSalt(state)
	if err != nil {
		return nil, err
	}
	file := keyFile(dir, phrase, state)
	if file != "" {
		if key, err := os.ReadFile(file); err == nil && len(key) == config.SymmetricCrypterKeyBytes {
			if crypter := config.NewSymmetricCrypter(key); fits(crypter, check) {
				return config.NewCiphertextToPlaintextCachedCrypter(crypter, crypter), nil
			}
		}
	}
	key, err := pbkdf2.Key(sha256.New, phrase, salt, rounds, config.SymmetricCrypterKeyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive the key: %w", err)
	}
	crypter := config.NewSymmetricCrypter(key)
	if !fits(crypter, check) {
		return nil, ErrWrongPassphrase
	}
	if file != "" {
		// Not to be able to keep it costs time and nothing else.
		_ = keep(file, key)
	}
	return config.NewCiphertextToPlaintextCachedCrypter(crypter, crypter), nil
}

func fits(crypter config.Crypter, check string) bool {
	word, err := crypter.DecryptValue(context.Background(), check)
	return err == nil && word == "pulumi"
}

// keyFile is where a key is kept. Another passphrase has another file, so that
// a wrong one is never taken for right because somebody gave the right one before.
func keyFile(dir, phrase, state string) string {
	if dir == "" {
		return ""
	}
	id := sha256.Sum256([]byte("kept key\x00" + state + "\x00" + phrase))
	return filepath.Join(dir, hex.EncodeToString(id[:16]))
}

// keep writes the file whole or not at all, for its owner alone.
func keep(file string, key []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".key-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(key); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
