package certfile

import (
	"crypto/tls"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testcert"
)

func TestNewNamesTheBadFile(t *testing.T) {
	ca := testcert.New(t, "ca")
	pair, other := ca.Issue(t, testcert.Leaf{}), ca.Issue(t, testcert.Leaf{})
	for _, test := range []struct {
		files Files
		want  string
	}{
		{Files{Cert: "absent.pem", Key: pair.Key}, "absent.pem"},
		{Files{Cert: pair.Cert, Key: other.Key}, "does not match"},
		{Files{Cert: pair.Cert, Key: pair.Key, CA: "absent.pem"}, "absent.pem"},
		{Files{Cert: pair.Cert, Key: pair.Key, CA: pair.Key}, "holds no PEM certificate"},
	} {
		if _, err := New(test.files, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New(%+v) = %v, want an error with %q", test.files, err, test.want)
		}
	}
}

func TestReload(t *testing.T) {
	ca := testcert.New(t, "ca")
	pair := ca.Issue(t, testcert.Leaf{})
	var log strings.Builder
	r, err := New(Files{Cert: pair.Cert, Key: pair.Key, CA: ca.File}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		t.Helper()
		config, err := r.ServerConfig().GetConfigForClient(nil)
		if err != nil {
			t.Fatal(err)
		}
		if config.ClientAuth != tls.RequireAndVerifyClientCert {
			t.Fatal("the configuration does not demand client certificates")
		}
		return config.Certificates[0].Leaf.SerialNumber.String()
	}
	first := serial()
	if serial() != first {
		t.Error("unchanged files give another certificate")
	}

	if err := os.WriteFile(pair.Cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if serial() != first {
		t.Error("a broken file replaced the good certificate")
	}
	if !strings.Contains(log.String(), "not usable") {
		t.Errorf("log = %q, want it to tell of the broken file", log.String())
	}
	before := log.Len()
	if serial(); log.Len() != before {
		t.Error("the same broken file is reported at each handshake")
	}

	ca.IssueTo(t, testcert.Leaf{}, pair)
	second := serial()
	if second == first {
		t.Error("the renewed files are not taken up")
	}
	r.Reload()
	if serial() != second {
		t.Error("Reload of unchanged files gives another certificate")
	}
}
