package worker

import (
	"crypto/sha1"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A Target is the body of a fuzz target, and what the target's bytes mean.
type Target interface {
	// Split returns the schedule in data, and the bytes that the body's input has taken, in the order in which it took them.
	Split(data []byte) (schedule, taken []byte)
	// Join returns the bytes of which Split makes these.
	Join(schedule, taken []byte) []byte
	// Body returns the body with the input in data.
	Body(data []byte) func(testing.TB)
	// Literal returns the input in data as Go source, "" if the body has none.
	Literal(data []byte) string
	// Entry returns the program counter of the body.
	Entry() uintptr
	// ShowOrders lets a coverage-guided fuzzer see the orders of operations of an execution.
	ShowOrders(*engine.Orders)
}

// Fuzz makes f, a native fuzz target, run body under the schedules in its inputs, as harness.Fuzz says.
func Fuzz(f *testing.F, body Target, c Config) {
	f.Helper()
	requireInstrumented(f)
	f.Add([]byte{})
	if err := libfuzzer.EachSeed(func(data []byte) { f.Add(data) }); err != nil {
		f.Fatalf("jostle: %v", err)
	}
	c.Want.announce(f.Name())
	known := knownFindings(f.Name())
	w := &wanted{want: c.Want}
	f.Cleanup(func() { w.check(f) })
	x := &target{runner: newRunner(f, c), Target: body}
	kept := newKeptInput(f)
	x.trace = kept != nil && kept.plan.Document != ""
	if libfuzzer.Enabled {
		below := calledBody(body.Entry())
		libfuzzer.Serve(f.Name(), func(t *testing.T, data []byte) {
			x.tb = t
			if out, sched := x.input(data); out.Found() {
				libfuzzer.Crash(out.render(importCommand(f.Name(), data), sched), out.Trace()+below)
			}
		}, func() [][]byte { return x.steered(nil) })
	}
	x.noteEmpty(f.Name(), known)
	if coordinates(f.Name()) {
		seeds := x.steered(slices.Sorted(maps.Keys(known)))
		if err := keepSeeds(FlagValue("test.fuzzcachedir"), f.Name(), seeds); err != nil {
			f.Fatal("jostle:", err)
		}
		if len(seeds) > 0 {
			fmt.Printf("jostle: %s: inputs steered into predicted hangs, which the fuzzer runs first: %d\n", f.Name(), len(seeds))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !kept.runs(data) {
			t.SkipNow()
		}
		x.tb = t
		if kept.plainly() {
			data = x.plainly(data)
		}
		out, sched := x.input(data)
		if kept != nil {
			kept.ended(t, out)
			return
		}
		replay := replayCommand(t.Name(), data)
		if w.saw(out.Verdict) && (!Fuzzing() || known[string(data)]) {
			t.Log(out.render(replay, sched))
			return
		}
		out.conclude(t, replay, sched)
	})
}

// A target runs the inputs of a fuzz target.
type target struct {
	*runner
	Target
}

// input runs one, and returns the schedule in it too.
func (x *target) input(data []byte) (out outcome, sched []byte) {
	sched, _ = x.Split(data)
	out = x.under(schedule.NewReader(sched), data)
	if out.snap != nil {
		x.ShowOrders(&out.snap.Orders)
	}
	return out, sched
}

// under runs the body with the input in data, under any schedule.
func (x *target) under(s engine.Strategy, data []byte) outcome {
	out := x.run(s, x.Body(data))
	out.input = func() string { return x.Literal(data) }
	return out
}

// plainly returns bytes with the same input and without a schedule.
func (x *target) plainly(data []byte) []byte {
	_, taken := x.Split(data)
	return x.Join(nil, taken)
}

// Fuzzing reports whether this process searches for new inputs, and does not only run those that are known.
func Fuzzing() bool {
	if libfuzzer.Enabled {
		return true
	}
	for _, name := range []string{"test.fuzz", "test.fuzzworker"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" && f.Value.String() != "false" {
			return true
		}
	}
	return false
}

// FlagValue returns the value of a flag of package testing.
func FlagValue(name string) string {
	if f := flag.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// goTest is how a shell is told to run go test on instrumented sources, in two lines.
func goTest() string {
	if engine.Race {
		return fmt.Sprintf("eval \"$(go tool jostle env -race %s)\"\ngo test -race", thisPackage())
	}
	return fmt.Sprintf("eval \"$(go tool jostle env %s)\"\ngo test", thisPackage())
}

// replayCommand returns how to run one input again: under the name of the corpus file that it comes from, or that the
// fuzzer will write it to. The empty input is a seed and never
// written: it is run with all others.
func replayCommand(name string, data []byte) string {
	if !strings.Contains(name, "/") && len(data) > 0 {
		name += "/" + corpus.FileName(data)
	}
	return fmt.Sprintf("%s -run '%s' %s", goTest(), runPattern(name), thisPackage())
}

// importCommand returns how to run an input of libFuzzer again, from the file in which libFuzzer keeps it.
func importCommand(target string, data []byte) string {
	return fmt.Sprintf("go tool jostle corpus import crash-%x testdata/fuzz/%s\n%s", sha1.Sum(data), target, replayCommand(target, data))
}

// calledBody returns the calls that are below all others in an execution, as the runtime prints them.
func calledBody(entry uintptr) string {
	fn := runtime.FuncForPC(entry)
	file, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("\n%s(...)\n\t%s:%d\ntesting.fRunner(...)", strings.ReplaceAll(fn.Name(), "[...]", ""), file, line)
}

// runPattern returns what -run takes to run one test and nothing else. It may stand in single quotes.
func runPattern(name string) string {
	levels := strings.Split(name, "/")
	for i, l := range levels {
		levels[i] = "^" + strings.ReplaceAll(regexp.QuoteMeta(l), "'", ".") + "$"
	}
	return strings.Join(levels, "/")
}

// announce tells the command jostle, once a run of the fuzzer, what the target is there to find.
func (w *Want) announce(target string) {
	if worker := flag.Lookup("test.fuzzworker"); w != nil && Fuzzing() && !libfuzzer.Enabled && worker.Value.String() != "true" {
		fmt.Printf("jostle: target=%s wants=%s rule=%s\n", target, w.Kind.Word(), ruleNumber(w.Rule))
	}
}

// wanted keeps what a target that must find something has found.
type wanted struct {
	want *Want
	mu   sync.Mutex
	runs int
	hits int
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
	if w.want == nil || Fuzzing() || w.runs == 0 || w.hits > 0 || f.Failed() || f.Skipped() {
		return
	}
	if run := flag.Lookup("test.run"); run != nil && strings.Contains(run.Value.String(), "/") {
		return
	}
	f.Errorf("jostle: none of the %d inputs ended in a %s, which this target is there to find", w.runs, w.want.Kind)
}

// knownFindings returns the inputs of the target's corpus. Those that end as they are wanted to are no news for the
// fuzzer, which would otherwise stop at the first of them.
func knownFindings(target string) map[string]bool {
	known := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
	for _, name := range files {
		if content, err := os.ReadFile(name); err == nil {
			if data, err := corpus.Decode(content); err == nil {
				known[string(data)] = true
			}
		}
	}
	return known
}
