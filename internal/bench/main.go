// Command bench prints what control costs, beside what Go itself takes for the same work: steps beside goroutine hand-overs, and executions
// of small programs beside native fuzzing of the same (testdata/targets).
//
// All of it is measured in one run, so that the ratios mean something on any machine. Run it at the top of the repository.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"text/tabwriter"

	"golang.org/x/tools/benchmark/parse"
)

const (
	rounds     = 5 // of each benchmark; the median counts
	iterations = "800000x"
	fuzzTime   = "6s"
	schedules  = "100000"
	targets    = "./internal/bench/testdata/targets"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	times := flag.Int("guided", 0, "in the place of all else, fuzz targets that need several choices of the schedule `n` times with the orders of operations as coverage, and n times without")
	flag.Parse()
	if *times > 0 {
		if err := guided(context.Background(), os.Stdout, *times); err != nil {
			log.Fatal(err)
		}
		return
	}
	steps := median(run("go", "test", "./perturb", "-run", "^$", "-bench", "HandOver|Native|Inert", "-count", strconv.Itoa(rounds)))
	// In the tree, whose package runtime executions have, and under the empty schedule.
	bench := fmt.Sprintf("eval \"$(go tool jostle env %s)\" && go test %s -run '^$' -bench . -benchtime %s -count %d -jostle.schedule=", targets, targets, iterations, rounds)
	maps.Copy(steps, median(run("sh", "-c", bench)))
	type program struct {
		what                     string
		native, fuzzed, searched sample
	}
	programs := []program{{what: "TwoLocks"}, {what: "Pipeline"}}
	for i := range programs {
		p := &programs[i]
		p.native = fuzzed(run("go", "test", targets, "-run", "^$", "-fuzz", "^FuzzNative"+p.what+"$", "-fuzztime", fuzzTime))
		p.fuzzed = fuzzed(run("go", "tool", "jostle", "fuzz", targets, "-run", "^Fuzz"+p.what+"$", "-time", fuzzTime))
		p.searched = searched(run("go", "tool", "jostle", "test", targets, "-vet=off", "-v", "-p", "1", "-run", "^Test"+p.what+"$", "-schedules", schedules))
	}

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
	for _, p := range programs {
		row(p.what+", native fuzzing", p.native.rate, 1, "native executions")
		row(p.what+", jostle fuzz", p.fuzzed.rate, p.native.rate/p.fuzzed.rate, "native executions")
		row(p.what+", jostle test in one process", p.searched.rate, p.native.rate/p.searched.rate, "native executions")
		row(p.what+", different orders, jostle fuzz", p.fuzzed.orders, p.searched.orders/p.fuzzed.orders, "orders of jostle test")
	}
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

// A sample is what was done in a second: executions, and orders among them that had not been seen.
type sample struct{ rate, orders float64 }

var (
	progress   = regexp.MustCompile(`fuzz: elapsed: (\d+)s, execs: (\d+) \(`)
	fuzzTable  = regexp.MustCompile(`(?m)^Fuzz\w+ +\d+ +\d+ +(\d+) `)
	testResult = regexp.MustCompile(`: (\d+) schedules, (\d+) different orders?, (\d+)/s`)
)

// fuzzed reads what go test or jostle fuzz prints.
func fuzzed(output []byte) (s sample) {
	executions, time := 0.0, 0.0
	for _, m := range progress.FindAllSubmatch(output, -1) {
		seconds, _ := strconv.ParseFloat(string(m[1]), 64)
		if n, _ := strconv.ParseFloat(string(m[2]), 64); n > executions && seconds > 0 { // the last line is written after the end
			executions, time, s.rate = n, seconds, n/seconds
		}
	}
	if s.rate == 0 {
		log.Fatalf("no executions in the output:\n%s", output)
	}
	if m := fuzzTable.FindSubmatch(output); m != nil {
		n, _ := strconv.ParseFloat(string(m[1]), 64)
		s.orders = n / time
	}
	return s
}

// searched reads what jostle test -v prints.
func searched(output []byte) sample {
	m := testResult.FindSubmatch(output)
	if m == nil {
		log.Fatalf("no executions in the output:\n%s", output)
	}
	var numbers [3]float64
	for i := range numbers {
		numbers[i], _ = strconv.ParseFloat(string(m[i+1]), 64)
	}
	return sample{numbers[2], numbers[1] / numbers[0] * numbers[2]}
}
