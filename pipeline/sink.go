package pipeline

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
)

// An orderedSink encodes morsels on several tasks at a time and writes the result in the order of their sequence
// numbers.
type orderedSink struct {
	out    io.Writer
	schema Schema // of the rows to write
	keep   filter
	meter  *meter
	twin   Twin

	lin *Linearizer[chunk]
}

// chunk is an encoded morsel.
type chunk struct {
	text []byte
	rows int
}

// start adds the sink's tasks to a group: one that takes morsels from next and deals them out in phases, the encoders,
// and one that writes.
func (s *orderedSink) start(ctx context.Context, tasks *errgroup.Group, next pull, o Options) {
	s.lin = NewLinearizer[chunk](o.Encoders, o.LaneCapacity)
	first := newPhase(o.PhaseMorsels, o.FeedTwin)
	tasks.Go(func() error { return feed(ctx, next, first) })
	for i := range o.Encoders {
		tasks.Go(func() error { return s.encodePhases(ctx, first, s.lin.Lane(i)) })
	}
	tasks.Go(func() error { return s.write(ctx) })
}

// encodePhases is the task of an encoder: it takes what morsels of each phase it can get.
//
// It closes its lane only if it has inserted them all. Were the lane of an encoder that failed closed, the linearizer
// would skip it, and what the others have made would be written although the part before it is missing.
func (s *orderedSink) encodePhases(ctx context.Context, p *phase, lane *LinearizerLane[chunk]) error {
	for ; p != nil; p = p.await() {
		for m := range p.morsels {
			if err := s.encodeMorsel(ctx, m, lane); err != nil {
				return unlessGone(err)
			}
		}
	}
	lane.Close()
	return nil
}

// encodeMorsel encodes a morsel and inserts the result into the encoder's lane. Also a morsel without rows is inserted:
// it tells the linearizer how far this lane has come.
//
// Insert may block until another encoder inserts something, and that one may have nothing to insert before the next
// phase, which begins when this phase's morsels are released. Hence the morsel, which is done with once it is encoded,
// has to be released before. The broken twin leaves it to the deferred call.
func (s *orderedSink) encodeMorsel(ctx context.Context, m Morsel, lane *LinearizerLane[chunk]) error {
	defer m.Release()
	batch := s.keep.apply(m.Batch)
	text, err := encodeCSV(batch)
	if err != nil {
		return err
	}
	if s.twin == Right {
		m.Release()
	}
	return lane.Insert(ctx, m.Seq, chunk{text: text, rows: batch.Rows()})
}

// write is the task that writes what the encoders made, after a header.
func (s *orderedSink) write(ctx context.Context) error {
	defer s.lin.Quit()
	header, err := encodeRecords(s.schema.names())
	if err != nil {
		return err
	}
	for c := (chunk{text: header}); ; {
		if _, err := s.out.Write(c.text); err != nil {
			return fmt.Errorf("pipeline: write result: %w", err)
		}
		s.meter.written.Add(int64(c.rows))
		if c, err = s.lin.Next(ctx); errors.Is(err, ErrClosed) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// encodeCSV returns the rows of b as lines of comma-separated values.
func encodeCSV(b Batch) ([]byte, error) {
	records := make([][]string, b.Rows())
	for row := range records {
		records[row] = make([]string, len(b))
		for i, c := range b {
			records[row][i] = c.Text(row)
		}
	}
	return encodeRecords(records...)
}

func encodeRecords(records ...[]string) ([]byte, error) {
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(records); err != nil {
		return nil, fmt.Errorf("pipeline: encode result: %w", err)
	}
	return text.Bytes(), nil
}
