package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	backendsecrets "github.com/pulumi/pulumi/pkg/v3/backend/secrets"
	pkgstack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// on parses a command's flags, opens its stack, which must exist, and works on it.
func (inv *invocation) on(f *flags, args []string, least, most int, work func(*stack) error) error {
	if err := f.parse(args, least, most); err != nil {
		return err
	}
	s, err := inv.selectStack(f.stack)
	if err != nil {
		return err
	}
	return errors.Join(work(s), s.Close())
}

func (inv *invocation) stackShow(args []string) error {
	return inv.on(newFlags(), args, 0, 0, func(s *stack) error {
		_, err := fmt.Fprintf(inv.out, "Current stack is %s\n", s.spec.Ref.Stack)
		return err
	})
}

func (inv *invocation) stackInit(args []string) error {
	f := newFlags()
	provider := f.String("secrets-provider", "", "")
	f.Bool("no-select", false, "")
	if err := f.parse(args, 0, 1); err != nil {
		return err
	}
	name := f.stack
	if f.NArg() == 1 {
		name = f.Arg(0)
	}
	s, err := inv.lookup(name)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.handle != nil {
		return fmt.Errorf("stack '%s' already exists", name)
	}
	switch *provider {
	case "", "default", passphrase.Type:
		// The salt is made when something is first encrypted.
	default:
		ps, err := inv.readSettings(s, "")
		if err != nil {
			return err
		}
		ps.SecretsProvider = *provider
		if _, _, err := inv.manager(s, ps, nil); err != nil {
			return fmt.Errorf("secrets provider %s: %w", redactURL(*provider), err)
		}
		if err := ps.Save(inv.settingsFile(s, "")); err != nil {
			return err
		}
	}
	if err := s.create(inv.ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(inv.out, "Created stack '%s'\n", name)
	return err
}

// stackSelect only finds the stack: which one is current is a setting of the
// person at the terminal, and the Automation API names its stack each time.
func (inv *invocation) stackSelect(args []string) error {
	return inv.on(newFlags(), args, 0, 0, func(*stack) error { return nil })
}

func (inv *invocation) stackRemove(args []string) error {
	f := newFlags()
	yes := f.BoolP("yes", "y", false, "")
	force := f.BoolP("force", "f", false, "")
	keep := f.Bool("preserve-config", false, "")
	backups := f.Bool("remove-backups", false, "")
	if err := f.parse(args, 0, 1); err != nil || !*yes {
		return errors.Join(err, errNotServed)
	}
	if f.NArg() == 1 {
		f.stack = f.Arg(0)
	}
	s, err := inv.selectStack(f.stack)
	if err != nil {
		return err
	}
	defer s.Close()
	has, err := s.backend.RemoveStack(inv.ctx, s.handle, *force, *backups)
	if has {
		return fmt.Errorf("'%s' still has resources; removal rejected", f.stack)
	}
	if err != nil {
		return s.lockError(inv.ctx, err)
	}
	if !*keep {
		if err := os.Remove(inv.settingsFile(s, "")); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	_, err = fmt.Fprintf(inv.out, "Stack '%s' has been removed!\n", f.stack)
	return err
}

func (inv *invocation) stackList(args []string) error {
	f := newFlags()
	asJSON := f.BoolP("json", "j", false, "")
	all := f.BoolP("all", "a", false, "")
	if err := f.parse(args, 0, 0); err != nil {
		return err
	}
	if !*asJSON {
		return errNotServed
	}
	b, _, err := inv.backend()
	if err != nil {
		return err
	}
	var filter backend.ListStacksFilter
	if !*all {
		name := string(inv.project.Name)
		filter.Project = &name
	}
	found, _, err := b.ListStacks(inv.ctx, filter, nil)
	if err != nil {
		return err
	}
	type summary struct {
		Name          string `json:"name"`
		Current       bool   `json:"current"`
		LastUpdate    string `json:"lastUpdate,omitempty"`
		ResourceCount *int   `json:"resourceCount,omitempty"`
	}
	list := make([]summary, 0, len(found))
	for _, s := range found {
		e := summary{Name: s.Name().String(), ResourceCount: s.ResourceCount()}
		if t := s.LastUpdate(); t != nil {
			e.LastUpdate = t.UTC().Format(timeLayout)
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b summary) int { return strings.Compare(a.Name, b.Name) })
	return inv.json(list)
}

func (inv *invocation) stackOutput(args []string) error {
	f := newFlags()
	asJSON := f.BoolP("json", "j", false, "")
	show := f.Bool("show-secrets", false, "")
	return inv.on(f, args, 0, 0, func(s *stack) error {
		if !*asJSON {
			return errNotServed
		}
		st, err := s.store.load(inv.ctx)
		if err != nil {
			return err
		}
		out := map[string]any{}
		if st.deployment == nil {
			return inv.json(out)
		}
		from := backendsecrets.BlindingProvider
		if *show {
			from = s.secrets
		}
		props, err := pkgstack.DeserializeStackOutputs(inv.ctx, *st.deployment, from)
		if err != nil {
			return err
		}
		shown := display.MassageSecrets(resource.FromResourcePropertyMap(props), *show)
		out, err = pkgstack.SerializeProperties(
			inv.ctx, resource.ToResourcePropertyMap(shown), config.NewPanicCrypter(), *show)
		if err != nil {
			return err
		}
		if out == nil {
			out = map[string]any{}
		}
		return inv.json(out)
	})
}

func (inv *invocation) stackExport(args []string) error {
	f := newFlags()
	show := f.Bool("show-secrets", false, "")
	return inv.on(f, args, 0, 0, func(s *stack) error {
		d, err := s.Export(inv.ctx)
		if err != nil {
			return err
		}
		if *show && string(d.Deployment) != "null" {
			snap, err := pkgstack.DeserializeUntypedDeployment(inv.ctx, &d, s.secrets)
			if err != nil {
				return err
			}
			shown, err := pkgstack.SerializeUntypedDeployment(
				inv.ctx, snap, &pkgstack.SerializeOptions{ShowSecrets: true, Pretty: true})
			if err != nil {
				return err
			}
			d = *shown
		}
		enc := json.NewEncoder(inv.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "    ")
		return enc.Encode(d)
	})
}

func (inv *invocation) stackImport(args []string) error {
	f := newFlags()
	file := f.String("file", "", "")
	force := f.BoolP("force", "f", false, "")
	return inv.on(f, args, 0, 0, func(s *stack) error {
		if *file == "" {
			return errNotServed
		}
		name := *file
		if !filepath.IsAbs(name) {
			name = filepath.Join(inv.dir, name)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var d apitype.UntypedDeployment
		if err := json.Unmarshal(data, &d); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		snap, err := pkgstack.DeserializeUntypedDeployment(inv.ctx, &d, s.secrets)
		if err != nil {
			return err
		}
		if !*force {
			for _, r := range snap.Resources {
				if r.URN.Stack() != tokens.QName(s.spec.Ref.Stack) {
					return fmt.Errorf("resource '%s' is from a different stack; use --force to import it all the same", r.URN)
				}
			}
			if err := snap.VerifyIntegrity(); err != nil {
				return fmt.Errorf("state file contains errors: %w; use --force to import it all the same", err)
			}
		}
		snap.PendingOperations = nil
		whole, err := pkgstack.SerializeUntypedDeployment(inv.ctx, snap, nil)
		if err != nil {
			return err
		}
		if err := s.Import(inv.ctx, *whole); err != nil {
			return err
		}
		_, err = fmt.Fprintln(inv.out, "Import complete.")
		return err
	})
}

func (inv *invocation) stackRename(args []string) error {
	f := newFlags()
	return inv.on(f, args, 1, 1, func(s *stack) error {
		before := inv.settingsFile(s, "")
		ref, err := s.backend.RenameStack(inv.ctx, s.handle, tokens.QName(f.Arg(0)))
		if err != nil {
			return s.lockError(inv.ctx, err)
		}
		after := workspace.ProjectStackPath(inv.projectPath, inv.project, ref.Name().Q())
		err = os.Rename(before, after)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		_, err = fmt.Fprintf(inv.out, "Renamed %s to %s\n", s.spec.Ref.Stack, ref.Name())
		return err
	})
}
