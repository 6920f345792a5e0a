package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/grpc"
)

// servePlugin is the program of a provider plugin as the engine starts it: it
// says its port and serves. Behind it is a simulated cloud.
func servePlugin(choose func(*cloudsim.Sim) infra.Provider) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	sim, err := cloudsim.Open(os.Getenv("TEST_CLOUD"))
	fail(err)
	server, err := choose(sim).New(context.Background())
	fail(err)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(s *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(s, server)
		return nil
	}})
	fail(err)
	fmt.Println(handle.Port)
	fail(<-handle.Done)
}

// mirror serves the release of a provider's plugin, whose program is the one
// above, and points PILOT_PLUGIN_SOURCE at it: mirror MODULE [nosums].
func mirror(ts *testscript.TestScript, _ bool, args []string) {
	plugin, err := plugins.Of(args[0])
	ts.Check(err)
	program := fmt.Sprintf("#!/bin/sh\nexec sim-plugin-%s \"$@\"\n", plugin.Name)
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	ts.Check(w.WriteHeader(&tar.Header{Name: plugin.Program(), Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(program))}))
	_, err = w.Write([]byte(program))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(z.Close())
	at := fmt.Sprintf("/pulumi-%s/releases/download/v%s/", plugin.Name, plugin.Version)
	files := map[string]string{at + plugin.Archive(): archive.String()}
	if len(args) == 1 {
		files[at+fmt.Sprintf("pulumi-%s_%s_checksums.txt", plugin.Name, plugin.Version)] =
			fmt.Sprintf("%x  %s\n", sha256.Sum256(archive.Bytes()), plugin.Archive())
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	ts.Defer(server.Close)
	ts.Setenv("PILOT_PLUGIN_SOURCE", server.URL)
	ts.Setenv("VERSION", plugin.Version)
	ts.Setenv("ARCHIVE", plugin.Archive())
}

// account is an AWS account whose caller is ann, to whom the actions that the
// arguments name are denied. It answers as STS and IAM do.
func account(ts *testscript.TestScript, _ bool, denied []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.FormValue("Action") {
		case "GetCallerIdentity":
			fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
				`<Arn>arn:aws:iam::123456789012:user/ann</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case "SimulatePrincipalPolicy":
			var results strings.Builder
			for name, values := range r.Form {
				if !strings.HasPrefix(name, "ActionNames.member.") {
					continue
				}
				decision := "allowed"
				for _, d := range denied {
					if d == values[0] {
						decision = "implicitDeny"
					}
				}
				fmt.Fprintf(&results, "<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision></member>", values[0], decision)
			}
			fmt.Fprintf(w, `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>`+
				`<IsTruncated>false</IsTruncated><EvaluationResults>%s</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`, &results)
		default:
			http.Error(w, "unknown action "+r.FormValue("Action"), http.StatusBadRequest)
		}
	}))
	ts.Defer(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "operators-secret-access-key",
		"AWS_REGION": "eu-west-1",
	} {
		ts.Setenv(name, value)
	}
}

// tamper changes the simulated cloud by hand: tamper TYPE PROPERTY VALUE, where
// there is one object of the type.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	sim, err := cloudsim.Open(ts.MkAbs("home/simulated/clouds.json"))
	ts.Check(err)
	defer sim.Close()
	found, err := sim.Objects(args[0])
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("there are %d of %s, want 1", len(found), args[0])
	}
	ts.Check(sim.SetProperty(args[0], found[0].ID, args[1], args[2]))
}

// count wants so many objects of a type in the simulated clouds: count TYPE N.
func count(ts *testscript.TestScript, _ bool, args []string) {
	sim, err := cloudsim.Open(ts.MkAbs("home/simulated/clouds.json"))
	ts.Check(err)
	defer sim.Close()
	n, err := sim.Count(args[0])
	ts.Check(err)
	if fmt.Sprint(n) != args[1] {
		ts.Fatalf("there are %d of %s, want %s", n, args[0], args[1])
	}
}
