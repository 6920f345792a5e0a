package certs

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Request describes a certificate to be issued.
type Request struct {
	// CommonName names the holder. 1 to 64 characters.
	CommonName string
	// Role is written into the Organizational Unit. It may not be empty.
	Role Role
	// Server lets the holder act as a TLS server; it then needs at least one
	// DNS name or IP address.
	Server bool
	// Client lets the holder act as a TLS client.
	Client bool
	// DNSNames and IPs are the Subject Alternative Names.
	DNSNames []string
	IPs      []string
	// ValidFor is the lifetime; 0 means LeafLifetime. It is cut to the authority's own.
	ValidFor time.Duration
	// Now is the time of issue; the zero time means the present.
	Now time.Time
}

// Validate says which field is wrong, and what would be right.
func (r Request) Validate() error {
	if err := checkCommonName(r.CommonName); err != nil {
		return err
	}
	if r.Role == "" {
		return errors.New("role is empty: want a word such as operator, runner or server")
	}
	if !r.Server && !r.Client {
		return errors.New("neither server nor client is set: want at least one use")
	}
	if r.Server && len(r.DNSNames)+len(r.IPs) == 0 {
		return errors.New("a server certificate needs a DNS name or an IP address, which clients compare with the address they dial")
	}
	for _, name := range r.DNSNames {
		if !validDNSName(name) {
			return fmt.Errorf("DNS name %q: want labels of letters, digits and inner hyphens, each 1 to 63 long, with dots between", name)
		}
	}
	for _, ip := range r.IPs {
		if net.ParseIP(ip) == nil {
			return fmt.Errorf("IP address %q: want an address such as 127.0.0.1 or ::1", ip)
		}
	}
	return nil
}

// Issue signs a certificate with a fresh ECDSA P-256 key.
func (a *Authority) Issue(req Request) (Pair, error) {
	if err := req.Validate(); err != nil {
		return Pair{}, err
	}
	from, to, err := period(req.Now, req.ValidFor, LeafLifetime)
	if err != nil {
		return Pair{}, err
	}
	if to.After(a.cert.NotAfter) {
		to = a.cert.NotAfter
	}
	if !from.Before(to) {
		return Pair{}, fmt.Errorf("the authority %q ended on %s: make a new one", a.cert.Subject.CommonName, a.cert.NotAfter.Format(time.DateOnly))
	}
	key, keyPEM, err := newKey()
	if err != nil {
		return Pair{}, err
	}
	serial, err := newSerial()
	if err != nil {
		return Pair{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{
			CommonName:         req.CommonName,
			Organization:       []string{organization},
			OrganizationalUnit: []string{string(req.Role)},
		},
		NotBefore:             from,
		NotAfter:              to,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		DNSNames:              req.DNSNames,
	}
	for _, ip := range req.IPs {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(ip))
	}
	if req.Server {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	if req.Client {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("sign certificate of %s: %w", req.CommonName, err)
	}
	return Pair{Cert: encodeCert(der), Key: keyPEM}, nil
}

func validDNSName(name string) bool {
	if len(name) == 0 || len(name) > 253 {
		return false
	}
	for i, label := range strings.Split(name, ".") {
		if i == 0 && label == "*" && strings.Contains(name, ".") {
			continue
		}
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}
