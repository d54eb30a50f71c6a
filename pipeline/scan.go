package pipeline

import (
	"context"
	"errors"
	"io"
)

// A scanner cuts a source into morsels.
type scanner struct {
	source Source
	rows   int // the most rows of a morsel
	meter  *meter
	stop   *SourceToken
	seq    uint64 // of the next morsel
}

func newScanner(source Source, rows int, m *meter) *scanner {
	return &scanner{source: source, rows: rows, meter: m, stop: NewSourceToken()}
}

// next is a [pull]. The morsels have no token. It reports the end also after somebody has asked the source to stop.
func (s *scanner) next(ctx context.Context) (Morsel, error) {
	if err := context.Cause(ctx); err != nil {
		return Morsel{}, err
	}
	if s.stop.Stopped() {
		return Morsel{}, ErrClosed
	}
	batch, err := s.source.Next(s.rows)
	if errors.Is(err, io.EOF) {
		return Morsel{}, ErrClosed
	}
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
