package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/jostle-dev/jostle/instrument"
)

// inputs is how many inputs a target that needs several choices is fuzzed with at most.
const inputs = 100_000

// guided fuzzes targets that need three and five choices of the schedule, each the given number of times, in one process from an empty corpus, and prints
// how many inputs that took: where the fuzzer sees which orders of operations there were, and where it sees the code that ran alone.
func guided(ctx context.Context, w io.Writer, times int) error {
	temp, err := os.MkdirTemp("", "guided-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	prepared, err := instrument.Prepare(ctx, instrument.Config{Dir: ".", Patterns: []string{targets}})
	if err == nil {
		err = prepared.Err()
	}
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "target\tthe fuzzer sees\tfound\tinputs, median\tmost")
	for _, sees := range []string{"orders and code", "code"} {
		const count = "-d=libfuzzer"
		args := []string{"test", "-c", "-vet=off", "-gcflags=all=" + count, "-gcflags=std="}
		if sees != "code" {
			args = append(args, "-gcflags=jostle/harness="+count)
		}
		binary := filepath.Join(temp, "targets.test")
		build := exec.CommandContext(ctx, prepared.Go, append(args, "-o", binary, targets)...)
		build.Env = prepared.Environ()
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", build, err, out)
		}
		for _, target := range []string{"FuzzThreeChoices", "FuzzFiveChoices"} {
			var needed []int
			found := 0
			for i := range times {
				n, ok, err := untilFound(ctx, prepared, binary, target, filepath.Join(temp, fmt.Sprint(sees, target, i)))
				if err != nil {
					return err
				}
				needed = append(needed, n)
				if ok {
					found++
				}
			}
			slices.Sort(needed)
			fmt.Fprintf(t, "%s\t%s\t%d of %d\t%d\t%d\n", target, sees, found, times, needed[times/2], needed[times-1])
		}
	}
	return t.Flush()
}

// untilFound fuzzes a target in a new folder, and returns how many inputs were run until something was found.
func untilFound(ctx context.Context, prepared *instrument.Result, binary, target, dir string) (n int, found bool, err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return 0, false, err
	}
	cmd := exec.CommandContext(ctx, binary, "-test.paniconexit0", "-test.run=^$", "-test.fuzz=^"+target+"$", "-test.parallel=1",
		"-test.fuzztime="+strconv.Itoa(inputs)+"x", "-test.fuzzminimizetime=1x", "-test.fuzzcachedir="+filepath.Join(dir, "cache"))
	cmd.Dir, cmd.Env = dir, append(prepared.TestEnviron(), "PWD="+dir)
	out, err := cmd.CombinedOutput()
	switch m := metBy.FindSubmatch(out); {
	case m != nil:
		n, err = strconv.Atoi(string(m[1]))
		return n, true, err
	case err != nil:
		return 0, false, fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return inputs, false, nil
}

var metBy = regexp.MustCompile(`were met by input (\d+)`)
