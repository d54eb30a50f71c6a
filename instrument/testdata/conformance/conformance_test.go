package conformance

import (
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

func TestMain(m *testing.M) {
	// The goroutine that package os/signal starts for the first must not be part of an execution.
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	os.Exit(m.Run())
}

// CONFORMANCE says whether this is the instrumented build.
func TestPrograms(t *testing.T) {
	run := enginetest.RunNative
	if os.Getenv("CONFORMANCE") == "instrumented" {
		run = enginetest.RunPrograms
		var files []string
		for _, sites := range engine.Sites() {
			if len(sites) > 0 {
				files = append(files, filepath.Base(sites[0].File))
			}
		}
		for _, tbl := range tables {
			require.Contains(t, files, tbl.file, "not instrumented")
		}
	} else {
		require.Empty(t, engine.Sites(), "instrumented")
	}
	for _, tbl := range tables {
		t.Run(tbl.file, func(t *testing.T) { run(t, tbl.programs) })
	}
}

func TestEveryFileHasItsTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var want []string
	for _, f := range files {
		if f != "conformance.go" && f != "conformance_test.go" {
			want = append(want, f)
		}
	}
	var have []string
	for _, tbl := range tables {
		have = append(have, tbl.file)
	}
	assert.Equal(t, want, have)
	assert.True(t, slices.IsSorted(have))
}
