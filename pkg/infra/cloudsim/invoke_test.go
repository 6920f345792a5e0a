package cloudsim

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// TestInvoke: every function gives what the SDK expects of it, and refuses
// what the cloud would.
func TestInvoke(t *testing.T) {
	ubuntu := []any{"099720109477"}
	name := func(value string) []any {
		return []any{map[string]any{"name": "name", "values": []any{value}}}
	}
	for _, c := range []struct {
		token string
		args  Props
		want  map[string]string // a path's first value, or of the error when the path is "error"
	}{
		{"aws:index/getAvailabilityZones:getAvailabilityZones", Props{"excludeNames": []any{"eu-west-1a"}}, map[string]string{"names[]": "eu-west-1b", "zoneIds[]": "euw1-az2"}},
		{"aws:index/getAvailabilityZones:getAvailabilityZones", Props{"filters": []any{map[string]any{"name": "colour", "values": []any{"red"}}}}, map[string]string{"error": "The filter 'colour' is invalid"}},
		{"aws:index/getCallerIdentity:getCallerIdentity", Props{}, map[string]string{"accountId": DefaultAccount}},
		{"aws:index/getRegion:getRegion", Props{}, map[string]string{"name": "eu-west-1"}},
		{"aws:index/getRegion:getRegion", Props{"name": "mars-1"}, map[string]string{"error": "not found"}},
		{"aws:index/getPartition:getPartition", Props{}, map[string]string{"partition": "aws"}},
		{"aws:ec2/getAmi:getAmi", Props{"owners": ubuntu, "mostRecent": true, "filters": name("ubuntu/images/hvm-ssd-gp3/*24.04-arm64*")}, map[string]string{"architecture": "arm64", "rootDeviceName": "/dev/sda1"}},
		{"aws:ec2/getAmi:getAmi", Props{"owners": ubuntu, "filters": name("*24.04*")}, map[string]string{"error": "more than one result"}},
		{"aws:ec2/getAmi:getAmi", Props{"owners": []any{"self"}}, map[string]string{"error": "returned no results"}},
		{"aws:ec2/getAmi:getAmi", Props{"owner": "self"}, map[string]string{"error": `did you mean "owners"?`}},
		{"aws:ssm/getParameter:getParameter", Props{"name": "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"}, map[string]string{"type": "String"}},
		{"aws:ec2/getVpc:getVpc", Props{"default": true}, map[string]string{"cidrBlock": "172.31.0.0/16"}},
		{"aws:ec2/getVpc:getVpc", Props{"id": "vpc-0123456789abcdef0"}, map[string]string{"error": "no matching EC2 VPC found"}},
		{"aws:ssm/getParameter:getParameter", Props{"name": "/none"}, map[string]string{"error": "ParameterNotFound"}},
		{"aws:iam/getPolicyDocument:getPolicyDocument", Props{"statements": []any{map[string]any{
			"actions": []any{"s3:GetObject", "s3:PutObject"}, "resources": []any{"arn:aws:s3:::b/*"},
			"principals": []any{map[string]any{"type": "AWS", "identifiers": []any{"*"}}},
			"conditions": []any{map[string]any{"test": "Bool", "variable": "aws:SecureTransport", "values": []any{"true"}}},
		}}}, map[string]string{"minifiedJson": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/*","Principal":{"AWS":"*"},"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`}},
		{"gcp:compute/getImage:getImage", Props{"family": "ubuntu-2404-lts-amd64", "project": "ubuntu-os-cloud"}, map[string]string{"name": "ubuntu-2404-noble-amd64-v20250818"}},
		{"gcp:compute/getImage:getImage", Props{"family": "none", "project": "ubuntu-os-cloud"}, map[string]string{"error": "was not found, notFound"}},
		{"gcp:compute/getZones:getZones", Props{}, map[string]string{"names[]": "europe-west1-b"}},
		{"gcp:compute/getZones:getZones", Props{"region": "mars"}, map[string]string{"error": "want a GCP region"}},
		{"gcp:organizations/getProject:getProject", Props{}, map[string]string{"projectId": "acme-prod"}},
		{"gcp:organizations/getClientConfig:getClientConfig", Props{}, map[string]string{"project": "acme-prod", "zone": "europe-west1-b"}},
		{"gcp:projects/getProject:getProject", Props{"filter": "id:acme-prod"}, map[string]string{"projects[].projectId": "acme-prod"}},
	} {
		cloudName, _, _ := strings.Cut(c.token, ":")
		r := newRig(t, cloudName)
		result, err := r.invoke(c.token, c.args)
		for path, want := range c.want {
			if path == "error" {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: want %q, got: %v", c.token, want, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", c.token, err)
			} else if got := text(result, path); len(texts(result, path)) == 0 || texts(result, path)[0] != want {
				t.Errorf("%s: %s is %q, want %q", c.token, path, got, want)
			}
		}
		if err != nil {
			continue
		}
		s := cloudOfFunction(c.token).shapes()
		for _, p := range s.check(s.Functions[c.token].Out, result, "") {
			t.Errorf("%s: result %s %s", c.token, p.path, p.reason)
		}
	}
	if all := Types(); !slices.IsSorted(all) || !slices.Contains(all, tokenVPC) || !slices.Contains(all, "gcp:compute/getZones:getZones") {
		t.Errorf("Types gives %q", all)
	}
}

func cloudOfFunction(token string) *cloud {
	if awsCloud.functions[token] != nil {
		return awsCloud
	}
	return gcpCloud
}

// TestMadeSecretsStaySecret: what the cloud makes up and tells only once is
// marked as secret, and a refresh keeps it.
func TestMadeSecretsStaySecret(t *testing.T) {
	for _, c := range []struct {
		cloud, typ, secret string
		in                 func(r *rig) Props
	}{
		{"aws", "aws:iam/accessKey:AccessKey", "secret", func(r *rig) Props { return Props{"user": r.must(tokenUser, "u", Props{})} }},
		{"gcp", "gcp:serviceaccount/key:Key", "privateKey", func(r *rig) Props {
			return Props{"serviceAccountId": r.must(tokenAccount, "a", Props{"accountId": "deploys"})}
		}},
	} {
		r := newRig(t, c.cloud)
		id, out, err := r.create(c.typ, "k", c.in(r))
		if err != nil {
			t.Fatal(err)
		}
		if !out[resource.PropertyKey(c.secret)].IsSecret() || text(out, c.secret) == "" {
			t.Errorf("%s: %s is not a secret: %v", c.typ, c.secret, out)
		}
		resp, err := r.server.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urnOf(c.typ, "k"), Id: id, Properties: r.pack(out)})
		if err != nil {
			t.Fatal(err)
		}
		if again := r.unpack(resp.GetProperties()); !again[resource.PropertyKey(c.secret)].IsSecret() || text(again, c.secret) != text(out, c.secret) {
			t.Errorf("%s: after a refresh %s differs", c.typ, c.secret)
		}
	}
}

// TestProvidersOfTheirOwn: an explicit provider has its own region, project and
// default tags, and does not see what is elsewhere.
func TestProvidersOfTheirOwn(t *testing.T) {
	sim := newSim(t)
	cross := false
	stack := openStack(t, sim, "", func(ctx *pulumi.Context) error {
		us, err := aws.NewProvider(ctx, "us", &aws.ProviderArgs{
			Region: pulumi.String("us-east-1"), DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{"team": pulumi.String("photos")}},
		})
		if err != nil {
			return err
		}
		net, err := ec2.NewVpc(ctx, "net", &ec2.VpcArgs{CidrBlock: pulumi.String("10.0.0.0/16"), Tags: pulumi.StringMap{"Name": pulumi.String("net")}}, pulumi.Provider(us))
		if err != nil {
			return err
		}
		other, err := gcp.NewProvider(ctx, "other", &gcp.ProviderArgs{Project: pulumi.String("acme-test"), DefaultLabels: pulumi.StringMap{"team": pulumi.String("photos")}})
		if err != nil {
			return err
		}
		if _, err := compute.NewAddress(ctx, "address", &compute.AddressArgs{Region: pulumi.String("us-east1")}, pulumi.Provider(other)); err != nil {
			return err
		}
		if cross { // with the default provider, which is in eu-west-1
			_, err = ec2.NewSubnet(ctx, "subnet", &ec2.SubnetArgs{VpcId: net.ID(), CidrBlock: pulumi.String("10.0.0.0/24")})
		}
		return err
	})
	up(t, stack)
	net := only(t, sim, tokenVPC)
	if net.Region != "us-east-1" || !strings.HasPrefix(net.Text("arn"), "arn:aws:ec2:us-east-1:") || net.Text("tagsAll.team") != "photos" || net.Text("tagsAll.Name") != "net" {
		t.Errorf("the VPC is not the provider's: %+v", net)
	}
	address := only(t, sim, tokenAddress)
	if address.Account != "acme-test" || address.Text("effectiveLabels.team") != "photos" || !strings.HasPrefix(address.ID, "projects/acme-test/regions/us-east1/") {
		t.Errorf("the address is not the provider's: %+v", address)
	}
	if diff := preview(t, stack); !diff.Empty() {
		t.Errorf("nothing changed, and the preview says:\n%s", render(t, diff))
	}
	cross = true
	if _, err := stack.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "InvalidVpcID.NotFound") {
		t.Errorf("a VPC of another region is not there, got: %v", err)
	}
}
