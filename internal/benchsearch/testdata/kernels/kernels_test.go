// Package kernels has small programs, each with a bug of a shape that the literature on concurrency testing compares strategies by,
// as ordinary tests. A word that a C program shares without a lock is an atomic variable here. Each test passes when its
// goroutines run one after the other, in the order in which they are started, each until it blocks.
//
// Where a program is the shape of one of another suite, the comment names it: SCTBench (Thomson, Donaldson and Betts, TOPC 2016), RADBench
// (Jalbert et al., HotPar 2011), ConVul (Meng et al., 2019).
package kernels

import (
	"sync"
	"testing"
)

// together runs functions as goroutines, and waits for them.
func together(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		wg.Go(f)
	}
	wg.Wait()
}

// times returns f n times.
func times(n int, f func()) (fs []func()) {
	for range n {
		fs = append(fs, f)
	}
	return fs
}

func check(t *testing.T, ok bool, what string) {
	t.Helper()
	if !ok {
		t.Error(what)
	}
}
