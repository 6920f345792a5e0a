package policy

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// encryptionFlags are the inputs that turn encryption at rest on, where it is
// off when they are left out. Google Cloud encrypts always, and so does S3.
var encryptionFlags = map[string]string{
	"aws:rds/instance:Instance":                         "storageEncrypted",
	"aws:rds/cluster:Cluster":                           "storageEncrypted",
	"aws:ebs/volume:Volume":                             "encrypted",
	"aws:efs/fileSystem:FileSystem":                     "encrypted",
	"aws:elasticache/replicationGroup:ReplicationGroup": "atRestEncryptionEnabled",
}

func unencrypted(s infra.Step) []finding {
	in := s.Inputs
	if flag, ok := encryptionFlags[s.Type]; ok {
		if inheritsEncryption(s) || encrypted(in[flag]) {
			return nil
		}
		return []finding{{"its storage is not encrypted", "set " + flag + " to true"}}
	}
	switch s.Type {
	case "aws:ec2/instance:Instance":
		return disks(in, "rootBlockDevice", "ebsBlockDevices")
	case "aws:ec2/launchTemplate:LaunchTemplate":
		var out []finding
		for i, m := range list(in["blockDeviceMappings"]) {
			if get(m, "ebs") != nil && !encrypted(get(m, "ebs", "encrypted")) {
				out = append(out, finding{fmt.Sprintf("disk %d is not encrypted", i), fmt.Sprintf("set blockDeviceMappings[%d].ebs.encrypted to true", i)})
			}
		}
		return out
	}
	return nil
}

// inheritsEncryption: a copy has the encryption of what it was made from.
func inheritsEncryption(s infra.Step) bool {
	for _, k := range []string{"replicateSourceDb", "snapshotIdentifier", "snapshotId"} {
		if s.Inputs[k] != nil {
			return true
		}
	}
	return false
}

func encrypted(v any) bool { return yes(v) || hidden(v) }

func disks(in map[string]any, root, more string) []finding {
	var out []finding
	if !hidden(in[root]) && !encrypted(get(in[root], "encrypted")) {
		out = append(out, finding{"its root disk is not encrypted", "set " + root + ".encrypted to true"})
	}
	for i, d := range list(in[more]) {
		if !hidden(d) && !encrypted(get(d, "encrypted")) {
			out = append(out, finding{fmt.Sprintf("its disk %d is not encrypted", i), fmt.Sprintf("set %s[%d].encrypted to true", more, i)})
		}
	}
	return out
}

func metadataV1(s infra.Step) []finding {
	switch s.Type {
	case "aws:ec2/instance:Instance", "aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/launchConfiguration:LaunchConfiguration":
	default:
		return nil
	}
	o := s.Inputs["metadataOptions"]
	tokens := get(o, "httpTokens")
	if hidden(o) || hidden(tokens) || tokens == "required" || get(o, "httpEndpoint") == "disabled" {
		return nil
	}
	return []finding{{"it answers version 1 of the instance metadata service, which lets a tricked program give its credentials away",
		`set metadataOptions.httpTokens to "required"`}}
}
