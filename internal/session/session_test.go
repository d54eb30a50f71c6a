package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/search"
)

// Executions of which nothing else is said take no room, and are counted all the same.
func TestLog(t *testing.T) {
	p := &Plan{Events: filepath.Join(t.TempDir(), "events")}
	log, err := p.Open()
	require.NoError(t, err)
	add := func(e Event) { require.NoError(t, log.Add(e)) }
	add(Event{Kind: Began})
	add(Event{Kind: Settled, Measures: search.Measures{Asked: 3}})
	for n := 1; n <= 1_000_000_000_000; n *= 10 {
		add(Event{Kind: Began, N: n})
	}
	add(Event{Kind: Found, N: 9, Verdict: "leak"})
	add(Event{Kind: Began, N: 10})
	again, err := p.Open()
	require.NoError(t, err)
	log = again
	add(Event{Kind: Began, N: 11})
	add(Event{Kind: Ended, N: 12})
	content, err := os.ReadFile(p.Events)
	require.NoError(t, err)
	assert.Equal(t, 7, strings.Count(string(content), "\n"))
	assert.Equal(t, []Event{
		{Kind: Began}, {Kind: Settled, Measures: search.Measures{Asked: 3}}, {Kind: Began, N: 1_000_000_000_000, Times: 13}, {Kind: Found, N: 9, Verdict: "leak"},
		{Kind: Began, N: 10, Times: 1}, {Kind: Began, N: 11, Times: 1}, {Kind: Ended, N: 12},
	}, Events(content))

	p = &Plan{Events: filepath.Join(t.TempDir(), "events"), Part: search.Part{Steer: make([]predict.Prediction, 1)}}
	log, err = p.Open()
	require.NoError(t, err)
	add(Event{Kind: Began, N: 1})
	add(Event{Kind: Began, N: 2})
	content, err = os.ReadFile(p.Events)
	require.NoError(t, err)
	assert.Equal(t, []Event{{Kind: Began, N: 1}, {Kind: Began, N: 2}}, Events(content), "each try of steering is one")
}
