package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/instrument/patch"
	"github.com/jostle-dev/jostle/internal/finding"
)

// buildFlags are the flags of go build that decide what is instrumented.
type buildFlags struct {
	tags string
	needs
	trim    bool
	exclude []string
	verbose bool

	progress        func(text string) // is told what takes long; may be nil
	dir             string            // in which packages are looked for; "" for the working directory
	noOptimizations bool              // for debuggers
}

// needs are what a build must have so that what was found with it comes again.
type needs struct {
	race  bool
	plain bool // the compiler's calls before plain loads and stores
}

// needsOf returns what a finding needs; nothing, if it is nil.
func needsOf(f *finding.Finding) needs {
	if f == nil {
		return needs{}
	}
	return needs{f.Race, !f.Places.Empty()}
}

// and returns what both need.
func (n needs) and(m needs) needs { return needs{n.race || m.race, n.plain || m.plain} }

func (b *buildFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&b.tags, "tags", "", "build tags, as for go build")
	c.Flags().BoolVar(&b.race, "race", false, "build with the race detector")
	c.Flags().BoolVar(&b.trim, "trimpath", false, "build with -trimpath")
	c.Flags().StringSliceVar(&b.exclude, "exclude", nil, "packages to leave native, and all below them: example.com/lib,*/gen")
	c.Flags().BoolVarP(&b.verbose, "verbose", "v", false, "say what was instrumented and what was left native")
}

// args returns the flags as the go command takes them.
func (b *buildFlags) args() []string {
	var out []string
	if b.tags != "" {
		out = append(out, "-tags="+b.tags)
	}
	if b.race {
		out = append(out, "-race")
	}
	if b.noOptimizations {
		out = append(out, "-gcflags=all=-N -l", "-gcflags=std=") // the standard library is there already, optimised
		if b.race {
			for _, f := range instrument.RaceFlags {
				out = append(out, f+" -N")
			}
		}
	}
	if b.trim {
		out = append(out, "-trimpath")
	}
	return out
}

// hooks returns the flags with which the compiler puts a call before each plain load and store of the packages that are rewritten. They do
// not count for packages that stay native, and are for instrumented builds alone: no other Go has what is called.
func (b *buildFlags) hooks(res *instrument.Result) []string {
	if !b.plain || slices.ContainsFunc(res.Refused, func(r patch.Refusal) bool { return r.Group == patch.Accesses }) {
		return nil
	}
	flags := "-race -d=checkptr=0"
	if b.noOptimizations {
		flags += " -N -l"
	}
	out := []string{"-gcflags=all=" + flags, "-gcflags=std="}
	for _, e := range b.exclude {
		out = append(out, "-gcflags="+strings.TrimSuffix(e, "/...")+"/...=")
	}
	return out
}

// linked returns the flags with which go test links a test that it runs, and go test -c does not: without what only debuggers
// read, which takes time. Flags that the user has set in GOFLAGS would be lost by it.
func (b *buildFlags) linked(res *instrument.Result) []string {
	if b.noOptimizations || strings.Contains(res.Env["GOFLAGS"], "-ldflags") {
		return nil
	}
	return []string{"-ldflags=-s -w"}
}

// prepare instruments the packages that patterns name; none are the one in the working directory. All of them must build.
func (b *buildFlags) prepare(ctx context.Context, patterns []string, stderr io.Writer) (*instrument.Result, error) {
	res, err := b.prepareSome(ctx, patterns, stderr)
	if err != nil {
		return nil, err
	}
	return res, res.Err()
}

// prepareSome instruments those of the packages that build.
func (b *buildFlags) prepareSome(ctx context.Context, patterns []string, stderr io.Writer) (*instrument.Result, error) {
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	progress := b.progress
	if progress == nil {
		progress = func(text string) { fmt.Fprintln(stderr, "jostle:", text) }
	}
	res, err := instrument.Prepare(ctx, instrument.Config{Dir: b.dir, Patterns: patterns, BuildFlags: b.args(), Exclude: b.exclude, Progress: progress})
	if err != nil {
		return nil, err
	}
	if b.verbose {
		describe(stderr, res)
	}
	for _, r := range res.Refused {
		fmt.Fprintf(stderr, "jostle: %v\n", r)
	}
	tellTimers(stderr, res.Roots)
	return res, nil
}

// tellTimers says which packages would have other timers under go test, if there are any.
func tellTimers(w io.Writer, roots []instrument.Root) {
	var paths []string
	for _, r := range roots {
		if r.OldTimers {
			paths = append(paths, r.ImportPath)
		}
	}
	if len(paths) == 0 {
		return
	}
	const most = 3
	if n := len(paths) - most; n > 0 {
		paths = append(paths[:most], fmt.Sprintf("%d more", n))
	}
	fmt.Fprintf(w, "jostle: %s: the channels of timers are those of Go 1.23 and later here (GODEBUG=asynctimerchan=0), which synctest needs. "+
		"Under go test this module has the older ones: see its go line, or its GODEBUG settings\n", strings.Join(paths, ", "))
}

// list has the go command list the packages that patterns name, also those that do not build, a line each.
func (b *buildFlags) list(ctx context.Context, format string, patterns []string) ([]string, error) {
	list := []string{"list", "-e", "-f", format}
	if b.tags != "" {
		list = append(list, "-tags="+b.tags)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append(append(list, "--"), patterns...)...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w\n%s", strings.Join(patterns, " "), err, strings.TrimSpace(said.String()))
	}
	return slices.Collect(strings.Lines(strings.TrimSuffix(string(out), "\n"))), nil
}

// dirs returns the directories of the packages that patterns name, also of those that do not build.
func (b *buildFlags) dirs(ctx context.Context, patterns []string) ([]string, error) {
	lines, err := b.list(ctx, `{{.Dir}}{{"\t"}}{{with .Error}}{{printf "%q" .Err}}{{end}}`, patterns) // an error may have many lines
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, line := range lines {
		// One that is wrong may have findings all the same; one that is not there is a slip of the pen.
		dir, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if _, err := os.Stat(dir); quoted != "" && err != nil {
			wrong, err := strconv.Unquote(quoted)
			return nil, cmp.Or(err, errors.New(wrong))
		}
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// describe says which sync points there are in each package, and what was left native. Of the standard library it says how many
// packages have some.
func describe(w io.Writer, res *instrument.Result) {
	standard := 0
	for _, p := range res.Packages {
		if len(p.Points)+len(p.Native) == 0 {
			continue
		}
		if p.Standard {
			standard++
			continue
		}
		fmt.Fprintf(w, "%s:", p.ImportPath)
		for i, kind := range slices.Sorted(maps.Keys(p.Points)) {
			if i > 0 {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, " %d %s", p.Points[kind], kind)
		}
		fmt.Fprintln(w)
		for _, n := range p.Native {
			fmt.Fprintln(w, "\tleft native:", n)
		}
	}
	if standard > 0 {
		fmt.Fprintf(w, "the standard library: %d packages\n", standard)
	}
}
