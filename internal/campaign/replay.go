package campaign

import (
	"context"
	"os"
	"strings"
	"sync"

	"github.com/jostle-dev/jostle/internal/finding"
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
	Output     string         // of the first, with its interleaving
}

// ReplayFinding runs a finding's execution so many times, each in a process of its own.
func ReplayFinding(ctx context.Context, c Config, b Binary, file string, times int) (Replay, error) {
	f, err := finding.Read(file)
	if err != nil {
		return Replay{}, err
	}
	temp, err := os.MkdirTemp("", "jostle-replay-")
	if err != nil {
		return Replay{}, err
	}
	defer os.RemoveAll(temp)
	x := &campaign{Config: c, temp: temp}
	results := make([]replayed, times)
	errs := make([]error, times)
	limit := make(chan struct{}, c.Parallel)
	var wg sync.WaitGroup
	for i := range times {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			p := &session.Plan{
				Mode: session.Replay, Package: b.Package, Module: b.Module, Test: f.Test, Race: c.Race, Leaks: c.Leaks,
				Finding: file, Report: i == 0, Full: c.Full,
			}
			var r run
			r, errs[i] = x.process(ctx, b, p, patience, x.only(f.Test)...)
			results[i] = readReplay(r)
		})
	}
	wg.Wait()
	out := Replay{Times: times, Verdicts: map[string]int{}}
	for i, r := range results {
		if errs[i] != nil {
			return out, errs[i]
		}
		if i == 0 {
			if out.Output = r.output; r.verdict == crash {
				out.Output = crashReport(r.output) // nobody was left to print one
			}
		}
		same := r.hash == f.Trace
		switch {
		case r.cause == f.Cause:
			out.Reproduced++
			if same {
				out.Same++
			}
		case r.verdict == "":
			out.Verdicts["nothing: the test did not run"]++
		default:
			out.Verdicts[r.verdict]++
		}
		if out.Missed == nil && (r.cause != f.Cause || !same) {
			if out.Missed, err = schedule.ParseKeyed(r.missed); err != nil {
				return out, err
			}
		}
	}
	return out, ctx.Err()
}

// Code returns what a departure says of the code: the comment that was kept with it.
func Code(d schedule.Departure) string {
	if before, _, ok := strings.Cut(d.Note, ": "); ok {
		return before
	}
	return d.Note
}
