package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/pilot-framework/pilot/stacks"
)

// Checks looks at the account and at what the caller may do in it. A simulated
// cloud has none.
func (p *Platform) Checks() []stacks.Check {
	if p.Simulated {
		return nil
	}
	return []stacks.Check{{Name: "AWS account", Run: p.whoAmI}, {Name: "AWS rights", Run: p.rights}}
}

// Preflight refuses a platform that its own operators could not reach, and
// asks AWS who the caller is before anything is made. A simulated cloud needs
// neither.
func (p *Platform) Preflight(ctx context.Context, _ string) error {
	if p.Simulated {
		return nil
	}
	if len(p.OperatorCIDRs) == 0 {
		return errors.New("operator_cidrs []: nobody could reach the platform: want your own range, such as 203.0.113.7/32")
	}
	_, err := p.whoAmI(ctx)
	return err
}

// whoAmI asks AWS whose credentials its usual chain finds. They are used where
// they are and copied nowhere.
func (p *Platform) whoAmI(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(p.Region))
	if err != nil {
		return "", &stacks.Problem{Reason: "AWS configuration: " + err.Error(), Fix: "aws configure"}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return "", &stacks.Problem{
			Reason: "no AWS credentials: " + lastLine(err),
			Fix:    "aws configure sso, or set AWS_PROFILE",
		}
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", &stacks.Problem{Reason: "AWS does not accept the credentials: " + lastLine(err), Fix: "aws sso login, or get new credentials"}
	}
	return fmt.Sprintf("%s, in %s", *who.Arn, p.Region), nil
}

// lastLine is the innermost reason of the SDK's long chains.
func lastLine(err error) string {
	parts := strings.Split(err.Error(), "\n")
	return parts[len(parts)-1]
}
