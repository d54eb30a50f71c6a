package fuzz

import (
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/harness/linearizable"
)

// An idSource gives out numbers, each one once if it is right.
type idSource struct {
	mu     sync.Mutex
	last   int
	broken bool // it looks for the number and takes it at two different moments
}

func (s *idSource) next() int {
	s.mu.Lock()
	id := s.last + 1
	if s.broken {
		s.mu.Unlock()
		s.mu.Lock()
	}
	s.last = id
	s.mu.Unlock()
	return id
}

// counter is the model of an idSource.
var counter = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(last, _, id any) (bool, any) { return id == last.(int)+1, id },
}

// numbered has three goroutines take two numbers each.
func numbered(broken bool) func(harness.T) {
	return func(t harness.T) {
		s := idSource{broken: broken}
		var h linearizable.History
		var wg sync.WaitGroup
		for range 3 {
			c := h.Client()
			wg.Go(func() {
				for range 2 {
					c.Do("next", func() any { return s.next() })
				}
			})
		}
		wg.Wait()
		linearizable.Check(t, h.Operations(), counter)
	}
}

func TestLinearizable(t *testing.T) { harness.Check(t, numbered(false)) }

// TestLinearizableBroken must find the number that two goroutines get.
func TestLinearizableBroken(t *testing.T) {
	harness.Check(t, numbered(true), harness.Want(harness.Assertion, 0))
}
