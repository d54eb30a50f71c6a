package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/instrument"

	// So that a module which gets the tool has all that its tests and their instrumentation need.
	_ "github.com/jostle-dev/jostle/harness"
)

// buildFlags are the flags of go build that decide what is instrumented.
type buildFlags struct {
	tags    string
	race    bool
	trim    bool
	exclude []string
	verbose bool

	dir             string // in which packages are looked for; "" for the working directory
	noOptimizations bool   // for debuggers
}

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
		out = append(out, "-gcflags=all=-N -l")
		if b.race {
			out = append(out, instrument.RaceFlag+" -N")
		}
	}
	if b.trim {
		out = append(out, "-trimpath")
	}
	return out
}

// prepare instruments the packages that patterns name; none are the one in the working directory.
func (b *buildFlags) prepare(ctx context.Context, patterns []string, stderr io.Writer) (*instrument.Result, error) {
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	res, err := instrument.Prepare(ctx, instrument.Config{Dir: b.dir, Patterns: patterns, BuildFlags: b.args(), Exclude: b.exclude})
	if err == nil && b.verbose {
		describe(stderr, res)
	}
	return res, err
}

func describe(w io.Writer, res *instrument.Result) {
	for _, p := range res.Packages {
		if len(p.Points)+len(p.Native) == 0 {
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
}
