package certs

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	certBlock = "CERTIFICATE"
	keyBlock  = "PRIVATE KEY"
)

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: certBlock, Bytes: der})
}

func encodeKey(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der})
}

// ParseCertificate reads the first certificate of a PEM text.
func ParseCertificate(text []byte) (*x509.Certificate, error) {
	all, err := parseCertificates(text)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// parseCertificates reads every certificate of a PEM text and insists on one at least.
func parseCertificates(text []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != certBlock {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, errors.New("no certificate in it: want PEM that starts with -----BEGIN CERTIFICATE-----")
	}
	return out, nil
}

// parseKey never quotes its input: it is a secret.
func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != keyBlock {
		return nil, errors.New("no private key in it: want PEM that starts with -----BEGIN PRIVATE KEY-----")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the private key can't be read: want PKCS #8")
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the private key is a %T: want ECDSA", key)
	}
	return ec, nil
}

// Expiry is the end of the first certificate of a PEM text.
func Expiry(certPEM []byte) (time.Time, error) {
	cert, err := ParseCertificate(certPEM)
	if err != nil {
		return time.Time{}, err
	}
	return cert.NotAfter, nil
}

// DaysLeft counts the whole days from now to the end of the first certificate
// of a PEM text. It is negative once the certificate has expired.
func DaysLeft(certPEM []byte, now time.Time) (int, error) {
	end, err := Expiry(certPEM)
	if err != nil {
		return 0, err
	}
	return int(math.Floor(end.Sub(now).Hours() / 24)), nil
}

// RenewalDue tells whether a certificate is so near its end that it should be
// replaced: RenewBefore, or the last third of a shorter life.
func RenewalDue(certPEM []byte, now time.Time) (bool, error) {
	cert, err := ParseCertificate(certPEM)
	if err != nil {
		return false, err
	}
	margin := min(RenewBefore, cert.NotAfter.Sub(cert.NotBefore)/3)
	return !now.Before(cert.NotAfter.Add(-margin)), nil
}

// RoleOf reads the role that a certificate was issued for. It is empty when
// the certificate names none.
func RoleOf(cert *x509.Certificate) Role {
	if len(cert.Subject.OrganizationalUnit) == 0 {
		return ""
	}
	return Role(cert.Subject.OrganizationalUnit[0])
}
