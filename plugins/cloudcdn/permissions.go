package cloudcdn

// Permissions are all that the plugin needs in the project: the contents of a
// custom role for deploys.
func Permissions() []string {
	return []string{
		"compute.backendBuckets.create", "compute.backendBuckets.delete", "compute.backendBuckets.get", "compute.backendBuckets.use",
		"compute.globalAddresses.create", "compute.globalAddresses.delete", "compute.globalAddresses.get", "compute.globalAddresses.use",
		"compute.globalForwardingRules.create", "compute.globalForwardingRules.delete", "compute.globalForwardingRules.get",
		"compute.globalOperations.get",
		"compute.sslCertificates.create", "compute.sslCertificates.delete", "compute.sslCertificates.get", "compute.sslCertificates.list",
		"compute.sslPolicies.create", "compute.sslPolicies.delete", "compute.sslPolicies.get", "compute.sslPolicies.use",
		"compute.targetHttpProxies.create", "compute.targetHttpProxies.delete", "compute.targetHttpProxies.get", "compute.targetHttpProxies.use",
		"compute.targetHttpsProxies.create", "compute.targetHttpsProxies.delete", "compute.targetHttpsProxies.get",
		"compute.targetHttpsProxies.setSslCertificates", "compute.targetHttpsProxies.use",
		"compute.urlMaps.create", "compute.urlMaps.delete", "compute.urlMaps.get", "compute.urlMaps.invalidateCache",
		"compute.urlMaps.update", "compute.urlMaps.use",
		"storage.buckets.create", "storage.buckets.delete", "storage.buckets.get", "storage.buckets.getIamPolicy",
		"storage.buckets.setIamPolicy", "storage.buckets.update",
		// Writing over an object, as a note in the bucket is, needs delete.
		"storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list",
	}
}
