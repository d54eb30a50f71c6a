package pipeline

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

// aggregate reads all of a source and returns the groups of the rows that keep lets through. One task scans, one filters
// and exchanges, and one for each lane folds what it gets into groups of its own; these are merged when all have ended.
func aggregate(ctx context.Context, source *scanner, keep filter, by *grouping, o Options) (*Table, error) {
	var (
		scanned   = NewConnector(Morsel.Release)
		exchanged = NewDistributor(o.Lanes, o.LaneCapacity, Morsel.Release, o.ParkerTwin)
		partial   = make([]*groups, o.Lanes)
	)
	tasks, ctx := errgroup.WithContext(ctx)
	source.start(ctx, tasks, o)
	tasks.Go(func() error { return source.send(ctx, scanned, o.PhaseMorsels) })
	tasks.Go(func() error { return exchange(ctx, scanned, keep, exchanged) })
	for i := range partial {
		partial[i] = newGroups(by)
		tasks.Go(func() error { return partial[i].collect(ctx, exchanged.Lane(i)) })
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}

	merged := newGroups(by)
	for _, g := range partial {
		merged.merge(g)
	}
	return merged.table()
}

// exchange filters the morsels of in and spreads them over the lanes of out.
func exchange(ctx context.Context, in *Connector[Morsel], keep filter, out *Distributor[Morsel]) error {
	defer in.Quit()
	defer out.Close()
	for {
		m, err := in.Receive(ctx)
		if errors.Is(err, ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		m.Batch = keep.apply(m.Batch)
		if m.Batch.Rows() == 0 {
			m.Release()
			continue
		}
		if err := out.Send(ctx, m); err != nil {
			m.Release()
			return unlessGone(err)
		}
	}
}

// collect folds the morsels of a lane into g.
func (g *groups) collect(ctx context.Context, lane *DistributorLane[Morsel]) error {
	defer lane.Quit()
	for {
		m, err := lane.Receive(ctx)
		if errors.Is(err, ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		g.fold(m.Batch)
		m.Release()
	}
}
