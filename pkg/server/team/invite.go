package team

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// Prefix begins every invite; its number is the version of the form.
const Prefix = "pilot-invite-1-"

const (
	// sumLength is how many bytes of the content's SHA-256 come first, so that
	// an altered or cut invite is told from a refused one.
	sumLength = 8
	// maxText and maxContent bound what is read of a stranger's text. A real
	// invite has about 1,500 characters.
	maxText    = 32 << 10
	maxContent = 64 << 10
)

// ErrMalformed is text that is no invite, or not a whole one.
var ErrMalformed = errors.New("it is altered or cut short: copy it again as a whole")

// Invite is what a teammate needs to join.
type Invite struct {
	// Platform is the name that the platform has with the one who invites.
	Platform string
	// Target is local, aws or gcp.
	Target string
	// Name is the future member's.
	Name string
	// Address is host:port of the server's API.
	Address string
	// CA is the PEM of the only authorities that the teammate will trust.
	CA []byte
	// Token can be turned into a login token once, until Expires.
	Token   string
	Expires time.Time
	// UI and Source are the URLs of the web interface and of the source
	// receiver, RunnerSource the receiver's as the runners reach it.
	UI, Source, RunnerSource string
}

// content is the invite as it is written.
type content struct {
	Platform     string   `json:"p"`
	Target       string   `json:"k,omitempty"`
	Name         string   `json:"n"`
	Address      string   `json:"a"`
	CA           [][]byte `json:"c"`
	Token        string   `json:"t"`
	Expires      int64    `json:"e"`
	UI           string   `json:"u,omitempty"`
	Source       string   `json:"s,omitempty"`
	RunnerSource string   `json:"r,omitempty"`
}

// Encode writes the invite as one line. It fails when a part is missing.
func (i Invite) Encode() (string, error) {
	if err := i.check(); err != nil {
		return "", fmt.Errorf("write the invite: %w", err)
	}
	authorities, _ := authoritiesOf(i.CA)
	plain, err := json.Marshal(content{
		Platform: i.Platform, Target: i.Target, Name: i.Name, Address: i.Address, CA: authorities, Token: i.Token,
		Expires: i.Expires.Unix(), UI: i.UI, Source: i.Source, RunnerSource: i.RunnerSource,
	})
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(packed.Bytes())
	return Prefix + base64.RawURLEncoding.EncodeToString(append(sum[:sumLength], packed.Bytes()...)), nil
}

// Parse reads an invite. White space around it, and the line breaks of a mail,
// do not matter. The error is ErrMalformed for anything that Encode did not
// write.
func Parse(text string) (Invite, error) {
	text = strings.Join(strings.Fields(text), "")
	body, ok := strings.CutPrefix(text, Prefix)
	if !ok || len(text) > maxText {
		return Invite{}, fmt.Errorf("the invite can't be read: it does not begin with %s: %w", Prefix, ErrMalformed)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(raw) <= sumLength {
		return Invite{}, fmt.Errorf("the invite can't be read: %w", ErrMalformed)
	}
	sum := sha256.Sum256(raw[sumLength:])
	if !bytes.Equal(sum[:sumLength], raw[:sumLength]) {
		return Invite{}, fmt.Errorf("the invite can't be read: %w", ErrMalformed)
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw[sumLength:])), maxContent))
	if err != nil {
		return Invite{}, fmt.Errorf("the invite can't be read: %w", ErrMalformed)
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil {
		return Invite{}, fmt.Errorf("the invite can't be read: %w", ErrMalformed)
	}
	i := Invite{
		Platform: c.Platform, Target: c.Target, Name: c.Name, Address: c.Address, Token: c.Token,
		Expires: time.Unix(c.Expires, 0), UI: c.UI, Source: c.Source, RunnerSource: c.RunnerSource,
	}
	for _, der := range c.CA {
		i.CA = append(i.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if err := i.check(); err != nil {
		return Invite{}, fmt.Errorf("the invite can't be read: %w: %w", err, ErrMalformed)
	}
	return i, nil
}

// check wants every part in its form.
func (i Invite) check() error {
	for what, value := range map[string]string{"platform": i.Platform, "member name": i.Name, "token": i.Token} {
		if value == "" {
			return fmt.Errorf("its %s is empty", what)
		}
	}
	if host, port, err := net.SplitHostPort(i.Address); err != nil || host == "" || port == "" {
		return fmt.Errorf("its address %q: want host:port", i.Address)
	}
	for what, value := range map[string]string{"web interface": i.UI, "source receiver": i.Source, "runners' source receiver": i.RunnerSource} {
		// Nothing but TLS, so that no token is ever sent in the clear.
		if u, err := url.Parse(value); value != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
			return fmt.Errorf("the URL of its %s %q: want https://HOST", what, value)
		}
	}
	_, err := authoritiesOf(i.CA)
	return err
}

// authoritiesOf gives the certificates of a PEM text, at least one.
func authoritiesOf(text []byte) ([][]byte, error) {
	var all [][]byte
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("its certificate authority is no certificate: %w", err)
		}
		all = append(all, block.Bytes)
	}
	if len(all) == 0 {
		return nil, errors.New("it has no certificate authority")
	}
	return all, nil
}

// Fingerprint is the SHA-256 of the authority that the invite pins, in
// hexadecimal, for two people to compare. It is the first one's where an
// authority is being replaced.
func (i Invite) Fingerprint() string { return Fingerprint(i.CA) }

// Fingerprint is the SHA-256 of the first certificate of a PEM text in
// hexadecimal, empty where there is none.
func Fingerprint(ca []byte) string {
	all, err := authoritiesOf(ca)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(all[0])
	return hex.EncodeToString(sum[:])
}
