package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Receiver is the platform's source receiver.
type Receiver struct {
	// URL is its address, "https://HOST:PORT" (stack output sourceURL).
	URL string
	// CA is the PEM certificate of the stack's certificate authority, the only one
	// that is trusted.
	CA []byte
	// Token is the user's login token.
	Token string
	// Cache is a folder that remembers what was sent, so that the next push sends
	// what has changed only. Empty is no memory: every push sends everything.
	Cache string
}

// Errors of a receiver, to be told apart with errors.Is.
var (
	// ErrUnauthenticated: the receiver does not accept the token.
	ErrUnauthenticated = errors.New("the source receiver does not accept this token")
	// ErrUnavailable: the receiver, or the server it asks, does not answer.
	ErrUnavailable = errors.New("the source receiver does not answer")
	// ErrUntrusted: its certificate is not of the pinned authority.
	ErrUntrusted = errors.New("the source receiver's certificate is not trusted")
	// ErrNotFound: it has no such project or snapshot.
	ErrNotFound = errors.New("the source receiver has no such snapshot")
	// ErrTooLarge: it does not take so much.
	ErrTooLarge = errors.New("the snapshot is too large for the source receiver")
)

// Credentials let their holder read one snapshot for a while.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
	// Expires is when they end.
	Expires time.Time `json:"expires"`
}

// String leaves the password out.
func (c Credentials) String() string {
	return c.Username + " until " + c.Expires.Format(time.RFC3339)
}

// GoString leaves the password out.
func (c Credentials) GoString() string { return "source.Credentials(" + c.String() + ")" }

// CloneURL is the URL from which a project's snapshots are cloned.
func (r Receiver) CloneURL(project string) string {
	return strings.TrimSuffix(r.URL, "/") + "/git/" + project + ".git"
}

// LongestCredentials is the receiver's limit for the life of credentials.
const LongestCredentials = 24 * time.Hour

// Credentials asks for the right to read the snapshot ref of a project, for a
// runner. ttl is how long they are good, one second to 24 hours. They read this
// snapshot only.
func (r Receiver) Credentials(ctx context.Context, project, ref string, ttl time.Duration) (Credentials, error) {
	var cred Credentials
	if ttl < time.Second || ttl > LongestCredentials {
		return cred, fmt.Errorf("life of credentials %s: want 1s to %s", ttl, LongestCredentials)
	}
	body, err := json.Marshal(map[string]any{"project": project, "ref": ref, "ttl_seconds": int(ttl.Seconds())})
	if err != nil {
		return cred, err
	}
	c, err := r.client()
	if err != nil {
		return cred, err
	}
	defer c.CloseIdleConnections()
	resp, err := r.do(ctx, c, http.MethodPost, "/credentials", "application/json", bytes.NewReader(body))
	if err != nil {
		return cred, fmt.Errorf("credentials for %s: %w", ref, err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&cred); err != nil {
		return cred, fmt.Errorf("credentials for %s: unreadable answer: %w", ref, err)
	}
	return cred, nil
}

// client makes an HTTP client that trusts the pinned authority only.
func (r Receiver) client() (*http.Client, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("source receiver URL %q: want https://HOST:PORT", r.URL)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(r.CA) {
		return nil, errors.New("CA of the source receiver holds no certificate: want the PEM certificate of the stack's certificate authority (output serverCA)")
	}
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:       &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: 5 * time.Second,
			ForceAttemptHTTP2:     true,
		},
		// A redirect could carry the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the source receiver redirects, which it should not")
		},
	}, nil
}

// do sends one request and turns a bad status into an error.
func (r Receiver) do(ctx context.Context, c *http.Client, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.URL, "/")+path, body)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth("pilot", r.Token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, r.transportError(err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return nil, statusError(resp.StatusCode, strings.TrimSpace(string(text)))
}

func (r Receiver) transportError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	kind := ErrUnavailable
	var verification *tls.CertificateVerificationError
	if errors.As(err, &verification) {
		kind = ErrUntrusted
	}
	// The net package's error is kept as it is; it holds no secret.
	var op *url.Error
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("%w (%s): %w", kind, r.URL, err)
}

func statusError(code int, text string) error {
	if text == "" {
		text = http.StatusText(code)
	}
	switch code {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w: %s", ErrUnauthenticated, text)
	case http.StatusNotFound:
		return fmt.Errorf("%w: %s", ErrNotFound, text)
	case http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%w: %s", ErrTooLarge, text)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("%w: %s", ErrUnavailable, text)
	}
	return fmt.Errorf("the source receiver answers %d: %s", code, text)
}
