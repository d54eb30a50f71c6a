package runtime

import _ "unsafe" // for go:linkname

// jostleSeen returns the time that the calling goroutine sees.
func (b *synctestBubble) jostleSeen() int64 { return b.now + getg().ahead }

// jostleBubbleNow returns the time of the caller's bubble, or the real one outside of bubbles, in unix nanoseconds.
//
//go:linkname jostleBubbleNow jostle/internal/engine.runtimeNow
func jostleBubbleNow() int64 {
	if b := getg().bubble; b != nil {
		return b.now
	}
	sec, nsec, _ := time_now()
	return sec*1e9 + int64(nsec)
}

// jostleSetClock sets the clock of the caller's bubble, and reports whether it has: no timer may be due before.
//
//go:linkname jostleSetClock jostle/internal/engine.runtimeSetClock
func jostleSetClock(now int64) bool {
	b := getg().bubble
	if b == nil {
		return false
	}
	lock(&b.mu)
	defer unlock(&b.mu)
	if next := b.timers.wakeTime(); next != 0 && next < now || now < b.now {
		return false
	}
	b.now = now
	return true
}

// jostleShiftClock has the calling goroutine see a clock that is so far ahead of its bubble's. It returns how far the one was before.
//
//go:linkname jostleShiftClock jostle/internal/engine.runtimeShiftClock
func jostleShiftClock(ahead int64) (before int64) {
	gp := getg()
	before, gp.ahead = gp.ahead, ahead
	return before
}
