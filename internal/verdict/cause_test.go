package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
)

// Programs that group crashes by their stacks see one stack for each cause: it does not matter in which goroutine a circle is
// begun, nor with which numbers a panic speaks.
func TestTraceOfCause(t *testing.T) {
	waits := func(fn string, line int32) Goroutine {
		return Goroutine{Site: &engine.Site{File: "/src/m/f.go", Line: line, Func: fn, Key: uint64(line)}}
	}
	a, b, c := waits("m.(*Queue[...]).Put", 3), waits("m.Get", 7), waits("m.Get", 9)
	hang := func(knot ...Goroutine) string { return (&Verdict{Kind: Deadlock, Rule: 1, Knot: knot}).Trace("") }
	assert.Regexp(t, `^panic: jostle: deadlock, rule 1 \[cause [a-p]{8}\]

goroutine 1 \[running\]:
m\.\(\*Queue\)\.Put\(\.\.\.\)
	/src/m/f\.go:3
m\.Get\(\.\.\.\)
	/src/m/f\.go:7$`, hang(a, b))
	assert.Equal(t, hang(a, b), hang(b, a))
	assert.NotEqual(t, hang(a, b), hang(a, c))

	panics := func(value, stack string) string { return (&Verdict{Kind: Panic, Value: value, Stack: stack}).Trace("") }
	assert.Equal(t, panics("index 5 out of 3", "m.f(...)\n\t/src/m/f.go:3"), panics("index 4 out of 12", "m.f(...)\n\t/src/m/f.go:3"))
	assert.Regexp(t, `^panic: index # out of # \[cause`, panics("index 5 out of 3", "m.f(...)\n\t/src/m/f.go:3"))
	assert.Contains(t, panics("index 5 out of 3", "m.f(...)\n\t/src/m/f.go:3"), "\n\ngoroutine 1 [running]:\nm.f(...)\n\t/src/m/f.go:3")

	failed := func(at string) string { return (&Verdict{Kind: Assertion}).Trace(at) }
	assert.NotEqual(t, failed("f_test.go:3: got 2"), failed("f_test.go:3: no answer"))
}
