package gcp

import (
	"errors"
	"fmt"
	"slices"
)

// regions are the public regions of Google Cloud.
// Source: https://cloud.google.com/compute/docs/regions-zones, 2026.
var regions = []string{
	"africa-south1",
	"asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1", "asia-south2",
	"asia-southeast1", "asia-southeast2", "australia-southeast1", "australia-southeast2",
	"europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1", "europe-west10", "europe-west12",
	"europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9",
	"me-central1", "me-central2", "me-west1",
	"northamerica-northeast1", "northamerica-northeast2", "northamerica-south1",
	"southamerica-east1", "southamerica-west1",
	"us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
}

// Regions are the regions that a platform can be in.
func Regions() []string { return slices.Clone(regions) }

// CheckProject tells what is wrong with the id of a project.
func CheckProject(id string) error {
	if id == "" {
		return errors.New(`project "": want the id of a Google Cloud project, here or in $GOOGLE_CLOUD_PROJECT`)
	}
	if !projectForm.MatchString(id) {
		return fmt.Errorf("project %q: want an id of 6 to 30 lower-case letters, digits and hyphens, such as acme-prod-123456", id)
	}
	return nil
}
