//go:build !never

// Package moved has operations over several lines.
package moved // and a comment behind its name

import "sync"

// jostleperturb is a name that the rewriting would take.
func jostleperturb(a, b chan func(), mus map[string]*sync.RWMutex) {
	defer mus["a"].
		RUnlock()
	a <-
		func() {
			<-b
		}
	select {
	// Nothing of a comment gets lost.
	case a <- func() {
		b <- nil
	}: // here neither
		return
	case f, ok := <-b:
		go f()
		go func(ok bool,
			fs ...func()) {
		}(
			ok,
			f,
		)
	}
	go func(int, ...any) {}(
		1,
		nil, "x")
	select { case a <- func() {
	}: case
	f := <-b: f()
	}
	select {}
}
