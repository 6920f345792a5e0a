package cloudsim

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const tokenSecret = "aws:secretsmanager/secret:Secret"

var noSecret = fault{400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret: %s"}

var awsSecrets = []*row{
	{
		token: tokenSecret, noun: "Secrets Manager Secret", service: "Secrets Manager",
		source:   awsVersion + " internal/service/secretsmanager/secret.go; Secrets Manager API CreateSecret, DeleteSecret",
		api:      [4]string{"CreateSecret", "DescribeSecret", "UpdateSecret", "DeleteSecret"},
		id:       "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{letters:6}",
		defaults: Props{"forceOverwriteReplicaSecret": false, "recoveryWindowInDays": 30},
		outputs:  Props{"arn": "{id}", "policy": "", "replicas": []any{}, "namePrefix": ""},
		json:     []string{"policy"},
		replace:  []string{"name", "namePrefix"}, conflicts: [][]string{{"name", "namePrefix"}},
		nameRule: `[0-9A-Za-z/_+=.@-]{1,512}`, nameSays: "must be 1 to 512 letters, digits and /_+=.@-",
		limits: []limit{{path: "recoveryWindowInDays", pattern: `0|[7-9]|[12][0-9]|30`, says: "must be 0 or between 7 and 30"}},
		refs: []ref{{path: "kmsKeyId", typ: tokenKMSKey, by: []string{"arn", "id", "keyId"}, builtin: `alias/aws/.*|.*:alias/.*`,
			err: fault{400, "InvalidParameterException", "The KMS key %s was not found"}}},
		unique: []unique{{
			paths: []string{"name", "@region", "@account"}, retained: true,
			err: fault{400, "ResourceExistsException", "The operation failed because the secret %s already exists."},
			retErr: fault{400, "InvalidRequestException",
				"You can't create this secret because a secret with this name is already scheduled for deletion: %s"},
		}},
		retain: 30 * 24 * time.Hour, retainProp: "recoveryWindowInDays",
		takes: time.Second,
	},
	{
		token: "aws:secretsmanager/secretVersion:SecretVersion", noun: "Secrets Manager Secret Version", service: "Secrets Manager",
		source:    awsVersion + " internal/service/secretsmanager/secret_version.go; Secrets Manager API PutSecretValue",
		api:       [4]string{"PutSecretValue", "GetSecretValue", "UpdateSecretVersionStage", "UpdateSecretVersionStage"},
		id:        "{secretId}|{versionId}",
		outputs:   Props{"arn": "{secretId}", "versionId": "terraform-20{digits:24}", "versionStages": []any{"AWSCURRENT"}},
		secrets:   []string{"secretString", "secretBinary"},
		replace:   []string{"secretId", "secretString", "secretBinary"},
		conflicts: [][]string{{"secretBinary", "secretString"}},
		sets:      []string{"versionStages"},
		limits:    []limit{{path: "secretString", maxLen: 65536}},
		refs:      []ref{{path: "secretId", typ: tokenSecret, by: []string{"id", "arn", "name"}, err: noSecret, onDelete: cascade}},
		created:   oldVersion,
		takes:     time.Second,
	},
	{
		token: "aws:secretsmanager/secretPolicy:SecretPolicy", noun: "Secrets Manager Secret Policy", service: "Secrets Manager",
		source:  awsVersion + " internal/service/secretsmanager/secret_policy.go; Secrets Manager API PutResourcePolicy",
		api:     [4]string{"PutResourcePolicy", "GetResourcePolicy", "PutResourcePolicy", "DeleteResourcePolicy"},
		id:      "{secretArn}",
		json:    []string{"policy"},
		replace: []string{"secretArn"}, upsert: true,
		refs: []ref{{path: "secretArn", typ: tokenSecret, by: []string{"arn", "id"}, err: noSecret, onDelete: cascade}},
		verify: func(c *call) error {
			if truth(c.out, "blockPublicPolicy") && publicPolicy(text(c.out, "policy")) {
				return c.refuse(fault{400, "PublicPolicyException", "The resource policy grants access to the public"}, "")
			}
			return nil
		},
		takes: time.Second,
	},
	{
		token: "aws:ssm/parameter:Parameter", noun: "SSM Parameter", service: "SSM",
		source: awsVersion + " internal/service/ssm/parameter.go; SSM API PutParameter",
		api:    [4]string{"PutParameter", "GetParameter", "PutParameter", "DeleteParameter"},
		id:     "{name}",
		outputs: Props{
			"arn": "", "version": 1, "dataType": "text", "tier": "Standard", "keyId": "",
		},
		secrets: []string{"value"},
		replace: []string{"name", "dataType"},
		exactly: [][]string{{"value", "insecureValue"}},
		limits: []limit{
			{path: "type", oneOf: []string{"String", "StringList", "SecureString"}},
			{path: "tier", oneOf: []string{"Standard", "Advanced", "Intelligent-Tiering"}},
			{path: "description", maxLen: 1024}, {path: "value", maxLen: 8192},
		},
		nameRule: `/?[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*`, nameSays: "must be letters, digits and _.-, in parts parted by /",
		unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "ParameterAlreadyExists",
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true."}}},
		compute: computeParameter,
		takes:   time.Second,
	},
}

// oldVersion: a new current version takes the label off the one before, which
// stays as the previous.
func oldVersion(c *call) error {
	if !slices.Contains(texts(c.out, "versionStages[]"), "AWSCURRENT") {
		return nil
	}
	for _, o := range c.list(c.row.token) {
		if o.ID == c.id || o.text("secretId") != text(c.out, "secretId") {
			continue
		}
		stages := []any{}
		if slices.Contains(o.texts("versionStages[]"), "AWSCURRENT") {
			stages = []any{"AWSPREVIOUS"}
		}
		changed := o.clone()
		changed.Properties["versionStages"] = stages
		c.tx.put(changed)
	}
	return nil
}

func computeParameter(c *call) {
	name := text(c.out, "name")
	if name != "" && name[0] != '/' {
		name = "/" + name
	}
	if !given(c.in, "arn") {
		c.out["arn"] = str("arn:" + c.at.partition + ":ssm:" + c.at.region + ":" + c.at.account + ":parameter" + name)
	}
	if text(c.out, "type") == "SecureString" && !given(c.in, "keyId") {
		c.out["keyId"] = str("alias/aws/ssm")
	}
	if given(c.in, "insecureValue") {
		c.out["value"] = resource.MakeSecret(c.in["insecureValue"])
	}
	if c.op == OpUpdate && !c.preview {
		n, _ := number(c.old, "version")
		c.out["version"] = propertyValue(n + 1)
	}
}

// publicPolicy reports whether a resource's policy allows everybody.
func publicPolicy(policy string) bool {
	var doc struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return false
	}
	for _, s := range statementsOf(doc.Statement) {
		principals, _ := s.Principals.(map[string]any)
		everybody := s.Principals == "*" || slices.Contains(oneOrMore(principals["AWS"]), "*")
		if s.Effect == "Allow" && everybody && s.Conditions == nil {
			return true
		}
	}
	return false
}

