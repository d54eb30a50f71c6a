package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const twoRaces = `==================
WARNING: DATA RACE
Read at 0x00c0000a5228 by goroutine 19:
  runtime.mapaccess1_fast64()
      /go/src/internal/runtime/maps/runtime_fast64.go:17 +0x0
  example.com/racy.(*table[go.shape.int]).get()
      /m/racy.go:16 +0x9a
  github.com/jostle-dev/jostle/perturb.WaitGroupGo.func1()
      /j/perturb/waitgroup.go:79 +0xf1

Previous write at 0x00c0000a5228 by main goroutine:
  [failed to restore the stack]

Goroutine 19 (running) created at:
  github.com/jostle-dev/jostle/internal/engine.(*Task).Go()
      /j/internal/engine/execution.go:356 +0xa8
  example.com/racy.TestTable()
      /m/racy_test.go:14 +0xa8
  testing.tRunner()
      /go/src/testing/testing.go:2036 +0x21c
==================
something that the test prints
==================
WARNING: DATA RACE
Write at 0x00c000019318 by goroutine 7:
  main.f()
      /m/f.go:1 +0x1

Previous atomic read at 0x00c000019318 by goroutine 8:
  main.g()
      /m/g.go:2 +0x2
==================
`

func TestReadRaces(t *testing.T) {
	races := ReadRaces(twoRaces)
	want := []RaceReport{
		{
			Accesses: []RaceStack{
				{"read", "goroutine 19", []RaceFrame{
					{"runtime.mapaccess1_fast64", "/go/src/internal/runtime/maps/runtime_fast64.go:17"},
					{"example.com/racy.(*table[go.shape.int]).get", "/m/racy.go:16"},
				}},
				{"previous write", "main goroutine", nil},
			},
			Started: []RaceStack{{What: "goroutine 19", Frames: []RaceFrame{{"example.com/racy.TestTable", "/m/racy_test.go:14"}}}},
		},
		{
			Accesses: []RaceStack{
				{"write", "goroutine 7", []RaceFrame{{"main.f", "/m/f.go:1"}}},
				{"previous atomic read", "goroutine 8", []RaceFrame{{"main.g", "/m/g.go:2"}}},
			},
		},
	}
	assert.Equal(t, want, races)
	assert.Equal(t, "/m/racy.go:16", races[0].Accesses[0].Place(), "not in the map's own code")
	assert.Empty(t, races[0].Accesses[1].Place())
	assert.Empty(t, ReadRaces("all is well\n"))
}

// Which access came first, and at which line and address, is no other cause.
func TestCauseOfRace(t *testing.T) {
	access := func(what, fn, place string) RaceStack {
		return RaceStack{what, "goroutine 1", []RaceFrame{{fn, place}}}
	}
	cause := func(a, b RaceStack) uint64 {
		return (&Verdict{Kind: Race, Races: []RaceReport{{Accesses: []RaceStack{a, b}}}}).Cause()
	}
	c := cause(access("read", "m.f", "f.go:1"), access("previous write", "m.g", "g.go:2"))
	assert.Equal(t, c, cause(access("write", "m.g", "g.go:3"), access("previous read", "m.f", "f.go:4")))
	assert.NotEqual(t, c, cause(access("read", "m.f", "f.go:1"), access("previous write", "m.h", "g.go:2")))
	assert.NotEqual(t, c, cause(access("write", "m.f", "f.go:1"), access("previous write", "m.g", "g.go:2")))
}
