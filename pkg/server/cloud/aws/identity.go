// Package aws asks AWS, with the runners' identity, for what apps write there and
// keeps what apps must not have in the clear.
package aws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
)

// Config is how to reach AWS in a region as the runners do: with the keys in their
// environment, or those in the files that AWS_SHARED_CREDENTIALS_FILE and
// AWS_CONFIG_FILE name, which may take on a role. Where runners have neither, it
// is the caller's own way, as of every AWS tool. The error is
// [cloud.ErrNoIdentity] when there is none either.
func Config(ctx context.Context, runners cloud.Identity, region string) (awssdk.Config, error) {
	if region == "" {
		return awssdk.Config{}, errors.New("AWS: the region is not known")
	}
	own, err := provider(runners, region)
	if err != nil {
		return awssdk.Config{}, err
	}
	if own != nil {
		cfg := awssdk.Config{Region: region, Credentials: awssdk.NewCredentialsCache(own)}
		endpoint(&cfg, runners)
		return cfg, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("AWS: %w (%w)", cloud.ErrNoIdentity, err)
	}
	return cfg, nil
}

// endpoint takes an API of the runners' own over, such as an emulator's.
func endpoint(cfg *awssdk.Config, runners cloud.Identity) {
	if url := runners.Variables["AWS_ENDPOINT_URL"]; url != "" {
		cfg.BaseEndpoint = awssdk.String(url)
	}
}

// provider is nil when the runners have no credentials.
func provider(runners cloud.Identity, region string) (awssdk.CredentialsProvider, error) {
	if id := runners.Variables["AWS_ACCESS_KEY_ID"]; id != "" {
		return credentials.NewStaticCredentialsProvider(
			id, runners.Variables["AWS_SECRET_ACCESS_KEY"], runners.Variables["AWS_SESSION_TOKEN"]), nil
	}
	keys := profiles(runners.File("AWS_SHARED_CREDENTIALS_FILE"))
	settings := profiles(runners.File("AWS_CONFIG_FILE"))
	name := runners.Variables["AWS_PROFILE"]
	if name == "" {
		name = "default"
	}
	profile := settings[name]
	role := profile["role_arn"]
	from := name
	if source := profile["source_profile"]; role != "" && source != "" {
		from = source
	}
	key := keys[from]
	if key == nil {
		key = settings[from]
	}
	if key["aws_access_key_id"] == "" {
		if role != "" {
			return nil, fmt.Errorf("AWS: the runners' profile %s takes on %s with the profile %s, which has no key", name, role, from)
		}
		return nil, nil
	}
	static := credentials.NewStaticCredentialsProvider(key["aws_access_key_id"], key["aws_secret_access_key"], key["aws_session_token"])
	if role == "" {
		return static, nil
	}
	base := awssdk.Config{Region: region, Credentials: static}
	endpoint(&base, runners)
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base), role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "pilot"
		if id := profile["external_id"]; id != "" {
			o.ExternalID = awssdk.String(id)
		}
	}), nil
}

// profiles reads a file in the form of AWS's shared configuration: the SDK itself
// reads it from disks only, where these files must not be.
func profiles(text string) map[string]map[string]string {
	all := map[string]map[string]string{}
	var profile map[string]string
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if name, ok := strings.CutPrefix(line, "["); ok {
			name = strings.TrimSpace(strings.TrimSuffix(name, "]"))
			name = strings.TrimSpace(strings.TrimPrefix(name, "profile "))
			if all[name] == nil {
				all[name] = map[string]string{}
			}
			profile = all[name]
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || profile == nil || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		profile[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
	}
	return all
}

// is reports whether err is one of these AWS error codes.
func is(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}
