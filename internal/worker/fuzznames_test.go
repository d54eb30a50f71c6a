package worker

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// An input that names an execution is the same one each time, and what it finds comes again as decisions, for the same In.
func TestNames(t *testing.T) {
	body := func(_ testing.TB, in order) {
		if in.Both {
			lockOrder()
		}
	}
	x := This.newTarget(t, imagined[order](body), Config{})
	plain := x.Join(nil, []byte{0, 0, 0, 0, 1}) // with an In that has Both
	found, orders := 0, map[uint64]bool{}
	for n := range uint32(40) {
		data := x.name(plain, n)
		first, _ := x.input(data)
		out, decisions := x.input(data)
		require.NotNil(t, out.snap)
		assert.Equal(t, first.Hash, out.Hash)
		orders[out.Hash] = true
		spelt := x.spelt()
		if out.Kind == verdict.Deadlock {
			found++
			sched, _ := x.split(spelt)
			assert.NotZero(t, schedule.Departures(sched))
			assert.Equal(t, decisions, sched[:len(decisions)], "after that come zeros, so that the In has its bytes")
		}
		again, _ := x.input(spelt)
		assert.Nil(t, x.spelt(), "it is decisions already")
		assert.Equal(t, out.Hash, again.Hash)
		assert.Equal(t, out.Kind, again.Kind)
	}
	assert.Greater(t, found, 5)
	assert.Greater(t, len(orders), 10)
}

// What the plain run finds, by which executions are named, is a finding of it.
func TestNamesPlain(t *testing.T) {
	x := This.newTarget(t, imagined[struct{}](func(tb testing.TB, _ struct{}) { tb.Fatal("wrong") }), Config{})
	out, decisions := x.input(x.name(nil, 1))
	assert.Equal(t, verdict.Assertion, out.Kind)
	assert.Empty(t, decisions)
	assert.Equal(t, []byte{}, x.spelt())
}
