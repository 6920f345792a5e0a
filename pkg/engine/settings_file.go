package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/cloud"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	pkgworkspace "github.com/pulumi/pulumi/pkg/v3/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/esc"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

func (inv *invocation) settingsFile(s *stack, file string) string {
	if file != "" {
		if !filepath.IsAbs(file) {
			file = filepath.Join(inv.dir, file)
		}
		return file
	}
	return workspace.ProjectStackPath(inv.projectPath, inv.project, tokens.QName(s.spec.Ref.Stack))
}

func (inv *invocation) readSettings(s *stack, file string) (*workspace.ProjectStack, error) {
	name := inv.settingsFile(s, file)
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return &workspace.ProjectStack{Config: config.Map{}}, nil
	}
	if err != nil {
		return nil, err
	}
	m, _ := encoding.Detect(name)
	if m == nil {
		return nil, fmt.Errorf("settings %s: want a .yaml or .json file", name)
	}
	ps, err := workspace.LoadProjectStackBytes(nil, inv.project, data, name, m)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if ps.Environment != nil {
		return nil, fmt.Errorf("%w: settings with an environment", errNotServed)
	}
	if ps.Config == nil {
		ps.Config = config.Map{}
	}
	return ps, nil
}

// manager gives what the settings' secrets are encrypted with. Settings that
// name none take over the state's, or get a new one; changed says so.
func (inv *invocation) manager(
	s *stack, ps *workspace.ProjectStack, state secrets.Manager,
) (sm secrets.Manager, changed bool, err error) {
	switch {
	case ps.SecretsProvider != "" && ps.SecretsProvider != "default" && ps.SecretsProvider != passphrase.Type:
		sm, err = cloud.NewCloudSecretsManager(ps, ps.SecretsProvider, false)
		return sm, false, err
	case ps.EncryptionSalt != "":
		data, err := json.Marshal(passphraseState{Salt: ps.EncryptionSalt})
		if err != nil {
			return nil, false, err
		}
		sm, err = s.secrets.passphraseManager(data)
		return sm, false, err
	case state != nil:
		sm = state
	default:
		if sm, err = s.secrets.fresh(); err == nil {
			err = ready(sm)
		}
		if err != nil {
			return nil, false, err
		}
	}
	if sm.Type() == cloud.Type {
		return sm, true, cloud.EditProjectStack(ps, sm.State())
	}
	return sm, true, passphrase.EditProjectStack(ps, sm.State())
}

// fileSettings reads the stack's settings file, and the project's defaults.
func (inv *invocation) fileSettings(
	ctx context.Context, s *stack, state secrets.Manager, file string,
) (settings, error) {
	ps, err := inv.readSettings(s, file)
	if err != nil {
		return settings{}, err
	}
	sm, changed, err := inv.manager(s, ps, state)
	if err != nil {
		return settings{}, err
	}
	if changed {
		if err := ps.Save(inv.settingsFile(s, file)); err != nil {
			return settings{}, err
		}
	}
	err = pkgworkspace.ValidateStackConfigAndApplyProjectConfig(
		ctx, s.spec.Ref.Stack, inv.project, esc.Value{}, ps.Config, sm.Encrypter(), sm.Decrypter())
	return settings{config: ps.Config, secrets: sm}, err
}
