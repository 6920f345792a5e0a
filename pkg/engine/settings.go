package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// settings is a stack's configuration for one operation.
type settings struct {
	config config.Map
	// secrets encrypts the secret values of config and, if the state has no
	// manager of its own yet, the state.
	secrets secrets.Manager
}

// specSettings takes the configuration from the stack's spec.
func (s *stack) specSettings(ctx context.Context, state secrets.Manager) (settings, error) {
	sm := state
	if sm == nil {
		var err error
		if sm, err = s.secrets.fresh(); err != nil {
			return settings{}, err
		}
	}
	m := config.Map{}
	for name, v := range s.spec.Config {
		key, err := configKey(s.spec.Ref.Project, name)
		if err != nil {
			return settings{}, fmt.Errorf("configuration key %q: %w", name, err)
		}
		if !v.Secret {
			m[key] = config.NewValue(v.Value)
			continue
		}
		hidden, err := sm.Encrypter().EncryptValue(ctx, v.Value)
		if err != nil {
			return settings{}, fmt.Errorf("configuration key %q: encrypt: %w", name, err)
		}
		m[key] = config.NewSecureValue(hidden)
	}
	return settings{config: m, secrets: sm}, nil
}

// configKey reads a key; one without a namespace belongs to the project.
func configKey(project, name string) (config.Key, error) {
	if !strings.Contains(name, tokens.TokenDelimiter) {
		name = project + tokens.TokenDelimiter + name
	}
	return config.ParseKey(name)
}
