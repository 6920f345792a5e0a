package cloudsim

import "time"

const (
	tokenRole   = "aws:iam/role:Role"
	tokenPolicy = "aws:iam/policy:Policy"
	tokenUser   = "aws:iam/user:User"

	tokenAccessKey = "aws:iam/accessKey:AccessKey"

	tokenKMSKey = "aws:kms/key:Key"
)

const iamNameRule = `[\w+=,.@-]{1,128}`

var (
	noRole = fault{404, "NoSuchEntity", "The role with name %s cannot be found."}
	noUser = fault{404, "NoSuchEntity", "The user with name %s cannot be found."}
)

func iamAPI(create, read, update, remove string) [4]string {
	return [4]string{create, read, update, remove}
}

var awsIAM = []*row{
	{
		token: tokenRole, noun: "IAM Role", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/role.go; IAM API CreateRole, DeleteRole; quota: IAM quotas",
		api:      iamAPI("CreateRole", "GetRole", "UpdateRole", "DeleteRole"),
		id:       "{name}",
		defaults: Props{"forceDetachPolicies": false, "maxSessionDuration": 3600, "path": "/"},
		outputs: Props{
			"arn": "arn:{partition}:iam::{account}:role{path}{name}", "createDate": "{now}", "uniqueId": "AROA{upper:17}",
			"namePrefix": "", "managedPolicyArns": []any{}, "inlinePolicies": []any{},
		},
		required: []string{"assumeRolePolicy"}, json: []string{"assumeRolePolicy", "inlinePolicies[].policy"},
		sets:      []string{"managedPolicyArns"},
		replace:   []string{"name", "namePrefix", "path"},
		conflicts: [][]string{{"name", "namePrefix"}},
		nameRule:  `[\w+=,.@-]{1,64}`, nameSays: "must be 1 to 64 letters, digits and +=,.@-_",
		limits: []limit{{path: "maxSessionDuration", min: 3600, max: 43200}, {path: "description", maxLen: 1000},
			{path: "path", pattern: `/|/[!-~]*/`, says: "must begin and end with /"}},
		check:  func(c *call) []problem { return checkPolicy(c, "assumeRolePolicy", true) },
		verify: verifyTrust,
		unique: []unique{{paths: []string{"name", "@account"}, err: fault{409, "EntityAlreadyExists", "Role with name %s already exists."}}},
		refs:   []ref{{path: "managedPolicyArns[]", typ: tokenPolicy, by: []string{"arn"}, builtin: managedPolicy, err: noPolicy, onDelete: block}},
		inUse:  &fault{409, "DeleteConflict", "Cannot delete entity, must remove role %s from instance profiles and detach its policies first."},
		quota:  1000, quotaCode: "LimitExceeded", quotaSays: "Cannot exceed quota for RolesPerAccount: 1000",
		takes: time.Second,
	},
	{
		token: "aws:iam/rolePolicy:RolePolicy", noun: "IAM Role Policy", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/role_policy.go; IAM API PutRolePolicy",
		api:      iamAPI("PutRolePolicy", "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy"),
		id:       "{role}:{name}",
		outputs:  Props{"namePrefix": ""},
		required: []string{"policy", "role"}, json: []string{"policy"}, links: []string{"role"},
		replace:   []string{"name", "namePrefix", "role"},
		conflicts: [][]string{{"name", "namePrefix"}},
		nameRule:  iamNameRule, nameSays: "must be 1 to 128 letters, digits and +=,.@-_",
		check:  func(c *call) []problem { return checkPolicy(c, "policy", false) },
		upsert: true,
		refs:   []ref{{path: "role", typ: tokenRole, by: []string{"name", "id"}, err: noRole, onDelete: block}},
		takes:  time.Second,
	},
	{
		token: tokenPolicy, noun: "IAM Policy", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/policy.go; IAM API CreatePolicy, DeletePolicy",
		api:      iamAPI("CreatePolicy", "GetPolicy", "CreatePolicyVersion", "DeletePolicy"),
		id:       "arn:{partition}:iam::{account}:policy{path}{name}",
		defaults: Props{"path": "/"},
		outputs:  Props{"arn": "{id}", "policyId": "ANPA{upper:17}", "attachmentCount": 0, "namePrefix": ""},
		required: []string{"policy"}, json: []string{"policy"},
		replace:   []string{"name", "namePrefix", "path", "description"},
		conflicts: [][]string{{"name", "namePrefix"}},
		nameRule:  iamNameRule, nameSays: "must be 1 to 128 letters, digits and +=,.@-_",
		check:  func(c *call) []problem { return checkPolicy(c, "policy", false) },
		unique: []unique{{paths: []string{"name", "@account"}, err: fault{409, "EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed."}}},
		inUse:  &fault{409, "DeleteConflict", "Cannot delete a policy attached to entities."},
		takes:  time.Second,
	},
	{
		token: "aws:iam/rolePolicyAttachment:RolePolicyAttachment", noun: "IAM Role Policy Attachment", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/role_policy_attachment.go; IAM API AttachRolePolicy",
		api:      iamAPI("AttachRolePolicy", "ListAttachedRolePolicies", "AttachRolePolicy", "DetachRolePolicy"),
		id:       "{role}-20{digits:22}",
		importID: "{role}/{policyArn}",
		required: []string{"role"},
		replace:  []string{"role", "policyArn"},
		limits:   []limit{{path: "policyArn", pattern: `arn:[\w-]+:iam::(aws|\d{12}):policy/.+`, says: "is an invalid ARN of a policy"}},
		refs: []ref{
			{path: "role", typ: tokenRole, by: []string{"name", "id"}, err: noRole, onDelete: block},
			{path: "policyArn", typ: tokenPolicy, by: []string{"arn"}, builtin: managedPolicy, err: noPolicy, onDelete: block},
		},
		takes: time.Second,
	},
	{
		token: "aws:iam/instanceProfile:InstanceProfile", noun: "IAM Instance Profile", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/instance_profile.go; IAM API CreateInstanceProfile",
		api:      iamAPI("CreateInstanceProfile", "GetInstanceProfile", "AddRoleToInstanceProfile", "DeleteInstanceProfile"),
		id:       "{name}",
		defaults: Props{"path": "/"},
		outputs: Props{
			"arn": "arn:{partition}:iam::{account}:instance-profile{path}{name}", "createDate": "{now}",
			"uniqueId": "AIPA{upper:17}", "namePrefix": "",
		},
		replace:   []string{"name", "namePrefix", "path"},
		conflicts: [][]string{{"name", "namePrefix"}},
		nameRule:  iamNameRule, nameSays: "must be 1 to 128 letters, digits and +=,.@-_",
		refs:   []ref{{path: "role", typ: tokenRole, by: []string{"name", "id"}, err: noRole, onDelete: block}},
		unique: []unique{{paths: []string{"name", "@account"}, err: fault{409, "EntityAlreadyExists", "Instance Profile %s already exists."}}},
		takes:  5 * time.Second,
	},
}

