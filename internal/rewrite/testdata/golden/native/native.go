// Package native has operations that are left as they are.
package native

import (
	"sync"
	"testing"
)

type embeds struct{ sync.Mutex }

func generic[C chan E | chan<- E, E any](c C, v E) {
	{
		type E int // takes the name of what would have to be written
		c <- v
	}
	close(c)
}

func values() (func(*embeds), func(func() int) func() int) {
	return (*embeds).Lock, sync.OnceValue
}

func cleanup(t *testing.T) func(func()) { return t.Cleanup }

type boolean bool

func booleans(c chan int) (v int, ok boolean) {
	type boolean int
	v, ok = <-c
	select {
	case v, ok = <-c:
	}
	return
}

func arguments(c chan int, n uint) {
	f := func(int64) { <-c }
	{
		type int64 int
		go f(1 << n)
	}
}

// left does not want to be rewritten.
//
//jostle:off
func left(c chan int) { c <- 1 }

//jostle:off it has its reasons
var received = <-make(chan int, 1)
