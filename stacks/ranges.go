package stacks

import (
	"fmt"
	"net/netip"
	"strings"
)

// Range is one named IPv4 range of a spec.
type Range struct {
	// Field is the spec's field, as people write it.
	Field string
	// CIDR is its value.
	CIDR string
	// Within, where set, is the field of the range that must contain it.
	Within string
	// Widest and Narrowest bound the prefix length; 0 means no bound.
	Widest, Narrowest int
}

// dockerBridge is what Docker gives its containers, and what Cloud SQL keeps
// for itself: a network that overlaps it cannot be reached from a container.
var dockerBridge = netip.MustParsePrefix("172.17.0.0/16")

// CheckRanges tells what is wrong with a platform's ranges: no IPv4 range, a
// range outside the one that should contain it, two that overlap.
func CheckRanges(ranges []Range) error {
	parsed := make(map[string]netip.Prefix, len(ranges))
	for _, r := range ranges {
		p, err := netip.ParsePrefix(r.CIDR)
		if err != nil || !p.Addr().Is4() {
			return fmt.Errorf("%s %q: want an IPv4 range such as 10.1.0.0/16", r.Field, r.CIDR)
		}
		if p != p.Masked() {
			return fmt.Errorf("%s %q: has bits beyond its prefix: want %s", r.Field, r.CIDR, p.Masked())
		}
		if !p.Addr().IsPrivate() {
			return fmt.Errorf("%s %q: is not private: want a range within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", r.Field, r.CIDR)
		}
		if r.Widest > 0 && p.Bits() < r.Widest || r.Narrowest > 0 && p.Bits() > r.Narrowest {
			if r.Widest == r.Narrowest {
				return fmt.Errorf("%s %q: want exactly a /%d", r.Field, r.CIDR, r.Widest)
			}
			return fmt.Errorf("%s %q: want a prefix from /%d to /%d", r.Field, r.CIDR, r.Widest, r.Narrowest)
		}
		if p.Overlaps(dockerBridge) {
			return fmt.Errorf("%s %q: overlaps %s, which Docker uses for its containers: want another range", r.Field, r.CIDR, dockerBridge)
		}
		if r.Within != "" {
			outer := parsed[r.Within]
			if outer.Bits() > p.Bits() || !outer.Contains(p.Addr()) {
				return fmt.Errorf("%s %q: is outside %s %s: want a part of it", r.Field, r.CIDR, r.Within, outer)
			}
		}
		for _, other := range ranges {
			q, seen := parsed[other.Field]
			if seen && other.Field != r.Within && q.Overlaps(p) {
				return fmt.Errorf("%s %q: overlaps %s %s: want ranges that do not overlap", r.Field, r.CIDR, other.Field, q)
			}
		}
		parsed[r.Field] = p
	}
	return nil
}

// CheckOperators tells what is wrong with the ranges that may reach a
// platform's machine. A range that means the whole internet needs a reason, in
// the field allow_public, unless reason is the name of a field that never may.
func CheckOperators(field string, ranges []string, allowPublic string) error {
	seen := map[string]bool{}
	for _, r := range ranges {
		p, err := netip.ParsePrefix(r)
		if err != nil || !p.Addr().Is4() {
			return fmt.Errorf("%s %q: want an IPv4 range such as 203.0.113.7/32", field, r)
		}
		if p != p.Masked() {
			return fmt.Errorf("%s %q: has bits beyond its prefix: want %s", field, r, p.Masked())
		}
		if seen[r] {
			return fmt.Errorf("%s %q: is there twice: want each range once", field, r)
		}
		seen[r] = true
		// No registry has given anyone more than a /8; package policy has the same
		// bound.
		if p.Bits() < 8 && strings.TrimSpace(allowPublic) == "" {
			return fmt.Errorf("%s %q: opens the platform to the internet: want your own range, or the reason for it in allow_public", field, r)
		}
	}
	return nil
}

// Subnet is the n-th range of the given prefix length within cidr, which must
// be a valid range: Subnet("10.1.0.0/16", 24, 3) is 10.1.3.0/24. It is empty
// when there is no such range.
func Subnet(cidr string, bits, n int) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() || bits < p.Bits() || bits > 32 || n >= 1<<(bits-p.Bits()) {
		return ""
	}
	b := p.Masked().Addr().As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += uint32(n) << (32 - bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), bits).String()
}

// HostAddress is the n-th address of cidr, which must be a valid range.
func HostAddress(cidr string, n int) string {
	host := Subnet(cidr, 32, n)
	return host[:max(0, len(host)-len("/32"))]
}
