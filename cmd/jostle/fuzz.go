package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/goenv"
	"github.com/jostle-dev/jostle/internal/session"
)

func newFuzz() *cobra.Command {
	var build buildFlags
	var pattern string
	var budget time.Duration
	var parallel int
	c := &cobra.Command{
		Use:   "fuzz [packages]",
		Short: "Run native fuzz targets on instrumented code, one after the other",
		Long: `Run native fuzz targets on instrumented code, one after the other, each with Go's own fuzzer, as go test -fuzz does.

What a target finds is written to testdata/fuzz of its package, as go test does it, and replays from there.
A target that is there to find
something (harness.Want) has done well when it does, for which it gets a minute if need be.
The exit code is 0 if all targets did well, 1 if something was found, 2 if code does not build or there is no such target.
What does not build does not keep the targets of other packages from running.`,
		Example: "\tjostle fuzz ./ingest -run FuzzFlush -time 30s",
		RunE: func(c *cobra.Command, patterns []string) error {
			re, err := regexp.Compile(pattern)
			if err != nil {
				return fmt.Errorf("-run %q is no regular expression: %w", pattern, err)
			}
			if budget <= 0 {
				return fmt.Errorf("-time %v: the time must be positive", budget)
			}
			res, err := build.prepareSome(c.Context(), patterns, c.ErrOrStderr())
			if err != nil {
				return err
			}
			unbuilt := res.Err()
			targets, err := findTargets(res.Roots, re)
			switch {
			case unbuilt != nil && len(targets) == 0:
				return unbuilt
			case unbuilt != nil:
				fmt.Fprintln(c.ErrOrStderr(), unbuilt) // the others are not kept waiting
			case err != nil:
				return err
			}
			dir, err := os.MkdirTemp("", "jostle-fuzz-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			f := fuzzer{
				build: build, res: res, dir: dir, built: map[string]string{}, budget: budget, parallel: parallel,
				stdout: painted(c.OutOrStdout()), stderr: c.ErrOrStderr(),
			}
			if err := f.all(c.Context(), targets); err != nil || unbuilt == nil {
				return err
			}
			return errors.New("some of the packages do not build: see above")
		},
	}
	build.register(c)
	c.Flags().StringVar(&pattern, "run", "", "only the targets that match this `regexp`")
	c.Flags().DurationVar(&budget, "time", 10*time.Second, "how long to fuzz each target")
	c.Flags().IntVar(&parallel, "parallel", 0, "fuzzing processes at a time; 0 for as many as there are processors")
	return c
}

// A fuzzTarget is a function FuzzX in a package's tests.
type fuzzTarget struct {
	name string
	pkg  instrument.Root
}

// findTargets returns the fuzz targets of the packages whose names match.
func findTargets(pkgs []instrument.Root, re *regexp.Regexp) ([]fuzzTarget, error) {
	var out []fuzzTarget
	var others []string
	for _, p := range pkgs {
		for _, name := range p.TestFiles {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") || fn.Type.Params.NumFields() != 1 {
					continue
				}
				if re.MatchString(fn.Name.Name) {
					out = append(out, fuzzTarget{fn.Name.Name, p})
				} else {
					others = append(others, fn.Name.Name)
				}
			}
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case len(others) > 0:
		return nil, fmt.Errorf("no fuzz target matches %q; there are: %s", re, strings.Join(others, ", "))
	default:
		return nil, errors.New("no fuzz target in these packages: a target is a func FuzzX(f *testing.F) in a _test.go file that calls harness.Fuzz")
	}
}

// A fuzzer runs targets.
type fuzzer struct {
	build          buildFlags
	res            *instrument.Result
	dir            string            // for what is built
	built          map[string]string // the test binary of each package, by import path
	budget         time.Duration
	parallel       int
	stdout, stderr io.Writer
}

