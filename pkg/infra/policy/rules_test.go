package policy

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
)

type m = map[string]any
type l = []any

const world4, world6 = "0.0.0.0/0", "::/0"

func resource(typ string, in m) infra.Step {
	return infra.Step{Op: infra.OpCreate, Type: typ, Name: "it", URN: "urn:pulumi:dev::acme::" + typ + "::it", Inputs: in}
}

func with(s infra.Step, op infra.Op) infra.Step {
	s.Op = op
	return s
}

func ingress(proto string, from, to float64, cidr string) m {
	return m{"ipProtocol": proto, "fromPort": from, "toPort": to, "cidrIpv4": cidr}
}

func statementOf(effect, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":` + action + `,"Resource":` + resource + `}]}`
}

const (
	sg       = "aws:ec2/securityGroup:SecurityGroup"
	sgIn     = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	sgRule   = "aws:ec2/securityGroupRule:SecurityGroupRule"
	fw       = "gcp:compute/firewall:Firewall"
	rds      = "aws:rds/instance:Instance"
	cluster  = "aws:rds/cluster:Cluster"
	cloudSQL = "gcp:sql/databaseInstance:DatabaseInstance"
	ec2      = "aws:ec2/instance:Instance"
	template = "aws:ec2/launchTemplate:LaunchTemplate"
	iamPol   = "aws:iam/policy:Policy"
	iamRole  = "aws:iam/role:Role"
	volume   = "pilot:docker:Volume"
)

