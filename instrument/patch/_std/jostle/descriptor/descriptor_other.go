//go:build !linux

package descriptor

// Goroutines wait for descriptors as they always do.

func Begin(state *any, fd Open, mode int) (result int) { return 0 }

func Wait(state *any, fd Open, mode int) (result int, ok bool) { return 0, false }

func SetDeadline(state *any, fd Open, d int64, read, write bool) (ok bool) { return false }

func Evicted(state *any) {}

func Closing(state *any, fd Open) {}

func Did(state *any) {}

func Acquire(state *any, fd Open, sema *uint32, mode int) (ok bool) { return false }

func Released(state *any) {}

func Given(state *any) {}

func Pipe(r, w *any, n int) {}

func Starts() error { return nil }

func AwaitProcess(pidfd int) {}
