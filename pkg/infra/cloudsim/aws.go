package cloudsim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// awsVersion is the upstream provider that pulumi-aws 6.83.4 wraps; the rows'
// facts are from it.
const awsVersion = "terraform-provider-aws v5.100.0"

var accountPattern = regexp.MustCompile(`^\d{12}$`)

var awsCloud = &cloud{name: "aws", version: AWSVersion, shapes: loadShapes["aws"]}

func init() {
	awsCloud.rows = index(awsVPC, awsSecurityGroups, awsEC2, awsEIP, awsIAM, awsIAMUsers, awsRDS, awsECR, awsSecrets, awsS3, awsLogs, awsKMS)
	awsCloud.functions = indexFunctions(awsFunctionRows, awsImageFunctions, awsFindFunctions)
	awsCloud.render = renderAWS
	awsCloud.common = commonAWS
	awsCloud.configure = configureAWS
	awsCloud.faults = map[FaultKind]func(*call, Op) fault{
		Throttle: func(c *call, _ Op) fault {
			if c.row.service == "EC2" {
				return fault{503, "RequestLimitExceeded", "Request limit exceeded."}
			}
			return fault{400, "ThrottlingException", "Rate exceeded"}
		},
		ServerError: func(c *call, _ Op) fault {
			return fault{500, "InternalError", "An internal error has occurred"}
		},
		AccessDenied: func(c *call, op Op) fault {
			action := strings.ToLower(strings.ReplaceAll(c.row.service, " ", "")) + ":" + c.action(op)
			if c.row.service == "EC2" {
				return fault{403, "UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::" +
					c.at.account + ":user/simulated is not authorized to perform: " + action + " because no identity-based policy allows the " + action + " action"}
			}
			return fault{403, "AccessDenied", "User: arn:aws:iam::" + c.at.account + ":user/simulated is not authorized to perform: " + action +
				" because no identity-based policy allows the " + action + " action"}
		},
		ExpiredCredentials: func(*call, Op) fault {
			return fault{403, "ExpiredToken", "The security token included in the request is expired"}
		},
		QuotaExceeded: func(c *call, _ Op) fault {
			return fault{400, firstText(c.row.quotaCode, "LimitExceeded"), firstText(c.row.quotaSays, "You have reached the limit on the number of these that you can create.")}
		},
		// The words are those of EC2's and RDS' API references and of AWS STS.
		ClockSkew: func(c *call, _ Op) fault {
			if c.row.service == "EC2" {
				return fault{400, "RequestExpired", "Request has expired."}
			}
			return fault{403, "SignatureDoesNotMatch", "Signature expired: the request's time is too far from the server's"}
		},
		RegionOff: func(c *call, _ Op) fault {
			return fault{401, "OptInRequired", "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe."}
		},
		NoRoom: func(c *call, _ Op) fault {
			if c.row.service == "EC2" {
				return fault{400, "InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request."}
			}
			return fault{400, "InsufficientDBInstanceCapacity", "The specified DB instance class isn't available in the specified Availability Zone."}
		},
		TimeoutBefore: func(*call, Op) fault {
			return fault{0, "", "request send failed: context deadline exceeded"}
		},
		TimeoutAfter: func(*call, Op) fault {
			return fault{0, "", "waiting for completion: timeout while waiting for state to become 'available' (last state: 'pending')"}
		},
		AnswerLost: func(*call, Op) fault { return fault{0, "", "read: connection reset by peer"} },
		gone: func(c *call, _ Op) fault {
			return fault{400, "NotFound", "%s does not exist"}
		},
		exists: func(*call, Op) fault { return fault{409, "AlreadyExists", "%s already exists"} },
	}
}

// action is the API call behind an operation.
func (c *call) action(op Op) string {
	i := slices.Index([]Op{OpCreate, OpRead, OpUpdate, OpDelete}, op)
	if i < 0 {
		name := c.token()
		return "Describe" + strings.TrimPrefix(name[strings.LastIndexByte(name, ':')+1:], "get")
	}
	return c.row.api[i]
}

