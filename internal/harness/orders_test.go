package harness

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
)

// Each member of the set reaches its place, and nothing else is reached.
func TestShowOrders(t *testing.T) {
	set := trace.Orders{1 | 1<<63, 0, 1 << 5, 1 << 62}
	want := reached
	for _, i := range []int{0, 63, 2*64 + 5, 3*64 + 62} {
		want[i]++
	}
	showOrders(&set)
	assert.Equal(t, want, reached)
}

// BenchmarkShowOrders is what a short execution pays for it: a dozen members. What matters is how long it takes in a build for
// a fuzzer, in which each comparison is a call:
//
//	go test -c -fuzz=. ./harness && ./harness.test -test.run '^$' -test.bench ShowOrders
func BenchmarkShowOrders(b *testing.B) {
	set := trace.Orders{0x10_0200_0040_0001, 0x8000_0100, 0x4000_0000_0800_0000, 0x2_0020_0200}
	for b.Loop() {
		showOrders(&set)
	}
}
