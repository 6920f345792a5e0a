package machinetype

import (
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name, form, good, bad string
	}{
		{
			"EC2", EC2,
			"a1.large c7gn.large c7i-flex.large c8i.metal-48xl g5g.xlarge gr6.4xlarge i7ie.24xlarge im4gn.large m6i.xlarge m7i.metal-24xl " +
				"p5.48xlarge p6-b200.48xlarge t2.micro t3.medium t4g.small u-6tb1.112xlarge u7i-12tb.224xlarge x2idn.32xlarge z1d.large",
			"t9.huge t9.large t3.huge t3.mediumm xt3.medium db.t3.medium m0.large",
		},
		{
			"RDS", RDS,
			"db.c6gd.large db.m6g.large db.m7i.48xlarge db.m8gd.xlarge db.r5b.large db.r6g.xlarge db.t3.small db.t4g.micro db.x2iedn.32xlarge db.z1d.large",
			"db.zz9.foo db.zz9.large db.t4g.foo db.t9g.micro t4g.micro db.t4g db.serverless",
		},
		{
			"ComputeEngine", ComputeEngine,
			"a2-ultragpu-1g a3-megagpu-8g c3d-standard-8-lssd c4a-standard-1 custom-2-4096 e2-custom-small-2048 e2-medium e2-standard-2 f1-micro m3-ultramem-32 " +
				"n2-custom-4-8192-ext n2d-highmem-8 t2a-standard-1 x4-megamem-960-metal z3-highmem-14-standardlssd",
			"e2-huge q7-standard-2 e9-medium medium n2-standard n2-standard- n2-standard-two e2-medium-1",
		},
		{"CloudSQLPostgres", CloudSQLPostgres, "db-f1-micro db-g1-small db-custom-2-7680", "db-n1-standard-1 db-perf-optimized-N-2 db-custom-2 db-f2-micro db-huge"},
		{"CloudSQL", CloudSQL, "db-f1-micro db-custom-2-7680 db-n1-standard-1 db-perf-optimized-N-2", "db-huge"},
	} {
		for _, name := range strings.Fields(c.good) {
			if !Is(c.form, name) {
				t.Errorf("%s: %s is refused", c.name, name)
			}
		}
		for _, name := range append(strings.Fields(c.bad), "") {
			if Is(c.form, name) {
				t.Errorf("%s: %q is accepted", c.name, name)
			}
		}
	}
}

func TestARM(t *testing.T) {
	for name, want := range map[string]bool{
		"a1.large": true, "a1.metal": true, "t4g.small": true, "c7gn.large": true, "im4gn.large": true, "g5g.xlarge": true, "x2gd.medium": true,
		"t3.medium": false, "g5.xlarge": false, "gr6.4xlarge": false, "m7i-flex.large": false,
	} {
		if EC2IsARM(name) != want {
			t.Errorf("%s: ARM is %v", name, !want)
		}
	}
	for name, want := range map[string]bool{
		"t2a-standard-1": true, "c4a-standard-1": true, "n4a-custom-2-4096": true, "a4x-highgpu-4g": true,
		"t2d-standard-1": false, "c4-standard-2": false, "e2-medium": false,
	} {
		if ComputeEngineIsARM(name) != want {
			t.Errorf("%s: ARM is %v", name, !want)
		}
	}
}
