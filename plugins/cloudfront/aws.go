package cloudfront

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// Bounds of waiting. Tests shorten them.
var (
	longestBackoff = 20 * time.Second
	pollEvery      = 5 * time.Second
	// A request that is sent as a whole is answered within seconds. Without a
	// bound, one whose answer is lost would hold its job for ever.
	longestAnswer = time.Minute
	// A change of a distribution takes some minutes, sometimes a quarter of an
	// hour, to be known everywhere.
	longestWait = 40 * time.Minute
)

// attempts is how often a request is sent at most.
const attempts = 8

// account is what the plugin reaches with the runner's credentials.
type account struct {
	s3     *s3.Client
	cf     *cloudfront.Client
	region string
	bucket string
}

// connect finds credentials the way every AWS tool does, and says so when there
// are none before anything else is tried.
func connect(ctx context.Context, region, endpoint, bucket string) (*account, error) {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256
		t.ResponseHeaderTimeout = longestAnswer
	})
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(region),
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, longestBackoff
				// Requests run side by side: a budget of retries shared by all
				// would end with the first throttling.
				o.RateLimiter = ratelimit.None
			})
		}))
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("no AWS credentials: give the runner AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role of the machine it runs on: %w", err)
	}
	base := func(p **string) {
		if endpoint != "" {
			*p = aws.String(endpoint)
		}
	}
	return &account{
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) {
			base(&o.BaseEndpoint)
			o.UsePathStyle = endpoint != ""
			o.DisableLogOutputChecksumValidationSkipped = true
		}),
		cf:     cloudfront.NewFromConfig(cfg, func(o *cloudfront.Options) { base(&o.BaseEndpoint) }),
		region: region,
		bucket: bucket,
	}, nil
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

// poll calls done until it says so, and at most for longestWait, which bounds its
// requests too.
func poll(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	for {
		ok, err := done(ctx)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		case <-time.After(pollEvery):
		}
	}
}
