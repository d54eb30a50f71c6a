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
				{What: "read", By: "goroutine 19", Frames: []RaceFrame{
					{"runtime.mapaccess1_fast64", "/go/src/internal/runtime/maps/runtime_fast64.go:17"},
					{"example.com/racy.(*table[go.shape.int]).get", "/m/racy.go:16"},
				}},
				{What: "previous write", By: "main goroutine"},
			},
			Started: []RaceStack{{What: "goroutine 19", Frames: []RaceFrame{{"example.com/racy.TestTable", "/m/racy_test.go:14"}}}},
		},
		{
			Accesses: []RaceStack{
				{What: "write", By: "goroutine 7", Frames: []RaceFrame{{"main.f", "/m/f.go:1"}}},
				{What: "previous atomic read", By: "goroutine 8", Frames: []RaceFrame{{"main.g", "/m/g.go:2"}}},
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
		return RaceStack{What: what, By: "goroutine 1", Frames: []RaceFrame{{fn, place}}}
	}
	cause := func(a, b RaceStack) uint64 {
		return (&Verdict{Kind: Race, Races: []RaceReport{{Accesses: []RaceStack{a, b}}}}).Cause()
	}
	c := cause(access("read", "m.f", "f.go:1"), access("previous write", "m.g", "g.go:2"))
	assert.Equal(t, c, cause(access("write", "m.g", "g.go:3"), access("previous read", "m.f", "f.go:4")))
	assert.NotEqual(t, c, cause(access("read", "m.f", "f.go:1"), access("previous write", "m.h", "g.go:2")))
	assert.NotEqual(t, c, cause(access("write", "m.f", "f.go:1"), access("previous write", "m.g", "g.go:2")))
}

// mapRace is how Go 1.27 reports a read of a map and a write to it: the first report is about the map, and has not the function
// that reads; the second one is about the value.
const mapRace = `==================
WARNING: DATA RACE
Read at 0x00c000088870 by goroutine 10:
  runtime.mapaccess2_fast64()
      /go/src/internal/runtime/maps/runtime_fast64.go:22 +0x0
  runtime.mapaccess1_fast64()
      /go/src/internal/runtime/maps/runtime_fast64.go:17 +0x12
  example.com/maps.caller()
      /m/maps.go:44 +0x38

Previous write at 0x00c000088870 by goroutine 9:
  runtime.mapassign_fast64()
      /go/src/internal/runtime/maps/runtime_fast64.go:182 +0x0
  example.com/maps.writer()
      /m/maps.go:39 +0x91
==================
==================
WARNING: DATA RACE
Read at 0x00c00013a010 by goroutine 10:
  example.com/maps.reader()
      /m/maps.go:12 +0x96
  example.com/maps.caller()
      /m/maps.go:44 +0x38

Previous write at 0x00c00013a010 by goroutine 9:
  example.com/maps.writer()
      /m/maps.go:39 +0x9d
==================
`

func TestReadOfMap(t *testing.T) {
	races := ReadRaces(mapRace)
	hidden, telling := &races[0], &races[1]
	assert.True(t, hidden.Hidden())
	assert.Equal(t, "/m/maps.go:44", hidden.Accesses[0].Place(), "of the call")
	assert.Equal(t, []string{"read in a call by example.com/maps.caller", "write example.com/maps.writer"}, hidden.funcs())
	assert.False(t, telling.Hidden())
	assert.Equal(t, "/m/maps.go:12", telling.Accesses[0].Place())

	assert.True(t, telling.Tells(hidden))
	assert.False(t, hidden.Tells(telling))
	for _, change := range []func(a *RaceStack){
		func(a *RaceStack) { a.By = "goroutine 11" },
		func(a *RaceStack) { a.What = "write" },
		func(a *RaceStack) { a.Frames = a.Frames[:1] },
		func(a *RaceStack) { a.Frames = nil },
	} {
		other := ReadRaces(mapRace)[1]
		change(&other.Accesses[0])
		assert.False(t, other.Tells(hidden))
	}

	TellingFirst(races)
	assert.False(t, races[0].Hidden())
	assert.True(t, races[1].Hidden())
}

// A map that reflect reads has one frame more of the runtime's, a goroutine may have begun with the function that reads, and between one
// that calls sync/atomic and the assembly of that stands what the linker has put there.
func TestHides(t *testing.T) {
	for _, tt := range []struct {
		frames []RaceFrame
		hidden bool
		place  string
	}{
		{[]RaceFrame{{"runtime.mapaccess2", "map.go:1"}, {"reflect.mapaccess", "map.go:2"}, {"m.f", "m.go:3"}}, false, "m.go:3"},
		{[]RaceFrame{{"runtime.mapaccess2_faststr", "map.go:1"}, {"runtime.mapaccess1_faststr", "map.go:2"}}, true, ""},
		{[]RaceFrame{{"runtime.mapaccess2", "map.go:1"}, {"runtime.mapaccess1", "map.go:2"}, {"m.f", "m.go:3"}}, true, "m.go:3"},
		{[]RaceFrame{{"runtime.mapaccess2", "map.go:1"}, {"m.f", "m.go:3"}}, false, "m.go:3"},
		{[]RaceFrame{{"runtime.mapaccess1", "map.go:1"}, {"m.f", "m.go:3"}}, false, "m.go:3"},
		{[]RaceFrame{{"sync/atomic.AddInt64", "race_amd64.s:289"}, {"sync/atomic.AddUint64", "<autogenerated>:1"}, {"m.f", "m.go:3"}}, true, "m.go:3"},
		{[]RaceFrame{{"sync/atomic.AddInt64", "race_amd64.s:289"}, {"m.f", "m.go:3"}}, false, "m.go:3"},
		{nil, false, ""},
	} {
		assert.Equal(t, tt.hidden, hides(tt.frames), tt.frames)
		assert.Equal(t, tt.place, (&RaceStack{Frames: tt.frames}).Place())
	}
}
