package cloudsim

import "time"

const (
	tokenECR    = "aws:ecr/repository:Repository"
	tokenBucket = "aws:s3/bucketV2:BucketV2"
)

var (
	noRepository = fault{400, "RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry"}
	noBucket     = fault{404, "NoSuchBucket", "The specified bucket does not exist: %s"}
)

var awsECR = []*row{
	{
		token: tokenECR, noun: "ECR Repository", service: "ECR",
		source:   awsVersion + " internal/service/ecr/repository.go; ECR API CreateRepository",
		api:      [4]string{"CreateRepository", "DescribeRepositories", "PutImageTagMutability", "DeleteRepository"},
		id:       "{name}",
		defaults: Props{"imageTagMutability": "MUTABLE"},
		outputs: Props{
			"arn": "arn:{partition}:ecr:{region}:{account}:repository/{name}", "registryId": "{account}",
			"repositoryUrl":            "{account}.dkr.ecr.{region}.amazonaws.com/{name}",
			"encryptionConfigurations": []any{Props{"encryptionType": "AES256", "kmsKey": ""}},
		},
		replace:  []string{"name", "encryptionConfigurations"},
		nameRule: `([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*`, nameSays: "must be lowercase letters and digits, parted by one of ._-/",
		limits: []limit{{path: "imageTagMutability", oneOf: []string{"MUTABLE", "IMMUTABLE"}}, {path: "name", maxLen: 256}},
		unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "RepositoryAlreadyExistsException",
			"The repository with name '%s' already exists in the registry"}}},
		quota: 10000, quotaCode: "LimitExceededException", quotaSays: "The maximum number of repositories has been reached",
		takes: time.Second,
	},
	{
		token: "aws:ecr/lifecyclePolicy:LifecyclePolicy", noun: "ECR Lifecycle Policy", service: "ECR",
		source:   awsVersion + " internal/service/ecr/lifecycle_policy.go; ECR API PutLifecyclePolicy",
		api:      [4]string{"PutLifecyclePolicy", "GetLifecyclePolicy", "PutLifecyclePolicy", "DeleteLifecyclePolicy"},
		id:       "{repository}",
		outputs:  Props{"registryId": "{account}"},
		required: []string{"policy"}, json: []string{"policy"},
		replace: []string{"repository", "policy"}, upsert: true, dbr: true,
		refs:  []ref{{path: "repository", typ: tokenECR, by: []string{"name"}, err: noRepository, onDelete: cascade}},
		takes: time.Second,
	},
	{
		token: "aws:ecr/repositoryPolicy:RepositoryPolicy", noun: "ECR Repository Policy", service: "ECR",
		source:   awsVersion + " internal/service/ecr/repository_policy.go; ECR API SetRepositoryPolicy",
		api:      [4]string{"SetRepositoryPolicy", "GetRepositoryPolicy", "SetRepositoryPolicy", "DeleteRepositoryPolicy"},
		id:       "{repository}",
		outputs:  Props{"registryId": "{account}"},
		required: []string{"policy"}, json: []string{"policy"},
		replace: []string{"repository"}, upsert: true,
		refs:  []ref{{path: "repository", typ: tokenECR, by: []string{"name"}, err: noRepository, onDelete: cascade}},
		takes: time.Second,
	},
}

// bucketPart is a resource for one setting of a bucket.
func bucketPart(kind, noun, file, api string) *row {
	lower := string(kind[0]+'a'-'A') + kind[1:]
	return &row{
		token: "aws:s3/" + lower + ":" + kind, noun: noun, service: "S3", global: true,
		source:  awsVersion + " internal/service/s3/" + file + "; S3 API Put" + api,
		api:     [4]string{"Put" + api, "Get" + api, "Put" + api, "Delete" + api},
		id:      "{bucket}",
		replace: []string{"bucket"}, upsert: true,
		refs:  []ref{{path: "bucket", typ: tokenBucket, by: []string{"bucket"}, err: noBucket, onDelete: cascade}},
		takes: time.Second,
	}
}

