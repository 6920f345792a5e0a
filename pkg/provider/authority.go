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
	// Stage is how far a rotation is; empty when there is none.
	Stage string `pulumi:"stage,optional"`
	// NextCertPEM and NextKeyPEM are the authority that is to take over.
	NextCertPEM string `pulumi:"nextCertPem,optional"`
	NextKeyPEM  string `pulumi:"nextKeyPem,optional" provider:"secret"`
}

type certificateAuthority struct{}

func (*certificateAuthority) Annotate(a infer.Annotator) { a.SetToken("tls", "CertificateAuthority") }

func (*certificateAuthority) WireDependencies(f infer.FieldSelector, in *pilot.CertificateAuthorityInputs, state *CertificateAuthorityState) {
	f.OutputField(&state.KeyPEM).AlwaysSecret()
	f.OutputField(&state.NextKeyPEM).AlwaysSecret()
	for _, field := range []any{&state.CertPEM, &state.KeyPEM, &state.TrustPEM, &state.NotAfter, &state.Stage, &state.NextCertPEM, &state.NextKeyPEM} {
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
	if moves || req.State.TrustPEM == "" {
		d.mark(at("rotation"), p.Update, false)
	}
	return d.response(false), nil
}

func (*certificateAuthority) Create(_ context.Context, req infer.CreateRequest[pilot.CertificateAuthorityInputs]) (infer.CreateResponse[CertificateAuthorityState], error) {
	state := CertificateAuthorityState{CertificateAuthorityInputs: req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[CertificateAuthorityState]{Output: state}, nil
	}
	authority, err := newAuthority(req.Inputs)
	if err != nil {
		return infer.CreateResponse[CertificateAuthorityState]{}, err
	}
	id, out, err := issue(authority.Pair())
	state.Issued, state.TrustPEM = out, out.CertPEM
	return infer.CreateResponse[CertificateAuthorityState]{ID: id, Output: state}, err
}

// Update moves a rotation on by one stage.
func (*certificateAuthority) Update(_ context.Context, req infer.UpdateRequest[pilot.CertificateAuthorityInputs, CertificateAuthorityState]) (infer.UpdateResponse[CertificateAuthorityState], error) {
	state := req.State
	state.CertificateAuthorityInputs = req.Inputs
	if state.TrustPEM == "" {
		state.TrustPEM = state.CertPEM
	}
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

func (s *CertificateAuthorityState) move(rotation pilot.Rotation) error {
	switch rotation.Stage {
	case pilot.StageIntroduce:
		next, err := newAuthority(s.CertificateAuthorityInputs)
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

func newAuthority(in pilot.CertificateAuthorityInputs) (*certs.Authority, error) {
	return certs.NewAuthority(certs.AuthorityRequest{
		CommonName: in.CommonName,
		ValidFor:   time.Duration(in.ValidDays) * day,
	})
}
