package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// What to change is about what ends a wait, and not about a timer that stands beside it.
func TestWayOut(t *testing.T) {
	site := func(line int32, op trace.Op, fn string) *trace.Site {
		return &trace.Site{File: "/src/m/m.go", Line: line, Func: fn, Op: op}
	}
	wait := func(id uint32, name string, by ...verdict.Releaser) verdict.Waiting {
		return verdict.Waiting{Op: trace.OpRecv, Object: verdict.Object{ID: id, Kind: trace.Chan, Name: name}, By: by}
	}
	timer := wait(1, "t.C", verdict.Releaser{Task: 1, How: waitgraph.Spent, Op: trace.OpTimer, Site: site(1, trace.OpTimer, "m.main")})
	stop := wait(2, "stop", verdict.Releaser{Task: 2, How: waitgraph.Could, Op: trace.OpSend, Site: site(2, trace.OpSend, "m.stop"), Yet: true, Ended: true})
	stop2, other := stop, stop
	stop2.Object.Name = "in"
	other.By = []verdict.Releaser{{Task: 2, How: waitgraph.Could, Op: trace.OpSend, Site: site(2, trace.OpSend, "m.stop"), Elsewhere: true, Ended: true}}
	leaves := func(w verdict.Waiting) verdict.Waiting { w.Leaves = true; return w }
	closed := verdict.Releaser{Task: 2, How: waitgraph.Could, Op: trace.OpClose, Site: site(3, trace.OpClose, "m.(*Pool).Wait"), Ended: true}
	there := closed
	there.Elsewhere = true
	sent := wait(5, "in")
	sent.Code = []*trace.Site{site(2, trace.OpSend, "m.stop")}
	for _, c := range []struct {
		name, want string
		waits      []verdict.Waiting
		once       bool
	}{
		{"a timer alone", "The timer that", []verdict.Waiting{timer}, false},
		{"a timer and who would have sent", "goes on when something is sent on stop, as", []verdict.Waiting{timer, stop}, false},
		{"a way out of the loop", "ends when something is sent on stop, as", []verdict.Waiting{stop2, leaves(stop)}, false},
		{"a way out that was sent to another one", "ends when something is sent on stop, as m.stop would at m.go:2", []verdict.Waiting{stop2, leaves(other)}, false},
		{"a timer and what nobody was seen to do", "Close the channel", []verdict.Waiting{timer, wait(3, "stop")}, false},
		{"who could have closed it", "is closed, as  could have at", []verdict.Waiting{wait(4, "tasks", closed)}, false},
		{"who has closed another one", "is closed, as m.(*Pool).Wait would at", []verdict.Waiting{wait(4, "tasks", there)}, false},
		{"nobody has sent it, and it is waited for once", "goes on when something is sent on in, as m.stop would at m.go:2", []verdict.Waiting{sent}, true},
		{"nobody has sent it, and more may come", "Close the channel", []verdict.Waiting{sent}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := verdict.Goroutine{ID: 1, Op: trace.OpSelect, Site: site(9, trace.OpSelect, "m.main"), Waits: c.waits, Once: c.once}
			x := &text{v: &verdict.Verdict{Kind: verdict.Leak, Rule: verdict.Cancel, Knot: []verdict.Goroutine{g}}}
			assert.Contains(t, x.wayOut(), c.want)
		})
	}
	// The Done of a context that is never cancelled is beside what there is to be closed, unless another context was cancelled in its place.
	g := verdict.Goroutine{ID: 1, Site: site(9, trace.OpSelect, "m.main"), Waits: []verdict.Waiting{wait(4, "tasks", closed)}, Nil: []string{"receive ctx.Done()"}}
	v := &verdict.Verdict{Kind: verdict.Leak, Rule: verdict.Cancel, Knot: []verdict.Goroutine{g}}
	assert.Contains(t, (&text{v: v}).wayOut(), "ends when tasks is closed")
	v.Cancel = &verdict.Event{Task: 2, Op: trace.OpCancel, Site: site(5, trace.OpCancel, "m.main")}
	assert.Contains(t, (&text{v: v}).wayOut(), "the context that is cancelled, made at m.go:5")
	assert.Equal(t, "did to another one at m.go:3, and has ended", (&text{v: &verdict.Verdict{}}).could(there))
}

// A ticker is nothing that somebody could send on.
func TestTicks(t *testing.T) {
	g := verdict.Goroutine{ID: 1, Waits: []verdict.Waiting{
		{Op: trace.OpRecv, Object: verdict.Object{ID: 1, Name: "done"}}, {Op: trace.OpRecv, Object: verdict.Object{ID: 2, Name: "ticker.C"}},
	}}
	x := &text{v: &verdict.Verdict{Objects: []trace.ObjectState{{ID: 1}, {ID: 2, Users: []trace.ObjectUse{{Task: 1, Op: trace.OpRecv}}}}}}
	assert.Equal(t, g.Waits[:1], x.besideTimers(g))
}

