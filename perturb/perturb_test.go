package perturb_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

var site = &Site{File: "x.go", Line: 1, Key: 1}

func run(t *testing.T, bytes []byte, body func()) *trace.Snapshot {
	t.Helper()
	var snap *trace.Snapshot
	synctest.Test(t, func(*testing.T) {
		snap = new(engine.Execution).Run(schedule.NewReader(bytes), engine.Limits{}, synctest.Wait, body)
	})
	require.NotNil(t, snap)
	return snap
}

func TestPlain(t *testing.T) {
	var got []int
	snap := run(t, nil, func() {
		ch, done := make(chan int), make(chan struct{})
		Go(func() {
			c, _ := RangeOver(ch)
			for {
				v, ok := Recv2(c, site)
				if !ok {
					break
				}
				got = append(got, v)
			}
			Close(done, site)
		}, site)
		for i := range 5 {
			To(ch, site).Send(i)
		}
		Close(ch, site)
		Recv(done, site)
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Equal(t, []int{0, 1, 2, 3, 4}, got)
}

func TestDeadlock(t *testing.T) {
	body := func() {
		var a, b sync.Mutex
		var wg sync.WaitGroup
		WaitGroupGo(&wg, func() {
			MutexLock(&a, site)
			defer MutexUnlock(&a, site)
			MutexLock(&b, site)
			defer MutexUnlock(&b, site)
		}, site)
		WaitGroupGo(&wg, func() {
			MutexLock(&b, site)
			defer MutexUnlock(&b, site)
			MutexLock(&a, site)
			defer MutexUnlock(&a, site)
		}, site)
		WaitGroupWait(&wg, site)
	}
	assert.Equal(t, trace.AllEnded, run(t, nil, body).Quiet)
	hangs := 0
	for b := range 256 {
		for c := range 64 {
			snap := run(t, []byte{byte(b), byte(c)}, body)
			if snap.Quiet == trace.Proved {
				hangs++
			} else {
				assert.Equal(t, trace.AllEnded, snap.Quiet)
			}
		}
	}
	assert.NotZero(t, hangs)
	t.Log(hangs)
}

func TestTime(t *testing.T) {
	var order []string
	snap := run(t, nil, func() {
		ctx, cancel := ContextWithTimeout(context.Background(), 3*time.Second, site)
		defer cancel()
		tick := TimeNewTicker(time.Second, site)
		defer TickerStop(tick, site)
		var mu sync.Mutex
		TimeAfterFunc(2500*time.Millisecond, func() {
			MutexLock(&mu, site)
			order = append(order, "func")
			MutexUnlock(&mu, site)
		}, site)
		for {
			c0, c1 := OnRecv(ctx.Done()), OnRecv(tick.C)
			if Select(site, false, c0, c1) == 0 {
				break
			}
			order = append(order, "tick")
		}
		TimeSleep(time.Hour, site)
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Equal(t, []string{"tick", "tick", "func"}, order[:3])
	assert.GreaterOrEqual(t, snap.Elapsed, int64(time.Hour))
}
