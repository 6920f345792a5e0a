package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// CertificateStatus is one certificate of a platform.
type CertificateStatus struct {
	// Name is the certificate's common name.
	Name string `json:"name"`
	// Role is authority, server, gateway, operator or runner.
	Role string `json:"role"`
	// NotAfter is its end, RFC 3339.
	NotAfter string `json:"notAfter"`
	// DaysLeft are the whole days until then, below 0 once it has ended.
	DaysLeft int `json:"daysLeft"`
}

// roleAuthority is the role of the authority itself, which its certificate
// does not name.
const roleAuthority = "authority"

// Certificates lists the certificates that a stack's state holds, the one that
// ends first at the head, and the stage of a rotation that is under way.
func Certificates(state apitype.UntypedDeployment, now time.Time) (list []CertificateStatus, rotation string, err error) {
	list = []CertificateStatus{}
	if len(state.Deployment) == 0 {
		return list, "", nil
	}
	var deployment struct {
		Resources []struct {
			Type    string          `json:"type"`
			Delete  bool            `json:"delete"`
			Outputs json.RawMessage `json:"outputs"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		return nil, "", fmt.Errorf("read the certificates in the state: %w", err)
	}
	for _, r := range deployment.Resources {
		if r.Delete || r.Type != pilot.TypeCertificate && r.Type != pilot.TypeCertificateAuthority {
			continue
		}
		var out struct {
			CertPEM string `json:"certPem"`
			Stage   string `json:"stage"`
		}
		if err := json.Unmarshal(r.Outputs, &out); err != nil || out.CertPEM == "" {
			// One that an apply was interrupted over.
			continue
		}
		cert, err := certs.ParseCertificate([]byte(out.CertPEM))
		if err != nil {
			return nil, "", fmt.Errorf("read the certificates in the state: %w", err)
		}
		days, err := certs.DaysLeft([]byte(out.CertPEM), now)
		if err != nil {
			return nil, "", err
		}
		role := string(certs.RoleOf(cert))
		if r.Type == pilot.TypeCertificateAuthority {
			role = roleAuthority
			rotation = out.Stage
		}
		list = append(list, CertificateStatus{
			Name: cert.Subject.CommonName, Role: role, NotAfter: cert.NotAfter.UTC().Format(time.RFC3339), DaysLeft: days,
		})
	}
	slices.SortStableFunc(list, func(a, b CertificateStatus) int {
		if a.DaysLeft != b.DaysLeft {
			return a.DaysLeft - b.DaysLeft
		}
		return strings.Compare(a.Role+a.Name, b.Role+b.Name)
	})
	return list, rotation, nil
}

// Ending says which certificates are about to end, or have ended, and what to do.
func Ending(list []CertificateStatus) []string {
	var out []string
	for _, c := range list {
		if c.DaysLeft > int(certs.RenewBefore/(24*time.Hour)) {
			continue
		}
		fix := "pilot setup or pilot server rotate-certs renews it"
		if c.Role == roleAuthority {
			fix = "pilot server rotate-certs --ca replaces it"
		}
		when := fmt.Sprintf("ends in %d days", c.DaysLeft)
		if c.DaysLeft < 0 {
			when = "ended " + strings.Replace(c.NotAfter, "T", " at ", 1)
		}
		out = append(out, fmt.Sprintf("the %s certificate of %s %s: %s", c.Role, c.Name, when, fix))
	}
	return out
}
