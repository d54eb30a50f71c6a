package pipeline

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

// serving starts the workers of a pool. They end when the function it returns is called.
func serving(t *testing.T, workers int, twin Twin) (*pool, func()) {
	p := newPool(workers, twin)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { p.serve(ctx) })
	}
	return p, func() {
		cancel()
		all.Wait()
	}
}

func TestPoolDoesEachPartOnce(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		for _, parts := range []int{0, 1, 2, 40} {
			t.Run(fmt.Sprint(twin, parts), func(t *testing.T) {
				// One job from outside at a time, so that in the broken twin a worker is left for its parts.
				p, stop := serving(t, 2, twin)
				defer stop()
				done := make([]atomic.Int32, parts)
				var forked error
				assert.NoError(t, p.run(t.Context(), func() {
					forked = p.fork(t.Context(), parts, func(i int) { done[i].Add(1) })
				}))
				assert.NoError(t, forked)
				for i := range done {
					assert.EqualValues(t, 1, done[i].Load(), "part %d", i)
				}
			})
		}
	}
}

// All workers fork at the same time, and there are as many jobs again that will: nobody is left to do the parts but those
// who wait for them.
func TestPoolForksOnAllWorkersAtATime(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			p, stop := serving(t, workers, Right)
			defer stop()
			var parts atomic.Int32
			gate := make(chan struct{})
			var jobs []call
			for range 2 * workers {
				jobs = append(jobs, start(func() error {
					return p.run(t.Context(), func() {
						<-gate
						assert.NoError(t, p.fork(t.Context(), 5, func(int) { parts.Add(1) }))
					})
				}))
			}
			synctest.Wait()
			close(gate)
			for _, j := range jobs {
				j.returns(t, nil)
			}
			assert.EqualValues(t, 10*workers, parts.Load())
		})
	}
}

func TestBrokenPoolIsStuckWhenAllWorkersFork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := serving(t, 1, Broken)
		defer stop()
		ctx, cancel := cancellable(t)
		var forked error
		job := start(func() error {
			return p.run(t.Context(), func() { forked = p.fork(ctx, 2, func(int) {}) })
		})
		job.blocked(t)
		cancel()
		job.returns(t, nil)
		assert.Equal(t, errTest, forked)
	})
}

func TestPoolWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := serving(t, 1, Right)
		defer stop()
		ctx, cancel := cancellable(t)
		gate := make(chan struct{})
		var running []call
		for range 1 + cap(p.queue) + 1 { // one is done, the queue is full, and one waits to get in
			running = append(running, start(func() error { return p.run(ctx, func() { <-gate }) }))
		}
		running[0].blocked(t)
		cancel()
		for _, c := range running {
			c.returns(t, errTest)
		}
		close(gate)
	})
}
