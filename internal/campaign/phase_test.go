package campaign

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// How a test runs changes one way only: what a mode has given up does not come back.
func TestModesGoOneWay(t *testing.T) {
	order := []mode{together, isolated, live, native}
	for i, from := range order {
		for j, to := range order {
			x := test{mode: from, why: reason{kind: wanted}, search: search.New(search.Options{})}
			assert.Equal(t, j > i, x.become(to, reason{kind: leavesBehind}), "from %q to %q", from, to)
			if j > i {
				assert.Equal(t, to, x.mode)
				assert.Equal(t, leavesBehind, x.why.kind)
				assert.Equal(t, to == live, x.search.Unsteered, "only there it is not the engine that says who runs")
			} else {
				assert.Equal(t, from, x.mode)
				assert.Equal(t, wanted, x.why.kind)
			}
		}
	}
}

// A test that goes live begins anew; what isolates it has it go on where it was.
func TestPhases(t *testing.T) {
	c := &campaign{Config: Config{Schedules: 30, Parallel: 1}, limit: make(chan struct{}, 1)}
	x := c.newTest(&pkg{}, "TestX")
	assert.Equal(t, opening, x.phase())
	b := x.deal(0)
	b.stop, b.ended = func() {}, true
	b.run.events = []session.Event{{Kind: session.Settled}, {Kind: session.Ended, N: 9}}
	x.settle(t.Context(), b)
	assert.Equal(t, searching, x.phase())

	assert.True(t, x.isolate(dependent))
	assert.False(t, x.isolate(leavesBehind), "it is isolated, and the first reason stays")
	assert.Equal(t, searching, x.phase())
	assert.Equal(t, "what an execution did depended on those before it", x.why.String())
	assert.Equal(t, 9, x.search.Walks.Next)

	x.goLive(reason{kind: mixes})
	assert.Equal(t, opening, x.phase())
	assert.Zero(t, x.executions)

	x.ends(givenUp)
	x.ends(asMuch)
	assert.Equal(t, over, x.phase())
	assert.Equal(t, givenUp, x.end, "the first reason is the one")
	x.once(run{output: "PASS\n"}, choiceless)
	assert.Equal(t, ranOnce, x.end, "but for a run without control, which is all there is to tell")
	assert.Equal(t, native, x.mode)
	assert.False(t, x.failed)
}

// What the first run ends in, every other would: it is the end of the test, but for what it leaves behind.
func TestHides(t *testing.T) {
	for _, tt := range []struct {
		mode    mode
		n       int
		verdict string
		want    end
	}{
		{together, 0, "deadlock", fails},
		{together, 0, leak, goesOn},
		{together, 3, "deadlock", goesOn},
		{isolated, 0, "deadlock", goesOn},
		{live, 0, "deadlock", goesOn},
	} {
		x := test{mode: tt.mode, search: search.New(search.Options{})}
		assert.Equal(t, tt.want != goesOn, x.hides(session.Event{N: tt.n, Verdict: tt.verdict}))
		assert.Equal(t, tt.want, x.end)
	}
}

// Each reason has its words.
func TestReasons(t *testing.T) {
	for k := wanted; int(k) < len(reasons); k++ {
		if k != unsteerable {
			assert.NotEmpty(t, reason{kind: k}.String(), k)
		}
	}
	assert.Equal(t, "g2 is busy", reason{unsteerable, "g2 is busy"}.String())
}
