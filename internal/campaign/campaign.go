// Package campaign runs the tests of instrumented test binaries under many schedules: in processes of which each runs some
// executions of one test. It reads what happened there (package session) and decides what comes next. It confirms what is found in processes
// of their own before anybody is told.
package campaign

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// Config says how much is to be done, and with what.
type Config struct {
	Schedules int           // for each test, the plain run among them; 0: as many as the time allows
	Time      time.Duration // for all tests together, from the call of Run on; 0: what the schedules take
	PerTest   time.Duration // a limit for each test; 0: none
	Least     time.Duration // a test that has been searched for less has more schedules, until then
	Seed      uint64
	Strategy  string // name of the one kind of strategy to use; "" for the mix of all
	Parallel  int    // processes at a time, >= 1: of different tests, and of one where no others are left
	Isolate   bool   // a process for each execution
	Mode      Mode
	Cancel    bool // contexts that tests make are cancelled
	Faults    bool // connections fail
	Race      bool // the binaries have the race detector
	Plain     bool // they tell of plain loads and stores, which are to be sync points where they may race
	Leaks     bool // goroutines that are left are findings
	Shard     search.Shard
	Through   *Through // all orders are gone through, in the place of schedules; nil if not

	Run, Skip string   // as go test has them
	Args      []string // for the test binaries: -test.short and so on, and what is behind -args
	Verbose   bool
	JSON      bool // what is printed will be read by go tool test2json; implies Verbose
	Full      bool // a replay prints every step
	Document  bool // a replay comes as data, too
	Env       []string
	Base      string // directory from which files are named in what is printed
	Elsewhere string // directory for the findings of packages in whose directories nothing can be written

	Print    func(pkg, text string, took time.Duration) // what go test prints of a package, and how long its tests ran
	Covered  func(Binary) string                        // what go test says of coverage, when all of a package is done; nil without coverage
	Progress func(Progress)                             // called whenever something of it has changed
	Found    func(News)                                 // called as soon as something is confirmed
}

// A Through says how all orders of tests are gone through.
type Through struct {
	Preemptions int    // in an execution, at most; search.Unbounded
	Dir         string // for files that say how far it has come
}

// News are what there is to say of a finding as soon as it is confirmed.
type News struct {
	*finding.Finding
	Dir      string // of the package
	Headline string
	File     string // that the finding is kept in; "" if it could not be
	Lost     string // why not
}

// A Mode forces how tests run.
type Mode string

// The modes.
const (
	Auto       Mode = ""           // controlled where possible, live where not
	Controlled Mode = "controlled" // only controlled
	Live       Mode = "live"       // only live
)

// A Binary is the instrumented test binary of a package.
type Binary struct {
	Ignores []Ignore // comments, and lines of the package's file, that say what is not a finding
	Package string   // import path
	Module  string
	Dir     string // of the package
	Path    string
	Command string   // how people call jostle in its module
	Args    []string // for its processes
}

// An Ignore is a comment //jostle:ignore, or a line of the package's file for that.
type Ignore struct {
	File string // absolute
	Line int
	Text string // its beginning, for people
}

func (i Ignore) place() string { return fmt.Sprintf("%s:%d", i.File, i.Line) }

type campaign struct {
	Config
	temp string

	mu       sync.Mutex
	packages []*pkg
	printed  int // of these
	done     int
	all      []*test
	used     map[string]bool    // comments that have said of something that it is no finding, by place
	told     map[uint64]telling // by what they have in common, see finding.Kin: the first of its kind that was printed
	stopped  bool               // before all was done
	limit    chan struct{}      // holds an element for each processor that is taken
	doing    []activity         // at present
	pending  sync.WaitGroup     // comparisons that go on while other tests run
}

// ignored notes that comments were to the point.
func (c *campaign) ignored(places []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range places {
		c.used[p] = true
	}
}

