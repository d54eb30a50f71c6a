package queue

import (
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/harness"
)

// FuzzOrder expects of two goroutines that they come in the order in which they were started. testdata/fuzz has an input in which they
// do not, a longer one, and one in which they do.
func FuzzOrder(f *testing.F) {
	harness.Fuzz(f, func(t harness.T, in struct{ First uint8 }) {
		came := make(chan uint8, 2)
		var wg sync.WaitGroup
		for i := range uint8(2) {
			wg.Go(func() { came <- in.First + i })
		}
		wg.Wait()
		if got := <-came; got != in.First {
			t.Errorf("%d came first", got)
		}
	})
}
