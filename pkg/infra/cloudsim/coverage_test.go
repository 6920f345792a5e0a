package cloudsim

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// used finds the constructors and look-ups of the SDKs' packages in sources.
var used = regexp.MustCompile(`\b(aws|vpc|ec2|iam|rds|ecr|secretsmanager|ssm|s3|cloudwatch|kms|compute|sql|projects|serviceaccount|` +
	`servicenetworking|vpcaccess|artifactregistry|secretmanager|storage|organizations)\.(New|Get|Lookup)([A-Z]\w*)\(`)

// TestEverythingOurStacksUseIsSimulated reads the components' and the stacks'
// sources: whatever they create or look up has a row.
func TestEverythingOurStacksUseIsSimulated(t *testing.T) {
	have := map[string]bool{}
	for _, c := range allClouds {
		for token := range c.rows {
			have[sdkName(token)] = true
		}
		for token := range c.functions {
			have[sdkName(token)] = true
		}
	}
	found := 0
	for _, pattern := range []string{"../aws/*.go", "../gcp/*.go", "../../../stacks/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(source), "pulumi/pulumi-") {
				continue
			}
			for _, m := range used.FindAllStringSubmatch(string(source), -1) {
				found++
				name := strings.ToLower(m[1] + "." + m[3])
				if m[2] != "New" {
					name = strings.ToLower(m[1] + ".get" + m[3])
				}
				if !have[name] && !strings.HasSuffix(name, "provider") {
					t.Errorf("%s uses %s.%s%s, which is not simulated", filepath.Base(file), m[1], m[2], m[3])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d uses were found: the search no longer fits the sources", found)
	}
}

// sdkName is a token as the Go SDK says it: package and type, in lower case.
func sdkName(token string) string {
	parts := strings.Split(token, ":")
	module, _, _ := strings.Cut(parts[1], "/")
	if module == "index" {
		module = parts[0]
	}
	return strings.ToLower(module + "." + parts[2])
}
