package campaign

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
)

// A Replay is what some executions of a finding came to.
type Replay struct {
	Times      int
	Reproduced int            // ended by the finding's cause
	Same       int            // of these, the whole interleaving was the same
	Verdicts   map[string]int // of the others
	Missed     schedule.Keyed // departures that did not come, in the first that was not reproduced, or else was not the same
	Output     string         // of the first that was reproduced, or else of the first, with its interleaving

	// Finding is the first that was reproduced, or else the first at all, with the plain run beside it; nil if it was not
	// asked for, or if the execution ended its process.
	Finding *report.Finding
}

// ReplayFinding runs a finding's execution so many times, each in a process of its own. f is what its file says; of an input of
// a fuzz target, whose file says nothing, how it has ended before.
func ReplayFinding(ctx context.Context, c Config, b Binary, f *finding.Finding, file string, times int) (Replay, error) {
	temp, err := os.MkdirTemp("", "jostle-replay-")
	if err != nil {
		return Replay{}, err
	}
	defer os.RemoveAll(temp)
	x := &campaign{Config: c, temp: temp}
	document := func(i int) string {
		if !c.Document {
			return ""
		}
		return filepath.Join(temp, fmt.Sprintf("%d.json", i))
	}
	results := make([]replayed, times)
	errs := make([]error, times)
	limit := make(chan struct{}, c.Parallel)
	var wg sync.WaitGroup
	for i := range times {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			p := x.replay(b, f, file, document(i))
			p.Try, p.Report, p.Full = i, true, c.Full
			var r run
			r, errs[i] = x.process(ctx, b, p, patience, x.only(f.Test)...)
			results[i] = readReplay(p, r)
		})
	}
	wg.Wait()
	out := Replay{Times: times, Verdicts: map[string]int{}}
	best := 0
	for i, r := range results {
		if errs[i] != nil {
			return out, errs[i]
		}
		same := r.hash == f.Trace
		switch {
		case r.came(f.Cause):
			if out.Reproduced++; out.Reproduced == 1 {
				best = i
			}
			if same {
				out.Same++
			}
		case r.verdict == "":
			out.Verdicts["nothing: the test did not run"]++
		default:
			out.Verdicts[r.verdict]++
		}
		if out.Missed == nil && (!r.came(f.Cause) || !same) {
			if out.Missed, err = schedule.ParseKeyed(r.missed); err != nil {
				return out, err
			}
		}
	}
	if out.Output = results[best].output; results[best].verdict == crash {
		out.Output = report.OnScreen(c.Base, crashReport(out.Output)) // the process has ended before it could print its report
	}
	v := cmp.Or(results[best].panic, results[best].beside(f.Cause))
	if v != nil {
		out.Output = told(v, b, c.Base, "")
	}
	if c.Document && ctx.Err() == nil {
		if out.Finding, err = readDocument(document(best)); err != nil {
			return out, err
		}
		if v != nil {
			out.Finding = report.NewFinding(v, report.Options{Dir: b.Dir, Program: b.Path})
			out.Finding.Report = report.Portable(b.Dir, out.Output)
			return out, nil
		}
		// Of a finding without decisions the plain run is known: it is the finding.
		if (len(f.Schedule) > 0 || !strings.HasSuffix(file, finding.Suffix)) && out.Reproduced > 0 && out.Finding != nil && out.Finding.Passing == nil {
			if err := x.beside(ctx, b, f, file, document(times), out.Finding); err != nil {
				return out, err
			}
		}
	}
	return out, ctx.Err()
}

// replay returns the plan of a process that runs a finding's execution and writes it as data to document, unless that is "".
func (c *campaign) replay(b Binary, f *finding.Finding, file, document string) *session.Plan {
	return &session.Plan{
		Mode: session.Replay, Base: c.Base, Package: b.Package, Module: b.Module, Test: f.Test, Race: c.Race, Leaks: c.Leaks,
		Finding: file, Document: document,
	}
}

// beside runs the test plainly, and puts that beside the finding.
func (c *campaign) beside(ctx context.Context, b Binary, f *finding.Finding, file, document string, to *report.Finding) error {
	p := c.replay(b, f, file, document)
	p.Plainly = true
	if _, err := c.process(ctx, b, p, patience, c.only(f.Test)...); err != nil {
		return err
	}
	plain, err := readDocument(document)
	if plain != nil {
		to.Beside(plain)
	}
	return err
}

// readDocument reads an execution as data; nil if it has ended its process before it could write that.
func readDocument(name string) (*report.Finding, error) {
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := new(report.Finding)
	if json.Unmarshal(content, f) != nil {
		return nil, nil // cut off
	}
	return f, nil
}

// Code returns what a departure says of the code: the comment that was kept with it.
func Code(d schedule.Departure) string {
	if before, _, ok := strings.Cut(d.Note, ": "); ok {
		return before
	}
	return d.Note
}
