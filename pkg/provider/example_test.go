package provider_test

import (
	"context"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ExampleNew runs a program with Pilot's own resources: no plugin is fetched, and no daemon is needed for these.
func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		ca, err := pilot.NewCertificateAuthority(ctx, "authority", &pilot.CertificateAuthorityArgs{
			CommonName: pulumi.String("acme"), ValidDays: pulumi.Int(3650),
		})
		if err != nil {
			return err
		}
		leaf, err := pilot.NewCertificate(ctx, "server", &pilot.CertificateArgs{
			CACert: ca.CertPEM, CAKey: ca.KeyPEM, CommonName: pulumi.String("server.acme"), Role: pulumi.String("server"),
			Server: pulumi.Bool(true), DNSNames: pulumi.ToStringArray([]string{"server.acme"}), ValidDays: pulumi.Int(365),
		})
		if err != nil {
			return err
		}
		ctx.Export("key", leaf.KeyPEM)
		return nil
	}
	dir, err := os.MkdirTemp("", "state-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "test"}, program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+dir),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "example", nil }}),
		infra.WithProvider(provider.New()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stack.Close()
	result, err := stack.Up(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("secret:", result.Outputs["key"].Secret)
	// Output: secret: true
}
