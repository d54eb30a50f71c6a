package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A search is what jostle test made of one module.
type search struct {
	executions int
	single     int      // tests in which no schedule has a choice
	controlled int      // tests with more than one goroutine that ran under control
	live       []string // tests that did not, each with its reason
	findings   []string // test, headline and file
	notes      []string
	spent      time.Duration
	output     string
}

func (s *search) tests() int { return s.single + s.concurrent() }

// concurrent returns how many tests have more than one goroutine. A live test is taken for one that has.
func (s *search) concurrent() int { return s.controlled + len(s.live) }

// What jostle test says at its end is in sections: of what was found, of tests that the time was too short for, and of what
// else there is to know.
const found, unrun, noted = "Found:", "Not run:", "Notes:"

// testName is what a test is called. Where the package and its external tests have one of the same name, the package's stands before it.
const testName = `(?:\w+\.)?(?:Test|Example)\S*`

var (
	testLine = regexp.MustCompile(`^    (` + testName + `): (\d+) (?:schedule|run)s?, (.*)`)
	liveLine = regexp.MustCompile(`^    (` + testName + `: .*, live .*|` + testName + `: run once, .*)`)
	noteLine = regexp.MustCompile(`^    (\S+ ` + testName + `: .*)`)
	sameLine = regexp.MustCompile(`^        (the same in .*)`)
	telling  = regexp.MustCompile(`no proof|not reproduced|did not when|were too long|too long to be|is not a finding`)
)

// search runs jostle test on the module's packages, with so many schedules a test.
func (m module) search(ctx context.Context, jostle string, schedules int) (*search, error) {
	dir, err := m.fetch(ctx)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(filepath.Dir(dir))
	args := append([]string{"test", "-v", "-short", "-p", "1", "-timeout", "10m", fmt.Sprintf("-schedules=%d", schedules)}, m.patterns...)
	cmd := exec.CommandContext(ctx, jostle, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "PWD="+dir)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err = cmd.Run()
	s := &search{spent: time.Since(start), output: stdout.String()}
	var exit *exec.ExitError
	ran := err == nil || errors.As(err, &exit) && exit.ExitCode() == 1
	if !ran && !strings.Contains(s.output, unrun) {
		return nil, fmt.Errorf("jostle test: %w\n%s", err, tail(stderr.String(), 20))
	}
	s.read()
	return s, nil
}

// read reads what jostle test has printed.
func (s *search) read() {
	section := ""
	for line := range strings.Lines(s.output) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line != "" && line[0] != ' ':
			section = line
		case section == found && noteLine.MatchString(line):
			s.findings = append(s.findings, noteLine.FindStringSubmatch(line)[1])
		case section == found && sameLine.MatchString(line):
			s.findings = append(s.findings, sameLine.FindStringSubmatch(line)[1])
		case section == unrun && noteLine.MatchString(line), section == noted && noteLine.MatchString(line) && telling.MatchString(line):
			s.notes = append(s.notes, noteLine.FindStringSubmatch(line)[1])
		default:
			s.readTest(line)
		}
	}
}

// readTest reads the line that sums up one test, if it is such a line.
func (s *search) readTest(line string) {
	f := testLine.FindStringSubmatch(line)
	if f != nil {
		n, _ := strconv.Atoi(f[2]) // it is a number by the expression
		s.executions += n
	}
	switch {
	case liveLine.MatchString(line):
		s.live = append(s.live, liveLine.FindStringSubmatch(line)[1])
	case f == nil:
	case strings.HasPrefix(f[3], "the only one"):
		s.single++
	default:
		s.controlled++
	}
}

func (t *table) addSearch(m module, s *search, err error, verbose bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := m.path + " " + m.version
	t.modules++
	if err != nil {
		fmt.Fprintf(t.w, "%-60s %v\n", name, err)
		t.broken++
		t.bad = true
		return
	}
	t.ran[m.path] = true
	fmt.Fprintf(t.w, "%-60s %5d tests %5d concurrent %5d controlled %8d executions %3d findings %8s\n",
		name, s.tests(), s.concurrent(), s.controlled, s.executions, len(s.findings), short(s.spent))
	t.rows = append(t.rows, fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %s |\n",
		m.path, m.version, s.tests(), s.concurrent(), s.controlled, s.executions, len(s.findings), short(s.spent)))
	for _, l := range s.live {
		fmt.Fprintf(t.w, "    %s\n", l)
	}
	t.losses = append(t.losses, uncontrolled(m.path, s.live)...)
	for _, f := range s.findings {
		fmt.Fprintf(t.w, "    %s\n", f)
	}
	for _, n := range s.notes {
		fmt.Fprintf(t.w, "    note: %s\n", n)
	}
	if verbose {
		fmt.Fprintln(t.w, s.output)
	}
}