// Run runs the tests of the binaries. It returns an error only for what keeps it from running them at all; when ctx ends it
// returns what was done until then.
func Run(ctx context.Context, c Config, binaries []Binary) (Summary, error) {
	var end time.Time
	whole := ctx
	if c.Time > 0 {
		end = time.Now().Add(c.Time)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(grace))
		defer cancel()
	}
	temp, err := os.MkdirTemp("", "jostle-campaign-")
	if err != nil {
		return Summary{}, err
	}
	defer os.RemoveAll(temp)
	x := &campaign{Config: c, temp: temp, limit: make(chan struct{}, c.Parallel), used: map[string]bool{}, told: map[uint64]telling{}}
	for _, b := range binaries {
		x.note(activity{what: "listing the tests of " + b.Package})
		p, err := x.list(whole, b)
		if err != nil {
			return Summary{}, err
		}
		p.folder = finding.FolderOf(b.Dir, c.Elsewhere)
		finding.Sweep(p.folder.Path)
		p.older = readOlder(p.folder.Path)
		if err := x.readKept(p); err != nil {
			return Summary{}, err
		}
		x.packages = append(x.packages, p)
		x.all = append(x.all, p.tests...)
	}
	x.natives(ctx)
	x.schedule(ctx, end)
	x.pending.Wait()
	for _, p := range x.packages {
		if info, err := os.Stat(p.folder.Path); err == nil && info.IsDir() {
			_ = os.Remove(p.folder.Path) // which stays if it is not empty: not all that was written counts
		}
	}
	x.stopped = whole.Err() != nil
	for _, t := range x.all {
		t.shown.finished = true
	}
	x.printFinished()
	return x.summary(), nil
}

// A pkg is a package under test.
type pkg struct {
	Binary
	tests   []*test
	natives []string // fuzz targets: they run once, without control
	native  run
	idle    bool // its fuzz targets did not run: the time was over
	broken  *run // in which it failed to say what tests it has; nil if it did not

	program   func() [sha256.Size]byte // hash of the test binary, which is read once
	directory directory
	folder    finding.Folder    // for its findings
	older     map[string][]byte // findings that were there before, by file

	ran stopwatch // of its tests and fuzz targets
}

// hash returns the hash of the test binary.
func (b Binary) hash() [sha256.Size]byte {
	content, _ := os.ReadFile(b.Path) // a process of it will say what is wrong
	return sha256.Sum256(content)
}

// readOlder reads the findings in a folder. One that is found again in another way, which is not confirmed then, goes back to
// what it was.
func readOlder(dir string) map[string][]byte {
	names, _ := filepath.Glob(filepath.Join(dir, "*"+finding.Suffix))
	older := map[string][]byte{}
	for _, name := range names {
		if content, err := os.ReadFile(name); err == nil {
			older[name] = content
		}
	}
	return older
}

// unrun returns how many tests and fuzz targets of a package have not run once to their end, mostly because the time was over.
func (p *pkg) unrun() int {
	n := 0
	if p.idle {
		n = len(p.natives)
	}
	for _, t := range p.tests {
		if t.unrun() {
			n++
		}
	}
	return n
}

// list finds the tests of a package that are asked for.
func (c *campaign) list(ctx context.Context, b Binary) (*pkg, error) {
	began := time.Now()
	cmd := c.command(ctx, b, nil, "-test.list=.")
	if c.Race { // in package variables, or TestMain: each test's process will say so
		cmd.Env = append(cmd.Env, session.RaceEnviron(c.raceLog())+" exitcode=0")
	}
	out, err := cmd.Output()
	p := &pkg{Binary: b, program: sync.OnceValue(b.hash), directory: directory{path: b.Dir}}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && ctx.Err() == nil: // an init function, or its TestMain
		p.broken = &run{output: string(out) + string(exit.Stderr), exit: exit.ExitCode(), spent: time.Since(began)}
		return p, nil
	case err != nil:
		return nil, fmt.Errorf("list the tests of %s: %w", b.Package, err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		name := strings.TrimSpace(line)
		prefix := slices.ContainsFunc([]string{"Test", "Example", "Fuzz"}, func(s string) bool { return strings.HasPrefix(name, s) })
		if !prefix {
			continue // benchmarks, and what TestMain prints
		}
		wanted, err := asked(c.Run, c.Skip, name)
		switch {
		case err != nil:
			return nil, err
		case !wanted:
		case !strings.HasPrefix(name, "Fuzz"):
			names = append(names, name)
		default:
			p.natives = append(p.natives, name)
		}
	}
	for _, name := range qualified(b.Package, names) {
		p.tests = append(p.tests, c.newTest(p, name))
	}
	return p, nil
}

// qualified returns what the tests of a package are called that has test functions of these names, in the order in which package testing
// lists them: the package's own come first.
func qualified(importPath string, functions []string) []string {
	out := slices.Clone(functions)
	for i, f := range functions {
		first, last := slices.Index(functions, f), len(functions)-1
		for functions[last] != f {
			last--
		}
		if first != last {
			out[i] = session.Qualified(importPath, f, i == last)
		}
	}
	return out
}

