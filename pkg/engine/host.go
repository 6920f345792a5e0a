package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/blang/semver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	pluginhost "github.com/pulumi/pulumi/pkg/v3/host"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	envutil "github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// host is the plugin host of one operation. It answers for the inline program
// and for the providers of this process, and leaves the rest to Pulumi's own.
type host struct {
	plugin.Host
	program   sdk.RunFunc
	providers []infra.Provider
	pluginDir string
	pluginEnv map[string]string
	attach    map[string]int
	calls     *calls

	abandoned chan struct{} // closed when calls in flight are given up
	abandon   func()

	mu      sync.Mutex
	open    []plugin.Provider
	closers []io.Closer
	close   func() error
}

var _ plugin.Host = (*host)(nil)

// hostFactory makes an operation's host; it tells made about each, so that
// none is left open when the engine fails before it takes it over.
func (s *stack) hostFactory(c *calls, made func(*host)) pulumi.HostFactory {
	return func(ctx context.Context, d, status diag.Sink, debug plugin.DebugContext) (plugin.Host, error) {
		// An inline program in Go needs neither schemas nor mappings.
		inner, err := pluginhost.New(ctx, d, status, debug, nil, nil, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("start plugin host: %w", err)
		}
		h := &host{
			Host:      inner,
			program:   s.spec.Program,
			providers: s.spec.Providers,
			pluginDir: s.spec.PluginDir,
			pluginEnv: s.pluginEnv,
			attach:    s.debugProviders,
			calls:     c,
		}
		h.close = sync.OnceValue(h.closeAll)
		h.abandoned = make(chan struct{})
		h.abandon = sync.OnceFunc(func() {
			close(h.abandoned)
			// It ends the plugins' processes, and with them the calls to them.
			go func() { _ = h.close() }()
		})
		made(h)
		return h, nil
	}
}

func (h *host) LanguageRuntime(ctx *plugin.Context, name string) (plugin.LanguageRuntime, error) {
	if name == runtimeName {
		return &inlineRuntime{program: h.program, engineAddr: h.ServerAddr()}, nil
	}
	return h.Host.LanguageRuntime(ctx, name)
}

func (h *host) local(name string) *infra.Provider {
	i := slices.IndexFunc(h.providers, func(p infra.Provider) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &h.providers[i]
}

func (h *host) Provider(ctx *plugin.Context, d workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	over := h.calls.begin(infra.CallSlow{Provider: d.Name, Call: "start"})
	defer over()
	p, err := h.provider(ctx, d, e)
	if err != nil {
		return nil, err
	}
	return &guarded{Provider: p, name: d.Name, calls: h.calls}, nil
}

func (h *host) provider(ctx *plugin.Context, d workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	if p := h.local(d.Name); p != nil {
		return h.localProvider(ctx, p)
	}
	if port, ok := h.attach[d.Name]; ok {
		return h.attachProvider(ctx, d.Name, port)
	}
	if len(h.pluginEnv) > 0 {
		e = envutil.NewEnv(envutil.JoinStore(envutil.MapStore(h.pluginEnv), e.GetStore()))
	}
	if h.pluginDir == "" {
		return h.Host.Provider(ctx, d, e)
	}
	path, err := findPlugin(h.pluginDir, d)
	if err != nil {
		return nil, err
	}
	return h.ProviderFromPath(ctx, path, e)
}

// localProvider starts a provider of this process as the engine starts a
// plugin that it attaches to.
func (h *host) localProvider(ctx *plugin.Context, p *infra.Provider) (plugin.Provider, error) {
	server, err := p.New(ctx.Request())
	if err != nil {
		return nil, fmt.Errorf("start provider %s: %w", p.Name, err)
	}
	version, err := semver.Parse(p.Version)
	if err != nil {
		return nil, fmt.Errorf("provider %s: version %q: want a semantic version such as 1.2.3", p.Name, p.Version)
	}
	client := &directClient{name: p.Name, server: server, abandoned: h.abandoned}
	closer, _ := server.(io.Closer)
	return h.greet(ctx, p.Name, client, plugin.NewProviderWithVersionOverride(ctx, client, false, &version), closer)
}

// attachProvider uses a provider that listens on a port of this machine.
func (h *host) attachProvider(ctx *plugin.Context, name string, port int) (plugin.Provider, error) {
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port),
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, fmt.Errorf("attach provider %s: %w", name, err)
	}
	client := rpc.NewResourceProviderClient(conn)
	return h.greet(ctx, name, client, plugin.NewProviderWithClient(ctx, client, false), conn)
}

