package gcp

// The app targets on Google Cloud, as apps' configuration names them.
const (
	TargetCloudRun = "google-cloud-run"
	TargetCloudCDN = "google-cloud-cdn"
)

// DeployTargets are the app targets that IdentityArgs knows.
func DeployTargets() []string { return []string{TargetCloudRun, TargetCloudCDN} }

// DeployPermissions are what deploys to one target call. Acting as a service
// account is not among them: it is granted on the apps' account alone. Nor is
// pushing images: it is granted on the platform's own repository.
func DeployPermissions(target string) []string {
	switch target {
	case TargetCloudRun:
		return []string{
			// Attaching a Cloud SQL instance and the VPC connector to a service.
			"cloudsql.instances.get",
			"vpcaccess.connectors.get", "vpcaccess.connectors.use",
			// Logs of services.
			"logging.logEntries.list",
			"resourcemanager.projects.get",
			"run.configurations.get", "run.configurations.list",
			"run.locations.list",
			"run.operations.get",
			"run.revisions.delete", "run.revisions.get", "run.revisions.list",
			"run.routes.get", "run.routes.list",
			"run.services.create", "run.services.delete", "run.services.get", "run.services.getIamPolicy",
			"run.services.list", "run.services.setIamPolicy", "run.services.update",
		}
	case TargetCloudCDN:
		return []string{
			"compute.addresses.list",
			"compute.backendBuckets.create", "compute.backendBuckets.delete", "compute.backendBuckets.get",
			"compute.backendBuckets.list", "compute.backendBuckets.update", "compute.backendBuckets.use",
			"compute.globalAddresses.create", "compute.globalAddresses.delete", "compute.globalAddresses.get",
			"compute.globalAddresses.list", "compute.globalAddresses.use",
			"compute.globalForwardingRules.create", "compute.globalForwardingRules.delete",
			"compute.globalForwardingRules.get", "compute.globalForwardingRules.list",
			"compute.globalOperations.get",
			"compute.regions.list",
			"compute.sslCertificates.create", "compute.sslCertificates.delete",
			"compute.sslCertificates.get", "compute.sslCertificates.list",
			"compute.sslPolicies.create", "compute.sslPolicies.delete", "compute.sslPolicies.get", "compute.sslPolicies.use",
			// The plain HTTP proxy redirects to HTTPS.
			"compute.targetHttpProxies.create", "compute.targetHttpProxies.delete",
			"compute.targetHttpProxies.get", "compute.targetHttpProxies.use",
			"compute.targetHttpsProxies.create", "compute.targetHttpsProxies.delete", "compute.targetHttpsProxies.get",
			"compute.targetHttpsProxies.setSslCertificates", "compute.targetHttpsProxies.use",
			"compute.urlMaps.create", "compute.urlMaps.delete", "compute.urlMaps.get", "compute.urlMaps.invalidateCache",
			"compute.urlMaps.list", "compute.urlMaps.update", "compute.urlMaps.use",
			"resourcemanager.projects.get",
			"storage.buckets.create", "storage.buckets.delete", "storage.buckets.get",
			"storage.buckets.getIamPolicy", "storage.buckets.setIamPolicy", "storage.buckets.update",
			// Deleting a site's files, and finding stale ones, needs the list.
			"storage.objects.create", "storage.objects.delete", "storage.objects.get",
			"storage.objects.list", "storage.objects.update",
		}
	}
	return nil
}
