package campaign

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A run is one process of a test binary that has ended.
type run struct {
	events []session.Event
	orders []uint64             // that were seen
	races  []verdict.RaceReport // that belong to no execution of which something is noted
	output string
	exit   int  // code; -1 if it was killed
	killed bool // by us: it did not end, or everything was to end
	spent  time.Duration
}

// patience is how long a process may go on after the time that its plan gives it.
const patience = 45 * time.Second

// command returns a command that runs a test binary.
func (c *campaign) command(ctx context.Context, b Binary, plan *session.Plan, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.Path, args...)
	cmd.Dir, cmd.WaitDelay = b.Dir, time.Second
	cmd.Env = append(slices.Clone(c.Env), "PWD="+b.Dir)
	if plan != nil {
		cmd.Env = append(cmd.Env, plan.Environ())
	}
	if c.Race {
		cmd.Env = append(cmd.Env, session.RaceEnviron(c.raceLog()))
	}
	ownGroup(cmd)
	return cmd
}

// ofCoverage is what a test binary with coverage says at its end.
var ofCoverage = regexp.MustCompile(`(?m)^coverage: .* of statements.*\n`)

// process runs one test in a process, as plan has it. what selects the test; it may be more than its name.
func (c *campaign) process(ctx context.Context, b Binary, plan *session.Plan, limit time.Duration, what ...string) (run, error) {
	var r run
	if plan != nil {
		events, err := os.CreateTemp(c.temp, "events-")
		if err != nil {
			return r, err
		}
		plan.Events = events.Name()
		defer os.Remove(plan.Events)
		defer os.Remove(session.OrdersBeside(plan.Events))
		defer os.Remove(session.OutputBeside(plan.Events))
		events.Close()
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	args := slices.Concat([]string{"-test.timeout=0", "-test.paniconexit0"}, what, b.Args, c.Args)
	cmd := c.command(ctx, b, plan, args...)
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := runToTheEnd(cmd)
	if cmd.Process != nil {
		_ = cmd.Cancel() // what it has started and not waited for: a test that is given up has no chance to
	}
	r.spent, r.output = time.Since(start), out.String()
	if c.Covered != nil { // each process speaks of itself
		r.output = ofCoverage.ReplaceAllString(r.output, "")
	}
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
	case errors.As(err, &exit):
		r.exit = exit.ExitCode()
	case ctx.Err() == nil:
		return r, err
	default:
		r.exit = -1
	}
	r.killed = ctx.Err() != nil
	if plan != nil {
		if r.exit > 0 && !fatal.MatchString(r.output) { // the code has ended the process, by its own decision, and may have said why
			last, _ := os.ReadFile(session.OutputBeside(plan.Events)) // there is none if no execution has begun
			r.output += withoutHeads(string(last), plan.Test)
		}
		content, err := os.ReadFile(plan.Events)
		if err != nil {
			return r, err
		}
		r.events = session.Events(content)
		if r.orders, err = session.ReadOrders(plan.Events); err != nil {
			return r, err
		}
	}
	if c.Race && cmd.Process != nil {
		r.races = c.takeRaces(cmd.Process.Pid, r.events)
	}
	return r, nil
}

// only returns the arguments that select one test, and the subtests that the user's pattern has.
func (c *campaign) only(name string) []string {
	pattern := "^" + regexp.QuoteMeta(session.Function(name)) + "$"
	if strings.Contains(c.Run, "/") {
		pattern = c.Run // the plan passes over the others
	}
	args := []string{"-test.run=" + pattern}
	if c.Skip != "" {
		args = append(args, "-test.skip="+c.Skip)
	}
	return append(args, c.verbose()...)
}

// verbose returns the argument that has a test binary print what it does, if somebody wants to see it.
func (c *campaign) verbose() []string {
	switch {
	case c.JSON:
		return []string{"-test.v=test2json"}
	case c.Verbose:
		return []string{"-test.v=true"}
	}
	return nil
}

// A tail keeps the end of what is written to it, and the beginning.
type tail struct{ head, end bytes.Buffer }

const tailSize = 256 << 10

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if room := tailSize - t.head.Len(); room > 0 {
		k := min(room, len(p))
		t.head.Write(p[:k])
		p = p[k:]
	}
	t.end.Write(p)
	if t.end.Len() > 2*tailSize {
		t.end.Next(t.end.Len() - tailSize)
	}
	return n, nil
}

func (t *tail) String() string {
	if t.end.Len() >= tailSize {
		return t.head.String() + "\n[…]\n" + t.end.String()
	}
	return t.head.String() + t.end.String()
}
