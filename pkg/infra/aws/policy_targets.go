package aws

// ecs is what a service on Fargate needs beside images and balancers.
func (p place) ecs(apps []string) []Statement {
	const cluster = "waypoint"
	role := []string{p.global("iam", p.account, "role/ecr-*")}
	execution := p.managed("service-role/AmazonECSTaskExecutionRolePolicy")
	return []Statement{
		allow("Cluster", []string{p.arn("ecs", "cluster/"+cluster)}, "ecs:CreateCluster", "ecs:DescribeClusters"),
		allow("Services", each(apps, func(a string) string { return p.arn("ecs", "service/"+cluster+"/"+a+"*") }),
			"ecs:CreateService", "ecs:DeleteService", "ecs:DescribeServices", "ecs:TagResource", "ecs:UpdateService"),
		allow("Tasks", []string{
			p.arn("ecs", "task-definition/waypoint-*"), p.arn("ecs", "task/"+cluster+"/*"),
		}, "ecs:DescribeTasks", "ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource"),
		p.anywhere("ListTasks", "ecs:ListTasks").when("ArnEquals", "ecs:cluster", p.arn("ecs", "cluster/"+cluster)),
		p.anywhere("TaskDefinitions", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"),
		allow("ExecutionRole", role, "iam:CreateRole", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:TagRole"),
		allow("ExecutionPolicy", role, "iam:AttachRolePolicy").when("ArnEquals", "iam:PolicyARN", execution),
		allow("HandOverRole", role, "iam:PassRole").when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"),
		allow("OwnRole", []string{p.global("iam", p.account, "role/aws-service-role/ecs.amazonaws.com/*")},
			"iam:CreateServiceLinkedRole").when("StringEquals", "iam:AWSServiceName", "ecs.amazonaws.com"),
		allow("Logs", []string{p.arn("logs", "log-group:waypoint-logs"), p.arn("logs", "log-group:waypoint-logs:*")},
			"logs:CreateLogGroup", "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"),
		p.anywhere("LogGroups", "logs:DescribeLogGroups"),
		// Secret configuration, which task definitions refer to. The prefix is that
		// of package pkg/server/cloud/aws.
		allow("Secrets", []string{p.arn("secretsmanager", "secret:pilot-apps/*")},
			"secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy",
			"secretsmanager:PutSecretValue", "secretsmanager:TagResource"),
	}
}

// lambda is what a function needs beside images and balancers.
func (p place) lambda(apps []string) []Statement {
	role := []string{p.global("iam", p.account, "role/lambda-*")}
	execution := p.managed("service-role/AWSLambdaBasicExecutionRole")
	return []Statement{
		allow("Functions", append(
			each(apps, func(a string) string { return p.arn("lambda", "function:"+a) }),
			each(apps, func(a string) string { return p.arn("lambda", "function:"+a+":*") })...),
			"lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:GetFunction",
			"lambda:PublishVersion", "lambda:TagResource", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
		allow("FunctionRole", role, "iam:CreateRole", "iam:DeleteRole", "iam:GetRole", "iam:TagRole"),
		// DetachRolePolicy is called when the last function of a workspace goes.
		allow("FunctionPolicy", role, "iam:AttachRolePolicy", "iam:DetachRolePolicy").when("ArnEquals", "iam:PolicyARN", execution),
		allow("HandOverRole", role, "iam:PassRole").when("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"),
		allow("Logs", append(
			each(apps, func(a string) string { return p.arn("logs", "log-group:/aws/lambda/"+a) }),
			each(apps, func(a string) string { return p.arn("logs", "log-group:/aws/lambda/"+a+":*") })...),
			"logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"),
		p.anywhere("LogGroups", "logs:DescribeLogGroups"),
	}
}

// ec2 is what an auto-scaling group of machines needs beside balancers.
func (p place) ec2(apps []string) []Statement {
	names := func(kind, field string) []string {
		return each(apps, func(a string) string { return p.arn("autoscaling", kind+":*:"+field+"/"+a+"*") })
	}
	return []Statement{
		allow("ScalingGroups", names("autoScalingGroup", "autoScalingGroupName"),
			"autoscaling:AttachLoadBalancerTargetGroups", "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateOrUpdateTags",
			"autoscaling:DeleteAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"),
		allow("Launches", names("launchConfiguration", "launchConfigurationName"),
			"autoscaling:CreateLaunchConfiguration", "autoscaling:DeleteLaunchConfiguration"),
		p.anywhere("LookAtMachines", "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLaunchConfigurations",
			"autoscaling:DescribeScalingActivities", "ec2:DescribeImages", "ec2:DescribeInstances"),
		allow("OwnRole", []string{p.global("iam", p.account, "role/aws-service-role/autoscaling.amazonaws.com/*")},
			"iam:CreateServiceLinkedRole").when("StringEquals", "iam:AWSServiceName", "autoscaling.amazonaws.com"),
	}
}

// cloudFront is what a static site needs. CloudFront and S3's names know no
// region.
func (p place) cloudFront(args *IdentityArgs) []Statement {
	buckets := args.Buckets
	if len(buckets) == 0 {
		buckets = []string{args.Name + "-*"}
	}
	bucket := func(b string) string { return "arn:" + p.partition + ":s3:::" + b }
	below := func(prefix string) []string {
		return each(buckets, func(b string) string { return bucket(b) + "/" + prefix + "*" })
	}
	return []Statement{
		allow("Buckets", each(buckets, bucket),
			"s3:CreateBucket", "s3:DeleteBucket", "s3:GetBucketTagging", "s3:ListBucket", "s3:ListBucketVersions",
			"s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
			"s3:PutEncryptionConfiguration", "s3:TagResource"),
		allow("Objects", below(""), "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"),
		// A copy takes the tags of its source along.
		allow("Copies", below("releases/"), "s3:GetObjectTagging", "s3:PutObjectTagging"),
		allow("Distributions", []string{p.global("cloudfront", p.account, "distribution/*")},
			"cloudfront:CreateDistribution", "cloudfront:CreateInvalidation", "cloudfront:DeleteDistribution",
			"cloudfront:GetDistribution", "cloudfront:GetInvalidation", "cloudfront:TagResource",
			"cloudfront:UpdateDistribution"),
		allow("OriginAccess", []string{p.global("cloudfront", p.account, "origin-access-control/*")},
			"cloudfront:CreateOriginAccessControl", "cloudfront:DeleteOriginAccessControl",
			"cloudfront:GetOriginAccessControl"),
		allow("Lists", []string{"*"}, "cloudfront:ListDistributions", "cloudfront:ListOriginAccessControls"),
	}
}

// managed names one of AWS's own policies.
func (p place) managed(path string) string { return p.global("iam", "aws", "policy/"+path) }
