package provider

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

const (
	passwordLength  = 32
	passwordCharset = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// PasswordState is what is recorded of a password.
type PasswordState struct {
	pilot.PasswordInputs
	Result string `pulumi:"result" provider:"secret"`
}

type password struct{}

func (*password) Annotate(a infer.Annotator) { a.SetToken("random", "Password") }

func (*password) WireDependencies(f infer.FieldSelector, _ *pilot.PasswordInputs, state *PasswordState) {
	f.OutputField(&state.Result).AlwaysSecret()
}

func (*password) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.PasswordInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.PasswordInputs) {
		c.between(at("length"), &in.Length, passwordLength, 12, 128)
		if in.Charset == "" {
			in.Charset = passwordCharset
		}
		seen := map[rune]bool{}
		for _, r := range in.Charset {
			if r <= ' ' || r > '~' || seen[r] {
				c.fail(at("charset"), "%q: want each character once, and only printable ASCII without the blank", in.Charset)
				return
			}
			seen[r] = true
		}
		if len(seen) < 10 {
			c.fail(at("charset"), "%q: want at least 10 characters", in.Charset)
		}
	})
}

func (*password) Diff(_ context.Context, req infer.DiffRequest[pilot.PasswordInputs, PasswordState]) (infer.DiffResponse, error) {
	d := newDiffer()
	d.compare(req.State.PasswordInputs, req.Inputs)
	return d.response(false), nil
}

func (*password) Create(_ context.Context, req infer.CreateRequest[pilot.PasswordInputs]) (infer.CreateResponse[PasswordState], error) {
	state := PasswordState{PasswordInputs: req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[PasswordState]{Output: state}, nil
	}
	var b strings.Builder
	limit := big.NewInt(int64(len(req.Inputs.Charset)))
	for range req.Inputs.Length {
		n, err := rand.Int(rand.Reader, limit)
		if err != nil {
			return infer.CreateResponse[PasswordState]{}, fmt.Errorf("draw password: %w", err)
		}
		b.WriteByte(req.Inputs.Charset[n.Int64()])
	}
	state.Result = b.String()
	id, err := randomWord()
	return infer.CreateResponse[PasswordState]{ID: id, Output: state}, err
}

// randomWord is 16 hexadecimal digits.
func randomWord() (string, error) {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("draw random word: %w", err)
	}
	return hex.EncodeToString(b), nil
}
