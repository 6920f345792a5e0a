package aws

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// SecretPrefix begins the names of all secrets that apps have in Secrets Manager.
const SecretPrefix = "pilot-apps/"

// maxSecret is the most that one secret holds, in bytes (Secrets Manager quotas).
const maxSecret = 65536

// Secrets keeps the secret variables of apps in Secrets Manager, those of one app
// in one secret. It takes the permissions secretsmanager:CreateSecret,
// DeleteSecret, PutResourcePolicy, PutSecretValue and TagResource on
// [SecretPrefix].
type Secrets struct{ api *secretsmanager.Client }

// NewSecrets uses the Secrets Manager of the configuration's region.
func NewSecrets(cfg awssdk.Config) *Secrets {
	return &Secrets{api: secretsmanager.NewFromConfig(cfg)}
}

// Put keeps the values under name, which follows [SecretPrefix], and lets the IAM
// role of that name read them, which need not exist yet. It returns what a task
// definition refers to each value with: the version is part of it, so that a
// running deployment keeps its values.
func (s *Secrets) Put(ctx context.Context, name, role string, values map[string]string) (map[string]string, error) {
	id := SecretPrefix + name
	text, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	if len(text) > maxSecret {
		return nil, fmt.Errorf("the secret variables have %d bytes together, more than the %d of one secret", len(text), maxSecret)
	}
	// The same values are the same version, so that nothing changes without need.
	version := fmt.Sprintf("%x", sha256.Sum256(text))
	made, err := s.write(ctx, id, version, string(text))
	if err != nil {
		return nil, fmt.Errorf("keep the secret %s: %w", id, err)
	}
	if err := s.admit(ctx, made, role); err != nil {
		return nil, fmt.Errorf("let the role %s read the secret %s: %w", role, id, err)
	}
	// Source of the form: Amazon ECS developer guide, "Pass Secrets Manager
	// secrets through Amazon ECS environment variables".
	refs := make(map[string]string, len(values))
	for key := range values {
		refs[key] = made + ":" + key + "::" + version
	}
	return refs, nil
}

// write makes the secret, or a new version of it, and returns its ARN.
func (s *Secrets) write(ctx context.Context, id, version, text string) (string, error) {
	put, err := s.api.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &id, ClientRequestToken: &version, SecretString: &text,
	})
	if err == nil {
		return awssdk.ToString(put.ARN), nil
	}
	if !is(err, "ResourceNotFoundException") {
		return "", err
	}
	made, err := s.api.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: &id, ClientRequestToken: &version, SecretString: &text,
		Description: awssdk.String("Secret variables of an app, kept by pilot"),
		Tags:        []types.Tag{{Key: awssdk.String("managed-by"), Value: awssdk.String("pilot")}},
	})
	if err != nil {
		return "", err
	}
	return awssdk.ToString(made.ARN), nil
}

// admit lets one role read the secret. The role is named in a condition because a
// policy can't name one as its principal before it exists.
func (s *Secrets) admit(ctx context.Context, secret, role string) error {
	at, err := arn.Parse(secret)
	if err != nil {
		return err
	}
	policy, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Sid": "TasksOfTheApp", "Effect": "Allow", "Principal": "*",
			"Action": "secretsmanager:GetSecretValue", "Resource": "*",
			"Condition": map[string]any{
				"ArnEquals":    map[string]string{"aws:PrincipalArn": "arn:" + at.Partition + ":iam::" + at.AccountID + ":role/" + role},
				"StringEquals": map[string]string{"aws:PrincipalAccount": at.AccountID},
			},
		}},
	})
	if err != nil {
		return err
	}
	_, err = s.api.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{
		SecretId: &secret, ResourcePolicy: awssdk.String(string(policy)),
	})
	return err
}

// Delete removes what is kept under name, at once. Nothing there is no error.
func (s *Secrets) Delete(ctx context.Context, name string) error {
	id := SecretPrefix + name
	_, err := s.api.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: &id, ForceDeleteWithoutRecovery: awssdk.Bool(true),
	})
	if err == nil || is(err, "ResourceNotFoundException") {
		return nil
	}
	return fmt.Errorf("delete the secret %s: %w", id, err)
}

// ExecutionRole is the name of the role that the deploy engine has an ECS app's
// tasks start with (builtin/aws/ecs/platform.go, Waypoint v0.11.4).
func ExecutionRole(app string) string {
	role := "ecr-" + app
	return role[:min(len(role), 64)]
}
