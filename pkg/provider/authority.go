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

// CertificateAuthorityState is what is recorded of an authority.
type CertificateAuthorityState struct {
	pilot.CertificateAuthorityInputs
	Issued
	// TrustPEM are the authorities that are to be trusted: this one, and during
	// a rotation the one before or after it.
	TrustPEM string `pulumi:"trustPem"`
	// ClientCertPEM and ClientKeyPEM are the authority that signs clients, and
	// ClientTrustPEM are those that are let in.
	ClientCertPEM  string `pulumi:"clientCertPem,optional"`
	ClientKeyPEM   string `pulumi:"clientKeyPem,optional" provider:"secret"`
	ClientTrustPEM string `pulumi:"clientTrustPem,optional"`
	// Stage is how far a rotation is; empty when there is none.
	Stage string `pulumi:"stage,optional"`
	// NextCertPEM and NextKeyPEM are the authority that is to take over.
	NextCertPEM string `pulumi:"nextCertPem,optional"`
	NextKeyPEM  string `pulumi:"nextKeyPem,optional" provider:"secret"`
	// NextClientCertPEM and NextClientKeyPEM are the same for clients.
	NextClientCertPEM string `pulumi:"nextClientCertPem,optional"`
	NextClientKeyPEM  string `pulumi:"nextClientKeyPem,optional" provider:"secret"`
}

type certificateAuthority struct{}

func (*certificateAuthority) Annotate(a infer.Annotator) { a.SetToken("tls", "CertificateAuthority") }

func (*certificateAuthority) WireDependencies(f infer.FieldSelector, in *pilot.CertificateAuthorityInputs, state *CertificateAuthorityState) {
	for _, key := range []*string{&state.KeyPEM, &state.NextKeyPEM, &state.ClientKeyPEM, &state.NextClientKeyPEM} {
		f.OutputField(key).AlwaysSecret()
	}
	for _, field := range []*string{
		&state.CertPEM, &state.KeyPEM, &state.TrustPEM, &state.NotAfter, &state.Stage, &state.NextCertPEM, &state.NextKeyPEM,
		&state.ClientCertPEM, &state.ClientKeyPEM, &state.ClientTrustPEM, &state.NextClientCertPEM, &state.NextClientKeyPEM,
	} {
		f.OutputField(field).DependsOn(f.InputField(&in.Rotation).Computed())
	}
}

func (*certificateAuthority) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.CertificateAuthorityInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.CertificateAuthorityInputs) {
		checkCommonName(c, in.CommonName)
		c.between(at("validDays"), &in.ValidDays, int(certs.AuthorityLifetime/day), 1, 7300)
		if _, err := pilot.ParseRotation(in.Rotation); err != nil {
			c.fail(at("rotation"), "%v", err)
		}
	})
}

func (*certificateAuthority) Diff(_ context.Context, req infer.DiffRequest[pilot.CertificateAuthorityInputs, CertificateAuthorityState]) (infer.DiffResponse, error) {
	d := newDiffer()
	d.skip["rotation"] = true
	d.compare(req.State.CertificateAuthorityInputs, req.Inputs)
	rotation, err := pilot.ParseRotation(req.Inputs.Rotation)
	if err != nil {
		return infer.DiffResponse{}, err
	}
	moves, err := rotation.Moves(req.State.Stage)
	if err != nil {
		return infer.DiffResponse{}, err
	}
	if moves || req.State.incomplete() {
		d.mark(at("rotation"), p.Update, false)
	}
	return d.response(false), nil
}

func (*certificateAuthority) Create(_ context.Context, req infer.CreateRequest[pilot.CertificateAuthorityInputs]) (infer.CreateResponse[CertificateAuthorityState], error) {
	state := CertificateAuthorityState{CertificateAuthorityInputs: req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[CertificateAuthorityState]{Output: state}, nil
	}
	authority, err := newAuthority(req.Inputs, "")
	if err != nil {
		return infer.CreateResponse[CertificateAuthorityState]{}, err
	}
	clients, err := newAuthority(req.Inputs, clientsSuffix)
	if err != nil {
		return infer.CreateResponse[CertificateAuthorityState]{}, err
	}
	id, out, err := issue(authority.Pair())
	state.Issued, state.TrustPEM = out, out.CertPEM
	state.ClientCertPEM, state.ClientKeyPEM = string(clients.Pair().Cert), string(clients.Pair().Key)
	state.ClientTrustPEM = state.ClientCertPEM
	return infer.CreateResponse[CertificateAuthorityState]{ID: id, Output: state}, err
}