// all fuzzes one target after the other and prints what became of them.
func (f *fuzzer) all(ctx context.Context, targets []fuzzTarget) error {
	var results []fuzzResult
	found := false
	github := newAnnotator(f.stderr)
	for _, t := range targets {
		fmt.Fprintf(f.stdout, "=== %s %s\n", t.pkg.ImportPath, t.name)
		r, err := f.one(ctx, t)
		if err != nil {
			return err
		}
		results = append(results, r)
		if !r.expected() {
			found = true
			github.target(r)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err := printTable(f.stdout, results); err != nil {
		return err
	}
	if found {
		return errFound
	}
	return nil
}

// wantedTime is how long at least a target is fuzzed that is there to find something: it ends when it has, and chance decides when.
const wantedTime = time.Minute

// one fuzzes a target.
func (f *fuzzer) one(ctx context.Context, t fuzzTarget) (fuzzResult, error) {
	if into := filepath.Join(t.pkg.Dir, "testdata", "fuzz", t.name); !finding.Writable(into) { // it would find something, and lose it
		return fuzzResult{}, fmt.Errorf("%s in %s: what it finds could not be kept: nothing can be written to %s: fuzz a copy of the module that can be written to",
			t.name, t.pkg.ImportPath, onScreen(into))
	}
	binary, err := f.binary(ctx, t.pkg)
	if err != nil {
		return fuzzResult{}, err
	}
	for began := time.Now(); ; {
		r, err := f.run(ctx, t, binary)
		if err != nil || ctx.Err() != nil || r.wants == "" || r.failed || time.Since(began) > wantedTime {
			return r, err
		}
	}
}

// run has a test binary fuzz a target for the time.
func (f *fuzzer) run(ctx context.Context, t fuzzTarget, binary string) (fuzzResult, error) {
	cmd := exec.CommandContext(ctx, binary, f.args(t)...)
	orders, err := os.MkdirTemp(f.dir, "orders-")
	if err != nil {
		return fuzzResult{}, err
	}
	cmd.Dir, cmd.Env = t.pkg.Dir, append(f.res.TestEnviron(), "PWD="+t.pkg.Dir, session.Base+"="+workingDir(), session.FuzzOrders+"="+orders)
	if f.build.race {
		races, err := os.MkdirTemp("", "jostle-race-")
		if err != nil {
			return fuzzResult{}, err
		}
		defer os.RemoveAll(races)
		cmd.Env = append(cmd.Env, session.RaceEnviron(filepath.Join(races, "race")))
	}
	// The fuzzer ends in good order when it is interrupted, as it is by the terminal too.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second

	r := fuzzResult{target: t}
	w := &resultWriter{result: &r, out: f.stdout}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Run()
	w.Close()
	r.conclude()
	r.orders, _ = session.CountOrders(orders) // what cannot be read is not counted
	var exit *exec.ExitError
	switch {
	case r.idle && !r.failed && ctx.Err() == nil:
		return r, fmt.Errorf("%s in %s: the time was over before one execution was: give it more than -time %v", t.name, t.pkg.ImportPath, f.budget)
	case err == nil || ctx.Err() != nil || r.outOfTime && !r.failed:
		return r, nil
	case !errors.As(err, &exit):
		return r, fmt.Errorf("run the fuzzer: %w", err)
	case !r.failed || r.unreadable: // it did not get as far as running the target
		return r, &instrument.BuildError{Text: fmt.Sprintf("jostle: %s in %s could not be run: see above", t.name, t.pkg.ImportPath)}
	}
	return r, nil
}

// args returns what go test -fuzz would tell a test binary.
func (f *fuzzer) args(t fuzzTarget) []string {
	args := []string{
		"-test.paniconexit0", "-test.timeout=0", "-test.fuzzcachedir=" + filepath.Join(f.res.FuzzCache, filepath.FromSlash(t.pkg.ImportPath)),
		"-test.run=^$", "-test.fuzz=^" + t.name + "$", "-test.fuzztime=" + f.budget.String(), "-test.fuzzminimizetime=" + minimizeTime(f.budget).String(),
	}
	if f.parallel > 0 {
		args = append(args, fmt.Sprintf("-test.parallel=%d", f.parallel))
	}
	return args
}

// binary returns the test binary of a package, which is built when its first target is fuzzed.
func (f *fuzzer) binary(ctx context.Context, pkg instrument.Root) (string, error) {
	if built := f.built[pkg.ImportPath]; built != "" {
		return built, nil
	}
	path := filepath.Join(f.dir, fmt.Sprintf("%d.test", len(f.built)))
	err := f.build.test(ctx, f.res, f.stderr, f.guides(), campaign.Binary{Dir: pkg.Dir, Path: path})
	if err == nil {
		f.built[pkg.ImportPath] = path
	}
	return path, err
}

// guides returns the flags that have the code under test count what it executes, for the fuzzer to see. The standard library does not count,
// and so is that of every other instrumented build: go test -fuzz has it counted, and compiled once more, but what is among it here runs the
// executions. Only package harness shows the orders of operations by what it executes.
func (f *fuzzer) guides() []string {
	const count = "-d=libfuzzer"
	flags := []string{"-gcflags=all=" + count, "-gcflags=std=", "-gcflags=jostle/harness=" + count}
	if f.build.race {
		flags = append(flags, instrument.RaceFlags...)
	}
	for _, f := range goenv.SplitFlags(f.res.Env["GOFLAGS"]) {
		if strings.HasPrefix(strings.TrimLeft(f, "-"), "gcflags=") && !slices.Contains(instrument.RaceFlags, f) {
			flags = append(flags, f+" "+count)
		}
	}
	return flags
}

// minimizeTime returns how long Go's minimiser may work on a finding: it goes on until the time is over.
func minimizeTime(budget time.Duration) time.Duration {
	return min(max(budget/3, time.Second), 10*time.Second)
}
