package cloudsim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	tokenService = "gcp:projects/service:Service"
	tokenRoleGCP = "gcp:projects/iAMCustomRole:IAMCustomRole"
	tokenAccount = "gcp:serviceaccount/account:Account"
)

// memberPattern is who a binding may name.
const memberPattern = `(serviceAccount|user|group):[^ ]+@[^ ]+|domain:[^ ]+|deleted:.+|principal(Set)?://.+|allUsers|allAuthenticatedUsers|project(Owner|Editor|Viewer):.+`

// membership is a resource that grants one role to one member on something.
func membership(r row) *row {
	r.api = [4]string{}
	r.upsert, r.global = true, true
	r.outputs = Props{"etag": "BwY{letters:8}="}
	r.replace = append(r.replace, "member", "role", "condition")
	r.limits = append(r.limits,
		limit{path: "member", pattern: memberPattern, says: "is not a member such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"},
		limit{path: "role", pattern: `roles/[\w.]+|(projects|organizations)/[^/]+/roles/[\w.]+`, says: "is not a role such as roles/viewer or projects/PROJECT/roles/ROLE"})
	r.refs = append(r.refs, ref{path: "role", typ: tokenRoleGCP, by: []string{"id", "name"}, builtin: `roles/.*|organizations/.*`,
		err: fault{400, "badRequest", "Role %s is not supported for this resource."}})
	own := r.verify
	r.verify = func(c *call) error {
		if err := verifyMember(c); err != nil || own == nil {
			return err
		}
		return own(c)
	}
	r.takes = 8 * time.Second
	return &r
}

// verifyMember: a service account of the project that is named exists.
func verifyMember(c *call) error {
	email, is := strings.CutPrefix(text(c.out, "member"), "serviceAccount:")
	if !is || !strings.HasSuffix(email, "@"+c.account()+".iam.gserviceaccount.com") {
		return nil
	}
	if c.find(tokenAccount, email, "email") == nil {
		return c.refuse(fault{400, "badRequest", "Service account %s does not exist."}, email)
	}
	return nil
}

var gcpProjects = []*row{
	{
		token: tokenService, noun: "Project Service", service: "serviceusage", kindName: "services", global: true,
		source:   gcpVersion + " project_service; Service Usage API services.enable",
		id:       "{project}/{service}",
		defaults: Props{"disableOnDestroy": true},
		replace:  []string{"project", "service"},
		limits:   []limit{{path: "service", pattern: `[a-z0-9-]+\.([a-z0-9-]+\.)+[a-z]+`, says: "is not a service such as compute.googleapis.com"}},
		verify:   needProject,
		deleting: keepService,
		upsert:   true,
		takes:    10 * time.Second,
	},
	{
		token: tokenRoleGCP, noun: "the custom project role", service: "iam", kindName: "roles", global: true,
		source:   gcpVersion + " project_iam_custom_role; IAM API projects.roles.create, delete, undelete",
		id:       "projects/{project}/roles/{roleId}",
		defaults: Props{"stage": "GA"},
		outputs:  Props{"name": "{id}", "deleted": false, "description": ""},
		required: []string{"permissions"}, sets: []string{"permissions"},
		replace: []string{"project", "roleId"},
		limits: []limit{
			{path: "roleId", pattern: `[a-zA-Z0-9_.]{3,64}`, says: "must be 3 to 64 letters, digits, periods and underscores"},
			{path: "stage", oneOf: []string{"ALPHA", "BETA", "GA", "DEPRECATED", "DISABLED", "EAP"}},
			{path: "permissions[]", pattern: `[a-zA-Z0-9]+\.[a-zA-Z0-9]+\.[a-zA-Z0-9]+`, says: "is not a permission such as compute.networks.get"},
			{path: "title", maxLen: 100}, {path: "description", maxLen: 256},
		},
		verify: verifyCustomRole,
		// Deleted roles can be brought back for 7 days; the id is free again
		// after 37. Source: IAM documentation, "Create and manage custom roles".
		retain: 37 * 24 * time.Hour,
		takes:  2 * time.Second,
	},
	membership(row{
		token: "gcp:projects/iAMMember:IAMMember", noun: "IAM Member for project", service: "resourcemanager", kindName: "projects",
		source: gcpVersion + " project_iam_member; Resource Manager API projects.setIamPolicy",
		id:     "{project}/{role}/{member}", replace: []string{"project"},
	}),
}

// keepService: unless it is to be disabled, a service stays on.
func keepService(c *call) error {
	if v, ok := c.old["disableOnDestroy"]; ok && !bare(v).IsNull() && textOf(v) == "false" {
		kept := c.self.clone()
		kept.Kept = true
		c.tx.put(kept)
		return errKept
	}
	return nil
}

