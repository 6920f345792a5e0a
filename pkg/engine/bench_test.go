package engine_test

import (
	"fmt"
	"testing"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// BenchmarkFirstUp makes stacks of growing size. The time per resource should
// not grow with them.
func BenchmarkFirstUp(b *testing.B) {
	for _, n := range []int{30, 100, 300, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				stack := open(b, spec(b, &testprovider.Provider{}, testprovider.Many(n, "x")))
				b.StartTimer()
				run(b, stack, infra.VerbUp)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "us/resource")
		})
	}
}

// BenchmarkNoChange previews and updates a stack that is up to date.
func BenchmarkNoChange(b *testing.B) {
	for _, n := range []int{40, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			stack := open(b, spec(b, &testprovider.Provider{}, testprovider.Many(n, "x")))
			run(b, stack, infra.VerbUp)
			for b.Loop() {
				run(b, stack, infra.VerbPreview)
				run(b, stack, infra.VerbUp)
			}
		})
	}
}
