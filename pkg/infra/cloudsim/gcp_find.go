package cloudsim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var gcpFindFunctions = []*function{
	{
		token: "gcp:secretmanager/getSecretVersion:getSecretVersion", noun: "secret version",
		source: gcpVersion + " data_source_secret_manager_secret_version", run: runGCPSecretVersion,
	},
}

// runGCPSecretVersion gives a secret's newest version, without its value: of a
// secret only a digest is kept.
func runGCPSecretVersion(c *call) (resource.PropertyMap, error) {
	name := text(c.in, "secret")
	secret := c.find(tokenSecretGCP, name, "id", "name", "secretId")
	if secret == nil {
		return nil, fmt.Errorf("error retrieving available secret manager secret versions: googleapi: Error 404: Secret [%s] not found", name)
	}
	var newest *Object
	best := 0
	for _, o := range c.list("gcp:secretmanager/secretVersion:SecretVersion") {
		n, err := strconv.Atoi(o.text("version"))
		if err == nil && strings.Contains(o.ID, "/secrets/"+shortName(secret.ID)+"/") && n > best {
			newest, best = o, n
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("error retrieving available secret manager secret versions: googleapi: Error 404: Secret Version [%s/versions/latest] not found", secret.ID)
	}
	return propertyMap(Props{
		"id": newest.ID, "name": newest.ID, "version": newest.text("version"), "secret": name, "project": secret.Account,
		"createTime": newest.text("createTime"), "destroyTime": "", "enabled": true, "secretData": "",
	}), nil
}
