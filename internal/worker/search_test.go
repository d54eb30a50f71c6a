package worker

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/verdict"
)

func TestEach(t *testing.T) {
	part := func(first, last int, s search.Shard) search.Part {
		return search.Part{Options: search.Options{Shard: s}, First: first, Last: last}
	}
	tests := []struct {
		name  string
		part  search.Part
		at    int
		says  progress
		steps []int
		next  int
		last  progress
	}{
		{"all", part(0, 3, search.Shard{}), 9, onward, []int{0, 1, 2}, 3, onward},
		{"none", part(3, 3, search.Shard{}), 9, onward, nil, 3, onward},
		{"those of a shard", part(1, 8, search.Shard{I: 2, N: 3}), 9, onward, []int{2, 5}, 8, onward},
		{"one is left to others", part(1, 8, search.Shard{I: 2, N: 3}), 5, later, []int{2, 5}, 5, later},
		{"no more behind one", part(1, 8, search.Shard{I: 2, N: 3}), 5, enough, []int{2, 5}, 6, enough},
		{"one stops it", part(1, 8, search.Shard{I: 2, N: 3}), 2, stopped, []int{2}, 2, stopped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var steps []int
			next, last := each(&tt.part, tt.part.First, func(n int) progress {
				steps = append(steps, n)
				if n == tt.at {
					return tt.says
				}
				return onward
			})
			assert.Equal(t, tt.steps, steps)
			assert.Equal(t, tt.next, next)
			assert.Equal(t, tt.last, last)
		})
	}
}

// What is left is what an execution needs to end alike, as that execution has made it, with its outcome.
func TestShrink(t *testing.T) {
	needs := func(want ...int) func([]int) ([]int, outcome, bool) {
		return func(have []int) ([]int, outcome, bool) {
			alike := !slices.ContainsFunc(want, func(n int) bool { return !slices.Contains(have, n) })
			return have, outcome{Verdict: &verdict.Verdict{Total: len(have)}}, alike
		}
	}
	all := []int{1, 2, 3, 4, 5, 6, 7, 8, 9}
	first := outcome{Verdict: &verdict.Verdict{Total: 99}}
	left, out := shrink(shrinkLongest, all, first, nil, needs(3, 8))
	assert.Equal(t, []int{3, 8}, left)
	assert.Equal(t, 2, out.Total)
	left, out = shrink(shrinkLongest, all, first, nil, needs(all...))
	assert.Equal(t, all, left)
	assert.Equal(t, 99, out.Total, "nothing could be left out")
	left, _ = shrink(shrinkLongest, all, first, nil, needs())
	assert.Empty(t, left)

	// A departure that undoes another one is needed as long as that is there.
	left, _ = shrink(shrinkLongest, all, first, nil, func(have []int) ([]int, outcome, bool) {
		undone := slices.Contains(have, 2) || !slices.Contains(have, 1)
		return have, outcome{Verdict: &verdict.Verdict{}}, undone && slices.Contains(have, 3)
	})
	assert.Equal(t, []int{3}, left)

	// An execution that departs more often than it was told to is no smaller one.
	left, out = shrink(shrinkLongest, all, first, nil, func([]int) ([]int, outcome, bool) { return all, outcome{}, true })
	assert.Equal(t, all, left)
	assert.Equal(t, 99, out.Total)

	// Departures of which each leads to the next: what the second leads to may as well be what the last does.
	type hop struct{ at, to int }
	chain := []hop{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 9}}
	hops, _ := shrink(shrinkLongest, chain, first, func(a, b hop) (hop, bool) { return hop{a.at, b.to}, true }, func(k []hop) ([]hop, outcome, bool) {
		at := 0
		for _, h := range k {
			if h.at == at && (at > 0 || h.to == 1) {
				at = h.to
			}
		}
		return k, outcome{Verdict: &verdict.Verdict{}}, at == 9
	})
	assert.Equal(t, []hop{{0, 1}, {1, 9}}, hops)
}