var awsKMS = []*row{
	{
		token: tokenKMSKey, noun: "KMS Key", service: "KMS",
		source: awsVersion + " internal/service/kms/key.go; KMS API CreateKey, ScheduleKeyDeletion",
		api:    [4]string{"CreateKey", "DescribeKey", "UpdateKeyDescription", "ScheduleKeyDeletion"},
		id:     "{uuid}",
		defaults: Props{
			"bypassPolicyLockoutSafetyCheck": false, "customerMasterKeySpec": "SYMMETRIC_DEFAULT", "isEnabled": true, "keyUsage": "ENCRYPT_DECRYPT",
		},
		outputs: Props{
			"arn": "arn:{partition}:kms:{region}:{account}:key/{id}", "keyId": "{id}", "description": "", "enableKeyRotation": false,
			"multiRegion": false, "policy": "", "rotationPeriodInDays": 0,
		},
		json:    []string{"policy"},
		replace: []string{"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"},
		limits: []limit{
			{path: "deletionWindowInDays", min: 7, max: 30}, {path: "rotationPeriodInDays", min: 90, max: 2560},
			{path: "keyUsage", oneOf: []string{"ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"}},
		},
		retain: 30 * 24 * time.Hour, retainProp: "deletionWindowInDays",
		takes: 8 * time.Second,
	},
	{
		token: "aws:kms/alias:Alias", noun: "KMS Alias", service: "KMS",
		source:  awsVersion + " internal/service/kms/alias.go; KMS API CreateAlias",
		api:     [4]string{"CreateAlias", "ListAliases", "UpdateAlias", "DeleteAlias"},
		id:      "{name}",
		outputs: Props{"arn": "arn:{partition}:kms:{region}:{account}:{name}", "targetKeyArn": "", "namePrefix": ""},
		replace: []string{"name", "namePrefix"}, conflicts: [][]string{{"name", "namePrefix"}},
		noName:   true,
		required: []string{"name"},
		limits:   []limit{{path: "name", pattern: `alias/[a-zA-Z0-9/_-]+`, says: `must begin with "alias/" and hold only letters, digits and /_-`}},
		refs: []ref{{path: "targetKeyId", typ: tokenKMSKey, by: []string{"id", "arn"}, onDelete: cascade,
			err: fault{400, "NotFoundException", "Key '%s' does not exist"}}},
		unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "AlreadyExistsException", "An alias with the name %s already exists"}}},
		compute: func(c *call) {
			if c.tx == nil {
				return
			}
			if key := c.find(tokenKMSKey, text(c.out, "targetKeyId"), "id", "arn"); key != nil {
				c.out["targetKeyArn"] = str(key.text("arn"))
			}
		},
		takes: time.Second,
	},
}
