package engine

// Serial says that of the goroutines of the bubble that it is called in one runs at a time. It is nil where package runtime was not
// changed so that it can make use of that. It is set before main.
var Serial func()

// inTurn sets whether those who start or wake the calling goroutine, and those that it starts, stop at once. It is nil where package runtime
// was not changed so that it can make use of that. It is set before main.
var inTurn func(on bool) (before bool)

// InTurn says that who starts or wakes the calling goroutine stops at once, until over is called, and that so it is with the goroutines that
// it starts until then: they run executions, one goes on when another waits.
func InTurn() (over func()) {
	if inTurn == nil {
		return func() {}
	}
	before := inTurn(true)
	return func() { inTurn(before) }
}
