package worker

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A Config says how a body is run.
type Config struct {
	Ignore    []program.Ignore
	Want      *Want // nil: nothing
	Schedules int   // that Check tries, the plain one among them: 1 and more
	Cancel    bool  // the schedule may cancel the body's context
	Faults    bool  // it may have a connection fail
}

// A Want is the finding that a target is there to find.
type Want struct {
	Kind verdict.Kind
	Rule verdict.Rule // 0: any
}

// flags are those of the test binary.
type flags struct {
	schedules int
	seed      uint64
	schedule  hexBytes
	trace     bool
}

func (f *flags) register() {
	if flag.Lookup("jostle.schedules") != nil {
		fmt.Fprintln(os.Stderr, "jostle: this test imports package harness, and no package that was instrumented did: "+
			"run jostle env again, with the packages and the -tags of go test")
		os.Exit(2)
	}
	flag.IntVar(&f.schedules, "jostle.schedules", 0, "how many schedules harness.Check tries; 0 for what the test says")
	flag.Uint64Var(&f.seed, "jostle.seed", 1, "seed of the schedules of harness.Check")
	flag.BoolVar(&f.trace, "jostle.trace", false, "print every step of an execution that has found something, and all stacks")
	flag.Var(&f.schedule, "jostle.schedule", "the one schedule that harness.Check runs, in `hex`")
}

// hexBytes is a flag that holds bytes, and whether they were given.
type hexBytes struct {
	bytes []byte
	given bool
}

func (h *hexBytes) String() string { return hex.EncodeToString(h.bytes) }

func (h *hexBytes) Set(s string) error {
	b, err := hex.DecodeString(s)
	if err != nil {
		return fmt.Errorf("a schedule is an even number of hex digits: %w", err)
	}
	h.bytes, h.given = b, true
	return nil
}