func renderAWS(c *call, op Op, f *fault, value string) string {
	verb := map[Op]string{OpCreate: "creating", OpRead: "reading", OpUpdate: "updating", OpDelete: "deleting", OpInvoke: "reading"}[op]
	noun := c.row.noun
	if c.fn != nil {
		noun = c.fn.noun
	}
	subject := ""
	switch {
	case op == OpCreate: // it has a name by then, or nothing
		for _, path := range []string{"name", "identifier", "bucket", "keyName"} {
			if name := text(c.in, path); name != "" && subject == "" {
				subject = " (" + name + ")"
			}
		}
	case op != OpInvoke:
		subject = " (" + c.subject() + ")"
	}
	says := f.says
	if strings.Contains(says, "%s") {
		says = fmt.Sprintf(says, value)
	}
	if f.code == "" {
		return fmt.Sprintf("%s %s%s: %s", verb, noun, subject, says)
	}
	h := c.generate("request" + f.code + string(op))
	return fmt.Sprintf("%s %s%s: operation error %s: %s, https response error StatusCode: %d, RequestID: %x-%x, api error %s: %s",
		verb, noun, subject, c.row.service, c.action(op), f.status, h[:4], h[4:8], f.code, says)
}

// commonAWS adds tagsAll: the provider's default tags under the thing's own.
func commonAWS(c *call) {
	sh := c.cloud.shapes().Resources[c.row.token]
	if _, ok := sh.Out["tagsAll"]; !ok {
		return
	}
	tags := c.in["tags"]
	if isUnknown(tags) {
		c.out["tagsAll"] = resource.MakeComputed(str(""))
		return
	}
	all := resource.PropertyMap{}
	for k, v := range c.at.tags {
		all[resource.PropertyKey(k)] = str(v)
	}
	if t := bare(tags); t.IsObject() {
		for k, v := range t.ObjectValue() {
			if k != "__defaults" {
				all[k] = v
			}
		}
	}
	c.out["tagsAll"] = resource.NewObjectProperty(all)
}

// awsRegions are the regions of the commercial partition that an account has
// without asking, with the number of zones that a new account sees.
// Source: AWS general reference, "AWS services by Region", 2025-05.
var awsRegions = map[string]string{
	"us-east-1": "abcdef", "us-east-2": "abc", "us-west-1": "bc", "us-west-2": "abcd",
	"ca-central-1": "abd", "sa-east-1": "abc",
	"eu-west-1": "abc", "eu-west-2": "abc", "eu-west-3": "abc", "eu-central-1": "abc", "eu-north-1": "abc",
	"ap-south-1": "abc", "ap-southeast-1": "abc", "ap-southeast-2": "abc",
	"ap-northeast-1": "acd", "ap-northeast-2": "abcd", "ap-northeast-3": "abc",
	// Regions that must be opted into.
	"af-south-1": "abc", "ap-east-1": "abc", "eu-south-1": "abc", "eu-south-2": "abc", "eu-central-2": "abc",
	"me-south-1": "abc", "me-central-1": "abc", "ca-west-1": "abc", "il-central-1": "abc",
	"ap-south-2": "abc", "ap-southeast-3": "abc", "ap-southeast-4": "abc", "ap-southeast-5": "abc", "ap-southeast-7": "abc", "mx-central-1": "abc",
}

func configureAWS(cfg resource.PropertyMap) (where, []problem) {
	at := where{partition: "aws", region: text(cfg, "region"), tags: map[string]string{}}
	var found []problem
	switch {
	case isUnknown(cfg["region"]):
	case at.region == "":
		found = append(found, problem{"region", "is missing: set aws:region, or region on an explicit provider; the simulated cloud reads no environment and no profile"})
	case awsRegions[at.region] == "":
		found = append(found, problem{"region", fmt.Sprintf("%q is not an AWS region; want one such as eu-west-1", at.region)})
	}
	for k, v := range nested(cfg["defaultTags"], "tags") {
		at.tags[k] = v
	}
	return at, found
}

// nested reads a map out of a provider setting, which comes as an object or as
// JSON text.
func nested(setting resource.PropertyValue, key string) map[string]string {
	v := bare(setting)
	if v.IsString() {
		var decoded any
		if json.Unmarshal([]byte(v.StringValue()), &decoded) != nil {
			return nil
		}
		v = resource.NewPropertyValue(decoded)
	}
	if key != "" && v.IsObject() {
		return nested(v.ObjectValue()[resource.PropertyKey(key)], "")
	}
	if !v.IsObject() {
		return nil
	}
	m := map[string]string{}
	for k, item := range v.ObjectValue() {
		m[string(k)] = textOf(item)
	}
	return m
}
