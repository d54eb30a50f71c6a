package campaign

import (
	"context"

	"github.com/jostle-dev/jostle/internal/session"
)

// record finds out where plain loads and stores of the test may race: just there they are sync points in all that follows. What goes wrong
// meanwhile comes again, and is not told twice.
func (t *test) record(ctx context.Context) {
	if !t.c.Plain || t.mode == live || ctx.Err() != nil {
		return
	}
	p := t.plan()
	p.Mode, p.Plain, p.Warm, p.Known, p.Findings = session.Record, 0, 0, nil, t.c.temp
	r, err := t.process(ctx, p, patience)
	if err != nil {
		return
	}
	for _, e := range r.events {
		if e.Kind == session.Placed && e.Places != nil {
			t.places = *e.Places
		}
	}
}
