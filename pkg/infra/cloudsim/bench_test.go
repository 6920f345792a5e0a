package cloudsim

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkCreate makes and deletes a thing that refers to another, in a cloud
// of 1,000 things that is kept in a file.
func BenchmarkCreate(b *testing.B) {
	sim, err := Open(filepath.Join(b.TempDir(), "cloud"))
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	sim.SetQuota(tokenVPC, -1)
	sim.SetQuota(tokenUser, -1)
	r := rigOn(b, sim, "aws")
	net := r.must(tokenVPC, "net", Props{"cidrBlock": "10.0.0.0/16"})
	for i := range 999 {
		r.must(tokenUser, fmt.Sprint("u", i), Props{"name": fmt.Sprint("u", i)})
	}
	b.ResetTimer()
	for b.Loop() {
		id := r.must(tokenSubnet, "s", Props{"vpcId": net, "cidrBlock": "10.0.1.0/24"})
		if err := r.delete(tokenSubnet, "s", id, Props{}); err != nil {
			b.Fatal(err)
		}
	}
}
