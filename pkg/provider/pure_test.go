package provider

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

func sorted(words []string) string {
	slices.Sort(words)
	return strings.Join(words, " ")
}

func unknown() any { return resource.MakeComputed(resource.NewStringProperty("")) }

func TestSchemaHasEveryResource(t *testing.T) {
	r := newRig(t)
	resp, err := r.server.GetSchema(r.ctx, &rpc.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{
		pilot.TypeCertificateAuthority, pilot.TypeCertificate, pilot.TypePassword, pilot.TypeNetwork,
		pilot.TypeVolume, pilot.TypeImage, pilot.TypeContainer, pilot.TypeBootstrapToken, pilot.TypeRunnerToken,
	} {
		if !strings.Contains(resp.Schema, `"`+token+`"`) {
			t.Errorf("no %s in the schema", token)
		}
	}
}

func TestCertificates(t *testing.T) {
	r := newRig(t)
	ca := r.res(pilot.TypeCertificateAuthority, "ca")
	if out := ca.preview(props{"commonName": "Pilot test"}); !out["certPem"].ContainsUnknowns() || !out["keyPem"].ContainsUnknowns() {
		t.Errorf("a preview must not know the certificate: %v", out)
	}
	ca.create(props{"commonName": "Pilot test"})
	if !ca.state["keyPem"].IsSecret() || ca.state["certPem"].IsSecret() {
		t.Errorf("the key, and only the key, is secret: %v", ca.state)
	}
	if got := ca.diff(props{"commonName": "Pilot test"}); got != "" {
		t.Errorf("no change: got %s", got)
	}
	if got := ca.diff(props{"commonName": "other"}); got != "commonName!" {
		t.Errorf("another name: got %s", got)
	}

	leaf := r.res(pilot.TypeCertificate, "leaf")
	in := props{
		"caCert": ca.text("certPem"), "caKey": ca.text("keyPem"), "commonName": "gateway", "role": "gateway",
		"server": true, "dnsNames": []any{"localhost"}, "ipAddresses": []any{"127.0.0.1"},
	}
	leaf.create(in)
	if !leaf.inputs["caKey"].IsSecret() || !leaf.state["caKey"].IsSecret() || !leaf.state["keyPem"].IsSecret() {
		t.Errorf("keys must be secret: %v", leaf.state)
	}
	if err := certs.Verify([]byte(leaf.text("certPem")), []byte(ca.text("certPem")), certs.UseServer, "127.0.0.1", time.Now()); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		change props
		want   string
	}{
		"nothing":      {nil, ""},
		"another name": {props{"dnsNames": []any{"localhost", "x"}}, "dnsNames[1]!"},
		"no address":   {props{"ipAddresses": nil}, "ipAddresses[0]!"},
		"new authority": {props{"caCert": unknown(), "caKey": unknown()},
			"caCert! caKey!"},
	} {
		if got := leaf.diff(with(in, c.change)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	leaf.read()
	if leaf.id == "" {
		t.Error("a refresh lost the certificate")
	}
	leaf.delete()

	authority, err := certs.LoadAuthority(certs.Pair{Cert: []byte(ca.text("certPem")), Key: []byte(ca.text("keyPem"))})
	if err != nil {
		t.Fatal(err)
	}
	old, err := authority.Issue(certs.Request{CommonName: "gateway", Role: "gateway", Server: true, DNSNames: []string{"localhost"}, Now: time.Now().Add(-70 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	leaf.state["certPem"] = resource.NewStringProperty(string(old.Cert))
	if got := leaf.diff(in); got != "notAfter!" {
		t.Errorf("20 days before its end a certificate must be replaced, got %q", got)
	}
}

func TestPassword(t *testing.T) {
	r := newRig(t)
	p := r.res(pilot.TypePassword, "p")
	p.create(props{"length": 20, "charset": "abcdefghijk"})
	value := p.text("result")
	if len(value) != 20 || strings.Trim(value, "abcdefghijk") != "" || !p.state["result"].IsSecret() {
		t.Errorf("got %v", p.state)
	}
	if got := p.diff(props{"length": 20, "charset": "abcdefghijk"}); got != "" {
		t.Errorf("no change: got %s", got)
	}
	if got := p.diff(props{"length": 20, "charset": "abcdefghijk", "keepers": props{"a": "b"}}); got != "keepers.a!" {
		t.Errorf("new keeper: got %s", got)
	}
	p.read()
	if p.text("result") != value || !p.state["result"].IsSecret() {
		t.Error("a refresh changed the password")
	}
	p.delete()

	usual := r.res(pilot.TypePassword, "usual")
	usual.create(props{})
	if len(usual.text("result")) != passwordLength || usual.text("result") == value {
		t.Errorf("got %v", usual.state)
	}
	if got := usual.diff(props{}); got != "" {
		t.Errorf("defaults must be stable: got %s", got)
	}
}

// TestChecks: bad input is refused with the field, the value and what is right.
func TestChecks(t *testing.T) {
	r := newRig(t)
	authority, _ := certs.NewAuthority(certs.AuthorityRequest{CommonName: "x"})
	other, _ := certs.NewAuthority(certs.AuthorityRequest{CommonName: "y"})
	network := props{"endpoint": local(), "name": "n1"}
	image := props{"endpoint": local(), "name": "a:1", "pull": true}
	container := props{"endpoint": local(), "name": "c1", "image": "a:1"}
	leaf := props{"caCert": string(authority.Pair().Cert), "caKey": string(authority.Pair().Key), "commonName": "x", "role": "runner", "client": true}
	secret := resource.MakeSecret(resource.NewStringProperty("s3cret"))

	for name, c := range map[string]struct {
		typ  string
		in   props
		want string // empty: fine
	}{
		"authority, no name":       {pilot.TypeCertificateAuthority, props{"commonName": ""}, `commonName "": want 1 to 64 characters`},
		"authority, days":          {pilot.TypeCertificateAuthority, props{"commonName": "x", "validDays": -1}, "validDays -1: want a number from 1 to 7300"},
		"certificate, fine":        {pilot.TypeCertificate, leaf, ""},
		"certificate, wrong key":   {pilot.TypeCertificate, with(leaf, props{"caKey": string(other.Pair().Key)}), "does not belong to the authority"},
		"certificate, no use":      {pilot.TypeCertificate, with(leaf, props{"client": false}), "neither server nor client"},
		"certificate, later":       {pilot.TypeCertificate, with(leaf, props{"caCert": unknown(), "caKey": unknown(), "ipAddresses": []any{unknown()}}), ""},
		"password, short":          {pilot.TypePassword, props{"length": 4}, "length 4: want a number from 12 to 128"},
		"password, twice":          {pilot.TypePassword, props{"charset": "aabcdefghijkl"}, "want each character once"},
		"password, few":            {pilot.TypePassword, props{"charset": "abc"}, "want at least 10 characters"},
		"token, address":           {pilot.TypeBootstrapToken, props{"address": "x", "ca": string(authority.Pair().Cert)}, `address "x": want host:port`},
		"token, CA":                {pilot.TypeBootstrapToken, props{"address": "x:1", "ca": "x"}, "ca has no certificate in it"},
		"endpoint, scheme":         {pilot.TypeNetwork, with(network, props{"endpoint": props{"host": "http://x"}}), `endpoint.host "http://x": want unix:///path/to/docker.sock or tcp://host:port`},
		"endpoint, no TLS":         {pilot.TypeNetwork, with(network, props{"endpoint": props{"host": "tcp://x:2376"}}), "endpoint.key is empty: a tcp host is only spoken to with mutual TLS"},
		"endpoint, no port":        {pilot.TypeNetwork, with(network, props{"endpoint": props{"host": "tcp://x"}}), "want unix:///path"},
		"endpoint, credentials":    {pilot.TypeNetwork, with(network, props{"endpoint": props{"host": "tcp://x:1", "ca": "a", "cert": "b", "key": "c"}}), "endpoint has bad credentials"},
		"endpoint, fallback":       {pilot.TypeNetwork, with(network, props{"endpoint": props{"host": dockerHost, "fallback": "tcp://x:1"}}), `endpoint.fallback "tcp://x:1": want unix`},
		"endpoint, later":          {pilot.TypeNetwork, with(network, props{"endpoint": unknown()}), ""},
		"network, name":            {pilot.TypeNetwork, with(network, props{"name": "a b"}), `name "a b": want 2 to 128 letters`},
		"network, secret label":    {pilot.TypeNetwork, with(network, props{"labels": props{"a": secret}}), "labels holds a secret"},
		"volume, name":             {pilot.TypeVolume, with(network, props{"name": ""}), `name "": want`},
		"image, fine":              {pilot.TypeImage, image, ""},
		"image, no tag":            {pilot.TypeImage, with(image, props{"name": "postgres"}), `name "postgres": want an image's name and tag`},
		"image, no way":            {pilot.TypeImage, with(image, props{"pull": nil}), "builder, source, pull: 0 of them are set"},
		"image, two ways":          {pilot.TypeImage, with(image, props{"source": "/x"}), "2 of them are set: want exactly one"},
		"image, builder":           {pilot.TypeImage, with(image, props{"pull": nil, "builder": "x", "digest": "y"}), `builder "x": want one of`},
		"image, path":              {pilot.TypeImage, with(image, props{"pull": nil, "source": "x", "digest": "y"}), `source "x": want an absolute path`},
		"image, no digest":         {pilot.TypeImage, with(image, props{"pull": nil, "source": "/x"}), "digest is empty"},
		"container, fine":          {pilot.TypeContainer, container, ""},
		"container, later":         {pilot.TypeContainer, with(container, props{"image": unknown(), "networks": []any{props{"name": unknown()}}}), ""},
		"container, secret env":    {pilot.TypeContainer, with(container, props{"env": props{"A": secret}}), "env holds a secret, which container inspect would show: give it to the container as a file (files)"},
		"container, secret arg":    {pilot.TypeContainer, with(container, props{"command": []any{secret}}), "command holds a secret"},
		"container, restart":       {pilot.TypeContainer, with(container, props{"restart": "sometimes"}), `restart "sometimes": want one of`},
		"container, bind":          {pilot.TypeContainer, with(container, props{"mounts": []any{props{"type": "bind", "source": "/etc", "target": "/x"}}}), `mounts[0].source "/etc": of the host's files only the Docker socket`},
		"container, target":        {pilot.TypeContainer, with(container, props{"mounts": []any{props{"source": "vol", "target": "x"}}}), `mounts[0].target "x": want an absolute path`},
		"container, port":          {pilot.TypeContainer, with(container, props{"ports": []any{props{"container": 80, "host": 70000}}}), "ports[0].host 70000: want a number from 1 to 65535"},
		"container, file":          {pilot.TypeContainer, with(container, props{"files": []any{props{"path": "a", "content": "x"}}}), `files[0].path "a": want an absolute path`},
		"container, mode":          {pilot.TypeContainer, with(container, props{"files": []any{props{"path": "/a/b", "content": "x", "mode": "rw"}}}), `files[0].mode "rw": want three octal digits`},
		"container, file twice":    {pilot.TypeContainer, with(container, props{"files": []any{props{"path": "/a/b", "content": "x"}, props{"path": "/a/b", "content": "x"}}}), `files[1].path "/a/b": it is listed twice`},
		"container, file in tmpfs": {pilot.TypeContainer, with(container, props{"tmpfs": props{"/a": ""}, "files": []any{props{"path": "/a/b", "content": "x"}}}), "below the tmpfs /a"},
		"container, file at root":  {pilot.TypeContainer, with(container, props{"readOnlyRootfs": true, "files": []any{props{"path": "/a", "content": "x"}}}), "needs a folder of its own"},
		"container, health":        {pilot.TypeContainer, with(container, props{"healthcheck": props{"test": []any{"x"}, "interval": "5"}}), `healthcheck.interval "5": want a duration of 1s or more`},
		"container, capability":    {pilot.TypeContainer, with(container, props{"capDrop": []any{"all"}}), `capDrop[0] "all": want a capability in capitals`},
		"container, timeout":       {pilot.TypeContainer, with(container, props{"startTimeout": "soon"}), `startTimeout "soon": want a duration`},
		"unknown field":            {pilot.TypePassword, props{"size": 20}, "size"},
	} {
		t.Run(name, func(t *testing.T) {
			s := r.res(c.typ, "x")
			_, failures := s.check(resource.NewPropertyMapFromMap(c.in))
			if c.want == "" && failures != "" || !strings.Contains(failures, c.want) {
				t.Errorf("got %q, want %q", failures, c.want)
			}
		})
	}
}

func TestCheckedInputsHoldNothingEmpty(t *testing.T) {
	r := newRig(t)
	got := r.res(pilot.TypeContainer, "x").mustCheck(props{
		"endpoint": local(), "name": "c1", "image": "a:1",
		"files": []any{props{"path": "/a/b", "content": "x"}}, "readOnlyRootfs": false,
	})
	want := resource.NewPropertyMapFromMap(props{
		"endpoint": local(), "name": "c1", "image": "a:1", "readOnlyRootfs": false,
		"restart": "unless-stopped", "startTimeout": "2m", "stopTimeout": "10s",
		"files": []any{props{"path": "/a/b", "content": resource.MakeSecret(resource.NewStringProperty("x")), "mode": "0400"}},
	})
	if !got.DeepEquals(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