// greet does what the engine does with a plugin that it attaches to.
func (h *host) greet(
	ctx *plugin.Context, name string, client rpc.ResourceProviderClient, provider plugin.Provider, closer io.Closer,
) (plugin.Provider, error) {
	h.mu.Lock()
	h.open = append(h.open, provider)
	if closer != nil {
		h.closers = append(h.closers, closer)
	}
	h.mu.Unlock()
	_, err := client.Attach(ctx.Request(), &rpc.PluginAttach{Address: h.ServerAddr()})
	if err != nil && !isUnimplemented(err) {
		return nil, fmt.Errorf("attach provider %s: %w", name, err)
	}
	_, err = provider.Handshake(ctx.Request(), plugin.ProviderHandshakeRequest{
		EngineAddress:               h.ServerAddr(),
		ConfigureWithUrn:            true,
		SupportsViews:               true,
		SupportsRefreshBeforeUpdate: true,
		InvokeWithPreview:           true,
		AcceptsByteString:           true,
		SendsOldOutputsToCheck:      true,
		AcceptsOutputsInInvoke:      true,
		AcceptsOutputsInCall:        true,
	})
	if err != nil && !isUnimplemented(err) {
		return nil, fmt.Errorf("handshake with provider %s: %w", name, err)
	}
	return provider, nil
}

func (h *host) ResolvePlugin(ctx *plugin.Context, d workspace.PluginDescriptor) (*workspace.PluginInfo, error) {
	p := h.local(d.Name)
	if p == nil || d.Kind != apitype.ResourcePlugin {
		return h.Host.ResolvePlugin(ctx, d)
	}
	version, err := semver.Parse(p.Version)
	if err != nil {
		return nil, fmt.Errorf("provider %s: version %q: want a semantic version such as 1.2.3", p.Name, p.Version)
	}
	return &workspace.PluginInfo{Name: p.Name, Kind: apitype.ResourcePlugin, Version: &version}, nil
}

func (h *host) Close() error { return h.close() }

// closeAll asks the providers to give up what they may still be doing, as the
// engine does with plugins, and frees them. A gentle cancellation doesn't reach
// the providers of this process before that: it waits for them to finish.
func (h *host) closeAll() error {
	h.mu.Lock()
	open, closers := h.open, h.closers
	h.open, h.closers = nil, nil
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, p := range open {
		// A provider without cancellation ends with the operation's own context.
		_ = p.SignalCancellation(ctx)
	}
	var errs []error
	for _, c := range closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, h.Host.Close())...)
}

// findPlugin finds the provider plugin's program in dir, which is laid out as
// Pulumi's own plugin folder.
func findPlugin(dir string, d workspace.PluginDescriptor) (string, error) {
	pattern := filepath.Join(dir, "resource-"+d.Name+"-v*")
	want := "any version"
	if d.Version != nil {
		want = "version " + d.Version.String()
		pattern = filepath.Join(dir, "resource-"+d.Name+"-v"+d.Version.String())
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", fmt.Errorf("plugin folder %q: %w", dir, err)
	}
	slices.SortFunc(found, newestFirst)
	for _, folder := range found {
		program := filepath.Join(folder, "pulumi-resource-"+d.Name)
		if runtime.GOOS == "windows" {
			program += ".exe"
		}
		if info, err := os.Stat(program); err == nil && !info.IsDir() {
			return program, nil
		}
	}
	return "", fmt.Errorf("provider plugin %s (%s) is not in %s", d.Name, want, dir)
}

func newestFirst(a, b string) int { return folderVersion(b).Compare(folderVersion(a)) }

func folderVersion(folder string) semver.Version {
	name := filepath.Base(folder)
	for i := range name {
		if v, err := semver.Parse(name[i:]); err == nil && i > 0 && name[i-1] == 'v' {
			return v
		}
	}
	return semver.Version{}
}
