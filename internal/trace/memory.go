package trace

// A Touch is a plain load or store that was a sync point.
type Touch struct {
	Task uint32
	Op   Op
	Site *Site
	Step int // 0: the execution has ended before
}

// A Conflict is two accesses of the same memory, at least one of them a store, that nothing orders: the goroutine of the second was taken
// off when it was about to do it, and another goroutine did the first meanwhile.
type Conflict struct{ First, Second Touch }
