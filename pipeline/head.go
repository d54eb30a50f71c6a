package pipeline

import (
	"context"
	"errors"
)

// head passes on the first rows that keep lets through, as many as limit says (at least 1), and then asks the source to
// stop. It hands over one morsel at a time and waits until it has been taken, so that no more is scanned and filtered
// than the limit asks for.
func head(ctx context.Context, in *Connector[Morsel], keep filter, limit int, out *Queue[Morsel]) error {
	defer in.Quit()
	var taken WaitGroup
	for left := limit; left > 0; {
		m, err := in.Receive(ctx)
		if errors.Is(err, ErrClosed) {
			out.Close()
			return nil
		}
		if err != nil {
			return err
		}
		batch := keep.apply(m.Batch)
		m.Release()

		rows := min(left, batch.Rows())
		if rows == 0 {
			continue
		}
		left -= rows
		part := Morsel{Batch: batch.Slice(0, rows), Seq: m.Seq, consume: taken.Token()}
		if err := out.Push(ctx, part); err != nil {
			part.Release()
			return err
		}
		if left == 0 {
			// At once, so that the consumer learns of the end along with the last rows.
			m.Source.Stop()
			out.Close()
		}
		if err := taken.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
