package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/trace"
)

// Programs that group crashes by their stacks see one stack for each cause: it does not matter in which goroutine a circle is
// begun, nor with which numbers a panic speaks.
func TestTraceOfCause(t *testing.T) {
	waits := func(fn string, line int32) Goroutine {
		return Goroutine{Site: &trace.Site{File: "/src/m/f.go", Line: line, Func: fn, Key: uint64(line)}}
	}
	a, b, c := waits("m.(*Queue[...]).Put", 3), waits("m.Get", 7), waits("m.Get", 9)
	hang := func(knot ...Goroutine) string { return (&Verdict{Kind: Deadlock, Rule: 1, Knot: knot}).Trace() }
	assert.Regexp(t, `^panic: jostle: deadlock, rule 1 \[cause [a-p]{8}\]

goroutine 1 \[running\]:
m\.\(\*Queue\)\.Put\(\.\.\.\)
	/src/m/f\.go:3
m\.Get\(\.\.\.\)
	/src/m/f\.go:7$`, hang(a, b))
	assert.Equal(t, hang(a, b), hang(b, a))
	assert.NotEqual(t, hang(a, b), hang(a, c))

	panics := func(value, stack string) string { return (&Verdict{Kind: Panic, Value: value, Stack: stack}).Trace() }
	assert.Equal(t, panics("index 5 out of 3", "m.f(...)\n\t/src/m/f.go:3"), panics("index 4 out of 12", "m.f(...)\n\t/src/m/f.go:3"))
	assert.Regexp(t, `^panic: index # out of # \[cause`, panics("index 5 out of 3", "m.f(...)\n\t/src/m/f.go:3"))
	assert.Contains(t, panics("index 5 out of 3", "m.f(...)\n\t/src/m/f.go:3"), "\n\ngoroutine 1 [running]:\nm.f(...)\n\t/src/m/f.go:3")

	failed := func(s Said) string { return (&Verdict{Kind: Assertion, Said: s}).Trace() }
	at := Said{Test: "m.TestF", Calls: []RaceFrame{{"m.TestF", "/src/m/f_test.go:3"}}, Keys: []string{"m.TestF t.Fatal(err) 1"}}
	assert.Contains(t, failed(at), "\n\ngoroutine 1 [running]:\nm.TestF(...)\n\t/src/m/f_test.go:3")
}

// A failure is that of its test and of its place, whatever it says and whichever line that is by now. Where the place is not known,
// it is told by something else, but for numbers.
func TestCauseOfFailure(t *testing.T) {
	cause := func(s Said) uint64 { return (&Verdict{Kind: Assertion, Said: s}).Cause() }
	is := cause(Said{Test: "m.TestF", Calls: []RaceFrame{{"m.TestF", "f_test.go:3"}}, Keys: []string{"m.TestF t.Fatal(err) 1"}, Words: "a"})
	assert.Equal(t, is, cause(Said{Test: "m.TestF", Calls: []RaceFrame{{"m.TestF", "f_test.go:9"}}, Keys: []string{"m.TestF t.Fatal(err) 1"}, Words: "b"}))
	assert.NotEqual(t, is, cause(Said{Test: "m.TestG", Keys: []string{"m.TestF t.Fatal(err) 1"}}))
	assert.NotEqual(t, is, cause(Said{Test: "m.TestF", Keys: []string{"m.TestF t.Fatal(err) 2"}}))

	assert.Equal(t, cause(Said{Test: "m.TestF", Words: "TestF/row_1"}), cause(Said{Test: "m.TestF", Words: "TestF/row_2"}))
	assert.NotEqual(t, cause(Said{Test: "m.TestF", Words: "TestF/read"}), cause(Said{Test: "m.TestF", Words: "TestF/write"}))
	assert.NotEqual(t, cause(Said{Test: "m.TestF"}), cause(Said{Test: "n.TestF"}))
}

// What does not end is its test's, whichever number the goroutine has that goes round. Goroutines of a live run that are stuck in one
// file are told apart by what they run.
func TestCauseOfWhatDoesNotEnd(t *testing.T) {
	cause := func(test, who string) uint64 {
		return (&Verdict{Kind: Livelock, Who: who, Said: Said{Test: test}}).Cause()
	}
	assert.Equal(t, cause("m.TestF", "g3 TestF.func1"), cause("m.TestF", "g7 TestF.func1"))
	assert.NotEqual(t, cause("m.TestF", ""), cause("m.TestG", ""))

	live := func(name, place string) uint64 {
		return NewLive(Leak, "", []Live{{ID: 7, State: "chan receive", Stack: name + "(0x1)\n\t" + place + " +0x1"}}).Cause()
	}
	assert.Equal(t, live("example.com/m.a", "/src/m/f.go:3"), live("example.com/m.a", "/src/m/f.go:9"))
	assert.NotEqual(t, live("example.com/m.a", "/src/m/f.go:3"), live("example.com/m.b", "/src/m/f.go:3"))
}

// Findings that one change would end have one root, however different the goroutines are that wait for it.
func TestRoot(t *testing.T) {
	const locked = `
		func main 1-9
		  1 go worker
		  2 go worker
		  3 lock mu
		  4 lock mu
		  5 receive out
		func worker 10-19
		  11 lock mu
		  12 send out
		  13 unlock mu
		  14 send end
		g1 1 > g2; g1 2 > g3; `
	circle := read(t, locked+"g2 11; g2 12 blocks; g1 3 blocks; g3 11 blocks")
	behind := read(t, locked+"g3 11; g3 12 blocks; g1 4 blocks")
	over := read(t, locked+"g2 11; g2 12 blocks; g1 ends")
	require.Equal(t, ReleaseFirst, circle.Rule)
	require.Equal(t, ReleaseFirst, behind.Rule)
	assert.NotEqual(t, circle.Cause(), behind.Cause())
	assert.Equal(t, circle.Root(), behind.Root(), "g2 or g3 blocks with the lock held")
	assert.Equal(t, Cancel, over.Rule)
	assert.Equal(t, circle.Root(), over.Root(), "if nobody wants the lock too")

	first := read(t, locked+"g2 11; g2 13; g2 14 blocks; g1 ends")
	second := read(t, locked+"g3 11; g3 13; g3 14 blocks; g1 ends")
	assert.NotEqual(t, first.Cause(), second.Cause())
	assert.Equal(t, first.Root(), second.Root(), "of two goroutines that do the same one is left")
	assert.NotEqual(t, over.Root(), first.Root())
}
