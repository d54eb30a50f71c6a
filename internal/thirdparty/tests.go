package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/instrument"
)

// A result is what became of one module.
type result struct {
	packages, files int // of the module itself
	deps            int // packages of other modules that were instrumented with it
	points, native  int
	reasons         map[string]int // why operations were left native
	before, after   map[string]outcome
	live            int // test functions that had to run under the real scheduler
	alone           int // test functions that were run again in a process of their own
	flaky           int // test functions that do not pass each time as they are, and are left out
	lost            []lost
	timeBefore      time.Duration // of the tests alone
	timeAfter       time.Duration
}

// A lost test passes as it is and does not pass instrumented.
type lost struct{ test, output string }

// An outcome is that of one test: "pass", "fail", "skip", or "none" if it never came to an end.
type outcome struct {
	action string
	output string
}

// Bounds for the tests of one package.
const testTimeout = 45 * time.Second

// try runs the module's tests both ways.
func (m module) try(ctx context.Context, mode string) (*result, error) {
	dir, err := m.fetch(ctx)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(filepath.Dir(dir))
	r := &result{reasons: map[string]int{}}
	prepared, err := instrument.Prepare(ctx, instrument.Config{Dir: dir, Patterns: m.patterns, Env: append(os.Environ(), "GOWORK=off", "PWD="+dir)})
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	r.measure(prepared)
	build := append([]string{"build"}, m.patterns...)
	if _, err := command(ctx, dir, prepared.Environ(), prepared.Go, build...); err != nil {
		if _, same := command(ctx, dir, nil, "go", build...); same == nil {
			return nil, fmt.Errorf("instrumented: %w", err)
		} // else not all of it builds as it is
	}
	r.before, r.after = map[string]outcome{}, map[string]outcome{}
	for _, root := range prepared.Roots {
		if len(root.TestFiles) == 0 {
			continue
		}
		if err := r.compare(ctx, dir, root, prepared, mode); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedKeys(r.before) {
		if r.before[name].action == "pass" && r.after[name].action != "pass" {
			r.lost = append(r.lost, lost{name, r.after[name].output})
		}
	}
	return r, nil
}

func (r *result) measure(prepared *instrument.Result) {
	roots := map[string]bool{}
	for _, root := range prepared.Roots {
		roots[root.ImportPath] = true
	}
	for _, p := range prepared.Packages {
		if roots[p.ImportPath] {
			r.packages++
			r.files += p.Files
		} else {
			r.deps++
		}
		for _, n := range p.Points {
			r.points += n
		}
		r.native += len(p.Native)
		for _, n := range p.Native {
			f := strings.SplitN(n, ": ", 3)
			r.reasons[f[len(f)-1]]++
		}
	}
}

// compare runs the tests of one package both ways.
func (r *result) compare(ctx context.Context, dir string, root instrument.Root, prepared *instrument.Result, mode string) error {
	native := binary{path: filepath.Join(dir, "jostle-native.test"), root: root, goCmd: "go", env: os.Environ()}
	ours := binary{path: filepath.Join(dir, "jostle-instrumented.test"), root: root, goCmd: prepared.Go, build: prepared.Environ(), env: prepared.TestEnviron()}
	for _, b := range []binary{native, ours} {
		defer os.Remove(b.path)
		if _, err := command(ctx, dir, b.build, b.goCmd, "test", "-c", "-vet=off", "-ldflags=-w", "-o", b.path, root.ImportPath); err != nil {
			return fmt.Errorf("tests of %s, instrumented %t: %w", root.ImportPath, b.build != nil, err)
		}
	}
	start := time.Now()
	before := native.runWhole(ctx)
	r.timeBefore += time.Since(start)
	start = time.Now()
	var after map[string]outcome
	if mode == "plain" {
		plain := ours
		plain.env = append(slices.Clone(ours.env), "JOSTLE_TESTS=plain")
		after = r.runPlain(ctx, plain, ours, before)
	} else {
		after = ours.run(ctx, ".", testTimeout)
	}
	r.timeAfter += time.Since(start)
	r.dropFlaky(ctx, native, before, after)
	for name, o := range before {
		r.before[root.ImportPath+" "+name] = o
		r.after[root.ImportPath+" "+name] = after[name]
	}
	return nil
}

// runPlain runs each test as an execution, many in one process. A test that ends the process must not take others with
// it, nor one that leaves something behind: what does not pass has another go in a process of its own, and what comes
// behind it goes on in a new one. What blocks where only the real world can go on runs live.
func (r *result) runPlain(ctx context.Context, plain, live binary, before map[string]outcome) map[string]outcome {
	after := map[string]outcome{}
	for todo := functionsOf(before); len(todo) > 0; {
		outcomes := plain.run(ctx, only(todo...), testTimeout)
		maps.Copy(after, outcomes)
		n := len(todo)
		todo = slices.DeleteFunc(todo, func(name string) bool { return outcomes[name].action != "" })
		if len(todo) == n {
			break
		}
	}
	for _, name := range lostFunctions(before, after) {
		if !stalls(after, name) {
			r.alone++
			replace(after, plain.run(ctx, only(name), testTimeout), name)
		}
		if stalls(after, name) {
			r.live++
			replace(after, live.run(ctx, only(name), testTimeout), name)
		}
	}
	return after
}

// functionsOf returns the names of the test functions that pass, or a subtest of which does.
func functionsOf(outcomes map[string]outcome) []string {
	functions := map[string]bool{}
	for name, o := range outcomes {
		if o.action == "pass" {
			name, _, _ = strings.Cut(name, "/")
			functions[name] = true
		}
	}
	return sortedKeys(functions)
}

// stalls reports whether a test function, or a subtest of it, blocks where only the real world can go on.
func stalls(outcomes map[string]outcome, name string) bool {
	for n, o := range outcomes {
		if (n == name || strings.HasPrefix(n, name+"/")) && strings.Contains(o.output, "jostle: verdict=stall") {
			return true
		}
	}
	return false
}

// dropFlaky leaves out what is lost, but does not pass each time as it is either, when it runs on its own.
func (r *result) dropFlaky(ctx context.Context, native binary, before, after map[string]outcome) {
	const times = 3
	for _, name := range lostFunctions(before, after) {
		for range times {
			o := native.run(ctx, only(name), testTimeout)
			if o[name].action != before[name].action {
				r.flaky++
				replace(before, nil, name)
				break
			}
			maps.DeleteFunc(before, func(n string, _ outcome) bool { // subtests that are not always there
				return strings.HasPrefix(n, name+"/") && o[n].action != "pass"
			})
		}
	}
}

// lostFunctions returns the test functions that are lost, or a subtest of which is.
func lostFunctions(before, after map[string]outcome) []string {
	functions := map[string]bool{}
	for name, o := range before {
		if o.action == "pass" && after[name].action != "pass" {
			name, _, _ = strings.Cut(name, "/")
			functions[name] = true
		}
	}
	return sortedKeys(functions)
}

// only returns the pattern that the given test functions match.
func only(names ...string) string { return "^(" + strings.Join(names, "|") + ")$" }

// replace puts the outcomes in by in the place of what all has of a test function and its subtests.
func replace(all, by map[string]outcome, name string) {
	maps.DeleteFunc(all, func(n string, _ outcome) bool { return n == name || strings.HasPrefix(n, name+"/") })
	maps.Copy(all, by)
}

// A binary is the compiled tests of a package.
type binary struct {
	path  string
	root  instrument.Root
	goCmd string
	build []string // environment of goCmd
	env   []string // of the tests
}

// runWhole runs all tests. A panic that comes now and then takes the tests behind it with it: then all have another go, two at most, and what
// passed once counts. A test that does not pass each time is looked at when it is lost (dropFlaky).
func (b binary) runWhole(ctx context.Context) map[string]outcome {
	all := map[string]outcome{}
	for range 3 {
		outcomes, whole := b.runTo(ctx, ".", testTimeout)
		for name, o := range outcomes {
			if all[name].action != "pass" {
				all[name] = o
			}
		}
		if whole {
			break
		}
	}
	return all
}

// keptOutput is how much of what a test says is kept: the end of it. Some say very much.
const keptOutput = 64 << 10

// run runs the tests that match a pattern, and returns how each ended.
func (b binary) run(ctx context.Context, pattern string, timeout time.Duration) map[string]outcome {
	outcomes, _ := b.runTo(ctx, pattern, timeout)
	return outcomes
}

// runTo is run, and reports whether the process came to the end of its tests.
func (b binary) runTo(ctx context.Context, pattern string, timeout time.Duration) (outcomes map[string]outcome, whole bool) {
	ctx, stop := context.WithTimeout(ctx, timeout+10*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, test2json, "-p", b.root.ImportPath, b.path, "-test.v=test2json", "-test.short", "-test.run="+pattern, "-test.timeout="+timeout.String(), "-test.failfast=false")
	cmd.Dir, cmd.Env, cmd.WaitDelay = b.root.Dir, append(slices.Clip(b.env), "PWD="+b.root.Dir), time.Second
	defer grouped(cmd)()
	out, _ := cmd.Output() // a test that fails is no error here
	// Where the time is over, another go comes no further.
	whole = !bytes.Contains(out, []byte(`"Output":"panic: `)) || bytes.Contains(out, []byte(`"Output":"panic: test timed out`))
	into, said := map[string]outcome{}, map[string][]byte{} // what each test said last
	var rest strings.Builder
	for line := range bytes.Lines(out) {
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		if e.Test == "" {
			rest.WriteString(e.Output)
			continue
		}
		name := random.ReplaceAllString(e.Test, "*")
		o := into[name]
		switch e.Action {
		case "run":
			o.action = "none"
		case "pass", "fail", "skip":
			o.action = e.Action
		case "output":
			b := append(said[name], e.Output...)
			if len(b) > 2*keptOutput {
				b = append(b[:0], b[len(b)-keptOutput:]...)
			}
			said[name] = b
		}
		into[name] = o
	}
	// What a process says that ends in the middle of a test, or a test about one that it has run, belongs to nobody.
	for name, o := range into {
		o.output = string(said[name])
		into[name] = o
		if o.action == "none" || o.action == "fail" {
			into[name] = outcome{o.action, o.output + rest.String()}
		}
	}
	return into, whole
}

// test2json is the path of the program that says what a test binary does. The go command knows it; asked each time, it
// would take longer than most tests.
var test2json string

func findTest2JSON(ctx context.Context) error {
	out, err := command(ctx, ".", nil, "go", "tool", "-n", "test2json")
	test2json = strings.TrimSpace(out)
	return err
}

// random is what names of subtests have that are made at random.
var random = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