// Update moves a rotation on by one stage.
func (*certificateAuthority) Update(_ context.Context, req infer.UpdateRequest[pilot.CertificateAuthorityInputs, CertificateAuthorityState]) (infer.UpdateResponse[CertificateAuthorityState], error) {
	state := req.State
	state.CertificateAuthorityInputs = req.Inputs
	state.complete()
	rotation, err := pilot.ParseRotation(req.Inputs.Rotation)
	if err != nil || req.DryRun {
		return infer.UpdateResponse[CertificateAuthorityState]{Output: state}, err
	}
	if moves, err := rotation.Moves(state.Stage); err != nil || !moves {
		return infer.UpdateResponse[CertificateAuthorityState]{Output: state}, err
	}
	err = state.move(rotation)
	return infer.UpdateResponse[CertificateAuthorityState]{Output: state}, err
}

// incomplete tells that a state is from before something was recorded.
func (s *CertificateAuthorityState) incomplete() bool {
	return s.TrustPEM == "" || s.ClientCertPEM == ""
}

// complete fills in what was meant then: one authority signed everything, and
// goes on doing so until the next rotation.
func (s *CertificateAuthorityState) complete() {
	if s.TrustPEM == "" {
		s.TrustPEM = s.CertPEM
	}
	if s.ClientCertPEM == "" {
		s.ClientCertPEM, s.ClientKeyPEM, s.ClientTrustPEM = s.CertPEM, s.KeyPEM, s.TrustPEM
	}
}

// move goes one stage on: for clients in either kind of rotation, for servers
// where their authority is replaced too.
func (s *CertificateAuthorityState) move(rotation pilot.Rotation) error {
	switch rotation.Stage {
	case pilot.StageIntroduce, pilot.StageRenew:
		next, err := newAuthority(s.CertificateAuthorityInputs, clientsSuffix)
		if err != nil {
			return err
		}
		s.NextClientCertPEM, s.NextClientKeyPEM = string(next.Pair().Cert), string(next.Pair().Key)
		s.ClientTrustPEM = s.ClientCertPEM + s.NextClientCertPEM
	case pilot.StageSwitch, pilot.StageAdopt:
		// A rotation from before clients had an authority of their own has none
		// to take over.
		if s.NextClientCertPEM == "" {
			s.NextClientCertPEM, s.NextClientKeyPEM = s.NextCertPEM, s.NextKeyPEM
		}
		s.ClientTrustPEM = s.ClientCertPEM + s.NextClientCertPEM
		s.ClientCertPEM, s.ClientKeyPEM = s.NextClientCertPEM, s.NextClientKeyPEM
		s.NextClientCertPEM, s.NextClientKeyPEM = "", ""
	case pilot.StageRetire, pilot.StageRefuse:
		s.ClientTrustPEM = s.ClientCertPEM
	}
	switch rotation.Stage {
	case pilot.StageIntroduce:
		next, err := newAuthority(s.CertificateAuthorityInputs, "")
		if err != nil {
			return err
		}
		s.NextCertPEM, s.NextKeyPEM = string(next.Pair().Cert), string(next.Pair().Key)
		s.TrustPEM = s.CertPEM + s.NextCertPEM
	case pilot.StageSwitch:
		_, out, err := issue(certs.Pair{Cert: []byte(s.NextCertPEM), Key: []byte(s.NextKeyPEM)})
		if err != nil {
			return fmt.Errorf("the authority that is to take over: %w", err)
		}
		s.Issued, s.TrustPEM = out, s.CertPEM+out.CertPEM
		s.NextCertPEM, s.NextKeyPEM = "", ""
	case pilot.StageRetire:
		s.TrustPEM = s.CertPEM
	}
	s.Stage = rotation.String()
	if rotation.Stage == pilot.StageSettle {
		s.Stage = ""
	}
	return nil
}

// clientsSuffix tells the authority of the clients from that of the servers.
const clientsSuffix = " clients"

func newAuthority(in pilot.CertificateAuthorityInputs, suffix string) (*certs.Authority, error) {
	return certs.NewAuthority(certs.AuthorityRequest{
		// RFC 5280 bounds a name.
		CommonName: in.CommonName[:min(len(in.CommonName), 64-len(suffix))] + suffix,
		ValidFor:   time.Duration(in.ValidDays) * day,
	})
}