var awsS3 = func() []*row {
	public := bucketPart("BucketPublicAccessBlock", "S3 Bucket Public Access Block", "bucket_public_access_block.go", "PublicAccessBlock")
	public.defaults = Props{"blockPublicAcls": false, "blockPublicPolicy": false, "ignorePublicAcls": false, "restrictPublicBuckets": false}
	encryption := bucketPart("BucketServerSideEncryptionConfigurationV2", "S3 Bucket Server-side Encryption Configuration",
		"bucket_server_side_encryption_configuration.go", "BucketEncryption")
	encryption.replace = []string{"bucket", "expectedBucketOwner"}
	encryption.required = []string{"rules"}
	encryption.limits = []limit{{path: "rules[].applyServerSideEncryptionByDefault.sseAlgorithm", oneOf: []string{"AES256", "aws:kms", "aws:kms:dsse"}}}
	versioning := bucketPart("BucketVersioningV2", "S3 Bucket Versioning", "bucket_versioning.go", "BucketVersioning")
	versioning.replace = []string{"bucket", "expectedBucketOwner"}
	versioning.limits = []limit{{path: "versioningConfiguration.status", oneOf: []string{"Enabled", "Suspended", "Disabled"}}}
	versioning.outputs = Props{"versioningConfiguration.mfaDelete": ""}
	policy := bucketPart("BucketPolicy", "S3 Bucket Policy", "bucket_policy.go", "BucketPolicy")
	policy.required, policy.json = []string{"policy"}, []string{"policy"}
	policy.verify = func(c *call) error {
		block := c.find("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", text(c.out, "bucket"), "bucket")
		if block != nil && block.text("blockPublicPolicy") == "true" && publicPolicy(text(c.out, "policy")) {
			return c.refuse(fault{403, "AccessDenied", "public policies are blocked by the BlockPublicPolicy block public access setting"}, "")
		}
		return nil
	}
	bucket := &row{
		token: tokenBucket, noun: "S3 Bucket", service: "S3",
		source:   awsVersion + " internal/service/s3/bucket.go; S3 API CreateBucket; quota: S3 quotas",
		api:      [4]string{"CreateBucket", "HeadBucket", "PutBucketTagging", "DeleteBucket"},
		id:       "{bucket}",
		name:     "bucket",
		defaults: Props{"forceDestroy": false},
		outputs: Props{
			"arn": "arn:{partition}:s3:::{bucket}", "bucketDomainName": "{bucket}.s3.amazonaws.com",
			"bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com", "hostedZoneId": "Z{upper:13}", "region": "{region}",
			"accelerationStatus": "", "bucketPrefix": "", "objectLockEnabled": false, "policy": "", "requestPayer": "BucketOwner",
			"websiteDomain": "", "websiteEndpoint": "", "corsRules": []any{}, "grants": []any{}, "lifecycleRules": []any{}, "loggings": []any{},
			"replicationConfigurations": []any{}, "websites": []any{},
			"serverSideEncryptionConfigurations": []any{Props{"rules": []any{Props{
				"bucketKeyEnabled": false, "applyServerSideEncryptionByDefaults": []any{Props{"kmsMasterKeyId": "", "sseAlgorithm": "AES256"}},
			}}}},
			"versionings": []any{Props{"enabled": false, "mfaDelete": false}},
		},
		replace:   []string{"bucket", "bucketPrefix", "objectLockEnabled"},
		conflicts: [][]string{{"bucket", "bucketPrefix"}},
		nameRule:  `[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`, nameSays: "must be 3 to 63 lowercase letters, digits, hyphens and dots",
		unique: []unique{{paths: []string{"bucket"}, err: fault{409, "BucketAlreadyExists",
			"The requested bucket name is not available: %s. The bucket namespace is shared by all users of the system."}}},
		quota: 10000, quotaCode: "TooManyBuckets", quotaSays: "You have attempted to create more buckets than allowed",
		takes: 3 * time.Second,
	}
	return []*row{bucket, public, encryption, versioning, policy}
}()

var awsLogs = []*row{{
	token: "aws:cloudwatch/logGroup:LogGroup", noun: "CloudWatch Logs Log Group", service: "CloudWatch Logs",
	source:   awsVersion + " internal/service/logs/group.go; CloudWatch Logs API CreateLogGroup",
	api:      [4]string{"CreateLogGroup", "DescribeLogGroups", "PutRetentionPolicy", "DeleteLogGroup"},
	id:       "{name}",
	defaults: Props{"retentionInDays": 0, "skipDestroy": false},
	outputs: Props{
		"arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}", "logGroupClass": "STANDARD", "namePrefix": "",
	},
	replace:   []string{"name", "namePrefix", "logGroupClass"},
	conflicts: [][]string{{"name", "namePrefix"}},
	nameRule:  `[.\-_/#A-Za-z0-9]{1,512}`, nameSays: "must be 1 to 512 letters, digits and .-_/#",
	limits: []limit{{path: "retentionInDays", oneOf: []string{
		"0", "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731",
		"1096", "1827", "2192", "2557", "2922", "3288", "3653",
	}}},
	refs: []ref{{path: "kmsKeyId", typ: tokenKMSKey, by: []string{"arn"}, err: fault{400, "InvalidParameterException",
		"The specified KMS Key Id does not exist or is not allowed to be used: %s"}}},
	unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "ResourceAlreadyExistsException", "The specified log group already exists: %s"}}},
	takes:  time.Second,
}}
