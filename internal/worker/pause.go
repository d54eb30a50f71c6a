package worker

import (
	"os"
	"os/signal"
	"sync"
	"time"
)

// beginning returns the time at which every execution begins of a process that begins now: later than what initialisers of
// packages may have read from the real clock, and the same for a day. Midnight, where a bubble's clock begins, is a time at which
// things happen that do not at others.
func beginning(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour).Add(24*time.Hour + 9*time.Hour + 26*time.Minute + 53*time.Second + 589793*time.Microsecond)
}

// A pauser waits in real time, for code in a bubble too.
type pauser struct {
	asked   chan time.Duration
	resumed chan struct{}
	over    chan struct{} // closed when no more executions come: a TestMain may look for goroutines that are left
	end     func()        // closes over
}

func newPauser() pauser {
	over := make(chan struct{})
	return pauser{make(chan time.Duration), make(chan struct{}), over, sync.OnceFunc(func() { close(over) })}
}

// serve waits for those that ask. It must run outside of bubbles.
func (p pauser) serve() {
	for {
		select {
		case d := <-p.asked:
			time.Sleep(d)
			p.resumed <- struct{}{}
		case <-p.over:
			return
		}
	}
}

func (p pauser) pause(d time.Duration) {
	p.asked <- d
	<-p.resumed
}

// signals has the runtime make its channels for signals, which it does when the first is asked for. Made in a bubble, they would end
// the process: "select on synctest channel from outside bubble".
func signals() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
}
