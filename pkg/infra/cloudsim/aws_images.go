package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/pilot-framework/pilot/internal/machinetype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// image is one machine image of the simulated region.
type image struct {
	id, name, owner, alias, arch, created, volume, root string
	diskGB                                              int
	parameters                                          []string // the SSM parameters that name it
}

// release is a line of images of which there are several dates, so that "most
// recent" has something to choose. Names, owners and parameters are the real
// ones; ids are made up, and differ by region as the real ones do.
// Source: Canonical's "Find Ubuntu images on AWS"; Amazon Linux and Debian user guides.
type release struct {
	name, owner, alias, volume, root string
	diskGB                           int
	dates, arches                    []string
	parameter                        string // {arch} stands for the architecture in its own words
	archNames                        map[string]string
}

var (
	debNames = map[string]string{"x86_64": "amd64", "arm64": "arm64"}
	ownNames = map[string]string{"x86_64": "x86_64", "arm64": "arm64"}
	both     = []string{"x86_64", "arm64"}
)

var releases = []release{
	{
		name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-{date}", owner: "099720109477", volume: "gp3", root: "/dev/sda1", diskGB: 8,
		dates: []string{"20250305", "20250610", "20250821"}, arches: both, archNames: debNames,
		parameter: "/aws/service/canonical/ubuntu/server/24.04/stable/current/{arch}/hvm/ebs-gp3/ami-id",
	},
	{
		name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-{date}", owner: "099720109477", volume: "gp2", root: "/dev/sda1", diskGB: 8,
		dates: []string{"20250305", "20250712"}, arches: both, archNames: debNames,
		parameter: "/aws/service/canonical/ubuntu/server/22.04/stable/current/{arch}/hvm/ebs-gp2/ami-id",
	},
	{
		name: "debian-12-{arch}-{date}-2148", owner: "136693071363", volume: "gp3", root: "/dev/xvda", diskGB: 8,
		dates: []string{"20250316", "20250703"}, arches: both, archNames: debNames,
		parameter: "/aws/service/debian/release/12/latest/{arch}",
	},
	{
		name: "al2023-ami-2023.8.{date}.0-kernel-6.1-{arch}", owner: "137112412989", alias: "amazon", volume: "gp3", root: "/dev/xvda", diskGB: 8,
		dates: []string{"20250707", "20250818"}, arches: both, archNames: ownNames,
		parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}",
	},
}

// imagesIn lists the images of the call's region.
func imagesIn(c *call) []*image {
	var all []*image
	for _, r := range releases {
		for n, date := range r.dates {
			for _, arch := range r.arches {
				i := &image{
					name:  strings.NewReplacer("{arch}", r.archNames[arch], "{date}", date).Replace(r.name),
					owner: r.owner, alias: r.alias, arch: arch, volume: r.volume, root: r.root, diskGB: r.diskGB,
					created: date[:4] + "-" + date[4:6] + "-" + date[6:] + "T07:05:31.000Z",
				}
				sum := sha256.Sum256([]byte(c.sim.seed + c.at.region + i.name))
				i.id = "ami-0" + hex.EncodeToString(sum[:8])
				if n == len(r.dates)-1 {
					i.parameters = []string{strings.ReplaceAll(r.parameter, "{arch}", r.archNames[arch])}
				}
				all = append(all, i)
			}
		}
	}
	return all
}

func imageByID(c *call, id string) *image {
	for _, i := range imagesIn(c) {
		if i.id == id {
			return i
		}
	}
	return nil
}

func architectureOf(instanceType string) string {
	if machinetype.EC2IsARM(instanceType) {
		return "arm64"
	}
	return "x86_64"
}

func (i *image) description() string { return i.name }

func (i *image) properties(c *call) resource.PropertyMap {
	return propertyMap(Props{
		"id": i.id, "imageId": i.id, "name": i.name, "architecture": i.arch, "ownerId": i.owner, "imageOwnerAlias": i.alias,
		"arn":          "arn:" + c.at.partition + ":ec2:" + c.at.region + "::image/" + i.id,
		"creationDate": i.created, "deprecationTime": "", "description": i.description(), "enaSupport": true, "hypervisor": "xen",
		"imageLocation": "amazon/" + i.name, "imageType": "machine", "imdsSupport": "v2.0", "kernelId": "", "lastLaunchedTime": "",
		"platform": "", "platformDetails": "Linux/UNIX", "public": true, "ramdiskId": "", "rootDeviceName": i.root,
		"rootDeviceType": "ebs", "rootSnapshotId": "snap-0" + i.id[5:], "sriovNetSupport": "simple", "state": "available",
		"bootMode": "uefi-preferred", "tpmSupport": "", "usageOperation": "RunInstances", "virtualizationType": "hvm",
		"stateReason": map[string]any{}, "productCodes": []any{}, "tags": map[string]any{},
		"blockDeviceMappings": []any{map[string]any{
			"deviceName": i.root, "noDevice": "", "virtualName": "",
			"ebs": map[string]any{
				"delete_on_termination": "true", "encrypted": "false", "iops": "0", "snapshot_id": "snap-0" + i.id[5:],
				"throughput": "0", "volume_size": "8", "volume_type": i.volume,
			},
		}},
	})
}
