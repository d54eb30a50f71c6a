package campaign

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

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
			t.search.Places = *e.Places
		}
	}
	if t.c.Verbose && !t.search.Places.Empty() {
		t.notes = append(t.notes, "plain loads and stores that may race are sync points: "+t.placesInWords())
	}
}

// placesShown bounds how many lines are named.
const placesShown = 6

// placesInWords names the lines of the places.
func (t *test) placesInWords() string {
	var lines []string
	for _, p := range t.search.Places.Places {
		if !filepath.IsAbs(p.File) {
			p.File = t.c.screenName(filepath.Join(t.pkg.Dir, filepath.FromSlash(p.File)))
		}
		if line := fmt.Sprintf("%s:%d", p.File, p.Line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if more := len(lines) - placesShown; more > 0 {
		lines = append(lines[:placesShown], fmt.Sprintf("and %d more lines", more))
	}
	return strings.Join(lines, ", ")
}
