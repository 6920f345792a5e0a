package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend/backenderr"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// configValue is one value in the pulumi command's JSON.
type configValue struct {
	Value       *string `json:"value,omitempty"`
	ObjectValue any     `json:"objectValue,omitempty"`
	Secret      bool    `json:"secret"`
}

// configFlags are those that all config commands share.
type configFlags struct {
	*flags
	path *bool
	file *string
}

func newConfigFlags() *configFlags {
	f := newFlags()
	return &configFlags{flags: f, path: f.Bool("path", false, ""), file: f.String("config-file", "", "")}
}

// key reads a key; with --path only its first part may lack a namespace.
func (f *configFlags) key(inv *invocation, name string) (config.Key, error) {
	rest := ""
	if i := strings.IndexAny(name, "[."); *f.path && i > 0 {
		name, rest = name[:i], name[i:]
	}
	key, err := configKey(string(inv.project.Name), name)
	if err != nil || rest == "" {
		return key, err
	}
	return config.MustMakeKey(key.Namespace(), key.Name()+rest), nil
}

func (inv *invocation) configAll(args []string) error {
	f := newConfigFlags()
	asJSON := f.BoolP("json", "j", false, "")
	show := f.Bool("show-secrets", false, "")
	return f.edit(inv, args, 0, 0, false, func(e *editor) error {
		if !*asJSON {
			return errNotServed
		}
		all := map[string]configValue{}
		for k, v := range e.ps.Config {
			c, err := e.shown(v, *show)
			if err != nil {
				return fmt.Errorf("configuration key %s: %w", k, err)
			}
			all[k.String()] = c
		}
		return inv.json(all)
	})
}

func (inv *invocation) configGet(args []string) error {
	f := newConfigFlags()
	asJSON := f.BoolP("json", "j", false, "")
	return f.edit(inv, args, 1, 1, false, func(e *editor) error {
		key, err := f.key(inv, f.Arg(0))
		if err != nil {
			return err
		}
		v, ok, err := e.ps.Config.Get(key, *f.path)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("configuration key '%s' not found for stack '%s'", f.Arg(0), e.s.spec.Ref.Stack)
		}
		c, err := e.shown(v, true)
		if err != nil {
			return err
		}
		if !*asJSON {
			_, err := fmt.Fprintln(inv.out, *c.Value)
			return err
		}
		return inv.json(c)
	})
}

func (inv *invocation) configSet(args []string) error {
	f := newConfigFlags()
	secret := f.Bool("secret", false, "")
	f.Bool("plaintext", false, "")
	return f.edit(inv, args, 2, 2, true, func(e *editor) error {
		key, err := f.key(inv, f.Arg(0))
		if err != nil {
			return err
		}
		return e.set(key, f.Arg(1), *secret, *f.path)
	})
}

func (inv *invocation) configSetAll(args []string) error {
	f := newConfigFlags()
	plain := f.StringArray("plaintext", nil, "")
	secret := f.StringArray("secret", nil, "")
	asJSON := f.String("json", "", "")
	return f.edit(inv, args, 0, 0, true, func(e *editor) error {
		for i, pair := range append(*plain, *secret...) {
			name, value, ok := strings.Cut(pair, "=")
			if !ok {
				return fmt.Errorf("config value %q must be in the form [key]=[value]", name)
			}
			key, err := f.key(inv, name)
			if err != nil {
				return err
			}
			if err := e.set(key, value, i >= len(*plain), *f.path); err != nil {
				return err
			}
		}
		if *asJSON == "" {
			return nil
		}
		return e.setJSON(*asJSON)
	})
}

// setJSON takes over what configAll prints.
func (e *editor) setJSON(text string) error {
	var all map[string]configValue
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return fmt.Errorf("could not parse --json argument: %w", err)
	}
	for name, c := range all {
		key, err := configKey(string(e.inv.project.Name), name)
		if err != nil {
			return fmt.Errorf("invalid --json object key %q: %w", name, err)
		}
		if c.Value == nil {
			return fmt.Errorf("value for --json object key %q is nil", name)
		}
		if c.ObjectValue == nil {
			if err := e.set(key, *c.Value, c.Secret, false); err != nil {
				return err
			}
			continue
		}
		v := config.NewObjectValue(*c.Value)
		if c.Secret {
			hidden, err := e.encrypt(*c.Value)
			if err != nil {
				return err
			}
			v = config.NewSecureObjectValue(hidden)
		}
		if err := e.ps.Config.Set(key, v, true); err != nil {
			return err
		}
	}
	return nil
}

func (inv *invocation) configRemove(args []string) error {
	f := newConfigFlags()
	return f.edit(inv, args, 1, -1, true, func(e *editor) error {
		for _, name := range f.Args() {
			key, err := f.key(inv, name)
			if err != nil {
				return err
			}
			if err := e.ps.Config.Remove(key, *f.path); err != nil {
				return err
			}
		}
		return nil
	})
}

// configRefresh sets the configuration to that of the last update.
func (inv *invocation) configRefresh(args []string) error {
	f := newConfigFlags()
	force := f.BoolP("force", "f", false, "")
	return f.edit(inv, args, 0, 0, true, func(e *editor) error {
		if !*force {
			return errNotServed
		}
		latest, err := e.s.backend.GetLatestConfiguration(inv.ctx, e.s.handle)
		if errors.Is(err, backenderr.ErrNoPreviousDeployment) {
			return fmt.Errorf("stack '%s' has never been updated", e.s.spec.Ref.Stack)
		}
		if err != nil {
			return err
		}
		// The values are encrypted as the state is; the file must say so.
		if latest.Config.HasSecureValue() {
			if _, err := e.secrets(); err != nil {
				return err
			}
		}
		e.ps.Config = latest.Config
		return nil
	})
}
