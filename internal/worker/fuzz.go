package worker

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Target is the body of a fuzz target, and what the target's bytes mean.
type Target interface {
	// Body returns the body with the input in data, the schedule in data, and the bytes that the input has taken, in the order in which it
	// took them.
	Body(data []byte) (body func(testing.TB), schedule, taken []byte)
	// Join returns the bytes in which Body finds these.
	Join(schedule, taken []byte) []byte
	// Literal returns the input in data as Go source, "" if the body has none.
	Literal(data []byte) string
	// Entry returns the program counter of the body.
	Entry() uintptr
	// ShowOrders lets a coverage-guided fuzzer see the orders of operations of an execution.
	ShowOrders(*trace.Orders)
}

// Fuzz makes f, a native fuzz target, run its body under the schedules in its inputs, as harness.Fuzz says.
func (p *Process) Fuzz(f *testing.F, of Target, c Config) {
	f.Helper()
	p.requireInstrumented(f)
	f.Add([]byte{})
	if err := libfuzzer.EachSeed(func(data []byte) { f.Add(data) }); err != nil {
		f.Fatalf("jostle: %v", err)
	}
	w := &wanted{Process: p, want: c.Want, known: knownFindings(f.Name())}
	w.announce(f.Name())
	f.Cleanup(func() { w.check(f) })
	x := p.newTarget(f, of, c)
	kept := p.newKeptInput(f)
	x.limits.Trace = kept != nil && kept.plan.Document != ""
	if libfuzzer.Enabled {
		x.serve(f.Name())
	}
	x.noteEmpty(f.Name(), w.known)
	if p.coordinates(f.Name()) {
		requireWritable(f)
		x.seed(f, w.known)
	}
	x.guide(f.Name())
	if x.fuzzWorker() {
		defer engine.InTurn()()
		if x.orders = session.OfFuzzer(); x.orders != nil {
			defer x.orders.Flush()
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		switch x.body.tb = t; {
		case kept == nil:
			x.conclude(t, data, w)
		case !kept.runs(data):
			t.SkipNow()
		default:
			if kept.plan.Plainly {
				data = x.plainly(data)
			}
			out, sched := x.input(data)
			if !kept.plan.Plainly && (kept.plan.Report || kept.plan.Document != "") {
				out.story = x.story(out, sched)
			}
			kept.ended(t, out)
		}
	})
}

// requireWritable ends a fuzz target that looks for new inputs if they could not be kept: package testing says no more of a failing input
// then than that it cannot be written.
func requireWritable(f *testing.F) {
	f.Helper()
	dir := filepath.Join("testdata", "fuzz", f.Name())
	if abs, err := filepath.Abs(dir); err == nil && !finding.Writable(abs) {
		f.Fatalf("jostle: what is found could not be kept: nothing can be written to %s: fuzz a copy of the module that can be written to", abs)
	}
}

// A target runs the inputs of a fuzz target.
type target struct {
	Target
	*runner
	body   *body
	names  names
	orders *session.Orders // that were seen; nil if they are not wanted
	told   map[uint64]bool // causes of findings of which it was said what other schedules lead to
}

// split returns the schedule in data, and the bytes that the body's input has taken.
func (x *target) split(data []byte) (sched, taken []byte) {
	_, sched, taken = x.Body(data)
	return sched, taken
}

func (p *Process) newTarget(tb testing.TB, of Target, c Config) *target {
	tb.Helper()
	b := &body{tb: tb}
	return &target{Target: of, runner: p.newBodyRunner(tb, b, c), body: b, told: map[uint64]bool{}}
}

// serve has libFuzzer make the inputs, if it is in the binary.
func (x *target) serve(name string) {
	below := calledBody(x.Entry())
	libfuzzer.Serve(name, func(t *testing.T, data []byte) {
		x.body.tb = t
		if out, sched := x.input(data); out.Found() {
			libfuzzer.Crash(x.render(out, x.importCommand(name, data), sched), out.Trace()+below)
		}
	}, func() [][]byte {
		return x.steered(nil)
	}, func(t *testing.T, data []byte, number uint32) []byte {
		x.body.tb = t
		x.input(x.name(data, number))
		return x.spelt()
	})
}

// seed gives the fuzzer inputs to begin with.
func (x *target) seed(f *testing.F, known map[string]bool) {
	f.Helper()
	seeds := x.steered(slices.Sorted(maps.Keys(known)))
	if err := keepSeeds(x.Flag("test.fuzzcachedir"), f.Name(), seeds); err != nil {
		f.Fatal("jostle:", err)
	}
	if len(seeds) > 0 {
		fmt.Printf("jostle: %s: inputs steered into predicted hangs, which the fuzzer runs first: %d\n", f.Name(), len(seeds))
	}
}

// conclude runs an input and passes on what it has come to.
func (x *target) conclude(t *testing.T, data []byte, w *wanted) {
	t.Helper()
	out, sched := x.input(data)
	replay := func() string {
		if spelt := x.spelt(); spelt != nil && x.Fuzzing() {
			data = spelt // is what the fuzzer keeps
		}
		return x.replayCommand(t.Name(), data)
	}
	if w.saw(out.Verdict) && (!x.Fuzzing() || w.known[string(data)]) {
		t.Log(x.render(out, replay(), sched))
		return
	}
	if !x.Fuzzing() && !x.told[out.Cause()] { // a fuzzer has more to do, and runs an input often
		x.told[out.Cause()] = true
		out.story = x.story(out, sched)
	}
	x.Process.conclude(t, out, replay, sched)
}

// input runs an input, and returns the schedule in it too. If the input names an execution, that is what it was spelt out, where it is wanted.
func (x *target) input(data []byte) (out outcome, sched []byte) {
	out = onSockets(func() outcome {
		body, s, taken := x.Body(data)
		if number, ok := schedule.Named(s); ok {
			return x.named(number, body, taken, data)
		}
		x.names.last, sched = false, s
		return x.execute(schedule.NewReader(s), body, data)
	})
	if x.names.last && (out.Found() || testing.Verbose()) {
		sched = x.names.speller.Schedule()
	}
	if out.snap != nil {
		x.ShowOrders(&out.snap.Orders)
		if x.orders != nil && x.orders.Seen() < session.MostFuzzOrders {
			_ = x.orders.Saw(out.snap.Order) // only a number in a table is smaller without
		}
	}
	return out, sched
}

// under runs the body with the input in data, under any schedule.
func (x *target) under(s engine.Strategy, data []byte) outcome {
	body, _, _ := x.Body(data)
	return x.execute(s, body, data)
}

// execute runs the body, which has the input in data.
func (x *target) execute(s engine.Strategy, body func(testing.TB), data []byte) outcome {
	x.body.run = body
	out := x.run(s)
	out.input = func() string { return x.Literal(data) }
	return out
}

// plainly returns bytes with the same input and without a schedule.
func (x *target) plainly(data []byte) []byte {
	_, taken := x.split(data)
	return x.Join(nil, taken)
}

// calledBody returns the calls that are below all others in an execution, as the runtime prints them.
func calledBody(entry uintptr) string {
	fn := runtime.FuncForPC(entry)
	file, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("\n%s(...)\n\t%s:%d\ntesting.fRunner(...)", strings.ReplaceAll(fn.Name(), "[...]", ""), file, line)
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
