package cloudsim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/internal/machinetype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// machineTypePattern is a machine type, by its name or its URL.
const machineTypePattern = `(.*/machineTypes/)?` + machinetype.ComputeEngine

var gcpCompute = of("compute.googleapis.com", &row{
	token: tokenVM, noun: "instance", service: "compute", kindName: "instances",
	source:   gcpVersion + " compute_instance; Compute API instances.insert; quota: INSTANCES",
	id:       "projects/{project}/zones/{zone}/instances/{name}",
	required: []string{"networkInterfaces"},
	defaults: Props{"canIpForward": false, "deletionProtection": false},
	outputs: Props{
		"selfLink": computeAPI + "{id}", "instanceId": "{digits:19}", "currentStatus": "RUNNING", "cpuPlatform": "Intel Broadwell",
		"labelFingerprint": "42WmSpB8rSM=", "metadataFingerprint": "{letters:11}=", "tagsFingerprint": "{letters:11}=", "minCpuPlatform": "",
		"bootDisk.deviceName": "persistent-disk-0", "bootDisk.mode": "READ_WRITE", "bootDisk.autoDelete": true,
		"bootDisk.source":                computeAPI + "projects/{project}/zones/{zone}/disks/{name}",
		"bootDisk.initializeParams.size": 10, "bootDisk.initializeParams.type": "pd-standard",
		"networkInterfaces[].name": "nic0", "networkInterfaces[].stackType": "IPV4_ONLY", "networkInterfaces[].accessConfigs[].networkTier": "PREMIUM",
		"scheduling":                 Props{"automaticRestart": true, "onHostMaintenance": "MIGRATE", "preemptible": false, "provisioningModel": "STANDARD"},
		"shieldedInstanceConfig":     Props{"enableIntegrityMonitoring": true, "enableSecureBoot": false, "enableVtpm": true},
		"confidentialInstanceConfig": Props{"enableConfidentialCompute": false},
	},
	replace: []string{
		"name", "project", "zone", "bootDisk", "!bootDisk.autoDelete", "scratchDisks", "canIpForward", "description", "guestAccelerators", "hostname",
		"metadataStartupScript", "networkInterfaces", "!networkInterfaces[].network", "!networkInterfaces[].subnetwork", "!networkInterfaces[].networkIp",
		"!networkInterfaces[].accessConfigs", "!networkInterfaces[].aliasIpRanges", "!networkInterfaces[].stackType", "confidentialInstanceConfig", "reservationAffinity",
	},
	sets:     []string{"tags", "serviceAccount.scopes"},
	links:    []string{"networkInterfaces[].network", "networkInterfaces[].subnetwork", "bootDisk.initializeParams.image", "machineType"},
	nameRule: computeName, nameSays: computeNameSays,
	limits: []limit{
		{path: "machineType", pattern: machineTypePattern, says: "is not a machine type such as e2-medium"},
		{path: "desiredStatus", oneOf: []string{"RUNNING", "TERMINATED", "SUSPENDED"}},
		{path: "tags[]", pattern: computeName, says: "must be like a name"},
		{path: "bootDisk.initializeParams.type", oneOf: []string{"pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced"}},
	},
	check: func(c *call) []problem {
		var found []problem
		for _, v := range lookup(c.in, "networkInterfaces[]") {
			if v.IsObject() && len(lookup(v.ObjectValue(), "network")) == 0 && len(lookup(v.ObjectValue(), "subnetwork")) == 0 {
				found = append(found, problem{"networkInterfaces", "exactly one of network, subnetwork, or networkAttachment must be provided"})
			}
		}
		if zone := text(c.in, "zone"); zone != "" && !isZone(zone) {
			found = append(found, problem{"zone", fmt.Sprintf("%q is not a GCP zone; want one such as europe-west1-b", zone)})
		}
		return found
	},
	refs: []ref{
		networkAt("networkInterfaces[].network", block),
		{path: "networkInterfaces[].subnetwork", typ: tokenSubnetwork, by: byLink, err: notThere, builtin: `(.*/)?default`, onDelete: block},
		{path: "serviceAccount.email", typ: tokenAccount, by: []string{"email"}, builtin: `default|.*-compute@developer\.gserviceaccount\.com`,
			err: fault{400, "serviceAccountNotFound", "The resource '%s' of type 'serviceAccount' was not found."}},
	},
	verify: verifyVM, compute: computeVM,
	protect: "deletionProtection", protectMsg: "Resource cannot be deleted if it's protected against deletion. Please disable deletion protection for the resource and retry: %s",
	quota: 24, quotaCode: "INSTANCES",
	takes: 20 * time.Second,
})

// stopping are the properties that the provider changes only on a stopped
// machine, which the resource has to allow.
var stopping = []string{"machineType", "minCpuPlatform", "serviceAccount", "enableDisplay", "shieldedInstanceConfig", "advancedMachineFeatures"}

