package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// A result is what became of one program under one strategy and seed.
type result struct {
	executions int // that it took to find something; 0: nothing was found within the budget
	spent      time.Duration
}

// search runs all programs under all strategies and seeds: results are by program, strategy, seed.
func (b *bench) search(ctx context.Context, programs []string) ([][][]result, error) {
	results := make([][][]result, len(programs))
	errs := make([]error, len(programs))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range programs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i], errs[i] = b.program(ctx, name)
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", programs[i], err)
		}
	}
	return results, nil
}

// program runs one program under all strategies and seeds.
func (b *bench) program(ctx context.Context, name string) ([][]result, error) {
	plan, err := b.plain(ctx, name)
	if err != nil {
		return nil, err
	}
	var results [][]result
	for _, s := range b.strategies {
		plan.Strategy = strings.TrimPrefix(s, mixed)
		var of []result
		for seed := range b.seeds {
			plan.Seed = uint64(seed+1) * 0xD1B54A32D192ED03
			r, err := b.until(ctx, plan)
			if err != nil {
				return nil, err
			}
			of = append(of, r)
		}
		results = append(results, of)
	}
	return results, nil
}

// plain does the plain run, and returns the plan of the executions that come after it.
func (b *bench) plain(ctx context.Context, name string) (*session.Plan, error) {
	plan := &session.Plan{Mode: session.Explore, Package: "kernels", Test: name, Part: search.Part{Last: 1, Enough: true}, Leaks: true, Findings: b.temp}
	events, err := b.process(ctx, plan)
	if err != nil {
		return nil, err
	}
	settled := false
	for _, e := range events {
		switch e.Kind {
		case session.Measured:
			plan.Measures = e.Measures
		case session.Settled:
			plan.Warm, plan.Plain, settled = e.Warm, e.Hash, true
		case session.Found:
			return nil, fmt.Errorf("its plain run ends in a %s already", e.Verdict)
		}
	}
	if !settled {
		return nil, fmt.Errorf("its plain run does not repeat")
	}
	plan.First, plan.Last = 1, b.budget
	return plan, nil
}

// until runs executions until something is found.
func (b *bench) until(ctx context.Context, plan *session.Plan) (result, error) {
	began := time.Now()
	events, err := b.process(ctx, plan)
	if err != nil {
		return result{}, err
	}
	r := result{spent: time.Since(began)}
	last := session.Event{}
	for _, e := range events {
		if e.Kind == session.Found {
			r.executions = e.N + 1 // the plain run is one too
			return r, nil
		}
		last = e
	}
	switch {
	case last.Kind == session.Ended:
		return r, nil
	case last.Kind == session.Began: // it has ended the process
		r.executions = last.N + 1
		return r, nil
	}
	return r, fmt.Errorf("execution %d: %s %s", last.N, last.Kind, last.Why)
}

// process runs a process as plan has it, and returns what it has noted.
func (b *bench) process(ctx context.Context, plan *session.Plan) ([]session.Event, error) {
	f, err := os.CreateTemp(b.temp, "events-")
	if err != nil {
		return nil, err
	}
	f.Close()
	p := *plan
	p.Events = f.Name()
	defer os.Remove(p.Events)
	defer os.Remove(session.OrdersBeside(p.Events))
	cmd := exec.CommandContext(ctx, b.binary, "-test.timeout=0", "-test.paniconexit0", "-test.run=^"+plan.Test+"$")
	cmd.Dir, cmd.Env = b.dir, append(b.env[:len(b.env):len(b.env)], "PWD="+b.dir, p.Environ())
	out, err := cmd.CombinedOutput()
	content, readErr := os.ReadFile(p.Events)
	if readErr != nil {
		return nil, readErr
	}
	events := session.Events(content)
	if len(events) == 0 {
		return nil, fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return events, nil
}
