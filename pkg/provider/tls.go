package provider

import (
	"context"
	"fmt"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

const day = 24 * time.Hour

// Issued are the outputs of the TLS resources.
type Issued struct {
	CertPEM  string `pulumi:"certPem"`
	KeyPEM   string `pulumi:"keyPem" provider:"secret"`
	NotAfter string `pulumi:"notAfter"`
}

func issue(pair certs.Pair) (id string, out Issued, err error) {
	cert, err := certs.ParseCertificate(pair.Cert)
	if err != nil {
		return "", Issued{}, err
	}
	return fmt.Sprintf("%x", cert.SerialNumber), Issued{
		CertPEM:  string(pair.Cert),
		KeyPEM:   string(pair.Key),
		NotAfter: cert.NotAfter.Format(time.RFC3339),
	}, nil
}

// CertificateState is what is recorded of a certificate.
type CertificateState struct {
	pilot.CertificateInputs
	Issued
	// Rotated is the last rotation that issued it.
	Rotated string `pulumi:"rotated,optional"`
}

type certificate struct{}

func (*certificate) Annotate(a infer.Annotator) { a.SetToken("tls", "Certificate") }

func (*certificate) WireDependencies(f infer.FieldSelector, _ *pilot.CertificateInputs, state *CertificateState) {
	f.OutputField(&state.KeyPEM).AlwaysSecret()
}

func (*certificate) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.CertificateInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.CertificateInputs) {
		checkCommonName(c, in.CommonName)
		c.between(at("validDays"), &in.ValidDays, int(certs.LeafLifetime/day), 1, 825)
		if c.known("caCert") && c.known("caKey") {
			if _, err := certs.LoadAuthority(certs.Pair{Cert: []byte(in.CACert), Key: []byte(in.CAKey)}); err != nil {
				c.fail(at("caCert"), "and caKey: %v", err)
			}
		}
		for _, field := range []string{"commonName", "role", "server", "client", "dnsNames", "ipAddresses"} {
			if !c.wholly(field) {
				return
			}
		}
		if err := request(*in).Validate(); err != nil && in.CommonName != "" {
			c.fail(nil, "%v", err)
		}
	})
}

// Diff issues anew for any change and near the end. A rotation that is asked
// for is one for servers, and its absence is none: it was asked for once.
// Clients get theirs anew with the authority that signs them.
func (*certificate) Diff(_ context.Context, req infer.DiffRequest[pilot.CertificateInputs, CertificateState]) (infer.DiffResponse, error) {
	d := newDiffer()
	d.skip["rotation"] = true
	d.compare(req.State.CertificateInputs, req.Inputs)
	if req.Inputs.Server && req.Inputs.Rotation != "" && req.Inputs.Rotation != req.State.Rotated {
		d.mark(at("rotation"), p.Update, true)
	}
	due, err := certs.RenewalDue([]byte(req.State.CertPEM), time.Now())
	if err != nil || due {
		d.mark(at("notAfter"), p.Update, true)
	}
	return d.response(false), nil
}

func (*certificate) Create(_ context.Context, req infer.CreateRequest[pilot.CertificateInputs]) (infer.CreateResponse[CertificateState], error) {
	state := CertificateState{CertificateInputs: req.Inputs, Rotated: req.Inputs.Rotation}
	if req.DryRun {
		return infer.CreateResponse[CertificateState]{Output: state}, nil
	}
	authority, err := certs.LoadAuthority(certs.Pair{Cert: []byte(req.Inputs.CACert), Key: []byte(req.Inputs.CAKey)})
	if err != nil {
		return infer.CreateResponse[CertificateState]{}, err
	}
	pair, err := authority.Issue(request(req.Inputs))
	if err != nil {
		return infer.CreateResponse[CertificateState]{}, err
	}
	id, out, err := issue(pair)
	state.Issued = out
	return infer.CreateResponse[CertificateState]{ID: id, Output: state}, err
}

func request(in pilot.CertificateInputs) certs.Request {
	return certs.Request{
		CommonName: in.CommonName,
		Role:       certs.Role(in.Role),
		Server:     in.Server,
		Client:     in.Client,
		DNSNames:   in.DNSNames,
		IPs:        in.IPAddresses,
		ValidFor:   time.Duration(in.ValidDays) * day,
	}
}

func checkCommonName(c *checker, name string) {
	if len(name) < 1 || len(name) > 64 {
		c.fail(at("commonName"), "%q: want 1 to 64 characters", name)
	}
}
