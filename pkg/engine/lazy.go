package engine

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// lazyManager encrypts with a key that is derived from a passphrase when it is
// first needed: a derivation takes longer than an operation that changes nothing.
type lazyManager struct {
	state json.RawMessage // nil until the key is derived, for a new manager
	load  func() (derived, error)
}

type derived struct {
	state   json.RawMessage
	crypter config.Crypter
}

var (
	_ secrets.Manager = (*lazyManager)(nil)
	_ config.Crypter  = (*lazyManager)(nil)
)

func newLazyManager(state json.RawMessage, derive func() (json.RawMessage, config.Crypter, error)) *lazyManager {
	return &lazyManager{state: state, load: sync.OnceValues(func() (derived, error) {
		state, crypter, err := derive()
		return derived{state: state, crypter: crypter}, err
	})}
}

// ready derives the key now. A changing operation does so before its first
// change: what it makes could not be written down with a wrong passphrase.
func ready(sm secrets.Manager) error {
	if m, ok := sm.(*lazyManager); ok {
		_, err := m.load()
		return err
	}
	return nil
}

func (m *lazyManager) Type() string { return passphrase.Type }

// State derives the key of a new manager; its error shows at the next use.
func (m *lazyManager) State() json.RawMessage {
	if m.state != nil {
		return m.state
	}
	d, err := m.load()
	if err != nil {
		return nil
	}
	return d.state
}

func (m *lazyManager) Encrypter() config.Encrypter { return m }
func (m *lazyManager) Decrypter() config.Decrypter { return m }

func (m *lazyManager) EncryptValue(ctx context.Context, plaintext string) (string, error) {
	d, err := m.load()
	if err != nil {
		return "", err
	}
	return d.crypter.EncryptValue(ctx, plaintext)
}

func (m *lazyManager) BatchEncrypt(ctx context.Context, plaintexts []string) ([]string, error) {
	d, err := m.load()
	if err != nil {
		return nil, err
	}
	return d.crypter.BatchEncrypt(ctx, plaintexts)
}

func (m *lazyManager) DecryptValue(ctx context.Context, ciphertext string) (string, error) {
	d, err := m.load()
	if err != nil {
		return "", err
	}
	return d.crypter.DecryptValue(ctx, ciphertext)
}

func (m *lazyManager) BatchDecrypt(ctx context.Context, ciphertexts []string) ([]string, error) {
	d, err := m.load()
	if err != nil {
		return nil, err
	}
	return d.crypter.BatchDecrypt(ctx, ciphertexts)
}
