// Package pilot holds the resources of Pilot's own provider as a Pulumi
// program uses them: XxxArgs with inputs, NewXxx, and the resource with its
// outputs. XxxInputs are the same arguments as plain values, the form in which
// the provider gets them.
//
// The provider runs in the caller's own process (package provider), so a
// program that uses these resources downloads no plugin for them.
package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The resources' type tokens.
const (
	TypeCertificateAuthority = "pilot:tls:CertificateAuthority"
	TypeCertificate          = "pilot:tls:Certificate"
	TypePassword             = "pilot:random:Password"
	TypeNetwork              = "pilot:docker:Network"
	TypeVolume               = "pilot:docker:Volume"
	TypeImage                = "pilot:docker:Image"
	TypeContainer            = "pilot:docker:Container"
	TypeDaemon               = "pilot:docker:Daemon"
	TypeBootstrapToken       = "pilot:server:BootstrapToken"
)

// register registers a resource whose arguments may be nil.
func register[A pulumi.Input](ctx *pulumi.Context, token, name string, args *A, res pulumi.CustomResource, opts []pulumi.ResourceOption) error {
	var props pulumi.Input
	if args != nil {
		props = *args
	}
	return ctx.RegisterResource(token, name, props, res, opts...)
}

func elementType[T any]() reflect.Type { return reflect.TypeFor[T]() }
