package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
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
	dependent       int // test functions that pass only after others
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
func (m stranger) try(ctx context.Context, ours, mode string) (*result, error) {
	dir, err := os.MkdirTemp("", "strangers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	if err := m.fetch(ctx, dir, ours); err != nil {
		return nil, err
	}
	r := &result{reasons: map[string]int{}}
	prepared, err := instrument.Prepare(ctx, instrument.Config{Dir: dir, Patterns: m.patterns, Env: append(os.Environ(), "GOWORK=off", "PWD="+dir)})
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	r.measure(prepared)
	env := []string{}
	for k, v := range prepared.Env {
		env = append(env, k+"="+v)
	}
	if _, err := command(ctx, dir, nil, "go", append([]string{"build"}, m.patterns...)...); err != nil {
		return nil, fmt.Errorf("not instrumented: %w", err)
	}
	if _, err := command(ctx, dir, env, "go", append([]string{"build"}, m.patterns...)...); err != nil {
		return nil, fmt.Errorf("instrumented: %w", err)
	}
	r.before, r.after = map[string]outcome{}, map[string]outcome{}
	for _, root := range prepared.Roots {
		if len(root.TestFiles) == 0 {
			continue
		}
		if err := r.compare(ctx, dir, root, env, mode); err != nil {
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
func (r *result) compare(ctx context.Context, dir string, root instrument.Root, env []string, mode string) error {
	bin := filepath.Join(dir, "jostle-strangers.test")
	defer os.Remove(bin)
	for _, instrumented := range []bool{false, true} {
		var with []string
		if instrumented {
			with = env
		}
		if _, err := command(ctx, dir, with, "go", "test", "-c", "-vet=off", "-o", bin, root.ImportPath); err != nil {
			if instrumented {
				return fmt.Errorf("instrumented tests: %w", err)
			}
			return fmt.Errorf("tests, not instrumented: %w", err)
		}
		into, spent := r.before, &r.timeBefore
		if instrumented {
			into, spent = r.after, &r.timeAfter
		}
		start := time.Now()
		if instrumented && mode == "plain" {
			r.runEach(ctx, bin, root, with)
		} else {
			run(ctx, bin, root, with, ".", testTimeout, into)
		}
		*spent += time.Since(start)
	}
	return nil
}

// runEach runs every test in a process of its own, as an execution under the plain schedule.
func (r *result) runEach(ctx context.Context, bin string, root instrument.Root, env []string) {
	plain := append(slices.Clone(env), "JOSTLE_TESTS=plain")
	done := map[string]bool{}
	for _, name := range sortedKeys(r.before) {
		pkg, test, _ := strings.Cut(name, " ")
		test, _, _ = strings.Cut(test, "/")
		if pkg != root.ImportPath || done[test] || r.before[name].action == "skip" {
			continue
		}
		done[test] = true
		pattern := "^" + regexp.QuoteMeta(test) + "$"
		run(ctx, bin, root, plain, pattern, 30*time.Second, r.after)
		if strings.Contains(r.after[name].output, "jostle: verdict=stall") {
			// It blocks where nothing but the real world can go on.
			run(ctx, bin, root, env, pattern, testTimeout, r.after)
			r.live++
		}
		if r.after[name].action != "pass" && r.before[name].action == "pass" {
			alone := map[string]outcome{}
			if run(ctx, bin, root, env, pattern, testTimeout, alone); alone[name].action != "pass" {
				r.drop(name)
			}
		}
	}
}

// drop leaves a test out that does not pass on its own, whoever schedules it, and its subtests.
func (r *result) drop(name string) {
	r.dependent++
	for n := range r.before {
		if n == name || strings.HasPrefix(n, name+"/") {
			delete(r.before, n)
		}
	}
}

// run runs the tests of a binary that match a pattern, and notes how each ended.
func run(ctx context.Context, bin string, root instrument.Root, env []string, pattern string, timeout time.Duration, into map[string]outcome) {
	ctx, stop := context.WithTimeout(ctx, timeout+10*time.Second)
	defer stop()
	args := []string{"tool", "test2json", "-p", root.ImportPath, bin, "-test.v=test2json", "-test.short", "-test.run=" + pattern, "-test.timeout=" + timeout.String(), "-test.failfast=false"}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = root.Dir, append(append(os.Environ(), "PWD="+root.Dir), env...), time.Second
	out, _ := cmd.Output() // a test that fails is no error here
	var rest strings.Builder
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal(s.Bytes(), &e) != nil {
			continue
		}
		if e.Test == "" {
			rest.WriteString(e.Output)
			continue
		}
		name := root.ImportPath + " " + random.ReplaceAllString(e.Test, "*")
		o := into[name]
		switch e.Action {
		case "run":
			o = outcome{action: "none"}
		case "pass", "fail", "skip":
			o.action = e.Action
		case "output":
			o.output += e.Output
		}
		into[name] = o
	}
	if pattern != "." && rest.Len() > 0 {
		name := root.ImportPath + " " + strings.Trim(pattern, "^$")
		if o, ok := into[name]; !ok || o.action == "none" {
			into[name] = outcome{"none", o.output + rest.String()}
		}
	}
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
