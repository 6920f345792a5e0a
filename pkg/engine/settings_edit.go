package engine

import (
	"encoding/json"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// editor is a settings file being changed.
type editor struct {
	inv *invocation
	s   *stack
	ps  *workspace.ProjectStack
	sm  secrets.Manager
}

// secrets gives the manager of the file's secrets, which is only asked for
// when there is something to encrypt or decrypt.
func (e *editor) secrets() (secrets.Manager, error) {
	if e.sm != nil {
		return e.sm, nil
	}
	state, err := e.s.stateManager(e.inv.ctx)
	if err != nil {
		return nil, err
	}
	e.sm, _, err = e.inv.manager(e.s, e.ps, state)
	return e.sm, err
}

func (e *editor) encrypt(value string) (string, error) {
	sm, err := e.secrets()
	if err != nil {
		return "", err
	}
	return sm.Encrypter().EncryptValue(e.inv.ctx, value)
}

func (e *editor) set(key config.Key, value string, secret, path bool) error {
	v := config.NewValue(value)
	if secret {
		hidden, err := e.encrypt(value)
		if err != nil {
			return err
		}
		v = config.NewSecureValue(hidden)
	}
	return e.ps.Config.Set(key, v, path)
}

// edit opens the stack's settings, changes them and, if save is set, writes them.
func (f *configFlags) edit(inv *invocation, args []string, least, most int, save bool, change func(*editor) error) error {
	return inv.on(f.flags, args, least, most, func(s *stack) error {
		ps, err := inv.readSettings(s, *f.file)
		if err != nil {
			return err
		}
		e := &editor{inv: inv, s: s, ps: ps}
		if err := change(e); err != nil || !save {
			return err
		}
		return ps.Save(inv.settingsFile(s, *f.file))
	})
}

// shown gives the value in the clear if show is set, blinded otherwise.
func (e *editor) shown(v config.Value, show bool) (configValue, error) {
	dec := config.NewBlindingDecrypter()
	if show && v.Secure() {
		sm, err := e.secrets()
		if err != nil {
			return configValue{}, err
		}
		dec = sm.Decrypter()
	}
	text, err := v.Value(dec)
	if err != nil {
		return configValue{}, err
	}
	out := configValue{Value: &text, Secret: v.Secure()}
	if v.Object() {
		err = json.Unmarshal([]byte(text), &out.ObjectValue)
	}
	return out, err
}
