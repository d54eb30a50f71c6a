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
	"strings"
	"time"
)

// A search is what jostle test made of one module.
type search struct {
	tests, executions int
	findings          []string // test, headline and file
	notes             []string
	spent             time.Duration
	output            string
}

// What jostle test says at its end is in sections: of what was found, of tests that the time was too short for, and of what
// else there is to know.
const found, unrun, noted = "Found:", "Not run:", "Notes:"

var (
	testLine = regexp.MustCompile(`^    ((?:Test|Example)\S*): (\d+) (schedule|run)s?, `)
	noteLine = regexp.MustCompile(`^    (\S+ (?:Test|Example)\S*: .*)`)
	telling  = regexp.MustCompile(`no proof|not reproduced|did not when|were too long|too long to be|is not a finding`)
)

// search runs jostle test on the module's packages, with so many schedules a test.
func (m stranger) search(ctx context.Context, jostle string, schedules int) (*search, error) {
	dir, err := m.fetch(ctx)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(filepath.Dir(dir))
	args := append([]string{"test", "-v", "-short", "-p", "1", "-timeout", "6m", fmt.Sprintf("-schedules=%d", schedules)}, m.patterns...)
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
		case section == unrun && noteLine.MatchString(line), section == noted && noteLine.MatchString(line) && telling.MatchString(line):
			s.notes = append(s.notes, noteLine.FindStringSubmatch(line)[1])
		case testLine.MatchString(line):
			n := 0
			_, _ = fmt.Sscan(testLine.FindStringSubmatch(line)[2], &n)
			s.tests, s.executions = s.tests+1, s.executions+n
		}
	}
}

func (t *table) addSearch(m stranger, s *search, err error, verbose bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := m.path + " " + m.version
	if err != nil {
		fmt.Fprintf(t.w, "%-60s %v\n", name, err)
		t.bad = true
		return
	}
	fmt.Fprintf(t.w, "%-60s %5d tests %8d executions %3d findings %8s\n", name, s.tests, s.executions, len(s.findings), short(s.spent))
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
