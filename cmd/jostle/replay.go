package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/session"
)

func newReplay() *cobra.Command {
	var build buildFlags
	var times int
	var trace, debug bool
	c := &cobra.Command{
		Use:   "replay file...",
		Short: "Run again what a test or a fuzz target has found",
		Long: `Run again what a test has found, from the file that "jostle test" has kept: the same test under the same schedule, each
time in a process of its own. Or what a fuzz target has found, from its input in testdata/fuzz. It says whether the finding was reproduced, in how many of how many times, and if it was not
what of the code has changed since.

The schedule names goroutines and sync points, not numbers of steps: it survives edits of other code.
The exit code is 1 if something was found, the same or another, 0 if the test passes, 2 if it could not be run.`,
		Example: "\tjostle replay testdata/jostle/TestFlush-3f2a91c0.jostle\n\tjostle replay -n 100 -race testdata/jostle/*",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			if times < 1 {
				return fmt.Errorf("-n %d: it must be at least 1", times)
			}
			found := false
			for _, file := range files {
				r := replayer{build: build, times: times, trace: trace, stdout: painted(c.OutOrStdout()), stderr: c.ErrOrStderr()}
				var err error
				var bad bool
				if debug {
					err = r.debug(c.Context(), file)
				} else {
					bad, err = r.replay(c.Context(), file)
				}
				if err != nil {
					return err
				}
				found = found || bad
			}
			if found {
				return errFound
			}
			return nil
		},
	}
	build.register(c)
	c.Flags().IntVarP(&times, "times", "n", 10, "how many times")
	c.Flags().BoolVar(&trace, "trace", false, "print every step of the interleaving")
	c.Flags().BoolVar(&debug, "debug", false, "build the test and print the command that runs it in a debugger")
	return c
}

// A replayer runs findings again.
type replayer struct {
	build          buildFlags
	times          int
	trace          bool
	stdout, stderr io.Writer
}

// prepare builds the test of a finding.
func (r *replayer) prepare(ctx context.Context, file, dir string) (keptFile, *instrument.Result, campaign.Binary, error) {
	var b campaign.Binary
	k, pkgDir, err := keptAt(file)
	if err != nil {
		return k, nil, b, err
	}
	r.build.needs = r.build.needs.and(needsOf(k.f))
	// The file lies in testdata of its package; elsewhere, the package is looked for from here.
	pattern := "."
	build := r.build
	if build.dir = pkgDir; pkgDir == "" {
		pattern = k.f.Package
	}
	res, err := build.prepare(ctx, []string{pattern}, r.stderr)
	if err != nil {
		return k, nil, b, err
	}
	i := slices.IndexFunc(res.Roots, func(root instrument.Root) bool { return k.f == nil || root.ImportPath == k.f.Package })
	if i < 0 {
		return k, nil, b, fmt.Errorf("%s is of the package %s, and here is %s: run it in its module, or from its place in %s of its package",
			file, k.f.Package, res.Roots[0].ImportPath, finding.Dir)
	}
	root := res.Roots[i]
	b = campaign.Binary{Package: root.ImportPath, Module: root.Module, Dir: root.Dir, Path: filepath.Join(dir, "replay.test"), Command: res.Command}
	return k, res, b, r.build.test(ctx, res, r.stderr, nil, b)
}

// packageOf returns the directory of the package in whose folder for findings a file lies. A folder of that name without a
// package around it has come from elsewhere: from a build's artifacts, say.
func packageOf(file string) (string, bool) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", false
	}
	dir, ok := strings.CutSuffix(filepath.ToSlash(filepath.Dir(abs)), "/"+finding.Dir)
	if code, _ := filepath.Glob(filepath.Join(dir, "*.go")); !ok || len(code) == 0 {
		return "", false
	}
	return dir, true
}