func verifyVM(c *call) error {
	zone := text(c.out, "zone")
	if zone == "" {
		return saying("Error creating instance: zone: required field is not set; give zone, or set gcp:zone")
	}
	if image := text(c.out, "bootDisk.initializeParams.image"); image != "" && resolveImage(image) == nil {
		return saying("Error resolving image name '%s': Could not find image or family %s", image, image)
	}
	if c.self != nil && !truth(c.out, "allowStoppingForUpdate") && text(c.out, "desiredStatus") != "TERMINATED" {
		for _, name := range stopping {
			key := resource.PropertyKey(name)
			if _, was := c.old[key]; was && given(c.in, name) && sortKey(bare(c.old[key])) != sortKey(bare(c.out[key])) {
				return saying("Changing the machine_type, min_cpu_platform, service_account, enable_display, shielded_instance_config, scheduling.node_affinities or network_interface.[#d].(network/subnetwork/subnetwork_project) or advanced_machine_features on a started instance requires stopping it. To acknowledge this, please set allow_stopping_for_update = true in your config")
			}
		}
	}
	for _, ip := range texts(c.out, "networkInterfaces[].accessConfigs[].natIp") {
		for _, o := range c.list(tokenVM) {
			if o.ID != c.id && slices.Contains(o.texts("networkInterfaces[].accessConfigs[].natIp"), ip) {
				return c.refuse(fault{400, "invalid", "Invalid value for field 'resource.networkInterfaces[0].accessConfigs[0].natIP': '%s'. The specified external IP address '" + ip + "' is already in use."}, ip)
			}
		}
	}
	for _, v := range lookup(c.out, "networkInterfaces[]") {
		subnet := c.find(tokenSubnetwork, text(v.ObjectValue(), "subnetwork"), byLink...)
		ip, err := netip.ParseAddr(text(v.ObjectValue(), "networkIp"))
		if subnet == nil || err != nil {
			continue
		}
		if p, err := netip.ParsePrefix(subnet.text("ipCidrRange")); err == nil && !p.Contains(ip) {
			return c.refuse(fault{400, "invalid", "Invalid value for field 'resource.networkInterfaces[0].networkIP': '%s'. Requested internal IP address is outside the subnetwork CIDR range."}, ip.String())
		}
		if region := regionOf(zone); subnet.Region != region {
			return c.refuse(fault{400, "invalid", "Invalid value for field 'resource.networkInterfaces[0].subnetwork': '%s'. Subnetwork is in region " + subnet.Region + ", the instance in " + region + "."}, subnet.ID)
		}
	}
	return nil
}

// computeVM fills in addresses, and shows links as the API does.
func computeVM(c *call) {
	if image := resolveImage(text(c.out, "bootDisk.initializeParams.image")); image != nil {
		replaceText(c.out, "bootDisk.initializeParams.image", image.link())
	}
	list := bare(c.out["networkInterfaces"])
	if c.tx == nil || !list.IsArray() {
		return
	}
	items := make([]resource.PropertyValue, len(list.ArrayValue()))
	for i, v := range list.ArrayValue() {
		items[i] = v
		if !bare(v).IsObject() {
			continue
		}
		nic := bare(v).ObjectValue().Copy()
		if subnet := c.find(tokenSubnetwork, text(nic, "subnetwork"), byLink...); subnet != nil {
			nic["subnetwork"] = str(subnet.text("selfLink"))
			nic["network"] = str(subnet.text("network"))
			if text(nic, "networkIp") == "" {
				nic["networkIp"] = str(freeIn(c, subnet.text("ipCidrRange"), i))
			}
			nic["subnetworkProject"] = str(subnet.Account)
		} else if network := c.find(tokenNetwork, text(nic, "network"), byLink...); network != nil {
			nic["network"] = str(network.text("selfLink"))
		}
		if text(nic, "networkIp") == "" {
			nic["networkIp"] = c.fill("{ip:10.132}", fmt.Sprint("networkIp", i))
		}
		if access := bare(nic["accessConfigs"]); access.IsArray() {
			configs := make([]resource.PropertyValue, len(access.ArrayValue()))
			for j, a := range access.ArrayValue() {
				configs[j] = a
				if bare(a).IsObject() && !given(bare(a).ObjectValue(), "natIp") {
					m := bare(a).ObjectValue().Copy()
					m["natIp"] = c.fill("{ip:35.205}", fmt.Sprint("natIp", i, j))
					configs[j] = resource.NewObjectProperty(m)
				}
			}
			nic["accessConfigs"] = resource.NewArrayProperty(configs)
		}
		items[i] = resource.NewObjectProperty(nic)
	}
	c.out["networkInterfaces"] = resource.NewArrayProperty(items)
}

func freeIn(c *call, cidr string, nth int) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return ""
	}
	var taken []string
	for _, o := range c.list(tokenVM) {
		if o.ID != c.id {
			taken = append(taken, o.texts("networkInterfaces[].networkIp")...)
		}
	}
	address := p.Addr().Next() // the gateway
	for range 1 + nth {
		address = address.Next()
	}
	for slices.Contains(taken, address.String()) && p.Contains(address.Next()) {
		address = address.Next()
	}
	return address.String()
}

// replaceText sets a string inside objects that exist.
func replaceText(props resource.PropertyMap, path string, value string) {
	parts := steps(path)
	key := resource.PropertyKey(parts[0])
	if len(parts) == 1 {
		props[key] = str(value)
		return
	}
	if v := bare(props[key]); v.IsObject() {
		m := v.ObjectValue().Copy()
		replaceText(m, strings.Join(parts[1:], "."), value)
		props[key] = resource.NewObjectProperty(m)
	}
}
