// Package native has operations that are left as they are.
package native

import (
	"sync"
	"time"
)

type guarded struct{ mu sync.Mutex }

func generic[C chan []int | chan<- []int](c C) {
	c <- nil
	close(c)
}

func values(g *guarded) (func() bool, func(time.Duration)) {
	lock := (*sync.Mutex).Lock
	lock(&g.mu)
	return g.mu.TryLock, time.Sleep
}

func arguments(c chan int, n uint) {
	f := func() (time.Duration, func()) { return 0, func() {} }
	time.AfterFunc(f())
	go func(time.Duration) { <-c }(1 << n)
}

// left does not want to be rewritten.
//
//jostle:off
func left(c chan int) { c <- 1 }

//jostle:off it has its reasons
var received = <-make(chan int, 1)
