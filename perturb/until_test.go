package perturb_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

// A step that waits knows the step that ended its wait, if another goroutine did.
func TestUntil(t *testing.T) {
	tests := []struct {
		name   string
		waits  trace.Op
		ends   trace.Op // OpNone: nobody did, or the clock
		second func(*sync.Mutex, *sync.Cond, *sync.WaitGroup, chan int)
		first  func(*sync.Mutex, *sync.Cond, *sync.WaitGroup, chan int)
	}{
		{name: "a message", waits: trace.OpRecv, ends: trace.OpSend,
			first:  func(_ *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) { Recv(c, site) },
			second: func(_ *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) { To(c, site).Send(1) }},
		{name: "a close", waits: trace.OpRecv, ends: trace.OpClose,
			first:  func(_ *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) { Recv(c, site) },
			second: func(_ *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) { Close(c, site) }},
		{name: "a lock let go of", waits: trace.OpLock, ends: trace.OpUnlock,
			first: func(mu *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) {
				Recv(c, site)
				MutexLock(mu, site)
				MutexUnlock(mu, site)
			},
			second: func(mu *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) {
				MutexLock(mu, site)
				To(c, site).Send(1)
				RuntimeGosched(site)
				MutexUnlock(mu, site)
			}},
		{name: "a signal", waits: trace.OpCondWait, ends: trace.OpSignal,
			first: func(mu *sync.Mutex, cond *sync.Cond, _ *sync.WaitGroup, _ chan int) {
				MutexLock(mu, site)
				CondWait(cond, site)
				MutexUnlock(mu, site)
			},
			second: func(_ *sync.Mutex, cond *sync.Cond, _ *sync.WaitGroup, _ chan int) { CondSignal(cond, site) }},
		{name: "the last Done", waits: trace.OpWait, ends: trace.OpDone,
			first: func(_ *sync.Mutex, _ *sync.Cond, wg *sync.WaitGroup, _ chan int) {
				WaitGroupAdd(wg, 1, site)
				WaitGroupWait(wg, site)
			},
			second: func(_ *sync.Mutex, _ *sync.Cond, wg *sync.WaitGroup, _ chan int) { WaitGroupDone(wg, site) }},
		{name: "the clock", waits: trace.OpSleep,
			first:  func(*sync.Mutex, *sync.Cond, *sync.WaitGroup, chan int) { TimeSleep(time.Second, site) },
			second: func(*sync.Mutex, *sync.Cond, *sync.WaitGroup, chan int) {}},
		{name: "nobody", waits: trace.OpRecv,
			first:  func(_ *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) { Recv(c, site) },
			second: func(*sync.Mutex, *sync.Cond, *sync.WaitGroup, chan int) {}},
		{name: "a lock that another took", waits: trace.OpLock,
			first: func(mu *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) {
				Recv(c, site)
				MutexLock(mu, site)
			},
			second: func(mu *sync.Mutex, _ *sync.Cond, _ *sync.WaitGroup, c chan int) {
				MutexLock(mu, site)
				To(c, site).Send(1)
				RuntimeGosched(site)
				MutexUnlock(mu, site)
				MutexLock(mu, site) // before the one that was woken for it
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var snap *trace.Snapshot
			synctest.Test(t, func(*testing.T) {
				snap = new(engine.Execution).Run(strategy.Plain{}, engine.Limits{Trace: true}, synctest.Wait, func() {
					var mu sync.Mutex
					var wg sync.WaitGroup
					cond, c := sync.NewCond(&mu), make(chan int)
					Go(func() { tt.second(&mu, cond, &wg, c) }, site)
					tt.first(&mu, cond, &wg, c)
				})
			})
			require.NotEmpty(t, snap.Steps)
			found := false
			for _, s := range snap.Steps {
				if s.Task != 1 || s.Op != tt.waits || found && s.Until == 0 {
					continue
				}
				found = true
				if tt.ends == trace.OpNone {
					assert.Zero(t, s.Until)
					continue
				}
				require.NotZero(t, s.Until)
				by := snap.Steps[s.Until-1]
				assert.Equal(t, tt.ends, by.Op)
				assert.EqualValues(t, 2, by.Task)
			}
			assert.True(t, found)
		})
	}
}
