package certs_test

import (
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/certs"
)

func ExampleAuthority_Issue() {
	authority, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}
	leaf, err := authority.Issue(certs.Request{CommonName: "server.acme", Role: certs.RoleServer, Server: true, DNSNames: []string{"server.acme"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ca := authority.Pair().Cert
	fmt.Println(certs.Verify(leaf.Cert, ca, certs.UseServer, "server.acme", time.Now()))
	fmt.Println(certs.Verify(leaf.Cert, ca, certs.UseServer, "other.acme", time.Now()) != nil)
	// Output:
	// <nil>
	// true
}
