package runtime

import "unsafe"

// jostleOver reports whether no goroutine of a bubble is left but the one that began it.
func (b *synctestBubble) jostleOver() bool { return b.done && b.total <= 1 }

// jostleAdopt makes a channel one of the caller's bubble, or of none, if its own is over. It reports whether it has.
func (c *hchan) jostleAdopt() bool {
	if b := c.bubble; b != nil && !b.jostleOver() || c.recvq.first != nil || c.sendq.first != nil {
		return false
	}
	if c.timer != nil {
		c.timer.jostleAdopt()
	}
	c.bubble = getg().bubble
	return true
}

// jostleAdopt takes a timer from the heap of a bubble that is over. It is put into that of the caller's bubble when it is
// set or waited for.
func (t *timer) jostleAdopt() {
	bubble := getg().bubble
	t.lock()
	if ts := t.ts; t.isFake && ts != nil && (bubble == nil || ts != &bubble.timers) {
		owner := (*synctestBubble)(unsafe.Pointer(uintptr(unsafe.Pointer(ts)) - unsafe.Offsetof(synctestBubble{}.timers)))
		if owner.jostleOver() {
			t.ts, t.state, t.isFake = nil, 0, bubble != nil
		}
	}
	t.unlock()
}