// cases has, for each rule, resources that break it (want is part of the
// message) and resources that don't (want is empty).
var cases = map[string][]struct {
	name string
	step infra.Step
	want string
}{
	"public-admin-port": {
		{"ssh to all", resource(sgIn, ingress("tcp", 22, 22, world4)), "port 22 (SSH) is open to 0.0.0.0/0"},
		{"docker to all, version 6", resource(sgIn, m{"ipProtocol": "tcp", "fromPort": 2376.0, "toPort": 2376.0, "cidrIpv6": world6}), "2376"},
		{"half the world", resource(sgIn, ingress("tcp", 3389, 3389, "128.0.0.0/1")), "3389"},
		{"more than anyone's own", resource(sgIn, ingress("tcp", 22, 22, "32.0.0.0/7")), "open to 32.0.0.0/7"},
		{"more than anyone's own, version 6", resource(sgIn, m{"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv6": "2000::/3"}), "open to 2000::/3"},
		{"source receiver to all", resource(sgIn, ingress("tcp", 9703, 9703, world4)), "port 9703 (Pilot source receiver) is open to 0.0.0.0/0"},
		{"a range", resource(sgIn, ingress("tcp", 9000, 9800, world4)), "9701"},
		{"all protocols", resource(sgIn, m{"ipProtocol": "-1", "cidrIpv4": world4}), "5432"},
		{"inline rule", resource(sg, m{"ingress": l{m{"protocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0, "cidrBlocks": l{"10.0.0.0/8", world4}}}}), "5432"},
		{"inline rule, version 6", resource(sg, m{"ingress": l{m{"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "ipv6CidrBlocks": l{world6}}}}), "22"},
		{"old rule", resource(sgRule, m{"type": "ingress", "protocol": "tcp", "fromPort": 0.0, "toPort": 65535.0, "cidrBlocks": l{world4}}), "9702"},
		{"firewall", resource(fw, m{"sourceRanges": l{world4}, "allows": l{m{"protocol": "tcp", "ports": l{"80", "22"}}}}), "22"},
		{"firewall, a range", resource(fw, m{"sourceRanges": l{world4}, "allows": l{m{"protocol": "tcp", "ports": l{"1000-9999"}}}}), "9701"},
		{"firewall, all ports", resource(fw, m{"sourceRanges": l{world6}, "allows": l{m{"protocol": "all"}}}), "3389"},
		{"firewall without a source", resource(fw, m{"allows": l{m{"protocol": "tcp", "ports": l{"2376"}}}}), "2376"},
		{"unchanged", with(resource(sgIn, ingress("tcp", 22, 22, world4)), infra.OpSame), "22"},

		{"web to all", resource(sgIn, ingress("tcp", 443, 443, world4)), ""},
		{"ssh to one", resource(sgIn, ingress("tcp", 22, 22, "203.0.113.7/32")), ""},
		{"ssh to a /8", resource(sgIn, ingress("tcp", 22, 22, "32.0.0.0/8")), ""},
		{"ssh to private networks, version 6", resource(sgIn, m{"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv6": "fc00::/7"}), ""},
		{"source not known yet", resource(sgIn, m{"ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrIpv4": infra.UnknownMark}), ""},
		{"ping", resource(sgIn, ingress("icmp", 0, 8000, world4)), ""},
		{"egress", resource(sgRule, m{"type": "egress", "protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": l{world4}}), ""},
		{"inline egress", resource(sg, m{"egress": l{m{"protocol": "-1", "cidrBlocks": l{world4}}}}), ""},
		{"firewall by tag", resource(fw, m{"sourceTags": l{"vpn"}, "allows": l{m{"protocol": "tcp", "ports": l{"22"}}}}), ""},
		{"firewall, egress", resource(fw, m{"direction": "EGRESS", "allows": l{m{"protocol": "all"}}}), ""},
		{"going away", with(resource(sgIn, ingress("tcp", 22, 22, world4)), infra.OpDelete), ""},
	},
	"public-database": {
		{"RDS", resource(rds, m{"publiclyAccessible": true}), "public address"},
		{"Cloud SQL", resource(cloudSQL, m{"settings": m{"ipConfiguration": m{"ipv4Enabled": true}}}), "public address"},
		{"Cloud SQL by default", resource(cloudSQL, m{"settings": m{"tier": "db-f1-micro"}}), "public address"},
		{"private RDS", resource(rds, m{"publiclyAccessible": false}), ""},
		{"RDS by default", resource(rds, m{}), ""},
		{"private Cloud SQL", resource(cloudSQL, m{"settings": m{"ipConfiguration": m{"ipv4Enabled": false}}}), ""},
	},
	"unencrypted-storage": {
		{"RDS", resource(rds, m{"storageEncrypted": false}), "not encrypted"},
		{"RDS by default", resource(rds, m{}), "not encrypted"},
		{"cluster", resource(cluster, m{}), "not encrypted"},
		{"root disk", resource(ec2, m{"rootBlockDevice": m{"volumeSize": 20.0}}), "root disk"},
		{"no root disk given", resource(ec2, m{}), "root disk"},
		{"second disk", resource(ec2, m{"rootBlockDevice": m{"encrypted": true}, "ebsBlockDevices": l{m{"encrypted": true}, m{}}}), "disk 1"},
		{"volume", resource("aws:ebs/volume:Volume", m{"size": 10.0}), "not encrypted"},
		{"file system", resource("aws:efs/fileSystem:FileSystem", m{}), "not encrypted"},
		{"template", resource(template, m{"blockDeviceMappings": l{m{"ebs": m{"encrypted": "false"}}}}), "disk 0"},
		{"encrypted RDS", resource(rds, m{"storageEncrypted": true}), ""},
		{"replica", resource(rds, m{"replicateSourceDb": "main"}), ""},
		{"encrypted disks", resource(ec2, m{"rootBlockDevice": m{"encrypted": true}, "ebsBlockDevices": l{m{"encrypted": true}}}), ""},
		{"encrypted template", resource(template, m{"blockDeviceMappings": l{m{"ebs": m{"encrypted": "true"}}}}), ""},
		{"not known yet", resource(rds, m{"storageEncrypted": infra.UnknownMark}), ""},
	},
	"metadata-v1": {
		{"by default", resource(ec2, m{}), "version 1"},
		{"optional", resource(ec2, m{"metadataOptions": m{"httpTokens": "optional"}}), "version 1"},
		{"template", resource(template, m{}), "version 1"},
		{"required", resource(ec2, m{"metadataOptions": m{"httpTokens": "required"}}), ""},
		{"off", resource(ec2, m{"metadataOptions": m{"httpEndpoint": "disabled"}}), ""},
		{"another type", resource(rds, m{}), ""},
	},
	"wildcard-iam": {
		{"all", resource(iamPol, m{"policy": statementOf("Allow", `"*"`, `"*"`)}), `the action "*"`},
		{"a whole service", resource(iamPol, m{"policy": statementOf("Allow", `["s3:GetObject","ec2:*"]`, `"arn:aws:s3:::b"`)}), `the action "ec2:*"`},
		{"a prefix of a service's actions", resource(iamPol, m{"policy": statementOf("Allow", `"iam:Pass*"`, `"arn:aws:iam::1:role/x"`)}), `the action "iam:Pass*"`},
		{"a prefix of writing actions", resource(iamPol, m{"policy": statementOf("Allow", `"logs:Create*"`, `"arn:aws:logs:::x"`)}), `the action "logs:Create*"`},
		{"a wildcard in the middle", resource(iamPol, m{"policy": statementOf("Allow", `"s3:*Object"`, `"arn:aws:s3:::b/*"`)}), `the action "s3:*Object"`},
		{"one letter left open", resource(iamPol, m{"policy": statementOf("Allow", `"s3:?utObject"`, `"arn:aws:s3:::b/*"`)}), `the action "s3:?utObject"`},
		{"less than a verb of reading", resource(iamPol, m{"policy": statementOf("Allow", `"s3:Ge*"`, `"arn:aws:s3:::b/*"`)}), `the action "s3:Ge*"`},
		{"every bucket", resource(iamPol, m{"policy": statementOf("Allow", `"s3:PutObject"`, `["arn:aws:s3:::b/*","arn:aws:s3:::*"]`)}), `s3:PutObject on "arn:aws:s3:::*"`},
		{"every object of every bucket", resource(iamPol, m{"policy": statementOf("Allow", `"s3:GetObject"`, `"arn:aws:s3:::*/*"`)}), `on "arn:aws:s3:::*/*"`},
		{"every role", resource(iamPol, m{"policy": statementOf("Allow", `"iam:PassRole"`, `"arn:aws:iam::123456789012:role/*"`)}), `iam:PassRole on "arn:aws:iam::123456789012:role/*"`},
		{"every secret", resource(iamPol, m{"policy": statementOf("Allow", `"secretsmanager:GetSecretValue"`, `"arn:aws:secretsmanager:eu-west-1:1:secret:*"`)}), `secret:*"`},
		{"every log group's streams", resource(iamPol, m{"policy": statementOf("Allow", `"logs:PutLogEvents"`, `"arn:aws:logs:eu-west-1:1:log-group:*:*"`)}), `log-group:*:*"`},
		{"every resource of a service", resource(iamPol, m{"policy": statementOf("Allow", `"sqs:SendMessage"`, `"arn:aws:sqs:*"`)}), `on "arn:aws:sqs:*"`},
		{"every resource, twice the wildcard", resource(iamPol, m{"policy": statementOf("Allow", `"s3:PutObject"`, `"**"`)}), `s3:PutObject on every resource`},
		{"every resource", resource("aws:iam/rolePolicy:RolePolicy", m{"policy": statementOf("Allow", `["s3:PutObject"]`, `["*"]`)}), "s3:PutObject on every resource"},
		{"all but", resource(iamPol, m{"policy": `{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:x"}}`}), "NotAction"},
		{"all resources but", resource(iamPol, m{"policy": `{"Statement":{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:x"}}`}), "NotResource"},
		{"inline", resource(iamRole, m{"inlinePolicies": l{m{"name": "x", "policy": statementOf("Allow", `"iam:*"`, `"arn:x"`)}}}), "iam:*"},
		{"administrator", resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", m{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}), "AdministratorAccess"},
		{"managed by the role", resource(iamRole, m{"managedPolicyArns": l{"arn:aws:iam::aws:policy/PowerUserAccess"}}), "PowerUserAccess"},
		{"owner", resource("gcp:projects/iAMMember:IAMMember", m{"role": "roles/owner"}), "roles/owner"},
		{"no JSON", resource(iamPol, m{"policy": "{"}), "not JSON"},
		{"as an object", resource(iamPol, m{"policy": m{"Statement": l{m{"Effect": "Allow", "Action": "*", "Resource": "arn:x"}}}}), `the action "*"`},
		{"named", resource(iamPol, m{"policy": statementOf("Allow", `["s3:GetObject"]`, `"arn:aws:s3:::b/*"`)}), ""},
		{"can't be named", resource(iamPol, m{"policy": statementOf("Allow", `["ecr:GetAuthorizationToken","ec2:DescribeSubnets"]`, `"*"`)}), ""},
		{"deny", resource(iamPol, m{"policy": statementOf("Deny", `"*"`, `"*"`)}), ""},
		{"prefixes of reading actions", resource(iamPol, m{"policy": statementOf("Allow", `["s3:Get*","s3:list*","ec2:Describe*"]`, `"arn:aws:s3:::b"`)}), ""},
		{"ARNs with a name", resource(iamPol, m{"policy": statementOf("Allow", `"x:PutThing"`, `["arn:aws:iam::1:role/ecr-*","arn:aws:iam::1:role/apps/*",`+
			`"arn:aws:logs:eu-west-1:1:log-group:waypoint-logs:*","arn:aws:ecs:eu-west-1:1:task/waypoint/*","arn:aws:secretsmanager:eu-west-1:1:secret:pilot-apps/*"]`)}), ""},
		{"looking at every role", resource(iamPol, m{"policy": statementOf("Allow", `"iam:ListRolePolicies"`, `"arn:aws:iam::1:role/*"`)}), ""},
		{"apps and ids that nobody knows yet", resource(iamPol, m{"policy": statementOf("Allow", `"x:PutThing"`, `["arn:aws:lambda:eu-west-1:1:function:*",`+
			`"arn:aws:lambda:eu-west-1:1:function:*:*","arn:aws:cloudfront::1:distribution/*","arn:aws:cloudfront::1:origin-access-control/*",`+
			`"arn:aws:ec2:eu-west-1:1:security-group/*","arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/*/*"]`)}), ""},
		{"not known yet", resource(iamPol, m{"policy": infra.UnknownMark}), ""},
		{"a narrow role", resource("gcp:projects/iAMMember:IAMMember", m{"role": "roles/run.invoker"}), ""},
	},
	"missing-backup": {
		{"RDS by default", resource(rds, m{}), "no automatic backups"},
		{"none kept", resource(rds, m{"backupRetentionPeriod": 0.0}), "no automatic backups"},
		{"no last snapshot", resource(rds, m{"backupRetentionPeriod": 7.0, "skipFinalSnapshot": true}), "no last snapshot"},
		{"Cloud SQL by default", resource(cloudSQL, m{"settings": m{}}), "no automatic backups"},
		{"a week", resource(rds, m{"backupRetentionPeriod": 7.0, "skipFinalSnapshot": false}), ""},
		{"cluster by default", resource(cluster, m{}), ""},
		{"Cloud SQL", resource(cloudSQL, m{"settings": m{"backupConfiguration": m{"enabled": true}}}), ""},
		{"not known yet", resource(rds, m{"backupRetentionPeriod": infra.UnknownMark}), ""},
	},
	"database-loss": {
		{"deleted", with(resource(rds, m{}), infra.OpDelete), "deleted"},
		{"replaced", with(resource(cloudSQL, m{}), infra.OpReplace), "replaced"},
		{"local data", with(resource(volume, m{"labels": m{"io.pilot.role": "db"}}), infra.OpDelete), "deleted"},
		{"updated", with(resource(rds, m{}), infra.OpUpdate), ""},
		{"created", resource(cloudSQL, m{}), ""},
		{"a machine", with(resource(ec2, m{}), infra.OpReplace), ""},
		{"a runner's volume", with(resource(volume, m{"labels": m{"io.pilot.role": "runner"}}), infra.OpDelete), ""},
	},
}

// TestRules breaks each built-in rule, and then doesn't.
func TestRules(t *testing.T) {
	for _, rule := range Builtin() {
		kept, broken := 0, 0
		for _, tt := range cases[rule.Name()] {
			t.Run(rule.Name()+"/"+tt.name, func(t *testing.T) {
				got := rule.Check(Input{Diff: &infra.Diff{Steps: []infra.Step{tt.step}}, Protected: true})
				if tt.want == "" {
					kept++
					if len(got) > 0 {
						t.Errorf("wrongly found %v", got)
					}
					return
				}
				broken++
				if len(got) == 0 {
					t.Fatal("not found")
				}
				all := ""
				for _, v := range got {
					if v.URN != tt.step.URN || v.Fix == "" {
						t.Errorf("incomplete: %+v", v)
					}
					all += v.Message + "\n"
				}
				if !strings.Contains(all, tt.want) {
					t.Errorf("%q is not in %q", tt.want, all)
				}
			})
		}
		if kept == 0 || broken == 0 {
			t.Errorf("rule %s has %d cases that break it and %d that don't", rule.Name(), broken, kept)
		}
	}
}

func TestBackupIsForProtectedStacks(t *testing.T) {
	d := &infra.Diff{Steps: []infra.Step{resource(rds, m{})}}
	if got := (missingBackup{}).Check(Input{Diff: d}); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}
