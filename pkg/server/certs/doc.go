// Package certs is a stack's own certificate authority: it makes the
// authority, issues short-lived certificates to servers and clients, reads
// them back, and builds the TLS settings that trust this authority and no
// other. Everything goes in and out as PEM.
package certs

import "time"

// How long certificates live, and when they should be renewed.
const (
	// AuthorityLifetime is how long a new authority is valid.
	AuthorityLifetime = 10 * 365 * 24 * time.Hour
	// LeafLifetime is how long an issued certificate is valid.
	LeafLifetime = 90 * 24 * time.Hour
	// RenewBefore is how long before its end a leaf should be replaced. It
	// leaves three weeks of warnings.
	RenewBefore = 21 * 24 * time.Hour
	// ClockSkew is how far certificates are backdated, so that a machine
	// whose clock is late accepts a fresh one.
	ClockSkew = 10 * time.Minute
)

// Role is what a certificate's holder is to the stack. It is written into the
// subject's Organizational Unit.
type Role string

// The roles.
const (
	// RoleOperator is a person or tool with full access to the Docker endpoint.
	RoleOperator Role = "operator"
	// RoleRunner is a runner that builds and deploys apps.
	RoleRunner Role = "runner"
	// RoleServer is the Pilot server.
	RoleServer Role = "server"
	// RoleGateway is the Docker endpoint itself.
	RoleGateway Role = "gateway"
)

// Pair is a certificate and its private key, both PEM.
type Pair struct {
	// Cert is one CERTIFICATE block.
	Cert []byte
	// Key is one PRIVATE KEY block (PKCS #8). It is a secret.
	Key []byte
}
