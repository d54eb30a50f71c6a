package perturb_test

import (
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

// The tables of this package are small programs and all that Go says they may do. They are the same with the engine and
// without, see enginetest.RunPrograms.

// rest lets all others go on until each ends or blocks: the virtual clock moves no earlier.
func rest() {
	if engine.Self() == nil {
		enginetest.Resting()
		return
	}
	TimeSleep(5*time.Millisecond, site)
}

// together runs fs in goroutines and returns when all have ended.
func together(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		WaitGroupGo(&wg, f, site)
	}
	WaitGroupWait(&wg, site)
}

// recovered runs f and logs what it panics with.
func recovered(log *enginetest.Log, f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.Add("(%v)", r)
		}
	}()
	f()
}
