package worker

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// wanted keeps what a target that must find something has found.
type wanted struct {
	*Process
	want  *Want           // nil: nothing
	known map[string]bool // the inputs of the target's corpus
	mu    sync.Mutex
	runs  int
	hits  int
}

// announce tells the command jostle, once a run of the fuzzer, what the target is there to find.
func (w *wanted) announce(target string) {
	if w.want != nil && w.Fuzzing() && !libfuzzer.Enabled && !w.fuzzWorker() {
		fmt.Printf("jostle: target=%s wants=%s rule=%s\n", target, w.want.Kind.Word(), ruleNumber(w.want.Rule))
	}
}

// saw counts an execution, and reports whether its verdict is the wanted one.
func (w *wanted) saw(v *verdict.Verdict) bool {
	if w.want == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs++
	if v.Kind != w.want.Kind || w.want.Rule != 0 && v.Rule != w.want.Rule {
		return false
	}
	w.hits++
	return true
}

// check fails the target if it ran on its whole corpus and has not found what it must find.
func (w *wanted) check(f *testing.F) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.want == nil || w.Fuzzing() || w.runs == 0 || w.hits > 0 || f.Failed() || f.Skipped() {
		return
	}
	if strings.Contains(w.Flag("test.run"), "/") {
		return
	}
	f.Errorf("jostle: none of the %d inputs ended in a %s, which this target is there to find", w.runs, w.want.Kind)
}
