package worker

import (
	"os"
	"testing"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/session"
)

// A keptInput is the one input that the command jostle wants to see run, of all that a fuzz target has; nil if it did not ask.
type keptInput struct {
	*Process
	data string
	log  *session.Log
	done bool
}

func (p *Process) newKeptInput(f *testing.F) *keptInput {
	f.Helper()
	if p.plan == nil || p.plan.Mode != session.Replay || p.plan.Test != f.Name() {
		return nil
	}
	content, err := os.ReadFile(p.plan.Finding)
	if err != nil {
		f.Fatal("jostle:", err)
	}
	data, err := corpus.Decode(content)
	if err != nil {
		f.Fatalf("jostle: %s: %v", p.plan.Finding, err)
	}
	log, err := p.plan.Open()
	if err != nil {
		f.Fatal("jostle:", err)
	}
	f.Add(data)
	return &keptInput{Process: p, data: string(data), log: log}
}

// runs reports whether an input is to be run, which it is once.
func (k *keptInput) runs(data []byte) bool { return !k.done && string(data) == k.data }

// ended notes what became of it. The test does not fail: the command reads what became of it.
func (k *keptInput) ended(t *testing.T, out outcome) {
	t.Helper()
	k.done = true
	if err := k.log.Add(replayed(out)); err != nil {
		t.Fatal("jostle:", err)
	}
	k.present(t, out)
}