// managedPolicy matches the policies that AWS keeps in every account.
const managedPolicy = `arn:[\w-]+:iam::aws:policy/.+`

var noPolicy = fault{404, "NoSuchEntity", "Policy %s does not exist or is not attachable."}

var awsIAMUsers = []*row{
	{
		token: tokenUser, noun: "IAM User", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/user.go; IAM API CreateUser, DeleteUser",
		api:      iamAPI("CreateUser", "GetUser", "UpdateUser", "DeleteUser"),
		id:       "{name}",
		defaults: Props{"forceDestroy": false, "path": "/"},
		outputs:  Props{"arn": "arn:{partition}:iam::{account}:user{path}{name}", "uniqueId": "AIDA{upper:17}"},
		nameRule: `[\w+=,.@-]{1,64}`, nameSays: "must be 1 to 64 letters, digits and +=,.@-_",
		unique: []unique{{paths: []string{"name", "@account"}, err: fault{409, "EntityAlreadyExists", "User with name %s already exists."}}},
		inUse:  &fault{409, "DeleteConflict", "Cannot delete entity, must remove access keys, policies and groups of user %s first."},
		force:  "forceDestroy", forced: []string{tokenAccessKey},
		quota: 5000, quotaCode: "LimitExceeded", quotaSays: "Cannot exceed quota for UsersPerAccount: 5000",
		takes: time.Second,
	},
	{
		token: "aws:iam/userPolicy:UserPolicy", noun: "IAM User Policy", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/user_policy.go; IAM API PutUserPolicy",
		api:      iamAPI("PutUserPolicy", "GetUserPolicy", "PutUserPolicy", "DeleteUserPolicy"),
		id:       "{user}:{name}",
		outputs:  Props{"namePrefix": ""},
		required: []string{"policy"}, json: []string{"policy"},
		replace:   []string{"name", "namePrefix", "user"},
		conflicts: [][]string{{"name", "namePrefix"}},
		check:     func(c *call) []problem { return checkPolicy(c, "policy", false) },
		upsert:    true,
		refs:      []ref{{path: "user", typ: tokenUser, by: []string{"name"}, err: noUser, onDelete: block}},
		takes:     time.Second,
	},
	{
		token: "aws:iam/userPolicyAttachment:UserPolicyAttachment", noun: "IAM User Policy Attachment", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/user_policy_attachment.go; IAM API AttachUserPolicy",
		api:      iamAPI("AttachUserPolicy", "ListAttachedUserPolicies", "AttachUserPolicy", "DetachUserPolicy"),
		id:       "{user}-20{digits:22}",
		importID: "{user}/{policyArn}",
		replace:  []string{"user", "policyArn"},
		refs: []ref{
			{path: "user", typ: tokenUser, by: []string{"name"}, err: noUser, onDelete: block},
			{path: "policyArn", typ: tokenPolicy, by: []string{"arn"}, builtin: managedPolicy, err: noPolicy, onDelete: block},
		},
		takes: time.Second,
	},
	{
		token: tokenAccessKey, noun: "IAM Access Key", service: "IAM", global: true,
		source:   awsVersion + " internal/service/iam/access_key.go; IAM API CreateAccessKey; quota: 2 keys a user",
		api:      iamAPI("CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey"),
		id:       "AKIA{upper:16}",
		defaults: Props{"status": "Active"},
		outputs: Props{
			"createDate": "{now}", "secret": "{letters:40}", "sesSmtpPasswordV4": "{letters:44}",
			"encryptedSecret": "", "encryptedSesSmtpPasswordV4": "", "keyFingerprint": "",
		},
		secrets: []string{"secret", "sesSmtpPasswordV4"},
		replace: []string{"user", "pgpKey"},
		limits:  []limit{{path: "status", oneOf: []string{"Active", "Inactive"}}},
		refs:    []ref{{path: "user", typ: tokenUser, by: []string{"name"}, err: noUser, onDelete: block}},
		verify: func(c *call) error {
			n := 0
			for _, o := range c.list(c.row.token) {
				if o.ID != c.id && o.text("user") == text(c.out, "user") {
					n++
				}
			}
			if n >= 2 {
				return c.refuse(fault{409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"}, "")
			}
			return nil
		},
		takes: time.Second,
	},
}