func verifyCustomRole(c *call) error {
	if err := needProject(c); err != nil {
		return err
	}
	dead := c.tx.store.objects[c.object().key()]
	if dead == nil || dead.alive() {
		return nil
	}
	if c.now().Sub(*dead.Deleted) > 7*24*time.Hour && dead.retained(c.now()) {
		return c.refuse(fault{400, "badRequest", "You can't create a role_id (%s) which has been marked for deletion."}, text(c.out, "roleId"))
	}
	return nil // the provider undeletes it
}

var gcpAccounts = of("iam.googleapis.com",
	&row{
		token: tokenAccount, noun: "service account", service: "iam", kindName: "serviceAccounts", global: true,
		source:   gcpVersion + " service_account; IAM API projects.serviceAccounts.create; quota: 100 a project",
		id:       "projects/{project}/serviceAccounts/{email}",
		defaults: Props{"disabled": false},
		outputs: Props{
			"email": "{accountId}@{project}.iam.gserviceaccount.com", "member": "serviceAccount:{email}", "name": "{id}", "uniqueId": "{digits:21}",
		},
		replace: []string{"accountId", "project"},
		limits: []limit{
			{path: "accountId", pattern: `[a-z](?:[-a-z0-9]{4,28}[a-z0-9])`, says: "must be 6 to 30 lowercase letters, digits and hyphens, and begin with a letter"},
			{path: "displayName", maxLen: 100}, {path: "description", maxLen: 256},
		},
		quota: 100, quotaCode: "service-accounts",
		takes: 3 * time.Second,
	},
	&row{
		token: "gcp:serviceaccount/key:Key", noun: "service account key", service: "iam", kindName: "serviceAccountKeys", global: true,
		source:   gcpVersion + " service_account_key; IAM API projects.serviceAccounts.keys.create; quota: 10 a service account",
		id:       "projects/{project}/serviceAccounts/{short:serviceAccountId}/keys/{hex:40}",
		defaults: Props{"keyAlgorithm": "KEY_ALG_RSA_2048", "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "publicKeyType": "TYPE_X509_PEM_FILE"},
		outputs: Props{
			"name": "{id}", "privateKey": "", "publicKey": "", "validAfter": "{now}", "validBefore": "9999-12-31T23:59:59Z",
		},
		secrets: []string{"privateKey"},
		replace: []string{"serviceAccountId", "keepers", "keyAlgorithm", "privateKeyType", "publicKeyData", "publicKeyType"},
		refs: []ref{{path: "serviceAccountId", typ: tokenAccount, by: []string{"id", "email", "name", "uniqueId"}, onDelete: cascade,
			err: fault{404, "notFound", "Service account %s does not exist."}}},
		verify: func(c *call) error {
			n := 0
			for _, o := range c.list(c.row.token) {
				if o.ID != c.id && o.text("serviceAccountId") == text(c.out, "serviceAccountId") {
					n++
				}
			}
			if n >= 10 {
				return c.refuse(fault{429, "resourceExhausted", "Maximum number of keys on account reached."}, "")
			}
			return nil
		},
		compute: computeAccountKey,
		takes:   2 * time.Second,
	},
	membership(row{
		token: "gcp:serviceaccount/iAMMember:IAMMember", noun: "IAM Member for service account", service: "iam", kindName: "serviceAccounts",
		source: gcpVersion + " service_account_iam_member; IAM API projects.serviceAccounts.setIamPolicy",
		id:     "{serviceAccountId}/{role}/{member}", replace: []string{"serviceAccountId"},
		refs: []ref{{path: "serviceAccountId", typ: tokenAccount, by: []string{"id", "name"}, onDelete: cascade,
			err: fault{404, "notFound", "Service account %s does not exist."}}},
	}),
)

// computeAccountKey makes a credentials file of the real form around a key
// that opens nothing.
func computeAccountKey(c *call) {
	email := shortName(text(c.out, "serviceAccountId"))
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": c.account(), "private_key_id": shortName(c.id), "client_email": email,
		"private_key": fmt.Sprintf("-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n", c.random("key", lettersM, 64)),
		"client_id":   c.random("client", digits, 21), "auth_uri": "https://accounts.google.com/o/oauth2/auth",
		"token_uri": "https://oauth2.googleapis.com/token",
	})
	if err != nil {
		return
	}
	c.out["privateKey"] = resource.MakeSecret(str(base64.StdEncoding.EncodeToString(file)))
	c.out["publicKey"] = str(base64.StdEncoding.EncodeToString([]byte("simulated " + c.random("public", lettersM, 32))))
}
