package appconfig

import (
	"strings"
	"testing"
)

func TestNamesPerTarget(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, test := range []struct {
		target      string
		good, wrong []string
	}{
		{"docker", []string{"web", "web-1", "web_1", "1web", long(63)}, []string{"", "Web", "-web", "web-", "we b", "we.b", "we/b", "a___b", "wéb", long(64)}},
		{"aws-ecs", []string{"w", "web-1", long(19)}, []string{"web_1", "1web", "web-", long(20)}},
		{"aws-ec2", []string{"front", long(30)}, []string{"web1", long(31), "web_front"}},
		{"aws-lambda", []string{"w", long(21)}, []string{"web_1", long(22)}},
		{"aws-cloudfront", []string{"Web_1", "1-_", long(63)}, []string{"", "_web", "-web", "we b", "we.b", long(64)}},
		{"google-cloud-run", []string{"w", long(49)}, []string{"Web", "1web", "web_1", long(50)}},
		{"google-cloud-cdn", []string{"Web_1"}, []string{"we b"}},
		{"kubernetes", []string{"w", long(57)}, []string{"Web", "1web", "web_1", "web-", long(58)}},
	} {
		target, err := TargetByName(test.target)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range test.good {
			if err := target.CheckName(name); err != nil {
				t.Errorf("%s refuses %q: %v", test.target, name, err)
			}
		}
		for _, name := range test.wrong {
			err := target.CheckName(name)
			if err == nil {
				t.Errorf("%s takes %q", test.target, name)
			} else if !strings.Contains(err.Error(), "must be") {
				t.Errorf("%s, %q: the error does not say what is right: %v", test.target, name, err)
			}
		}
	}
}

func TestBuckets(t *testing.T) {
	for _, test := range []struct {
		rule        nameRule
		good, wrong []string
	}{
		{s3Bucket, []string{"abc", "shop-web-1"}, []string{"ab", "Shop", "a_b", "a.b", "-ab", "ab-", "xn--ab", "sthree-a", "amzn-s3-demo-a", "web-s3alias", "web--ol-s3", strings.Repeat("a", 64)}},
		{gcsBucket, []string{"abc", "a_b-c", "www.example.com"}, []string{"ab", "goog-x", "my-google-x", "a..b", "192.168.0.1", strings.Repeat("a", 64), "_ab"}},
		{ecrRepository, []string{"ab", "shop/web", "a.b_c-d/e"}, []string{"a", "Shop/web", "/web", "web/", "a..b", "a//b"}},
		{loadBalancer, []string{"Web-1"}, []string{"internal-web", "-web", "web-", "a_b", strings.Repeat("a", 33)}},
	} {
		for _, name := range test.good {
			if problem := test.rule.check(name); problem != "" {
				t.Errorf("%s: %q %s", test.rule.what, name, problem)
			}
		}
		for _, name := range test.wrong {
			if test.rule.check(name) == "" {
				t.Errorf("%s takes %q", test.rule.what, name)
			}
		}
	}
}

func TestBucketNamesAreValidAndApart(t *testing.T) {
	seen := map[string]string{}
	for _, parts := range [][]string{
		{"shop", "web", "123456789012"}, {"Shop", "web", "123456789012"}, {"shop_", "web", "123456789012"}, {"shop", "web", ""},
		{"", "a", ""}, {"_", "_", ""}, {strings.Repeat("p", 255), strings.Repeat("a", 255), "123456789012"},
		{strings.Repeat("p", 255), strings.Repeat("a", 254), "123456789012"}, {strings.Repeat("p-", 100), "a", "1"},
	} {
		name := bucketName(parts...)
		if problem := s3Bucket.check(name); problem != "" {
			t.Errorf("%q: %q %s", parts, name, problem)
		}
		if problem := gcsBucket.check(name); problem != "" {
			t.Errorf("%q: %q %s", parts, name, problem)
		}
		key := strings.Join(parts, "|")
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q both become %q", other, key, name)
		}
		seen[name] = key
	}
}

func TestNearestName(t *testing.T) {
	for got, want := range map[string]string{
		"aws-esc": "aws-ecs", "ecs": "aws-ecs", "lambda": "aws-lambda", "cloud-run": "google-cloud-run",
		"dcoker": "docker", "Docker": "docker", "kubernets": "kubernetes", "cloudfront": "aws-cloudfront",
	} {
		_, err := TargetByName(got)
		if err == nil || !strings.Contains(err.Error(), `did you mean "`+want+`"`) {
			t.Errorf("%q: %v", got, err)
		}
	}
	if _, err := TargetByName("heroku-dyno"); err == nil || !strings.Contains(err.Error(), "known are docker, aws-ecs") {
		t.Errorf("far from all: %v", err)
	}
	_, err := NewApp(Spec{Name: "web", Target: "docker", Build: "pakc"}, Platform{})
	if err == nil || !strings.Contains(err.Error(), `did you mean "pack"`) {
		t.Errorf("build kind: %v", err)
	}
}
