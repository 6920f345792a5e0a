package stacks_test

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/stacks"
)

func TestCheckRanges(t *testing.T) {
	whole := stacks.Range{Field: "network.cidr", CIDR: "10.1.0.0/16", Widest: 16, Narrowest: 21}
	part := func(field, cidr string) stacks.Range {
		return stacks.Range{Field: field, CIDR: cidr, Within: "network.cidr"}
	}
	for _, c := range []struct {
		name   string
		ranges []stacks.Range
		want   string // empty: accepted
	}{
		{"good", []stacks.Range{whole, part("a", "10.1.0.0/24"), part("b", "10.1.1.0/24")}, ""},
		{"the same twice", []stacks.Range{whole, part("a", "10.1.0.0/24"), part("b", "10.1.0.0/24")}, `b "10.1.0.0/24": overlaps a 10.1.0.0/24`},
		{"one in the other", []stacks.Range{whole, part("a", "10.1.4.0/22"), part("b", "10.1.5.0/24")}, `b "10.1.5.0/24": overlaps a 10.1.4.0/22`},
		{"the other way round", []stacks.Range{whole, part("a", "10.1.5.0/24"), part("b", "10.1.4.0/22")}, `overlaps a 10.1.5.0/24`},
		{"outside", []stacks.Range{whole, part("a", "10.2.0.0/24")}, `a "10.2.0.0/24": is outside network.cidr 10.1.0.0/16`},
		{"wider than the whole", []stacks.Range{whole, part("a", "10.0.0.0/8")}, `is outside network.cidr`},
		{"too wide", []stacks.Range{{Field: "network.cidr", CIDR: "10.0.0.0/8", Widest: 16, Narrowest: 21}}, "want a prefix from /16 to /21"},
		{"too narrow", []stacks.Range{{Field: "apps", CIDR: "10.8.0.0/29", Widest: 28, Narrowest: 28}}, "want exactly a /28"},
		{"public", []stacks.Range{{Field: "a", CIDR: "8.8.8.0/24"}}, "is not private"},
		{"IPv6", []stacks.Range{{Field: "a", CIDR: "fd00::/64"}}, "want an IPv4 range"},
		{"nonsense", []stacks.Range{{Field: "a", CIDR: "ten"}}, `a "ten": want an IPv4 range`},
		{"host bits", []stacks.Range{{Field: "a", CIDR: "10.1.0.5/24"}}, "want 10.1.0.0/24"},
		{"Docker's own", []stacks.Range{{Field: "a", CIDR: "172.16.0.0/12"}}, "overlaps 172.17.0.0/16, which Docker uses"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := stacks.CheckRanges(c.ranges)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckOperators(t *testing.T) {
	for _, c := range []struct {
		cidr, reason string
		open         bool
	}{
		{"0.0.0.0/0", "", true},
		{"0.0.0.0/0", " \t ", true}, // no reason
		{"0.0.0.0/0", "a workshop", false},
		{"32.0.0.0/7", "", true},
		{"32.0.0.0/8", "", false},
	} {
		err := stacks.CheckOperators("operator_cidrs", []string{c.cidr}, c.reason)
		if open := err != nil && strings.Contains(err.Error(), "opens the platform to the internet"); open != c.open {
			t.Errorf("%s with the reason %q: got %v", c.cidr, c.reason, err)
		}
	}
}

func TestSubnet(t *testing.T) {
	for _, c := range []struct {
		cidr       string
		bits, n    int
		want, host string
	}{
		{"10.1.0.0/16", 24, 0, "10.1.0.0/24", "10.1.0.0"},
		{"10.1.0.0/16", 24, 3, "10.1.3.0/24", "10.1.0.3"},
		{"10.1.0.0/16", 24, 255, "10.1.255.0/24", "10.1.0.255"},
		{"10.1.0.0/16", 24, 256, "", "10.1.1.0"},
		{"10.1.0.0/16", 8, 0, "", "10.1.0.0"},
		{"192.168.1.128/25", 28, 7, "192.168.1.240/28", "192.168.1.135"},
		{"10.1.0.0/28", 24, 16, "", ""},
		{"nonsense", 24, 0, "", ""},
	} {
		if got := stacks.Subnet(c.cidr, c.bits, c.n); got != c.want {
			t.Errorf("Subnet(%s, %d, %d) = %q, want %q", c.cidr, c.bits, c.n, got, c.want)
		}
		if got := stacks.HostAddress(c.cidr, c.n); got != c.host {
			t.Errorf("HostAddress(%s, %d) = %q, want %q", c.cidr, c.n, got, c.host)
		}
	}
}

func TestPlatformName(t *testing.T) {
	seen := map[string][2]string{}
	for _, c := range []struct{ project, stack, want string }{
		{"acme", "prod", "acme-prod"},
		{"pilot", "aws", "pilot-aws"},
		{"Acme", "prod", ""}, {"acme", "Prod", ""}, {"acme_", "prod", ""}, {"acme-prod", "x.y", ""},
		{"1", "2", ""}, {"-", "-", ""}, {"acme-pr", "od", ""},
		{strings.Repeat("a", 100), strings.Repeat("b", 100), ""},
		{strings.Repeat("a", 100), strings.Repeat("c", 100), ""},
	} {
		got := stacks.PlatformName(c.project, c.stack)
		if c.want != "" && got != c.want {
			t.Errorf("%s/%s: %q, want %q", c.project, c.stack, got, c.want)
		}
		if len(got) > 20 || got[0] < 'a' || got[0] > 'z' || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasSuffix(got, "-") {
			t.Errorf("%s/%s: %q is no name on every cloud", c.project, c.stack, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s/%s and %v have the same name %q", c.project, c.stack, other, got)
		}
		seen[got] = [2]string{c.project, c.stack}
	}
}
