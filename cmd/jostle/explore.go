package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/search"
)

func newExplore() *cobra.Command {
	f := testFlags{through: true, count: 1, seed: 1, leaks: true}
	c := &cobra.Command{
		Use:   "explore [packages] [-args ...]",
		Short: "Run tests under all orders of their operations",
		Long: `Run tests under all orders of their operations, or all with a bounded number of preemptions. An order says which operation on an
object came after which: two executions with the same order count as one. When all orders were seen and nothing was found, no schedule leads to a
hang, a leak or a panic, as far as sync points decide it. The command says what else a test depends on: time, random values, what
jostle does not control. Plain memory is no sync point: look for data races with -race.

An exploration that is interrupted, or for which the time of -time is over, is continued by the same command, as long as the test binary
is the same. What is found is kept and confirmed as by "jostle test".

The exit code is 0 if all orders were seen and nothing was found, 1 if something was found, a test fails or a package does not build, 2 if the tests
could not be run, or there are orders that were not seen.`,
		Example: "\tjostle explore -run TestFlush ./ingest\n\tjostle explore -run TestFlush -preemptions -1 -time 10m ./ingest",
		RunE: func(c *cobra.Command, args []string) error {
			patterns, rest := splitArgs(args)
			return f.all(c.Context(), patterns, rest, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f.register(c)
	fl := c.Flags()
	fl.IntVar(&f.preemptions, "preemptions", 2, "the most preemptions in an execution; -1 for no bound")
	fl.DurationVar(&f.budget, "time", 0, "time for all tests together, once they are built; 0 for no limit")
	fl.IntVarP(&f.parallel, "parallel", "p", runtime.GOMAXPROCS(0), "processes at a time, of different tests")
	return c
}

// throughAll says how all orders of tests are gone through.
func (f *testFlags) throughAll() (*campaign.Through, error) {
	dir, err := cachedir.Explorations()
	if err != nil {
		return nil, err
	}
	return &campaign.Through{Preemptions: max(f.preemptions, search.Unbounded), Dir: dir}, nil
}
