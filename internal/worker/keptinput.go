package worker

import (
	"fmt"
	"os"
	"testing"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/session"
)

// A keptInput is the one input that the command jostle wants to see run, of all that a fuzz target has; nil if it did not ask.
type keptInput struct {
	plan *session.Plan
	data string
	log  *session.Log
	done bool
}

func newKeptInput(f *testing.F) *keptInput {
	f.Helper()
	if plan == nil || plan.Mode != session.Replay || plan.Test != f.Name() {
		return nil
	}
	content, err := os.ReadFile(plan.Finding)
	if err != nil {
		f.Fatal("jostle:", err)
	}
	data, err := corpus.Decode(content)
	if err != nil {
		f.Fatalf("jostle: %s: %v", plan.Finding, err)
	}
	log, err := plan.Open()
	if err != nil {
		f.Fatal("jostle:", err)
	}
	f.Add(data)
	return &keptInput{plan: plan, data: string(data), log: log}
}

// runs reports whether an input is to be run, which it is once.
func (k *keptInput) runs(data []byte) bool {
	return k == nil || !k.done && string(data) == k.data
}

// plainly reports whether the input's payload is to be run under the plain schedule.
func (k *keptInput) plainly() bool { return k != nil && k.plan.Plainly }

// ended notes what became of it. The test does not fail: whoever asked is told so, and more.
func (k *keptInput) ended(t *testing.T, out outcome) {
	t.Helper()
	k.done = true
	ev := session.Event{Kind: session.Replayed, Verdict: out.Kind.Word(), Cause: out.Cause(), Hash: out.Hash}
	if out.snap != nil {
		ev.Orders = out.snap.Orders
	}
	if err := k.log.Add(ev); err != nil {
		t.Fatal("jostle:", err)
	}
	to := testOutcome{outcome: out, output: out.log}
	if k.plan.Document != "" {
		if err := writeDocument(k.plan.Document, to); err != nil {
			t.Fatal("jostle: write the report:", err)
		}
	}
	if k.plan.Report {
		fmt.Print(to.text(base(), "", k.plan.Full))
	}
}
