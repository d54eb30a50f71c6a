package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/jostle-dev/jostle/internal/report"
)

// A fuzzResult is what became of one target, read from what go test printed.
type fuzzResult struct {
	target     fuzzTarget
	executions int
	rate       int  // executions a second
	orders     int  // different ones
	idle       bool // Go began with the known inputs and finished none of them
	failed     bool
	unreadable bool   // a file of its corpus is none
	outOfTime  bool   // go test took the end of the time for a failure
	verdict    string // of the smallest failing input; "" if nothing was found
	rule       string
	schedule   string // its non-zero bytes / its bytes
	preempts   string
	at         string // file and line that it is about, relative to the package's directory
	report     string
	file       string // the failing input
	noSchedule string // said if most of its corpus has an empty schedule
	wants      string // verdict and rule that the target is there to find, "" if nothing
}

var (
	progressLine = regexp.MustCompile(`^fuzz: elapsed: (\d+)s, execs: (\d+) \((\d+)/sec\)`)
	baselineLine = regexp.MustCompile(`^fuzz: elapsed: \d+s, gathering baseline coverage: (\d+)/`)
	verdictLine  = regexp.MustCompile(`jostle: verdict=(\S+) rule=(\S+) schedule=(\S+) preemptions=(\d+)(?: .*? at=(.*))?`)
	emptyLine    = regexp.MustCompile(`^jostle: (\S+: inputs in testdata/fuzz without a schedule.*)`)
	wantsLine    = regexp.MustCompile(`^jostle: target=\S+ wants=(\S+ rule=\S+)`)
	failedLine   = regexp.MustCompile(`^\s*--- FAIL: `)
	// From testing/fuzz.go, which reads the whole corpus before it runs anything.
	corpusLine = regexp.MustCompile(`"testdata/fuzz/[^"]*": unmarshal: `)
	// See go.dev/issue/75804: up to Go 1.26 the fuzzer may take the end of its time for a failure of the target.
	deadlineLine = regexp.MustCompile(`^    context deadline exceeded$`)
	inputLine    = regexp.MustCompile(`^\s*Failing input written to (\S+)`)
)

// A resultWriter passes lines on and reads results from them.
type resultWriter struct {
	result *fuzzResult
	out    io.Writer
	rest   []byte
	report []string // its lines so far; nil outside of one
	margin string   // of it
}

func (w *resultWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		w.line(string(w.rest[:i]))
		w.rest = w.rest[i+1:]
	}
}

// Close passes on what stands behind the last line break.
func (w *resultWriter) Close() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
	}
}

func (w *resultWriter) line(line string) {
	fmt.Fprintln(w.out, line)
	r := w.result
	if report.Begins(line) {
		w.report = []string{}
		w.margin = line[:len(line)-len(strings.TrimLeft(line, " "))]
	}
	if w.report != nil {
		w.report = append(w.report, strings.TrimPrefix(line, w.margin))
	}
	if m := progressLine.FindStringSubmatch(line); m != nil {
		seconds, _ := strconv.Atoi(m[1])
		if n, _ := strconv.Atoi(m[2]); n > r.executions { // the last line is written after the end
			r.executions = n
			if r.rate = n / max(seconds, 1); seconds == 0 {
				r.rate, _ = strconv.Atoi(m[3])
			}
		}
	}
	if m := baselineLine.FindStringSubmatch(line); m != nil {
		r.idle = m[1] == "0"
	}
	r.unreadable = r.unreadable || corpusLine.MatchString(line)
	r.outOfTime = r.outOfTime || deadlineLine.MatchString(line)
	if failedLine.MatchString(line) {
		r.failed = true
	}
	if m := verdictLine.FindStringSubmatch(line); m != nil && r.failed {
		r.verdict, r.rule, r.schedule, r.preempts, r.at = m[1], m[2], m[3], m[4], m[5]
		r.report, w.report = strings.Join(w.report, "\n"), nil
	}
	if m := wantsLine.FindStringSubmatch(line); m != nil {
		r.wants = m[1]
	}
	if m := emptyLine.FindStringSubmatch(line); m != nil {
		r.noSchedule = m[1]
	}
	if m := inputLine.FindStringSubmatch(line); m != nil {
		r.file = m[1]
	}
}

// conclude sorts out what go test calls a failure and is none.
func (r *fuzzResult) conclude() {
	if r.outOfTime && r.verdict == "" && r.file == "" {
		r.failed = false
	}
}

// expected reports whether the target ended as it is meant to: with what it is there to find, or with nothing.
func (r *fuzzResult) expected() bool {
	if r.wants == "" {
		return !r.failed
	}
	return r.wants == r.verdict+" rule="+r.rule || r.wants == r.verdict+" rule=-"
}

// printTable prints a line a target, and what is to be said of their corpora.
func printTable(w io.Writer, results []fuzzResult) error {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "target\texecutions\ta second\torders\tverdict\trule\tschedule\tpreemptions\tinput")
	for _, r := range results {
		verdict, rule, schedule, preempts := "survived", "-", "-", "-"
		if r.failed {
			verdict = "failed"
		}
		if r.verdict != "" {
			verdict, rule, schedule, preempts = r.verdict, r.rule, r.schedule, r.preempts
		}
		switch {
		case r.wants != "" && r.expected():
			verdict += ", as wanted"
		case r.wants != "":
			verdict += ", wanted " + r.wants
		}
		file := r.file
		if file != "" {
			file = onScreen(filepath.Join(r.target.pkg.Dir, file))
		} else {
			file = "-"
		}
		executions, rate := strconv.Itoa(r.executions), strconv.Itoa(r.rate)
		if r.executions == 0 && r.failed { // it failed before Go counted
			executions, rate = "-", "-"
		}
		orders := "-"
		if r.orders > 0 && !r.failed { // what ends with a finding has not counted all
			orders = strconv.Itoa(r.orders)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.target.name, executions, rate, orders, verdict, rule, schedule, preempts, file)
	}
	err := t.Flush()
	for _, r := range results {
		if r.noSchedule != "" {
			fmt.Fprintf(w, "\n%s\n", r.noSchedule)
		}
	}
	return err
}
