package looks

import (
	"runtime"
	"runtime/debug"
	"time"
)

var now = time.Now

type clock struct{ now func() time.Time }

func look(start time.Time, buf []byte) time.Duration {
	c := clock{now: (time.Now)}
	runtime.AddCleanup(&c, func(int) {}, 1)
	runtime.SetFinalizer(&c, func(*clock) {})
	runtime.GC()
	n := runtime.Stack(buf, true)
	print(string(buf[:n]), string(debug.Stack()))
	f := debug.PrintStack
	f()
	if time.Until(start) > 0 {
		return c.now().Sub(now())
	}
	return time.Since(
		start)
}
