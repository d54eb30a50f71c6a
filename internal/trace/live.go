package trace

// A Missed is a wake-up that has met nobody in a live run, because it came after a goroutine had looked at its condition and
// before it waited.
type Missed struct {
	Goroutine uint64 // which waits
	Wait      *Site
	Op        Op
	Site      *Site     // of the wake-up
	By        uint64    // the goroutine that did it
	Callers   []uintptr // of that, from the innermost on
}
