package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// Of a select of many cases those come first that the explanation is about.
func TestCases(t *testing.T) {
	wait := func(name string, by ...verdict.Releaser) verdict.Waiting {
		return verdict.Waiting{Op: trace.OpRecv, Object: verdict.Object{ID: 1, Name: name}, By: by}
	}
	lost := wait("lost")
	lost.Fate = &verdict.Fate{}
	g := verdict.Goroutine{ID: 1, Op: trace.OpSelect, Waits: []verdict.Waiting{
		wait("ctx.Done()", verdict.Releaser{Task: 3, How: waitgraph.Made}), wait("quiet"), wait("done", verdict.Releaser{Task: 4, How: waitgraph.Could, Ended: true}),
		lost, wait("in", verdict.Releaser{Task: 2, How: waitgraph.Used}),
	}}
	names := func(v *verdict.Verdict) (out []string) {
		for _, w := range (&text{v: v}).cases(g) {
			out = append(out, w.Object.Name)
		}
		return out
	}
	circle := &verdict.Verdict{Cycle: true, Knot: []verdict.Goroutine{g, {ID: 2}}}
	assert.Equal(t, []string{"in", "lost", "done", "ctx.Done()", "quiet"}, names(circle))
	way := &verdict.Verdict{Knot: []verdict.Goroutine{{ID: 2}, g}}
	assert.Equal(t, []string{"lost", "done", "in", "ctx.Done()", "quiet"}, names(way))
	beside := &verdict.Verdict{Others: []verdict.Goroutine{g}}
	assert.Equal(t, []string{"ctx.Done()", "quiet", "done", "lost", "in"}, names(beside), "in the order of the source")
	w, _ := edge(g, 0)
	assert.Equal(t, "lost", w.Object.Name)
}

// A context is named where one is at hand.
func TestSelectToo(t *testing.T) {
	g := verdict.Goroutine{Site: &trace.Site{Context: "s.ctx"}}
	assert.Equal(t, "let the send select on s.ctx.Done() too.", selectToo(g, "send"))
	assert.Contains(t, selectToo(verdict.Goroutine{Site: &trace.Site{}}, "send"), "a channel too that is closed when its owner goes")
	assert.Equal(t, "ctx.Done()", doneAt(&trace.Site{Context: "ctx"}))
	assert.NotContains(t, doneAt(nil), "ctx")
}
