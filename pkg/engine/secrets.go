package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/cloud"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// ErrWrongPassphrase reports that the state's secrets were encrypted with
// another passphrase than the one given.
var ErrWrongPassphrase = infra.ErrWrongPassphrase

// secretsProvider makes the secrets managers of one stack. Unlike Pulumi's own
// it reads no environment variable and never prompts.
type secretsProvider struct {
	kind   string
	phrase func() (string, error)
	keyDir string // "" keeps no keys

	mu   sync.Mutex
	made secrets.Manager // by fresh
}

func newSecretsProvider(s infra.Secrets) *secretsProvider {
	kind := s.Provider
	if kind == "" || kind == "default" {
		kind = passphrase.Type
	}
	return &secretsProvider{
		kind:   kind,
		keyDir: s.KeyDir,
		phrase: sync.OnceValues(func() (string, error) {
			if s.Passphrase == nil {
				return "", errors.New("secrets provider passphrase: no passphrase was given")
			}
			return s.Passphrase(context.Background())
		}),
	}
}

var _ secrets.Provider = (*secretsProvider)(nil)

// OfType returns the manager for secrets that are already in the state. A
// passphrase is only asked for, and tried, when the manager is first used.
func (p *secretsProvider) OfType(_ context.Context, ty string, state json.RawMessage) (secrets.Manager, error) {
	switch ty {
	case passphrase.Type:
		return p.passphraseManager(state)
	case cloud.Type:
		return cloud.NewCloudSecretsManagerFromState(state)
	default:
		return nil, fmt.Errorf("secrets provider %q of the state: want %q or %q", ty, passphrase.Type, cloud.Type)
	}
}

// fresh returns the manager for a state that holds no secrets yet. It is the
// same one each time, and makes no salt before it is used.
func (p *secretsProvider) fresh() (secrets.Manager, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made != nil {
		return p.made, nil
	}
	if p.kind != passphrase.Type {
		sm, err := cloud.NewCloudSecretsManager(&workspace.ProjectStack{}, p.kind, false)
		if err != nil {
			return nil, fmt.Errorf("secrets provider %s: %w", redactURL(p.kind), err)
		}
		p.made = sm
		return sm, nil
	}
	p.made = newLazyManager(nil, func() (json.RawMessage, config.Crypter, error) {
		phrase, err := p.phrase()
		if err != nil {
			return nil, nil, err
		}
		salt, sm, err := passphrase.NewPassphraseSecretsManager(phrase)
		if err != nil {
			return nil, nil, fmt.Errorf("secrets provider passphrase: %w", err)
		}
		crypter := sm.Encrypter().(config.Crypter)
		keys.put(phrase, salt, crypter)
		return sm.State(), crypter, nil
	})
	return p.made, nil
}

type passphraseState struct {
	Salt string `json:"salt"`
}

func (p *secretsProvider) passphraseManager(state json.RawMessage) (secrets.Manager, error) {
	var s passphraseState
	if err := json.Unmarshal(state, &s); err != nil {
		return nil, fmt.Errorf("read passphrase state: %w", err)
	}
	if _, _, err := splitSalt(s.Salt); err != nil {
		return nil, err
	}
	return newLazyManager(state, func() (json.RawMessage, config.Crypter, error) {
		phrase, err := p.phrase()
		if err != nil {
			return nil, nil, err
		}
		crypter, err := keys.get(phrase, s.Salt, p.keyDir)
		return state, crypter, err
	}), nil
}

func splitSalt(state string) (salt []byte, check string, err error) {
	parts := strings.SplitN(state, ":", 3)
	if len(parts) != 3 || parts[0] != "v1" {
		return nil, "", errors.New("passphrase state: want the form v1:SALT:CHECK")
	}
	salt, err = base64.StdEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, "", fmt.Errorf("passphrase state: salt: %w", err)
	}
	return salt, parts[2], nil
}
