package main

import (
	"context"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud/aws"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
)

// cloudSecrets keeps apps' secret configuration in AWS Secrets Manager, with the
// runners' identity. aws-ecs is the only target that takes it by reference.
type cloudSecrets struct{}

func (cloudSecrets) Put(ctx context.Context, server *client.Client, place deploy.SecretPlace, values map[string]string) (map[string]string, error) {
	store, err := awsSecrets(ctx, server, place)
	if err != nil {
		return nil, err
	}
	role := place.Role
	if role == "" {
		role = aws.ExecutionRole(place.App)
	}
	return store.Put(ctx, place.Name, role, values)
}

func (cloudSecrets) Delete(ctx context.Context, server *client.Client, place deploy.SecretPlace) error {
	store, err := awsSecrets(ctx, server, place)
	if err != nil {
		return err
	}
	return store.Delete(ctx, place.Name)
}

func awsSecrets(ctx context.Context, server *client.Client, place deploy.SecretPlace) (*aws.Secrets, error) {
	identity, err := runnersIdentity(ctx, server)
	if err != nil {
		return nil, err
	}
	cfg, err := aws.Config(ctx, identity, place.Region)
	if err != nil {
		return nil, err
	}
	return aws.NewSecrets(cfg), nil
}