// replay runs one finding and says what became of it. It reports whether something was found.
func (r *replayer) replay(ctx context.Context, file string) (bool, error) {
	dir, err := os.MkdirTemp("", "jostle-replay-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	k, res, b, err := r.prepare(ctx, file, dir)
	if err != nil {
		return false, err
	}
	c := campaign.Config{Env: res.TestEnviron(), Base: workingDir(), Parallel: runtime.GOMAXPROCS(0), Race: r.build.race, Leaks: true, Full: r.trace}
	f := k.f
	if f == nil {
		first, err := campaign.RunKept(ctx, c, b, k.target, k.path)
		if err != nil {
			return false, err
		}
		if first.Verdict == "" {
			return false, fmt.Errorf("%s: %s did not run: %s", file, k.target, lastLine(first.Output))
		}
		f = k.as(b, first)
	}
	out, err := campaign.ReplayFinding(ctx, c, b, f, k.path, r.times)
	if err != nil {
		return false, err
	}
	r.print(f, k.path, out)
	found := out.Verdicts["pass"] < out.Times
	if found && k.f != nil {
		newAnnotator(r.stderr).finding(k.f, b.Dir, k.path, b.Command)
	}
	return found, nil
}

func (r *replayer) print(f *finding.Finding, file string, out campaign.Replay) {
	fmt.Fprint(r.stdout, strings.TrimRight(ofGoTest.ReplaceAllString(out.Output, ""), "\n")+"\n\n")
	name := filepath.Base(file)
	if out.Reproduced > 0 {
		fmt.Fprintf(r.stdout, "%s: reproduced, %d of %d times", name, out.Reproduced, out.Times)
		if out.Same < out.Reproduced {
			fmt.Fprintf(r.stdout, ", %d of them by other steps than when it was found", out.Reproduced-out.Same)
		}
		fmt.Fprintln(r.stdout)
	}
	for _, v := range slices.Sorted(maps.Keys(out.Verdicts)) {
		what := "a different verdict, " + v
		if v == "pass" {
			what = "not reproduced: the test passes"
		}
		fmt.Fprintf(r.stdout, "%s: %s, %d of %d times\n", name, what, out.Verdicts[v], out.Times)
	}
	if out.Reproduced == out.Times && out.Same == out.Times {
		return
	}
	for _, d := range out.Missed {
		fmt.Fprintf(r.stdout, "%s: the code changed here: %s did not come\n", name, campaign.Code(d))
	}
	switch {
	case len(out.Missed) > 0 || out.Same == out.Times:
	case f.Mode == "live":
		fmt.Fprintf(r.stdout, "%s: it was found live, where Go's scheduler and the machine decide as well: -n 50 tries more often\n", name)
	case f.Go != "":
		fmt.Fprintf(r.stdout, "%s: the code changed, or Go did (it was %s), and every decision of the schedule still came\n", name, f.Go)
	}
}

// ofGoTest are the lines in which a test binary sums up.
var ofGoTest = regexp.MustCompile(`(?m)^(--- (FAIL|PASS): .*|FAIL|PASS)\n`)

// debug builds the test of a finding to stay, and prints how to run it in a debugger.
func (r *replayer) debug(ctx context.Context, file string) error {
	dir, err := os.MkdirTemp("", "jostle-debug-")
	if err != nil {
		return err
	}
	r.build.noOptimizations = true
	k, _, b, err := r.prepare(ctx, file, dir)
	if err != nil {
		return err
	}
	plan := &session.Plan{Mode: session.Replay, Package: b.Package, Test: k.test(), Finding: k.path, Leaks: true, Patient: true, Report: k.f == nil}
	name, value, _ := strings.Cut(plan.Environ(), "=")
	fmt.Fprintf(r.stdout, "cd %s\n%s=%s dlv exec %s -- -test.run '^%s$' -test.timeout 0\n", shellQuote(b.Dir), name, shellQuote(value), shellQuote(b.Path), session.Function(k.test()))
	return nil
}
