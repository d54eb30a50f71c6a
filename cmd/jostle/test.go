package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/ignore"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// testFlags are the flags of jostle test.
type testFlags struct {
	build     buildFlags
	schedules int
	budget    time.Duration
	seed      uint64
	strategy  string
	isolate   bool
	mode      string
	leaks     bool
	cancel    bool
	faults    bool
	shard     string

	through     bool // all orders, in the place of schedules
	preemptions int

	run, skip string
	count     int
	timeout   time.Duration
	short     bool
	asJSON    bool
	cover     coverFlags
	parallel  int
	vet       string
}

const (
	defaultSchedules = 300
	defaultPerTest   = 20 * time.Second
	defaultLeast     = 2 * time.Second
)

func newTest() *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use:   "test [packages] [-args ...]",
		Short: "Run the tests you have, each under many schedules",
		Long: fmt.Sprintf(`Run the tests you have, each under many schedules: first the plain run, then as many others as the budget allows.
Nothing in the sources changes. What a test finds is confirmed in a process of its own, and kept in testdata/jostle of
its package as a file that "jostle replay" takes, or in the cache if nothing can be written there. A test that fails without control too is shown as go test shows it.

Without -schedules and -time each test runs under %d schedules, and under more until it was searched for %v, but no longer than
%v. It ends before that when all orders of its operations were seen. With -time alone the time is shared by all tests.

The flags of go test that choose and build tests mean what they mean there: -run, -skip, -count, -timeout (for the whole
run), -short, -race, -tags, -trimpath, -vet, -cover, -coverprofile, -covermode, -coverpkg, -json, -v and -args, after which
all is for the tests. A package that does not build, or that go vet objects to, fails as it does under go test, and the
others run.
The exit code is 0 if nothing was found and all tests pass, 1 if something was found, a test fails or a package does not
build, 2 if the tests could not be run, or some did not finish their first run.`, defaultSchedules, defaultLeast, defaultPerTest),
		Example: "\tjostle test ./...\n\tjostle test -run TestFlush -time 5m ./ingest",
		RunE: func(c *cobra.Command, args []string) error {
			patterns, rest := splitArgs(args)
			return f.all(c.Context(), patterns, rest, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f.register(c)
	fl := c.Flags()
	fl.IntVar(&f.schedules, "schedules", 0, fmt.Sprintf("schedules for each test, the plain run among them; 0 for %d, or with -time as many as it allows", defaultSchedules))
	fl.DurationVar(&f.budget, "time", 0, "time for all tests together, once they are built")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of the schedules")
	fl.StringVar(&f.strategy, "strategy", "", "take every schedule from one `kind` of strategy: "+strings.Join(strategy.Names(), ", ")+"; a mix of them if not given")
	fl.BoolVar(&f.build.plain, "plain", false, "have plain loads and stores that may race be sync points: what a data race leads to is a finding")
	fl.BoolVar(&f.isolate, "isolate", false, "run each execution in a process of its own; chosen by itself where one changes the next")
	fl.StringVar(&f.mode, "mode", "", "`controlled or live`; chosen a test at a time if not given")
	fl.BoolVar(&f.leaks, "leaks", true, "goroutines that a test leaves behind and that can never end are findings")
	fl.BoolVar(&f.faults, "faults", false, "cut, refuse or stall a connection of a test, at any operation: what hangs or does not end then is a finding")
	fl.BoolVar(&f.cancel, "cancel", false, "cancel contexts that a test makes, at any sync point: what does not end then is a finding")
	fl.StringVar(&f.shard, "shard", "", "run one of several parts: 2/4 is the second of four, which together do what the command does without")
	fl.IntVar(&f.count, "count", 1, "so many times the schedules")
	fl.DurationVar(&f.timeout, "timeout", 0, "end the whole run after this time; 0 for no limit")
	fl.BoolVar(&f.asJSON, "json", false, "print what go test -json prints")
	f.cover.register(c)
	fl.IntVarP(&f.parallel, "parallel", "p", runtime.GOMAXPROCS(0), "processes at a time: of different tests, and of one where no other waits")
	return c
}

// register adds the flags of all commands that run tests.
func (f *testFlags) register(c *cobra.Command) {
	c.PreRunE = func(c *cobra.Command, _ []string) error { return obeyGoflags(c) }
	f.build.register(c)
	fl := c.Flags()
	fl.StringVar(&f.run, "run", "", "only the tests that match this `regexp`")
	fl.StringVar(&f.skip, "skip", "", "not the tests that match this `regexp`")
	fl.BoolVar(&f.short, "short", false, "tell tests to be short")
	fl.StringVar(&f.vet, "vet", "", "what go vet looks for first: a `list` of its analyzers, off or all; what go test looks for if not given")
}

// testArgs stands for -args, which ends the flags as -- does but is not taken away.
const testArgs = "-args"

// splitArgs returns the package patterns, and what is meant for the tests.
func splitArgs(args []string) (patterns, rest []string) {
	for i, a := range args {
		if a == testArgs {
			return args[:i], args[i+1:]
		}
	}
	return args, nil
}

func (f *testFlags) check() error {
	switch {
	case f.schedules < 0:
		return fmt.Errorf("-schedules %d: it must be positive", f.schedules)
	case f.budget < 0:
		return fmt.Errorf("-time %v: it must be positive", f.budget)
	case f.count < 1:
		return fmt.Errorf("-count %d: it must be at least 1", f.count)
	case f.parallel < 1:
		return fmt.Errorf("-p %d: it must be at least 1", f.parallel)
	case f.mode != "" && f.mode != string(campaign.Controlled) && f.mode != string(campaign.Live):
		return fmt.Errorf("-mode %s: it is controlled or live", f.mode)
	case f.build.plain && f.build.race:
		return errors.New("-plain and -race need two builds: run one after the other")
	case f.build.plain && f.cover.mode != "" && f.cover.mode != atomicCounters:
		return fmt.Errorf("-covermode=%s: it must be %s with -plain, as with -race: other counters race", f.cover.mode, atomicCounters)
	}
	if err := strategy.CheckName(f.strategy); err != nil {
		return fmt.Errorf("-strategy %w", err)
	}
	return campaign.CheckPatterns(f.run, f.skip)
}

// all instruments, builds and runs the tests of the packages.
func (f *testFlags) all(ctx context.Context, patterns, args []string, stdout, stderr io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	var shard search.Shard
	if f.shard != "" {
		var err error
		if shard, err = search.ParseShard(f.shard); err != nil {
			return fmt.Errorf("-shard %w", err)
		}
	}
	interrupted := ctx
	if f.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, f.timeout)
		defer stop()
	}
	began := time.Now()
	line := newStatusLine(stderr, f.asJSON)
	defer line.close()
	screen := &printer{stdout: stdout, screen: painted(stdout), json: f.asJSON, line: line}
	line.show("instrumenting")
	f.build.progress = line.show
	res, err := f.build.prepareSome(ctx, patterns, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "jostle-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n := &nativeBuild{testFlags: f, dir: dir, screen: screen, stderr: stderr}
	objections := n.objections(ctx, res.Roots)
	for _, b := range res.Broken {
		if err := n.explain(ctx, b); err != nil {
			return err
		}
	}
	binaries, err := f.binaries(ctx, res, stderr, n)
	if err != nil {
		return err
	}
	line.show("go vet")
	if binaries, err = n.pass(ctx, binaries, objections()); err != nil {
		return err
	}
	c := campaign.Config{
		Schedules: f.schedules, Time: f.budget, Seed: f.seed, Strategy: f.strategy, Parallel: f.parallel, Isolate: f.isolate,
		Mode: campaign.Mode(f.mode), Race: f.build.race, Plain: f.build.plain, Leaks: f.leaks, Cancel: f.cancel, Faults: f.faults, Shard: shard, Run: f.run, Skip: f.skip, Verbose: f.build.verbose || f.asJSON, JSON: f.asJSON,
		Env: res.TestEnviron(), Base: workingDir(),
	}
	if c.Elsewhere, err = cachedir.Findings(); err != nil {
		return err
	}
	if f.through {
		if c.Through, err = f.throughAll(); err != nil {
			return err
		}
	} else if c.Schedules == 0 && c.Time == 0 {
		c.Schedules, c.PerTest, c.Least = defaultSchedules, defaultPerTest, defaultLeast
	}
	c.Schedules *= f.count
	if f.short {
		c.Args = append(c.Args, "-test.short=true")
	}
	c.Args = append(c.Args, args...)
	c.Print = func(pkg, text string, took time.Duration) { screen.pkg(ctx, pkg, text, took) }
	if f.cover.asked() {
		c.Covered = func(b campaign.Binary) string {
			text, err := f.cover.covered(ctx, b)
			screen.keep(err)
			return text
		}
	}
	c.Progress = line.progress
	github := newAnnotator(stderr)
	c.Found = func(n campaign.News) {
		where := "not kept: " + n.Lost
		if n.File != "" {
			where = onScreen(n.File)
		}
		screen.found(n.Package, n.Test, n.Headline, where)
		github.finding(n.Finding, n.Dir, n.File, res.Command)
	}
	sum, err := campaign.Run(ctx, c, binaries)
	line.close()
	if err != nil {
		return err
	}
	last := stdout
	if f.asJSON {
		last = stderr // what reads the standard output reads events
	}
	sum.Unbuilt = n.failed
	screen.keep(sum.Print(last, time.Since(began), c.Verbose))
	if screen.err != nil {
		return screen.err
	}
	if err := f.cover.write(ctx, binaries, dir); err != nil {
		return err
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "jostle: ended before all was done; what was found is kept in the files that are named above")
	}
	switch {
	case sum.Failed || len(sum.Unbuilt) > 0:
		return errFound
	case interrupted.Err() != nil:
		return errors.New("interrupted")
	case len(sum.Unrun) > 0:
		return fmt.Errorf("not all tests have run once to their end: %d have not, see above", len(sum.Unrun))
	case len(sum.Unseen) > 0:
		return fmt.Errorf("not all orders were seen of each test: not of %d, see above", len(sum.Unseen))
	}
	return nil
}

