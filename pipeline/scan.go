package pipeline

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

// A scanner cuts a source into morsels.
type scanner struct {
	source Source
	input  input  // what source delivers
	close  func() // ends what reads ahead; it may be called more than once
	rows   int    // the most rows of a morsel
	meter  *meter
	stop   *SourceToken
	seq    uint64 // of the next morsel
}

func newScanner(source Source, rows int, m *meter) *scanner {
	return &scanner{
		source: source, input: sourceInput{source}, close: func() {},
		rows: rows, meter: m, stop: NewSourceToken(),
	}
}

// start adds the tasks that read the source ahead to a group, if it is such a source. They end when next has reported the
// end or an error, when send returns, or with ctx.
func (s *scanner) start(ctx context.Context, tasks *errgroup.Group, o Options) {
	if !readsAhead(s.source) {
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s.close = func() { cancel(errScanned) }
	s.input = startReaders(ctx, tasks, s.source, o)
}

// next is a [pull]. The morsels have no token. It reports the end also after somebody has asked the source to stop.
func (s *scanner) next(ctx context.Context) (Morsel, error) {
	m, err := s.read(ctx)
	if err != nil {
		s.close()
	}
	return m, err
}

func (s *scanner) read(ctx context.Context) (Morsel, error) {
	if err := context.Cause(ctx); err != nil {
		return Morsel{}, err
	}
	if s.stop.Stopped() {
		return Morsel{}, ErrClosed
	}
	batch, err := s.input.next(ctx, s.rows)
	if err != nil {
		return Morsel{}, err
	}
	s.meter.scanned.Add(int64(batch.Rows()))
	m := Morsel{Batch: batch, Seq: s.seq, Source: s.stop}
	s.seq++
	return m, nil
}

// send sends the source's morsels to out until there are no more or the receiver quits. Each time it has sent as many
// as the given window, it waits until all of them have been consumed.
func (s *scanner) send(ctx context.Context, out *Connector[Morsel], window int) error {
	defer out.Close()
	defer s.close()
	var consumed WaitGroup
	for {
		for range window {
			m, err := s.next(ctx)
			if errors.Is(err, ErrClosed) {
				return nil
			}
			if err != nil {
				return err
			}
			m.consume = consumed.Token()
			if err := out.Send(ctx, m); err != nil {
				m.Release()
				return unlessGone(err)
			}
		}
		if err := consumed.Wait(ctx); err != nil {
			return err
		}
	}
}
