package worker

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
)

// Example is what an example with output begins with: if the command jostle has asked for it, it runs body, the example
// itself, as a test that compares what it prints with want, under many schedules, and reports that it did.
func (p *Process) Example(name string, body func(), want string, unordered bool) bool {
	if p.plan == nil || p.plan.Mode == session.Once || session.Function(p.plan.Test) != name || p.live.Load() || engine.Self() != nil {
		return false
	}
	out, err := newCapture("")
	if err != nil {
		fmt.Fprintln(os.Stderr, "jostle:", err)
		os.Exit(2)
	}
	pipe := os.Stdout
	os.Stdout = p.stdout
	ok := testing.RunTests(p.patterns.match, []testing.InternalTest{{Name: name, F: func(t *testing.T) {
		p.Test(t, func(t *testing.T) {
			if got := printed(out, body); !sameOutput(got, want, unordered) {
				fmt.Printf("got:\n%s\nwant:\n%s\n", strings.TrimSpace(got), strings.TrimSpace(want)) // as package testing says it, of no line
				t.Fail()
			}
		})
	}}})
	os.Stdout = pipe
	if ok {
		fmt.Print(want) // what package testing is waiting for
	}
	return true
}

// printed runs body and returns what it prints.
func printed(out *capture, body func()) string {
	defer func(was *os.File) { os.Stdout = was }(os.Stdout)
	os.Stdout = out.file
	out.end("") // what an execution has left that did not come to its end
	body()
	return out.end("")
}

// sameOutput compares as package testing does (testing/example.go).
func sameOutput(got, want string, unordered bool) bool {
	got, want = strings.TrimSpace(got), strings.TrimSpace(want)
	if unordered {
		return slices.Equal(slices.Sorted(strings.SplitSeq(got, "\n")), slices.Sorted(strings.SplitSeq(want, "\n")))
	}
	return got == want
}
