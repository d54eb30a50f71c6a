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
	"github.com/jostle-dev/jostle/internal/finding"
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
		Long: `Run native fuzz targets on instrumented code, one after the other, each with go test -fuzz.

What a target finds is written to testdata/fuzz of its package, as go test does it, and replays from there.
A target that is there to find
something (harness.Want) has done well when it does.
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
				build: build, res: res, dir: dir, budget: budget, parallel: parallel,
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
	dir            string // for what is built
	budget         time.Duration
	parallel       int
	stdout, stderr io.Writer
}

// all fuzzes one target after the other and prints what became of them.
func (f *fuzzer) all(ctx context.Context, targets []fuzzTarget) error {
	var results []fuzzResult
	found := false
	github := newAnnotator(f.stderr)
	for n, t := range targets {
		fmt.Fprintf(f.stdout, "=== %s %s\n", t.pkg.ImportPath, t.name)
		r, err := f.one(ctx, n, t)
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

// one fuzzes the n-th target.
func (f *fuzzer) one(ctx context.Context, n int, t fuzzTarget) (fuzzResult, error) {
	if into := filepath.Join(t.pkg.Dir, "testdata", "fuzz", t.name); !finding.Writable(into) { // go test would find something, and lose it
		return fuzzResult{}, fmt.Errorf("%s in %s: what it finds could not be kept: nothing can be written to %s: fuzz a copy of the module that can be written to",
			t.name, t.pkg.ImportPath, onScreen(into))
	}
	args := slices.Concat([]string{"test", "-vet=off"}, f.build.args(), f.build.linked(f.res))
	binary := filepath.Join(f.dir, fmt.Sprintf("%d.test", n))
	kept := linkedBefore(f.res, t.pkg.Dir, binary, append(args, "-fuzz"))
	args = append(args, "-o", binary, "-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+f.budget.String(), "-fuzzminimizetime="+minimizeTime(f.budget).String())
	if f.parallel > 0 {
		args = append(args, fmt.Sprintf("-parallel=%d", f.parallel))
	}
	cmd := exec.CommandContext(ctx, f.res.Go, append(args, ".")...)
	cmd.Dir, cmd.Env, cmd.Stderr = t.pkg.Dir, append(f.res.Environ(), "PWD="+t.pkg.Dir, session.Base+"="+workingDir()), f.stderr
	if f.build.race {
		races, err := os.MkdirTemp("", "jostle-race-")
		if err != nil {
			return fuzzResult{}, err
		}
		defer os.RemoveAll(races)
		cmd.Env = append(cmd.Env, session.RaceEnviron(filepath.Join(races, "race")))
	}
	// The terminal's interrupt reaches go test too, which then ends in good order.
	cmd.Cancel = func() error { return nil }
	cmd.WaitDelay = 10 * time.Second

	r := fuzzResult{target: t}
	w := &resultWriter{result: &r, out: f.stdout}
	cmd.Stdout = w
	err := cmd.Run()
	kept.keep()
	w.Close()
	r.conclude()
	var exit *exec.ExitError
	switch {
	case r.idle && !r.failed && ctx.Err() == nil:
		return r, fmt.Errorf("%s in %s: the time was over before one execution was: give it more than -time %v", t.name, t.pkg.ImportPath, f.budget)
	case err == nil || ctx.Err() != nil || r.outOfTime && !r.failed:
		return r, nil
	case !errors.As(err, &exit):
		return r, fmt.Errorf("run go test: %w", err)
	case !r.failed || r.unreadable: // it did not get as far as running the target
		return r, &instrument.BuildError{Text: fmt.Sprintf("jostle: %s in %s could not be run: see above", t.name, t.pkg.ImportPath)}
	}
	return r, nil
}

// minimizeTime returns how long Go's minimiser may work on a finding: it goes on until the time is over.
func minimizeTime(budget time.Duration) time.Duration {
	return min(max(budget/3, time.Second), 10*time.Second)
}
