package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// interruptGrace is how long a second process may take after an interrupt.
const interruptGrace = 10 * time.Second

// environ is what a command's caller adds to the process's environment.
type environ map[string]string

func newEnviron(list []string) environ {
	e := environ{}
	for _, entry := range list {
		if k, v, ok := strings.Cut(entry, "="); ok {
			e[k] = v
		}
	}
	return e
}

func (e environ) lookup(key string) (string, bool) {
	if v, ok := e[key]; ok {
		return v, true
	}
	return os.LookupEnv(key)
}

func (e environ) get(key string) string {
	v, _ := e.lookup(key)
	return v
}

// invocation is one command being served.
type invocation struct {
	ctx     context.Context
	command *command
	dir     string
	env     environ
	out     io.Writer
	errOut  io.Writer

	project     *workspace.Project
	projectPath string
}

// readProject reads the project file of the command's directory.
func (inv *invocation) readProject() error {
	if inv.project != nil {
		return nil
	}
	dir, err := filepath.Abs(inv.dir)
	if err != nil {
		return err
	}
	for ext, m := range encoding.Marshalers {
		name := filepath.Join(dir, "Pulumi"+ext)
		data, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		p, err := workspace.LoadProjectBytes(data, name, m)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		inv.project, inv.projectPath = p, name
		return nil
	}
	// Above the directory may be one; finding it is left to the other process.
	return fmt.Errorf("%w: no Pulumi.yaml in %s", errNotServed, dir)
}

// home is the folder of Pulumi's own settings and plugins.
func (inv *invocation) home() (string, error) {
	if dir := inv.env.get("PULUMI_HOME"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserHomeDir()
	return filepath.Join(dir, ".pulumi"), err
}

// backendURL finds the state's place as the pulumi command does.
func (inv *invocation) backendURL() (string, error) {
	if url := inv.env.get("PULUMI_BACKEND_URL"); url != "" {
		return url, nil
	}
	if inv.project != nil && inv.project.Backend != nil && inv.project.Backend.URL != "" {
		return inv.project.Backend.URL, nil
	}
	home, err := inv.home()
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(home, "credentials.json"))
	if err != nil {
		return "", fmt.Errorf("%w: no backend is set", errNotServed)
	}
	var creds struct {
		Current string `json:"current"`
	}
	if err := json.Unmarshal(data, &creds); err != nil {
		return "", fmt.Errorf("read credentials: %w", err)
	}
	return creds.Current, nil
}

func (inv *invocation) backend() (diy.Backend, string, error) {
	if err := inv.readProject(); err != nil {
		return nil, "", err
	}
	url, err := inv.backendURL()
	if err != nil {
		return nil, "", err
	}
	if !diy.IsDIYBackendURL(url) {
		return nil, "", fmt.Errorf("%w: backend %s", errNotServed, redactURL(url))
	}
	b, err := openBackend(inv.ctx, url, inv.project)
	return b, url, err
}

// passphrase reads the variables that the pulumi command reads.
func (inv *invocation) passphrase(context.Context) (string, error) {
	if phrase, ok := inv.env.lookup("PULUMI_CONFIG_PASSPHRASE"); ok {
		return phrase, nil
	}
	if name := inv.env.get("PULUMI_CONFIG_PASSPHRASE_FILE"); name != "" {
		data, err := os.ReadFile(name)
		return strings.TrimSpace(string(data)), err
	}
	return "", errors.New("passphrase must be set with PULUMI_CONFIG_PASSPHRASE or " +
		"PULUMI_CONFIG_PASSPHRASE_FILE environment variables")
}

// lookup opens the named stack; its handle is nil if there is none.
func (inv *invocation) lookup(name string) (*stack, error) {
	if name == "" {
		return nil, fmt.Errorf("%w: no stack is named", errNotServed)
	}
	b, url, err := inv.backend()
	if err != nil {
		return nil, err
	}
	ref, err := b.ParseStackReference(name)
	if err != nil {
		return nil, err
	}
	project, ok := ref.Project()
	if !ok {
		return nil, fmt.Errorf("%w: a stack without a project", errNotServed)
	}
	spec := infra.EngineSpec{
		Ref:       infra.Ref{Project: project.String(), Stack: ref.Name().String()},
		State:     url,
		Secrets:   infra.Secrets{Passphrase: inv.passphrase},
		Providers: inv.command.providers,
	}
	if dir := inv.env["PULUMI_HOME"]; dir != "" && dir != os.Getenv("PULUMI_HOME") {
		spec.PluginDir = filepath.Join(dir, "plugins")
	}
	s, err := selectStack(inv.ctx, spec, inv.project, filepath.Dir(inv.projectPath))
	if err != nil {
		return nil, err
	}
	s.settings = func(ctx context.Context, state secrets.Manager) (settings, error) {
		return inv.fileSettings(ctx, s, state, "")
	}
	s.debugProviders = debugProviders(inv.env.get("PULUMI_DEBUG_PROVIDERS"))
	s.pluginEnv = maps.Clone(map[string]string(inv.env))
	return s, nil
}

// select opens the named stack, which must exist.
func (inv *invocation) selectStack(name string) (*stack, error) {
	s, err := inv.lookup(name)
	if err != nil {
		return nil, err
	}
	if s.handle == nil {
		return nil, errors.Join(fmt.Errorf("no stack named '%s' found", name), s.Close())
	}
	if err := s.recover(inv.ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func debugProviders(list string) map[string]int {
	ports := map[string]int{}
	for entry := range strings.SplitSeq(list, ",") {
		name, port, _ := strings.Cut(entry, ":")
		if n, err := strconv.Atoi(port); err == nil {
			ports[name] = n
		}
	}
	return ports
}

// stateManager gives the manager of the secrets in the state, nil if there is none.
func (s *stack) stateManager(ctx context.Context) (secrets.Manager, error) {
	st, err := s.store.load(ctx)
	if err != nil || st.deployment == nil || st.deployment.SecretsProviders == nil {
		return nil, err
	}
	p := st.deployment.SecretsProviders
	if p.Type == "" {
		return nil, nil
	}
	return s.secrets.OfType(ctx, p.Type, p.State)
}

// json prints v as the pulumi command does.
func (inv *invocation) json(v any) error {
	enc := json.NewEncoder(inv.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
