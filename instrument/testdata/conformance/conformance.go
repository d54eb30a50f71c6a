// Package conformance is small programs in ordinary Go, one file a construct, each with all outcomes that Go gives it.
// Two kinds: a program that Go fixes the result of has that one under every schedule, and one that it leaves open has
// each of several under some schedule, and no other.
//
// They are run as they are, and once more instrumented.
package conformance

import (
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// A table is the programs of a file.
type table struct {
	file     string
	programs []enginetest.Program
}

var tables = []table{
	{"atomic.go", atomics},
	{"chan.go", channels},
	{"cond.go", conds},
	{"context.go", contexts},
	{"go.go", goes},
	{"iter.go", iterators},
	{"map.go", maps},
	{"memory.go", memory},
	{"mutex.go", mutexes},
	{"once.go", onces},
	{"outside.go", outside},
	{"panics.go", panics},
	{"pool.go", pools},
	{"rwmutex.go", rwmutexes},
	{"select.go", selects},
	{"timer.go", timers},
	{"waitgroup.go", waitGroups},
}

// together runs fs in goroutines and returns when all have ended.
func together(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		wg.Go(f)
	}
	wg.Wait()
}

// rest lets all others go on until each ends or blocks: the virtual clock moves no earlier. On the real one it is long
// enough to make it very likely.
func rest() { time.Sleep(5 * time.Millisecond) }

// recovered runs f and logs what it panics with.
func recovered(log *enginetest.Log, f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.Add("(%v)", r)
		}
	}()
	f()
}

// once says that v is evaluated, and is v.
func once[T any](log *enginetest.Log, v T) T {
	log.Add("%v", v)
	return v
}
