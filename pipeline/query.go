package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
)

// A Query says which rows to read, which of them to keep, and what to make of them. Its steps are taken in the order of
// the fields.
type Query struct {
	// From delivers the rows. It is read by one query, once.
	From Source
	// Where keeps the rows that fulfil it. Nil keeps all.
	Where Predicate
	// GroupBy makes one row of many. Nil leaves the rows as they are, in the order of the source.
	GroupBy *GroupBy
	// Limit ends the result after so many rows. 0 is no limit.
	Limit int

	Options Options
}

// Run runs the query and writes its result to out as comma-separated values under a header. It returns how much was read
// and written, when it is over, also after an error; then a part of the result, from its beginning, may have been
// written.
//
// It returns an error if the query does not make sense for the source's schema, before anything is read or written; the
// first error of the source or of out; or [context.Cause] of ctx, if ctx ends before the query does. When it returns, all
// goroutines that it has started have ended. Only a source or an out that blocks can keep Run from returning soon after
// ctx has ended.
func (q Query) Run(ctx context.Context, out io.Writer) (Progress, error) {
	plan, err := q.bind()
	if err != nil {
		return Progress{}, err
	}
	var m meter
	if f := plan.options.OnProgress; f != nil {
		stop := m.report(plan.options.ProgressInterval, f)
		defer stop()
	}
	err = plan.run(ctx, &m, out)
	return m.read(), err
}

// plan is a query whose names have been resolved.
type plan struct {
	source  Source
	keep    filter
	by      *grouping // nil if rows are not grouped
	limit   int
	options Options
}

// bind checks that the query makes sense.
func (q Query) bind() (*plan, error) {
	if q.From == nil {
		return nil, errors.New("pipeline: query without a source")
	}
	if q.Limit < 0 {
		return nil, fmt.Errorf("pipeline: limit of %d rows", q.Limit)
	}
	options, err := q.Options.withDefaults()
	if err != nil {
		return nil, err
	}
	schema := q.From.Schema()
	p := &plan{source: q.From, limit: q.Limit, options: options}
	if p.keep, err = newFilter(q.Where, schema); err != nil {
		return nil, err
	}
	if q.GroupBy != nil {
		if p.by, err = q.GroupBy.bind(schema, options.GroupCacheTwin); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// run takes the plan's steps. Grouping needs all rows before it can deliver the first, so it is run to its end, and what
// it has found is the source of the steps after it.
func (p *plan) run(ctx context.Context, m *meter, out io.Writer) error {
	rows := newScanner(p.source, p.options.MorselRows, m)
	keep := p.keep
	if p.by != nil {
		table, err := aggregate(ctx, rows, keep, p.by, p.options)
		if err != nil {
			return err
		}
		m.groups.Store(int64(table.Rows()))
		// The rows of the groups are not rows of the source, so a meter of their own counts them, which nobody reads.
		rows = newScanner(table.Scan(), p.options.MorselRows, new(meter))
		keep = nil
	}

	tasks, ctx := errgroup.WithContext(ctx)
	rows.start(ctx, tasks, p.options)
	next, keepInSink := rows.next, keep // the filter is run by the encoders, unless head needs its result
	if p.limit > 0 {
		scanned := NewConnector(Morsel.Release)
		limited := NewQueue[Morsel](p.options.LaneCapacity, p.options.HeadTwin)
		tasks.Go(func() error { return rows.send(ctx, scanned, p.options.PhaseMorsels) })
		tasks.Go(func() error { return head(ctx, scanned, keep, p.limit, limited) })
		next, keepInSink = limited.Pop, nil
	}
	sink := &orderedSink{out: out, schema: rows.source.Schema(), keep: keepInSink, meter: m, twin: p.options.SinkTwin}
	sink.start(ctx, tasks, next, p.options)
	return tasks.Wait()
}
