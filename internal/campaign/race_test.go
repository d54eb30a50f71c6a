package campaign

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
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

// A report that does not say which function reads is no finding beside one of the same operations that does, in the same process.
func TestRacesThatDoNotTell(t *testing.T) {
	const mapFrames = "  runtime.mapaccess2()\n      /go/map.go:2 +0x0\n  runtime.mapaccess1()\n      /go/map.go:1 +0x1\n"
	report := func(reader, n string) string {
		return "==================\nWARNING: DATA RACE\nRead at 0x00c000012345 by goroutine " + n + ":\n" + reader +
			"  a.Caller()\n      /a/a.go:9 +0x44\n\nPrevious write at 0x00c000012345 by goroutine 8:\n  a.Writer()\n      /a/a.go:5 +0x44\n==================\n"
	}
	const telling = "  a.Reader()\n      /a/a.go:3 +0x4\n"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"both", report(mapFrames, "9") + report(telling, "9"), []string{"/a/a.go:3"}},
		{"the other way round", report(telling, "9") + report(mapFrames, "9"), []string{"/a/a.go:3"}},
		{"again", report(mapFrames, "9") + report(telling, "9") + report(mapFrames, "10") + report(telling, "10"), []string{"/a/a.go:3"}},
		{"alone", report(mapFrames, "9"), []string{"/a/a.go:9"}},
		{"of others", report(mapFrames, "9") + report(telling, "10"), []string{"/a/a.go:9", "/a/a.go:3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, v := range racesOf(verdict.ReadRaces(tt.text)) {
				got = append(got, v.Races[0].Accesses[0].Place())
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
