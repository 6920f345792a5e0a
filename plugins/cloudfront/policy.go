package cloudfront

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/pilot-framework/pilot/plugins/site"
)

// Statement is one statement of an IAM policy.
type Statement struct {
	Sid      string   `json:"Sid"`
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Statements are all that the plugin needs in the account, of 12 digits, for sites
// in these buckets. A bucket's name may end in *.
func Statements(account string, buckets ...string) ([]Statement, error) {
	if !accountID.MatchString(account) {
		return nil, fmt.Errorf("account %q must be the 12 digits of an AWS account", account)
	}
	if len(buckets) == 0 {
		return nil, fmt.Errorf("buckets: name at least one")
	}
	var arns, served, objects []string
	for _, b := range buckets {
		arn := "arn:aws:s3:::" + b
		arns = append(arns, arn)
		served = append(served, arn+"/"+site.Releases+"*")
		objects = append(objects, arn+"/*")
	}
	cf := func(kind string) []string { return []string{"arn:aws:cloudfront::" + account + ":" + kind + "/*"} }
	return []Statement{
		{"Buckets", "Allow", []string{
			"s3:CreateBucket", "s3:DeleteBucket", "s3:GetBucketTagging", "s3:ListBucket", "s3:ListBucketVersions",
			"s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
			"s3:PutEncryptionConfiguration", "s3:TagResource",
		}, arns},
		{"Objects", "Allow", []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"}, objects},
		// A copy takes the tags of its source along, so S3 asks for both.
		{"Copies", "Allow", []string{"s3:GetObjectTagging", "s3:PutObjectTagging"}, served},
		{"Distributions", "Allow", []string{
			"cloudfront:CreateDistribution", "cloudfront:CreateInvalidation", "cloudfront:DeleteDistribution",
			"cloudfront:GetDistribution", "cloudfront:GetInvalidation", "cloudfront:TagResource", "cloudfront:UpdateDistribution",
		}, cf("distribution")},
		{"OriginAccess", "Allow", []string{
			"cloudfront:CreateOriginAccessControl", "cloudfront:DeleteOriginAccessControl", "cloudfront:GetOriginAccessControl",
		}, cf("origin-access-control")},
		// Lists know no resource.
		{"Lists", "Allow", []string{"cloudfront:ListDistributions", "cloudfront:ListOriginAccessControls"}, []string{"*"}},
	}, nil
}

// Policy is the IAM policy of Statements, as JSON.
func Policy(account string, buckets ...string) ([]byte, error) {
	statements, err := Statements(account, buckets...)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(map[string]any{"Version": "2012-10-17", "Statement": statements}, "", "  ")
}
