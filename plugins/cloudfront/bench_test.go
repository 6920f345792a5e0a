package cloudfront

import (
	"fmt"
	"testing"
	"time"
)

// roundTrip is the way to S3 and back within a continent, which is what makes one
// by one slow. The emulator itself answers at once.
const roundTrip = 15 * time.Millisecond

// BenchmarkUpload sends 2,500 small files one by one once, and side by side in
// each round.
func BenchmarkUpload(b *testing.B) {
	files := many(2500)
	upload := func(parallel int) time.Duration {
		c := newCloud(b)
		a := newApp(b, c)
		a.deploy.Parallel = parallel
		a.write(b, files)
		c.delay = roundTrip
		start := time.Now()
		if _, err := a.up(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
		if sent, _ := uploads(c.take()); len(sent) != len(files) {
			b.Fatalf("%d files were sent", len(sent))
		}
		return took
	}
	one := upload(1)
	var all time.Duration
	rounds := 0
	for b.Loop() {
		all += upload(0)
		rounds++
	}
	ratio := float64(all) / float64(rounds) / float64(one)
	b.ReportMetric(ratio, "ratio")
	fmt.Printf("RESULT cloudfront-upload wall=%.3f goal=0.1\n", ratio)
}
