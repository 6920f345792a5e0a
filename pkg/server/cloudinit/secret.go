package cloudinit

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// Store is a kind of secret store.
type Store string

// The secret stores that a machine can read.
const (
	AWSSecretsManager Store = "aws-secrets-manager"
	GCPSecretManager  Store = "gcp-secret-manager"
)

// Secret says where the machine finds its daemon's certificate and key. It
// names the secret and does not hold it.
type Secret struct {
	// Store is the kind of store.
	Store Store `json:"store"`
	// ID is the secret's ARN on AWS and projects/P/secrets/S on Google Cloud.
	ID string `json:"secret"`
	// Region is the secret's region; AWS only.
	Region string `json:"region,omitempty"`
	// Endpoint is the store's URL. Default: the cloud's own.
	Endpoint string `json:"endpoint"`
	// Metadata is the URL of the machine's metadata service. Default: the
	// cloud's own.
	Metadata string `json:"metadata"`
}

// complete fills in the defaults and tells what is wrong.
func (s *Secret) complete() error {
	switch s.Store {
	case AWSSecretsManager:
		part := strings.Split(s.ID, ":")
		if len(part) < 7 || part[0] != "arn" || part[2] != "secretsmanager" {
			return fmt.Errorf("secret.id %q: want the ARN of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME", s.ID)
		}
		if s.Region == "" {
			s.Region = part[3]
		}
		suffix := "amazonaws.com"
		if part[1] == "aws-cn" {
			suffix = "amazonaws.com.cn"
		}
		s.defaults("https://secretsmanager."+s.Region+"."+suffix, "http://169.254.169.254")
	case GCPSecretManager:
		part := strings.Split(s.ID, "/")
		if len(part) != 4 || part[0] != "projects" || part[2] != "secrets" {
			return fmt.Errorf("secret.id %q: want projects/PROJECT/secrets/SECRET", s.ID)
		}
		s.defaults("https://secretmanager.googleapis.com", "http://metadata.google.internal")
	default:
		return fmt.Errorf("secret.store %q: want %s or %s", s.Store, AWSSecretsManager, GCPSecretManager)
	}
	for field, value := range map[string]string{"secret.endpoint": s.Endpoint, "secret.metadata": s.Metadata} {
		if u, err := url.Parse(value); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return fmt.Errorf("%s %q: want a URL", field, value)
		}
	}
	return nil
}

func (s *Secret) defaults(endpoint, metadata string) {
	if s.Endpoint == "" {
		s.Endpoint = endpoint
	}
	if s.Metadata == "" {
		s.Metadata = metadata
	}
}

// Bundle is what the secret holds: PEM.
type Bundle struct {
	CA   string `json:"ca"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

// JSON is the secret's value.
func (b Bundle) JSON() string {
	// Three strings always encode.
	v, _ := json.Marshal(b)
	return string(v)
}
