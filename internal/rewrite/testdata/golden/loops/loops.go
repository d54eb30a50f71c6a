// Package loops has loops: of some it is known that they end only when another goroutine lets them.
package loops

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type poller struct {
	done    chan struct{}
	closed  atomic.Bool
	stopped int32
	ticker  *time.Ticker
}

// These have no way out but by others.

func (p *poller) forEver() {
	for {
		<-time.After(time.Second)
	}
}

func (p *poller) ticks() {
	for range p.ticker.C {
		time.Sleep(time.Second)
	}
}

func (p *poller) untilDone(ctx context.Context, out chan<- int) int {
outer:
	for true {
		select {
		case <-p.ticker.C:
			for range 3 {
				break
			}
			continue outer
		case <-p.done:
			return 1
		case <-ctx.Done():
			break outer
		case out <- 1:
			if len(out) > 1 {
				return 2
			}
		}
	}
	return 3
}

func (p *poller) untilClosed(in chan int) {
	for !p.closed.Load() && true {
		time.Sleep(time.Second)
	}
	for {
		if p.closed.Load() {
			return
		}
		func() {
			return
		}()
	}
}

func (p *poller) untilAllIsRead(in chan int) {
	for range in {
		switch {
		case p.closed.Load():
			break
		}
	}
}

func (p *poller) untilUnlocked(mu *sync.RWMutex) {
	for !mu.TryRLock() {
	}
	for !p.closed.CompareAndSwap(false, true) {
	}
}

// These may have one.

func (p *poller) counts() {
	n := 0
	for n < 10 {
		n++
	}
	for {
		if n++; n > 10 {
			break
		}
	}
	for {
		select {
		case <-p.ticker.C:
			return
		case <-p.done:
		}
	}
}

func (p *poller) others(ctx context.Context) {
	for atomic.LoadInt32(&p.stopped) == 0 {
		time.Sleep(time.Second)
	}
	for ctx.Err() == nil {
		time.Sleep(time.Second)
	}
	for n := false; !p.closed.CompareAndSwap(n, true); n = !n {
	}
	for {
		select {
		case <-p.done:
		default:
			return
		}
	}
}

func (p *poller) leaves() {
	for {
		os.Exit(1)
	}
	for {
		panic("no")
	}
outer:
	for {
		for {
			break outer
		}
	}
}

func (p *poller) jumps() {
	for {
		goto end
	}
end:
}
