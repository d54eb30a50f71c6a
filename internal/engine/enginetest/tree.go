// Package enginetest helps to test what runs under package engine: it explores the schedules of a small program one by
// one, so that a test can say what may happen in any of them, and what not.
package enginetest

import "github.com/jostle-dev/jostle/internal/engine"

// A Tree is an engine.Strategy that answers differently in each execution, until all answers have been given: the
// questions of a program are the nodes of a tree, and executions are its paths, visited depth first. The first path is
// the plain run.
//
// The zero Tree visits only the plain run; see Departures.
type Tree struct {
	// Departures bounds how many answers of an execution may differ from the plain one. A program that yields in a loop
	// has a finite tree only under a bound.
	Departures int

	path []node
	next int // node of the question to come
}

// A node is a question that was asked, and its answer.
type node struct{ answer, n int }

// ChooseOf is Choose for a question of which only the first n alternatives count.
func (tr *Tree) ChooseOf(n int) int { return tr.choose(n) }

// Choose returns the answer of the present path.
func (tr *Tree) Choose(q *engine.Question) int { return tr.choose(q.N) }

func (tr *Tree) choose(n int) int {
	if tr.next == len(tr.path) {
		tr.path = append(tr.path, node{0, n})
	}
	at := &tr.path[tr.next]
	if at.n != n {
		panic("enginetest: the program is not deterministic: it asks another question after the same answers")
	}
	tr.next++
	return at.answer
}

// Advance goes to the next path, for another execution. It reports false if all have been visited.
func (tr *Tree) Advance() bool {
	if tr.next < len(tr.path) {
		panic("enginetest: the program is not deterministic: it asks fewer questions after the same answers")
	}
	tr.Rewind()
	spent := 0
	for _, n := range tr.path {
		if n.answer > 0 {
			spent++
		}
	}
	for len(tr.path) > 0 {
		last := &tr.path[len(tr.path)-1]
		if last.answer > 0 {
			spent--
		}
		if last.answer+1 < last.n && spent < tr.Departures {
			last.answer++
			return true
		}
		tr.path = tr.path[:len(tr.path)-1]
	}
	return false
}

// Rewind goes back to the first question of the present path, to visit it once more.
func (tr *Tree) Rewind() { tr.next = 0 }
