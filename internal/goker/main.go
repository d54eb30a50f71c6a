// Command goker runs jostle test, with its defaults, on the kernels of real blocking bugs that ship with Go (GoKer: Yuan
// et al., "GoBench: A Benchmark Suite of Real-World Go Concurrency Bugs", CGO 2021), and prints a table of what it found.
// It exits with 1 if a kernel's bug is not found, or not explained as it was.
//
//	go run ./internal/goker [-run regexp] [-v] [-update]
//
// The kernels are read from GOROOT and wrapped as tests in a module of their own, in a temporary folder. What is said of
// each, the facts of the first finding, is compared with a golden file in testdata; -update writes those anew, and without -run
// also the snapshots that they are told from, with which go test compares them.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jostle-dev/jostle/internal/session"
)

func main() {
	only := flag.String("run", "", "take only kernels that match this `regexp`")
	verbose := flag.Bool("v", false, "print the reports too")
	keep := flag.String("keep", "", "leave the wrapped kernels and the findings in this `folder`")
	seed := flag.Uint64("seed", firstSeed, "seed of the schedules; the golden files are those of 1, and are not compared for another")
	update := flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	if flag.NArg() > 0 || *update && *seed != firstSeed {
		flag.Usage()
		os.Exit(2)
	}
	ok, err := run(*only, *keep, *verbose, *seed, *update)
	if err != nil {
		fmt.Fprintln(os.Stderr, "goker:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// firstSeed is that of jostle test where none is given.
const firstSeed = 1

func run(only, keep string, verbose bool, seed uint64, update bool) (bool, error) {
	dir := keep
	if dir == "" {
		temp, err := os.MkdirTemp("", "goker")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	kernels, err := wrap(dir, only)
	if err != nil {
		return false, err
	}
	if len(kernels) == 0 {
		return false, fmt.Errorf("no kernel matches %q", only)
	}
	saved, err := os.MkdirTemp("", "goker-snapshots-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(saved)
	output, err := jostleTest(dir, saved, seed)
	if err != nil {
		return false, err
	}
	if verbose {
		fmt.Println(output)
	}
	found := results(output)
	ok, err := table(os.Stdout, kernels, found)
	if err != nil || seed != firstSeed {
		return ok, err
	}
	same, err := compare(os.Stdout, dir, kernels, found, update)
	if err != nil || !update || only != "" {
		return ok && same, err
	}
	s, err := collect(saved, dir, found)
	if err != nil {
		return false, err
	}
	return ok, s.write(filepath.Join("internal", "goker", "testdata", snapshotsFile))
}

// jostleTest runs the command on the wrapped kernels, with a seed. It leaves snapshots in a folder.
func jostleTest(dir, snapshots string, seed uint64) (string, error) {
	bin, err := os.MkdirTemp("", "jostle-goker-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(bin)
	jostle := filepath.Join(bin, "jostle")
	if out, err := exec.Command("go", "build", "-o", jostle, "./cmd/jostle").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the command: %w\n%s", err, out)
	}
	cmd := exec.Command(jostle, "test", "-v", "-schedules=300", fmt.Sprintf("-seed=%d", seed), ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir, session.Snapshots+"="+snapshots)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // 1: it has found something
		return "", fmt.Errorf("jostle test: %w\n%s", err, stderr.Bytes())
	}
	return string(out), nil
}

// A result is what jostle test printed of one kernel.
type result struct {
	verdict    string
	file       string // that the finding is kept in
	execution  int    // that found it, from 1
	after      time.Duration
	executions int
}

var (
	failLine  = regexp.MustCompile(`^--- FAIL: Test(\S+) \(`)
	foundLine = regexp.MustCompile(`^    found by execution (\d+),.* after (\S+), reproduced .* kept in (\S+)$`)
	headLine  = regexp.MustCompile(`^    ([a-z][a-z -]*): `)
	ruleText  = regexp.MustCompile(`\(rule (\d)`)
	sumLine   = regexp.MustCompile(`^    Test(\S+): (\d+) schedules?, `)
)

// results reads the output of jostle test. Of several findings of a kernel the first counts.
func results(output string) map[string]result {
	out := map[string]result{}
	kernel := ""
	head := false
	for line := range strings.Lines(output) {
		line = strings.TrimSuffix(line, "\n")
		r := out[kernel]
		switch {
		case failLine.MatchString(line):
			kernel = failLine.FindStringSubmatch(line)[1]
			r = result{}
		case foundLine.MatchString(line) && r.verdict == "":
			m := foundLine.FindStringSubmatch(line)
			n, _ := strconv.Atoi(m[1])
			r.execution, head = n+1, true
			r.after, _ = time.ParseDuration(m[2])
			r.file = m[3]
		case head && headLine.MatchString(line):
			head = false
			r.verdict = headLine.FindStringSubmatch(line)[1]
			if m := ruleText.FindStringSubmatch(line); m != nil {
				r.verdict += ", rule " + m[1]
			}
		case sumLine.MatchString(line):
			m := sumLine.FindStringSubmatch(line)
			kernel = m[1]
			r = out[kernel]
			r.executions, _ = strconv.Atoi(m[2])
		default:
			continue
		}
		out[kernel] = r
	}
	return out
}

// impossible are the kernels that cannot hang as they ship, and why: a finding there would be a false alarm.
var impossible = map[string]string{
	"Moby27782": "Close needs mu to close closeNotifier, and readLogs holds mu for as long as it looks at it",
}

// table prints a line a kernel, and reports whether all are found.
func table(w io.Writer, kernels []string, of map[string]result) (bool, error) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "kernel\tfound by execution\tverdict\tmilliseconds")
	var missed, first int
	var needed []int
	var notes []string
	for _, k := range kernels {
		r := of[k]
		if why := impossible[k]; r.verdict == "" && why != "" {
			fmt.Fprintf(t, "%s\t-\tcannot happen\t-\n", k)
			notes = append(notes, fmt.Sprintf("%s cannot happen: %s.", k, why))
			continue
		}
		if r.verdict == "" {
			missed++
			fmt.Fprintf(t, "%s\t-\tnot found in %d\t-\n", k, r.executions)
			continue
		}
		if r.execution == 1 {
			first++
		}
		needed = append(needed, r.execution)
		fmt.Fprintf(t, "%s\t%d\t%s\t%d\n", k, r.execution, r.verdict, r.after.Milliseconds())
	}
	if err := t.Flush(); err != nil {
		return false, err
	}
	slices.Sort(needed)
	most, logs := 0, 0.0
	for _, n := range needed { // in order
		most = n
		logs += math.Log(float64(n))
	}
	for _, n := range notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
	_, err := fmt.Fprintf(w, "\n%d of %d found, %d of them by the plain run; the last needed %d executions, the geometric mean is %.2f\n",
		len(needed), len(kernels), first, most, math.Exp(logs/float64(max(len(needed), 1))))
	return missed == 0, err
}

// goroot returns where Go is.
func goroot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func source() (string, error) {
	root, err := goroot()
	return filepath.Join(root, "src", "runtime", "testdata", "testgoroutineleakprofile", "goker"), err
}
