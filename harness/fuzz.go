package harness

import (
	"crypto/sha1"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/literal"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Fuzz makes f, a native fuzz target, search the schedules of body. The fuzzer's bytes hold an In and a schedule. In may be a number, a bool, a
// string, or structs, pointers, slices, arrays and maps of these; fields that are not exported or have another type stay zero.
// Its fields are filled in their order, and stay zero when there are no more bytes. In takes at most half of the bytes, from the end, so
// that a schedule is left whatever it is. If In is struct{}, all bytes are schedule. The empty input, the plain run with a zero In, is always part of the seed corpus.
//
// Each input is one execution: body runs with its goroutines under that schedule, on a clock of its own. The input fails
// the target if the execution deadlocks, leaks a goroutine, panics, or if body fails its T. The failure's text is the
// report, with In as a Go literal, and Go's fuzzer writes the input to testdata/fuzz, from where it replays the same way every time.
//
// Before a fuzzer starts, up to 300 executions, for 2 s at most, are steered into hangs that the plain run and the target's corpus
// predict, as in the command jostle test. Their schedules become inputs that the fuzzer runs first: under go test -fuzz they are in
// its cache (go clean -fuzzcache), under libFuzzer they come from the mutator. So the fuzzer minimises and writes what they find
// like any other finding. Without -fuzz there is no search: go test runs the seed corpus and nothing else.
//
// Like (*testing.F).Fuzz, it must be called last in a fuzz target, once. It is not for targets that run in parallel:
// there is one execution at a time in a process.
//
// In a binary that `go tool jostle libfuzzer` has built the inputs are those of libFuzzer, byte for byte the same, and a
// finding ends the process. There the wanted finding is one like any other.
func Fuzz[In any](f *testing.F, body func(t T, in In), options ...Option) {
	f.Helper()
	requireInstrumented(f)
	c := configure(options)
	f.Add([]byte{})
	if err := libfuzzer.EachSeed(func(data []byte) { f.Add(data) }); err != nil {
		f.Fatalf("jostle: %v", err)
	}
	c.want.announce(f.Name())
	known := knownFindings(f.Name())
	w := &wanted{want: c.want}
	f.Cleanup(func() { w.check(f) })
	x := &target[In]{runner: newRunner(f, c), body: body}
	kept := newKeptInput(f)
	x.trace = kept != nil && kept.plan.Document != ""
	if libfuzzer.Enabled {
		below := calledBody(reflect.ValueOf(body))
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
		if err := keepSeeds(flagValue("test.fuzzcachedir"), f.Name(), seeds); err != nil {
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
		if w.saw(out.Verdict) && (!fuzzing() || known[string(data)]) {
			t.Log(out.render(replay, sched))
			return
		}
		out.conclude(t, replay, sched)
	})
}

// A target runs the inputs of a fuzz target.
type target[In any] struct {
	*runner
	body func(T, In)
}

// input runs one, and returns the schedule in it too.
func (x *target[In]) input(data []byte) (out outcome, sched []byte) {
	var in In
	sched, _ = split(data, &in)
	out = x.under(schedule.NewReader(sched), data)
	if out.snap != nil {
		showOrders(&out.snap.Orders)
	}
	return out, sched
}

// under runs body with the In of an input, under any schedule.
func (x *target[In]) under(s engine.Strategy, data []byte) outcome {
	var in In
	split(data, &in)
	out := x.run(s, func(t T) { x.body(t, in) })
	if !empty(reflect.TypeFor[In]()) {
		out.input = func() string {
			var in In // body may have changed what it was given
			split(data, &in)
			return literal.Of(in, packageOf(reflect.ValueOf(x.body)), inputWidth)
		}
	}
	return out
}

const inputWidth = 68 // of a Go literal in a report

// plainly returns an input with the same In and without a schedule.
func (x *target[In]) plainly(data []byte) []byte {
	var in In
	_, taken := split(data, &in)
	return join(nil, taken, reflect.TypeFor[In]())
}

// packageOf returns the import path of the package that a function is in.
func packageOf(fn reflect.Value) string {
	name := runtime.FuncForPC(fn.Pointer()).Name()
	dir := strings.LastIndex(name, "/") + 1
	last, _, _ := strings.Cut(name[dir:], ".")
	return name[:dir] + strings.ReplaceAll(last, "%2e", ".") // as the linker has it
}

// fuzzing reports whether this process searches for new inputs, and does not only run those that are known.
func fuzzing() bool {
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
func calledBody(body reflect.Value) string {
	fn := runtime.FuncForPC(body.Pointer())
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
func (w *want) announce(target string) {
	if worker := flag.Lookup("test.fuzzworker"); w != nil && fuzzing() && !libfuzzer.Enabled && worker.Value.String() != "true" {
		fmt.Printf("jostle: target=%s wants=%s rule=%s\n", target, w.kind.Word(), ruleNumber(w.rule))
	}
}

// wanted keeps what a target that must find something has found.
type wanted struct {
	want *want
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
	if v.Kind != w.want.kind || w.want.rule != 0 && v.Rule != w.want.rule {
		return false
	}
	w.hits++
	return true
}

// check fails the target if it ran on its whole corpus and has not found what it must find.
func (w *wanted) check(f *testing.F) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.want == nil || fuzzing() || w.runs == 0 || w.hits > 0 || f.Failed() || f.Skipped() {
		return
	}
	if run := flag.Lookup("test.run"); run != nil && strings.Contains(run.Value.String(), "/") {
		return
	}
	f.Errorf("jostle: none of the %d inputs ended in a %s, which this target is there to find", w.runs, w.want.kind)
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
