package aws

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// BootProgress reads from the machine's console how far its boot is. It works
// while nothing on the machine answers yet.
func (p *Platform) BootProgress(ctx context.Context, m auto.OutputMap) (cloudinit.Progress, error) {
	return p.progressOf(ctx, ParseOutputs(m).InstanceID)
}

// boot is the same for the provider, which waits for the machine.
func (p *Platform) boot(ctx context.Context, machine string) (provider.Boot, error) {
	progress, err := p.progressOf(ctx, machine)
	return stacks.Boot(progress), err
}

func (p *Platform) progressOf(ctx context.Context, machine string) (cloudinit.Progress, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(p.Region))
	if err != nil {
		return cloudinit.Progress{}, fmt.Errorf("read the machine's console: %w", err)
	}
	c := console{cfg: cfg, endpoint: "https://ec2." + p.Region + ".amazonaws.com"}
	if cfg.BaseEndpoint != nil {
		c.endpoint = *cfg.BaseEndpoint
	}
	text, err := c.output(ctx, machine)
	if err != nil {
		return cloudinit.Progress{}, fmt.Errorf("read the machine's console: %w", err)
	}
	return cloudinit.ParseProgress(text), nil
}

// console calls EC2's GetConsoleOutput. It is the only call of EC2 that is made
// outside a Pulumi program.
type console struct {
	cfg      awssdk.Config
	endpoint string
}

func (c console) output(ctx context.Context, instance string) (string, error) {
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	// Latest asks for what the machine wrote until now, which Nitro instances
	// can tell; without it AWS answers with a copy that may be minutes old.
	body := url.Values{
		"Action": {"GetConsoleOutput"}, "Version": {"2016-11-15"}, "InstanceId": {instance}, "Latest": {"true"},
	}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "ec2", c.cfg.Region, time.Now()); err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	// EC2 keeps the newest 64 KiB of a console.
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	var result struct {
		Output string `xml:"output"`
		Errors []struct {
			Code    string `xml:"Code"`
			Message string `xml:"Message"`
		} `xml:"Errors>Error"`
	}
	if err := xml.Unmarshal(answer, &result); err != nil {
		return "", fmt.Errorf("EC2 answered %s with something else than XML: %w", resp.Status, err)
	}
	if len(result.Errors) > 0 {
		return "", fmt.Errorf("EC2: %s: %s", result.Errors[0].Code, result.Errors[0].Message)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("EC2 answered %s", resp.Status)
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(result.Output))
	return string(text), err
}
