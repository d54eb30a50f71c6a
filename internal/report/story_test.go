package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/contrast"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Who is first inside of a library is told only if there is nothing else, or if the explanation is about it.
func TestOwn(t *testing.T) {
	lib := &trace.Site{File: "/home/me/go/pkg/mod/example.com/log@v1.0.0/log.go"}
	mine := &trace.Site{File: "/home/me/src/m/m.go"}
	assert.True(t, program.InLibrary(lib.File))
	assert.False(t, program.InLibrary(mine.File))
	order := func(object uint32, first, then *trace.Site) contrast.Order {
		return contrast.Order{Object: object, First: contrast.Operation{Site: first}, Then: contrast.Operation{Site: then}}
	}
	logs, calls, works, takes := order(1, lib, lib), order(2, mine, lib), order(3, mine, mine), contrast.Choice{Site: mine}
	for _, c := range []struct {
		name          string
		all, orders   []contrast.Order
		given, choice []contrast.Choice
		object        uint32
	}{
		{"beside one of the code", []contrast.Order{logs, calls, works}, []contrast.Order{calls, works}, nil, nil, 0},
		{"beside a select", []contrast.Order{logs}, []contrast.Order{}, []contrast.Choice{{Site: lib}, takes}, []contrast.Choice{takes}, 0},
		{"alone", []contrast.Order{logs}, []contrast.Order{logs}, []contrast.Choice{{Site: lib}}, []contrast.Choice{{Site: lib}}, 0},
		{"of an object that the explanation is about", []contrast.Order{logs, works}, []contrast.Order{logs, works}, nil, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := verdict.Goroutine{Waits: []verdict.Waiting{{Object: verdict.Object{ID: c.object}}}}
			orders, choices := (&text{v: &verdict.Verdict{Knot: []verdict.Goroutine{g}}}).own(contrast.Difference{Orders: c.all, Choices: c.given})
			assert.Equal(t, c.orders, orders)
			assert.Equal(t, c.choice, choices)
		})
	}
}

// That a select takes a case is no difference if it takes one there of which the same is to be said: it is on other channels.
func TestSameWords(t *testing.T) {
	site := &trace.Site{File: "/m/m.go", Cases: []trace.SiteCase{{Op: trace.OpRecv, Expr: "m.ch"}, {Op: trace.OpRecv, Expr: "m.ch"}}}
	told := func(there trace.Op) []string {
		v := &verdict.Verdict{}
		s := &Story{Passing: v, Difference: contrast.Difference{Choices: []contrast.Choice{{
			Task: 2, Site: site, Here: contrast.Case{Op: trace.OpRecv, Object: 1, Own: 1}, There: contrast.Case{Op: there, Object: 2, Own: 2},
		}}}}
		return (&text{v: v, o: Options{Story: s}}).contrast(s)
	}
	assert.Empty(t, told(trace.OpRecv))
	assert.Len(t, told(trace.OpSend), 1)
}

// Of a run that leaves goroutines behind nobody reads that it passes.
func TestNearest(t *testing.T) {
	site := &trace.Site{File: "/m/m.go", Cases: []trace.SiteCase{{Op: trace.OpRecv, Expr: "m.ch"}, {Op: trace.OpSend, Expr: "m.ch"}}}
	for kind, want := range map[verdict.Kind]string{verdict.Pass: "In the nearest run that passes, ", verdict.Leak: "In the nearest run that only leaks, "} {
		v := &verdict.Verdict{Kind: kind}
		s := &Story{Passing: v, Difference: contrast.Difference{Choices: []contrast.Choice{{
			Task: 2, Site: site, Here: contrast.Case{Op: trace.OpRecv, Object: 1, Own: 1}, There: contrast.Case{Op: trace.OpSend, Object: 2, Own: 2},
		}}}}
		told := (&text{v: v, o: Options{Story: s}}).contrast(s)
		assert.Regexp(t, "^"+want, told[0])
	}
}
