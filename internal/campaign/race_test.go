package campaign

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/session"
)

// A report that is part of no execution is one of its own, wherever it stands; what comes after an execution was given up is not.
func TestRacesBeside(t *testing.T) {
	report := func(fn string) string {
		return "==================\nWARNING: DATA RACE\nRead at 0x00c000012345 by goroutine 9:\n  " + fn + "()\n      /a/a.go:9 +0x44\n==================\n"
	}
	first, second, third := report("a.First"), report("a.Second"), report("a.Third")
	text := first + second + third
	span := func(from, to int) session.Event {
		return session.Event{Kind: session.Raced, Races: session.Span{From: int64(from), To: int64(to)}}
	}
	n := len(first)
	for _, tt := range []struct {
		events []session.Event
		want   string
	}{
		{nil, "a.First a.Second a.Third"},
		{[]session.Event{{Kind: session.Began}}, "a.First a.Second a.Third"},
		{[]session.Event{span(0, n)}, "a.Second a.Third"},
		{[]session.Event{span(n, 2*n+1)}, "a.First a.Third"},
		{[]session.Event{span(0, n), {Kind: session.Began}, span(2*n+1, len(text))}, "a.Second"},
		{[]session.Event{span(n, math.MaxInt64)}, "a.First"},
		{[]session.Event{span(0, n), span(n, math.MaxInt64)}, ""},
	} {
		var got []string
		for _, r := range racesBeside(text, tt.events) {
			got = append(got, r.Accesses[0].Frames[0].Func)
		}
		assert.Equal(t, tt.want, strings.Join(got, " "))
	}
}