// onScreen returns what a file is called for readers in the working directory.
func onScreen(file string) string { return filepath.ToSlash(report.ScreenName(workingDir(), file)) }

// workingDir is the directory that files are named from in what is printed; "" if it has none.
func workingDir() string {
	dir, _ := os.Getwd()
	return dir
}

// binaries builds the test binary of each package that has tests, but for those that do not build.
func (f *testFlags) binaries(ctx context.Context, res *instrument.Result, stderr io.Writer, n *nativeBuild) ([]campaign.Binary, error) {
	var out []campaign.Binary
	for _, r := range res.Roots {
		if len(r.TestFiles) == 0 {
			n.screen.pkg(ctx, r.ImportPath, fmt.Sprintf("?   \t%s\t[no test files]\n", r.ImportPath), 0)
			continue
		}
		ignores, err := ignoresOf(res, r)
		if err != nil {
			return nil, err
		}
		out = append(out, campaign.Binary{
			Command: res.Command,
			Package: r.ImportPath, Module: r.Module, Dir: r.Dir, Path: filepath.Join(n.dir, fmt.Sprintf("%d.test", len(out))),
			Ignores: ignores,
		})
	}
	if f.build.plain && f.cover.asked() {
		f.cover.mode = atomicCounters
	}
	flags, err := f.cover.build(res.Overlay)
	if err != nil {
		return nil, err
	}
	var built []campaign.Binary
	for i, b := range out {
		n.screen.line.show(fmt.Sprintf("building test binary %d of %d, of %s", i+1, len(out), b.Package))
		if b.Args, err = f.cover.args(b); err != nil {
			return nil, err
		}
		err := f.build.test(ctx, res, stderr, flags, b)
		var not *instrument.BuildError
		switch {
		case errors.As(err, &not):
			if err := n.explain(ctx, instrument.Broken{ImportPath: b.Package, Text: not.Text}); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		default:
			built = append(built, b)
		}
	}
	return built, nil
}

// ignoresOf returns the comments of a package, and the lines of its file, that say what is not a finding.
func ignoresOf(res *instrument.Result, r instrument.Root) ([]campaign.Ignore, error) {
	var out []campaign.Ignore
	for _, p := range res.Packages {
		for _, i := range p.Ignores {
			if p.ImportPath == r.ImportPath {
				out = append(out, campaign.Ignore{File: i.File, Line: i.Line, Text: "//jostle:ignore " + i.What})
			}
		}
	}
	lines, err := ignore.Read(r.Dir)
	for _, l := range lines {
		out = append(out, campaign.Ignore{File: ignore.Path(r.Dir), Line: l.N, Text: l.Kind + " " + l.Func})
	}
	return out, err
}
