// Package values has operations that are not called, and channels whose element type has to be written.
package values

import (
	"context"
	"sync"
	"sync/atomic"
	. "time"
)

type clock struct {
	mu    sync.Mutex
	n     atomic.Int64
	sleep func(Duration)
	after func(Duration, func()) *Timer
}

var std = clock{sleep: Sleep, after: (AfterFunc)}

func (c *clock) bound(tm *Timer, l sync.Locker) []any {
	return []any{
		c.mu.TryLock, (c.mu.
			Unlock), l.Lock, tm.Reset, tm.Stop, c.n.Add,
		(*sync.Mutex).Lock, (*Timer).Reset, sync.Locker.Unlock, atomic.AddInt64,
		context.WithTimeoutCause, sync.OnceValue[int], sync.OnceValues[Duration, error],
	}
}

func results(f func() (Duration, func()), g func() (*int64, int64), mu *sync.Mutex) {
	defer AfterFunc(f())
	atomic.StoreInt64(g())
	go (*sync.Mutex).Lock(mu)
}

func generic[C chan<- E | chan E, E func(*clock, ...any) map[string]Month, L sync.Locker](c C, l L) {
	c <- nil
	l.Lock()
	defer close(c)
	go func(x int64, n uint8) {}(-1<<len(c)+1, 1<<2)
	_ = l.Unlock
}

type table struct {
	name string
	sync.RWMutex
}

func readers(r interface {
	RLock()
	RUnlock()
}) func() {
	r.RLock()
	return r.RUnlock
}

type truth bool

func truths[B ~bool](c chan int) (v int, ok truth, b B) {
	v, ok = <-c
	select {
	case v, b = <-c:
	}
	return
}

func deferred(m *sync.Map, f func() int64, n uint8, ctx context.Context) (func() error, error) {
	defer new(atomic.Int64).Store(f())
	defer (*sync.Map).Clear(m)
	defer new(clock).n.
		Add(-1 << n)
	for range m.Range {
	}
	new(atomic.Int64).Store(1 << f())
	_ = context.Context.Err
	return ctx.Err, context.Cause(ctx)
}

func unions[C interface{ chan *Timer | <-chan *Timer }](c C) (tm *Timer) {
	for tm = range c {
	}
	return <-c
}
