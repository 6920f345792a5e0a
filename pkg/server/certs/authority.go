package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Authority signs certificates for one stack.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pair Pair
}

// AuthorityRequest describes a new authority.
type AuthorityRequest struct {
	// CommonName is the authority's name, such as "Pilot acme/prod". 1 to 64 characters (RFC 5280).
	CommonName string
	// ValidFor is its lifetime; 0 means AuthorityLifetime.
	ValidFor time.Duration
	// Now is the time of issue; the zero time means the present.
	Now time.Time
}

// NewAuthority makes a self-signed authority with a fresh ECDSA P-256 key. It
// may sign leaves only, no further authorities.
func NewAuthority(req AuthorityRequest) (*Authority, error) {
	if err := checkCommonName(req.CommonName); err != nil {
		return nil, err
	}
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, err
	}
	from, to, err := period(req.Now, req.ValidFor, AuthorityLifetime)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// The serial number tells an authority from the one that it replaces.
		Subject:               pkix.Name{CommonName: req.CommonName, Organization: []string{organization}, SerialNumber: fmt.Sprintf("%032x", serial)[:12]},
		NotBefore:             from,
		NotAfter:              to,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign authority: %w", err)
	}
	return LoadAuthority(Pair{Cert: encodeCert(der), Key: keyPEM})
}

// LoadAuthority reads an authority back from PEM. It fails when the two parts
// don't belong together or the certificate is not an authority's.
func LoadAuthority(pair Pair) (*Authority, error) {
	cert, err := ParseCertificate(pair.Cert)
	if err != nil {
		return nil, fmt.Errorf("authority certificate: %w", err)
	}
	if !cert.IsCA {
		return nil, fmt.Errorf("authority certificate: %q is not a certificate authority", cert.Subject.CommonName)
	}
	key, err := parseKey(pair.Key)
	if err != nil {
		return nil, fmt.Errorf("authority key: %w", err)
	}
	if pub, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || !pub.Equal(key.Public()) {
		return nil, errors.New("authority key: it does not belong to the authority's certificate")
	}
	return &Authority{cert: cert, key: key, pair: pair}, nil
}

// Pair returns the authority as PEM.
func (a *Authority) Pair() Pair { return a.pair }

// Expiry is when the authority ends.
func (a *Authority) Expiry() time.Time { return a.cert.NotAfter }

const organization = "Pilot"

func checkCommonName(name string) error {
	if len(name) == 0 || len(name) > 64 {
		return fmt.Errorf("common name %q: want 1 to 64 characters", name)
	}
	return nil
}

func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make private key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode private key: %w", err)
	}
	return key, encodeKey(der), nil
}

// newSerial gives 127 random bits: RFC 5280 wants a positive number of at most
// 20 octets, the CA/Browser Forum at least 64 random bits.
func newSerial() (*big.Int, error) {
	limit := new(big.Int).Lsh(big.NewInt(1), 127)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	return n.Add(n, big.NewInt(1)), nil
}

func period(now time.Time, validFor, otherwise time.Duration) (from, to time.Time, err error) {
	if validFor == 0 {
		validFor = otherwise
	}
	if validFor < 0 {
		return from, to, fmt.Errorf("valid for %s: want a positive duration", validFor)
	}
	if now.IsZero() {
		now = time.Now()
	}
	return now.Add(-ClockSkew).UTC(), now.Add(validFor).UTC(), nil
}
