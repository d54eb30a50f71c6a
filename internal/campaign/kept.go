package campaign

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
)

// RunKept runs an execution that is kept in a file once, in a process of its own: a finding of a test, or if target is not
// empty an input of that fuzz target.
func RunKept(ctx context.Context, c Config, b Binary, target, file string) (corpus.Outcome, error) {
	temp, err := os.MkdirTemp("", "jostle-kept-")
	if err != nil {
		return corpus.Outcome{}, err
	}
	defer os.RemoveAll(temp)
	x := &campaign{Config: c, temp: temp}
	out, err := x.kept(ctx, b, target, file)
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	return out, err
}

func (c *campaign) kept(ctx context.Context, b Binary, target, file string) (corpus.Outcome, error) {
	p := &session.Plan{
		Mode: session.Replay, Base: c.Base, Package: b.Package, Module: b.Module, Test: target, Race: c.Race, Leaks: c.Leaks, Finding: file, Report: true,
	}
	out := corpus.Outcome{}
	if target == "" {
		f, err := finding.Read(file)
		if err != nil {
			return out, err
		}
		p.Test, out.Decisions = f.Test, len(f.Schedule)
	}
	r, err := c.process(ctx, b, p, patience, "-test.run=^"+regexp.QuoteMeta(session.Function(p.Test))+"$")
	if err != nil {
		return out, err
	}
	is := readReplay(p, r)
	out.Verdict, out.Cause, out.Steps, out.Orders, out.Output = is.verdict, is.cause, is.hash, is.orders, r.output
	switch { // the process has ended before it could print its report
	case is.panic != nil:
		out.Output = told(is.panic, b, c.Base, "")
	case out.Verdict == crash:
		out.Output = crashReport(r.output)
	}
	missed, err := schedule.ParseKeyed(is.missed)
	if err != nil {
		return out, err
	}
	out.Came = out.Decisions - len(missed)
	return out, nil
}

// A kept finding is an entry of the corpus that runs a test.
type kept struct {
	corpus.Entry
	finding *finding.Finding
	file    string
	mine    bool // this shard's
}

// readKept gives each test of a package its entries of the corpus. Those of tests that are not asked for are left alone.
func (c *campaign) readKept(p *pkg) error {
	m, err := corpus.Read(p.Dir)
	if err != nil {
		return err
	}
	for i, e := range m.Entries {
		if e.Target() != "" {
			continue // Go runs it with its target
		}
		k := kept{Entry: e, file: e.Path(p.Dir), mine: c.Shard.Next(i+1) == i+1}
		content, err := os.ReadFile(k.file)
		if err != nil {
			return fmt.Errorf("%s names an entry that cannot be read: %w", corpus.Path(p.Dir), err)
		}
		if k.finding, err = finding.Parse(string(content)); err != nil {
			return fmt.Errorf("%s: %w", k.file, err)
		}
		for _, t := range p.tests {
			if t.name == k.finding.Test && (c.Race || !k.finding.Race) && (c.Plain || k.finding.Places.Empty()) {
				t.kept = append(t.kept, k)
			}
		}
	}
	return nil
}

// guard runs what is kept of a test, before anything else: what comes back is found by the first execution.
func (t *test) guard(ctx context.Context) {
	for _, k := range t.kept {
		if k.Expect == corpus.Found {
			t.causes[k.Cause] = true // it is expected, and no news
			t.known++
		}
		if !k.mine || ctx.Err() != nil {
			continue
		}
		out, err := t.replayKept(ctx, k)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			t.fail(err.Error())
			return
		case out.Verdict == leak && !t.c.Leaks:
			continue
		}
		result, why := k.Judge(out)
		switch {
		case result == corpus.OK:
		case result == corpus.Stale, k.finding.Mode == string(live) && out.Verdict == "":
			t.notes = append(t.notes, fmt.Sprintf("%s is stale: %s", t.c.screenName(k.file), why))
		case k.Expect == corpus.Found, out.Verdict == "":
			t.failed = true
			t.output += fmt.Sprintf("%s: %s\n", t.c.screenName(k.file), why)
		default:
			t.regressed(ctx, k, out)
		}
	}
}

func (t *test) replayKept(ctx context.Context, k kept) (out corpus.Outcome, err error) {
	t.in(&t.pkg.directory, func() { out, err = t.c.kept(ctx, t.pkg.Binary, "", k.file) })
	return out, err
}

// regressed has what an entry has come to be a finding, that entry's.
func (t *test) regressed(ctx context.Context, k kept, out corpus.Outcome) {
	if t.causes[out.Cause] {
		return
	}
	t.causes[out.Cause] = true
	again := 1
	for range tries - 1 {
		if o, err := t.replayKept(ctx, k); err == nil && o.Cause == out.Cause {
			again++
		}
	}
	f := *k.finding
	f.Found, f.Verdict, f.Cause = "the corpus, which has it as fixed", out.Verdict, out.Cause
	f.Report = strings.TrimSpace(ofTestBinary.ReplaceAllString(out.Output, ""))
	t.confirm(confirmed{Finding: &f, file: k.file, n: none, after: t.ran(), reproduced: again, tried: tries})
}

// ofTestBinary are the lines in which a test binary sums up.
var ofTestBinary = regexp.MustCompile(`(?m)^(\x16?(--- (FAIL|PASS)|=== \w+ ): .*|FAIL|PASS)\n`)

// discard removes a file that does not count. What it was written over is there again.
func (t *test) discard(file string) {
	if older := t.pkg.older[file]; older != nil {
		if err := finding.WriteFile(file, older); err != nil {
			t.fail(err.Error())
		}
		return
	}
	_ = os.Remove(file)
}
