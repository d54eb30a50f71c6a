// Command bench prints what control costs, beside what Go itself takes for the same work: steps of package perturb beside
// goroutine hand-overs, and executions of a target of package fuzz beside native fuzzing of the same query.
//
// All of it is measured in one run, so that the ratios mean something on any machine. Run it at the top of the repository.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"text/tabwriter"

	"golang.org/x/tools/benchmark/parse"
)

// rounds is how often each benchmark runs; the median counts.
const rounds = 5

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	steps := median(run("go", "test", "./perturb", "-run", "^$", "-bench", "HandOver|Step|PingPong|Native|Inert", "-count", strconv.Itoa(rounds)))
	native := lastRate(run("go", "test", "./pipeline", "-run", "^$", "-fuzz", "^FuzzNativeOrderedSink$", "-fuzztime", "6s"))
	controlled := lastRate(run("go", "tool", "jostle", "fuzz", "./fuzz", "-run", "^FuzzOrderedSink$", "-time", "6s"))

	yardstick := steps["BenchmarkHandOver"]
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	row := func(what string, perSecond, ratio float64, yardstick string) {
		fmt.Fprintf(t, "%s\t%.0f\t%.2f %s\n", what, perSecond, ratio, yardstick)
	}
	fmt.Fprintln(t, "what\ta second\tcosts")
	for _, b := range []struct{ name, what string }{
		{"BenchmarkHandOver", "hand-over through an unbuffered channel"},
		{"BenchmarkStepGoesOn", "step that goes on"},
		{"BenchmarkStepSwitches", "step that switches"},
		{"BenchmarkPingPong", "hand-over as two controlled steps"},
	} {
		row(b.what, 1e9/steps[b.name], steps[b.name]/yardstick, "hand-overs")
	}
	for _, what := range []string{"Lock", "Send", "Atomic", "Select"} {
		native, inert := steps["BenchmarkNative"+what], steps["BenchmarkInert"+what]
		fmt.Fprintf(t, "instrumented, no execution: %s\t%.0f\t%.2f native, %+.1f ns an operation\n", operations[what], 2e9/inert, inert/native, (inert-native)/2)
	}
	row("execution of the ordered sink, native fuzzing", native, 1, "native executions")
	row("execution of the ordered sink, controlled", controlled, native/controlled, "native executions")
	if err := t.Flush(); err != nil {
		log.Fatal(err)
	}
}

// operations are what the benchmarks of inert code do.
var operations = map[string]string{
	"Lock": "uncontended lock and unlock", "Send": "buffered send and receive", "Atomic": "atomic add and load",
	"Select": "select with a default",
}

// run returns the output of a command that must succeed.
func run(name string, args ...string) []byte {
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		log.Fatalf("%v: %v\n%s", cmd, err, out.Bytes())
	}
	return out.Bytes()
}

var processors = regexp.MustCompile(`-\d+$`)

// median returns the nanoseconds an iteration of each benchmark.
func median(output []byte) map[string]float64 {
	set, err := parse.ParseSet(bytes.NewReader(output))
	if err != nil {
		log.Fatalf("reading benchmarks: %v", err)
	}
	of := map[string]float64{}
	for name, runs := range set {
		slices.SortFunc(runs, func(a, b *parse.Benchmark) int { return int(a.NsPerOp - b.NsPerOp) })
		of[processors.ReplaceAllString(name, "")] = runs[len(runs)/2].NsPerOp
	}
	return of
}

var progress = regexp.MustCompile(`fuzz: elapsed: (\d+)s, execs: (\d+) \(`)

// lastRate returns the executions a second of a fuzz run.
func lastRate(output []byte) float64 {
	executions, rate := 0.0, 0.0
	for _, m := range progress.FindAllSubmatch(output, -1) {
		seconds, _ := strconv.ParseFloat(string(m[1]), 64)
		if n, _ := strconv.ParseFloat(string(m[2]), 64); n > executions && seconds > 0 { // the last line is written after the end
			executions, rate = n, n/seconds
		}
	}
	if rate == 0 {
		log.Fatalf("no executions in the output of go test:\n%s", output)
	}
	return rate
}
