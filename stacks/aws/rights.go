package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/pilot-framework/pilot/stacks"
)

// needed are rights without which a setup would fail half-way, one of each kind
// of thing that it makes.
var needed = []string{
	"ec2:CreateVpc", "ec2:CreateSecurityGroup", "ec2:AllocateAddress", "ec2:RunInstances",
	"rds:CreateDBInstance", "rds:CreateDBSubnetGroup", "ecr:CreateRepository",
	"iam:CreateRole", "iam:CreateInstanceProfile", "iam:PassRole", "secretsmanager:CreateSecret",
}

// rights asks IAM which of the needed rights the caller has. Who may not ask
// that gets no answer, and no problem either: it is a right of its own.
func (p *Platform) rights(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(p.Region))
	if err != nil {
		return "", &stacks.Problem{Reason: "AWS configuration: " + err.Error(), Fix: "aws configure"}
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", &stacks.Problem{Reason: "not known: AWS does not say who you are", Fix: "see the AWS account above"}
	}
	principal := principalOf(*who.Arn)
	if strings.HasSuffix(principal, ":root") {
		return "all: you are the account's root user", nil
	}
	missing, err := simulate(ctx, cfg, principal)
	if err != nil {
		return "not known, because IAM does not tell: " + lastLine(err), nil
	}
	if len(missing) > 0 {
		return "", &stacks.Problem{
			Reason: "you lack " + strings.Join(missing, ", "),
			Fix:    "ask for the policies AmazonEC2FullAccess, AmazonRDSFullAccess, AmazonEC2ContainerRegistryFullAccess, IAMFullAccess and SecretsManagerReadWrite, or for these rights alone",
		}
	}
	return fmt.Sprintf("all %d that were asked about", len(needed)), nil
}

var assumedForm = regexp.MustCompile(`^arn:([a-z-]+):sts::([0-9]+):assumed-role/([^/]+)/`)

// principalOf is whom IAM knows: a session stands for its role.
func principalOf(arn string) string {
	if m := assumedForm.FindStringSubmatch(arn); m != nil {
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", m[1], m[2], m[3])
	}
	return arn
}

// simulate asks IAM's policy simulator, which calls nothing for real.
func simulate(ctx context.Context, cfg awssdk.Config, principal string) (missing []string, err error) {
	form := url.Values{"Action": {"SimulatePrincipalPolicy"}, "Version": {"2010-05-08"}, "PolicySourceArn": {principal}}
	for i, action := range needed {
		form.Set(fmt.Sprintf("ActionNames.member.%d", i+1), action)
	}
	answer, err := callIAM(ctx, cfg, form.Encode())
	if err != nil {
		return nil, err
	}
	var result struct {
		Results []struct {
			Action   string `xml:"EvalActionName"`
			Decision string `xml:"EvalDecision"`
		} `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member"`
	}
	if err := xml.Unmarshal(answer, &result); err != nil {
		return nil, fmt.Errorf("IAM answered with something else than XML: %w", err)
	}
	allowed := map[string]bool{}
	for _, r := range result.Results {
		allowed[r.Action] = r.Decision == "allowed"
	}
	for _, action := range needed {
		if !allowed[action] {
			missing = append(missing, action)
		}
	}
	return missing, nil
}

// callIAM makes a signed call of IAM, whose one endpoint is in us-east-1.
func callIAM(ctx context.Context, cfg awssdk.Config, body string) ([]byte, error) {
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	endpoint := "https://iam.amazonaws.com"
	if cfg.BaseEndpoint != nil {
		endpoint = *cfg.BaseEndpoint
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "iam", "us-east-1", time.Now()); err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return answer, nil
	}
	var refused struct {
		Code string `xml:"Error>Code"`
	}
	if err := xml.Unmarshal(answer, &refused); err != nil || refused.Code == "" {
		return nil, fmt.Errorf("IAM answered %s", resp.Status)
	}
	return nil, fmt.Errorf("%s", refused.Code)
}