// A loop that sleeps does not sleep for ever.
func TestSleeps(t *testing.T) {
	g := verdict.Goroutine{ID: 1, Op: trace.OpSleep}
	assert.Equal(t, "sleep for ever", (&text{v: &verdict.Verdict{}}).doing(g))
	g.Round = &trace.Site{File: "/src/m/m.go", Line: 3}
	assert.Equal(t, "sleep, again and again", (&text{v: &verdict.Verdict{}}).doing(g))
}

// What a goroutine gives back when it ends it cannot give back before it blocks: who could end its wait has to do that first.
func TestGivesBackAtItsEnd(t *testing.T) {
	site := func(line int32, op trace.Op) *trace.Site {
		return &trace.Site{File: "/src/m/m.go", Line: line, Func: "m.main", Op: op}
	}
	out, wg := verdict.Object{ID: 1, Kind: trace.Chan, Name: "out"}, verdict.Object{ID: 2, Kind: trace.WaitGroup, Name: "wg"}
	owed := verdict.Holding{Object: wg, Site: site(3, trace.OpGo), Owed: true, Yet: true}
	v := &verdict.Verdict{Kind: verdict.Deadlock, Rule: verdict.ReleaseFirst, Cycle: true, Knot: []verdict.Goroutine{
		{ID: 1, Op: trace.OpWait, Site: site(5, trace.OpWait), Waits: []verdict.Waiting{{Op: trace.OpWait, Object: wg, By: []verdict.Releaser{{Task: 2, How: waitgraph.Owes}}}}},
		{ID: 2, Op: trace.OpSend, Site: site(9, trace.OpSend), Holds: []verdict.Holding{owed},
			Waits: []verdict.Waiting{{Op: trace.OpSend, Object: out, By: []verdict.Releaser{{Task: 1, How: waitgraph.Could}}}}},
	}}
	assert.Contains(t, (&text{v: v}).releaseFirst(), " gives back wg only when it ends:  must receive from out before it blocks at m.go:5.")
}

// A lock that a library has taken for the code under test is told with the line that called it first, and the library's under it.
func TestTakenByALibrary(t *testing.T) {
	const user, library = "/src/m/m.go", "/root/go/pkg/mod/example.com/lock@v1.0.0/lock.go"
	s := &trace.Site{File: library, Line: 14, Func: "example.com/lock.(*Mutex).Lock", Op: trace.OpLock, Expr: "m.mu", Library: true}
	mu, nu := verdict.Object{ID: 1, Kind: trace.Mutex, Name: "m.mu"}, verdict.Object{ID: 2, Kind: trace.Mutex, Name: "m.mu"}
	goroutine := func(id uint32, holds, waits verdict.Object, other uint32) verdict.Goroutine {
		return verdict.Goroutine{
			ID: id, Op: trace.OpLock, Site: s,
			Within: []verdict.RaceFrame{{Func: s.Func, Place: library + ":14"}, {Func: "m.transfer", Place: user + ":8"}},
			Holds:  []verdict.Holding{{Object: holds, Site: s, User: &verdict.RaceFrame{Func: "m.transfer", Place: user + ":7"}, Via: s.Func}},
			Waits:  []verdict.Waiting{{Object: waits, Op: trace.OpLock, By: []verdict.Releaser{{Task: other, How: waitgraph.Holds, Site: s}}}},
		}
	}
	step := func(task, object uint32) trace.Step {
		return trace.Step{Task: task, Op: trace.OpLock, Object: object, Site: s}
	}
	v := &verdict.Verdict{
		Kind: verdict.Deadlock, Rule: verdict.OneOrder, Cycle: true, Knot: []verdict.Goroutine{goroutine(1, mu, nu, 2), goroutine(2, nu, mu, 1)},
		Steps: []trace.Step{step(1, 1), step(2, 2), step(1, 2), step(2, 1)}, Total: 4, Tasks: []trace.TaskState{{ID: 1, Site: s}, {ID: 2, Site: s}},
	}
	var b strings.Builder
	require.NoError(t, Text(&b, v, Options{Dir: "/src/m"}))
	assert.Regexp(t, `holds  m.mu #1, by lock.\(\*Mutex\).Lock  m.go:7\n.*which locks  +example.com/lock@v1.0.0/lock.go:14\n.*waits  in lock.\(\*Mutex\).Lock  +m.go:8\n`, b.String())
	assert.Regexp(t, `\n +1  .*lock m.mu.* m.go:7\n +2  .*m.go:7\n +3  .*m.go:8  blocks\n +4 .*m.go:8  blocks\n`, b.String())
	assert.Contains(t, b.String(), "takes m.mu #1 (m.go:7), then m.mu #2 (m.go:8)")
}
