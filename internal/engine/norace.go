//go:build !race

package engine

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Race reports whether the process has the race detector, which race.go is for. Without it nothing is to be hidden, and
// nothing to be told.
const Race = false

type pointer[T any] = atomic.Pointer[T]

func hide()   {}
func unhide() {}

func raceErrors() int { return 0 }

func RaceRelease(unsafe.Pointer) {}
func RaceAcquire(unsafe.Pointer) {}
func raceRelease(unsafe.Pointer) {}

func RaceReads([]byte)  {}
func RaceWrites([]byte) {}

func WaitGroupWaits(*sync.WaitGroup) {}

type decider struct{ strategy Strategy }

func newDecider(s Strategy) *decider { return &decider{s} }

func (d *decider) ask(q *Question) int { return d.strategy.Choose(q) }

func (d *decider) leave() {}

func (d *decider) end() {}
