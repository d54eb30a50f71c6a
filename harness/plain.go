package harness

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// unreached says why no schedule can reach a test that was built with this package, and what to do.
func unreached() string {
	if testing.CoverMode() != "" {
		return "jostle: under -cover the go command builds from the original files (go.dev/issue/73802), and no schedule can reach " +
			"the code under test: run this test without -cover, or use `jostle test -cover`"
	}
	return "jostle: nothing in this test binary is instrumented, so no schedule can reach it. Use `jostle test`, `jostle fuzz`, " +
		"or `eval \"$(jostle env ./...)\"` before go test. To install jostle: go install github.com/jostle-dev/jostle/cmd/jostle@latest"
}

// fuzzing reports whether the process searches for new inputs of fuzz targets, and does not only run those that are known.
func fuzzing() bool {
	for _, name := range []string{"test.fuzz", "test.fuzzworker"} {
		if v := flagValue(name); v != "" && v != "false" {
			return true
		}
	}
	return false
}

// flagValue returns the value of a flag of the test binary, "" if there is none of that name.
func flagValue(name string) string {
	if f := flag.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// The flags of an instrumented test binary are those of any: Main passes them on.
func init() {
	if flag.Lookup("jostle.schedules") != nil { // by what instrumented packages import, which says the same if it is initialised after this one
		fmt.Fprintln(os.Stderr, "jostle: this test imports package harness, and no package that was instrumented did: "+
			"run jostle env again, with the packages and the -tags of go test")
		os.Exit(2)
	}
	flag.Int("jostle.schedules", 0, "how many schedules harness.Check tries; 0 for what the test says")
	flag.Uint64("jostle.seed", 1, "seed of the schedules of harness.Check")
	flag.Bool("jostle.trace", false, "print every step of an execution that has found something, and all stacks")
	flag.String("jostle.schedule", "", "the one schedule that harness.Check runs, in `hex`")
}