// natives runs fuzz targets on their corpora, as go test does. Each belongs to one shard.
func (c *campaign) natives(ctx context.Context) {
	n := 0
	for _, p := range c.packages {
		p.natives = slices.DeleteFunc(p.natives, func(string) bool {
			n++
			return c.Shard.Next(n) != n
		})
		if len(p.natives) == 0 {
			continue
		}
		var r run
		if ctx.Err() == nil {
			c.note(activity{what: "fuzz targets of " + p.Package + ", on their corpora"})
			what := append(c.verbose(), "-test.run=^("+strings.Join(p.natives, "|")+")$")
			var err error
			p.ran.start(time.Now())
			if r, err = c.process(ctx, p.Binary, nil, 10*time.Minute, what...); err != nil {
				r.exit, r.output = -1, err.Error()
			}
			p.ran.stop(time.Now())
		}
		if ctx.Err() != nil { // they were not run, or ended with everything else
			p.idle = true
			continue
		}
		for _, v := range racesOf(r.races) {
			r.output += indent(told(v, p.Binary, c.Base, ""))
		}
		p.native = r
	}
}

// CheckPatterns returns an error if what the user has given for -run or -skip is no regular expression.
func CheckPatterns(run, skip string) error {
	_, err := asked(run, skip, "")
	return err
}

// asked reports whether the user's patterns select a top-level name.
func asked(run, skip, name string) (bool, error) {
	wanted, err := regexp.Compile(topLevel(run))
	if err != nil {
		return false, fmt.Errorf("-run %q is no regular expression: %w", run, err)
	}
	unwanted, err := regexp.Compile(skip)
	if err != nil {
		return false, fmt.Errorf("-skip %q is no regular expression: %w", skip, err)
	}
	here := skip != "" && !strings.Contains(skip, "/") // a subtest is skipped by package testing
	return wanted.MatchString(name) && !(here && unwanted.MatchString(name)), nil
}

// topLevel returns what a pattern says of test functions. A pattern with alternatives of subtests says what it says to
// package testing only.
func topLevel(pattern string) string {
	top, sub, _ := strings.Cut(pattern, "/")
	if strings.Contains(sub, "|") {
		return ""
	}
	return top
}

// schedule runs all tests: each for its share of the time, and those that could do with more again, if there is any left.
func (c *campaign) schedule(ctx context.Context, end time.Time) {
	active := slices.Clone(c.all)
	for round := 0; len(active) > 0 && ctx.Err() == nil; round++ {
		if c.Time > 0 && round > 0 && time.Until(end) <= 0 {
			return
		}
		c.each(active, func(i int, t *test) {
			share := c.PerTest
			if c.Time > 0 { // of what those before it have left: some take more than their share
				left := time.Until(end)
				if round == 0 {
					left /= firstRound
				}
				at := min(c.Parallel, len(active)-i) // a time
				share = max(left*time.Duration(at)/time.Duration(len(active)-i), minShare)
			}
			t.advance(ctx, share)
		})
		active = slices.DeleteFunc(active, func(t *test) bool { return t.over() || c.Time == 0 })
	}
}

const (
	minShare   = 200 * time.Millisecond // of the time, for one test in one round
	firstRound = 4                      // a quarter of the time is for it: every test is to have run before some run long
	grace      = 600 * time.Millisecond // for what is going on when the time is over to end by itself
)

// each runs f for all tests, some at a time.
func (c *campaign) each(tests []*test, f func(int, *test)) {
	var wg sync.WaitGroup
	for i, t := range tests {
		c.limit <- struct{}{}
		wg.Go(func() {
			f(i, t)
			c.giveBack()
			if t.pending == nil {
				c.report(t)
				return
			}
			c.pending.Go(func() { // it is finished, and waits
				t.conclude()
				c.report(t)
			})
		})
	}
	wg.Wait()
}

// borrow takes a processor for one more process of a test, if no test waits for one.
func (c *campaign) borrow() bool {
	select {
	case c.limit <- struct{}{}:
		return true
	default:
		return false
	}
}

func (c *campaign) giveBack() { <-c.limit }

// spare returns about how many processors are free.
func (c *campaign) spare() int { return cap(c.limit) - len(c.limit) }

// report tells how far the campaign has come.
func (c *campaign) report(t *test) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.rounds == 1 {
		c.done++
	}
	t.shown.executions, t.shown.findings, t.shown.finished = t.executions, len(t.confirmed), t.over()
	c.doing = slices.DeleteFunc(c.doing, func(a activity) bool { return a.test == t })
	c.printFinished()
	c.progress()
}

// printFinished prints the packages whose tests are finished, in their order.
func (c *campaign) printFinished() {
	for ; c.printed < len(c.packages); c.printed++ {
		p := c.packages[c.printed]
		for _, t := range p.tests {
			if !t.shown.finished {
				return
			}
		}
		c.print(p)
	}
}

// seed returns the seed of one test's schedules: not all tests try the same ones.
func (c *campaign) seed(b Binary, name string) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, c.Seed, b.Package, name)
	return h.Sum64()
}
