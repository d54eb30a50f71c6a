package instrument_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/instrument"
)

// What a build needs of the cache counts as used, whichever kind it is, so that it is not removed as old.
func TestCacheUsed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.mod"), "module cache.example\n\ngo 1.25.0\n\nrequire golang.org/x/sync v0.22.0\n")
	sum, err := os.ReadFile("../go.sum")
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.sum"), string(sum))
	write(t, filepath.Join(dir, "p.go"), "package p\n\nimport _ \"golang.org/x/sync/errgroup\"\n\nvar C = make(chan int)\n\nfunc F() { C <- 1 }\n")
	config := instrument.Config{
		Dir: dir, Patterns: []string{"."}, CacheDir: t.TempDir(),
		Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir),
	}
	prepare := func() []string {
		_, err := instrument.Prepare(t.Context(), config)
		require.NoError(t, err)
		there, err := filepath.Glob(filepath.Join(config.CacheDir, "*", "*[0-9a-f]"))
		require.NoError(t, err)
		return slices.DeleteFunc(there, func(name string) bool {
			kind := filepath.Base(filepath.Dir(name))
			return kind == "toolchain" || kind == "exports" // which has tests of its own, and which is needed only to rewrite something
		})
	}
	first := prepare()
	kinds := map[string]bool{}
	for _, name := range first {
		old := time.Now().Add(-29 * 24 * time.Hour)
		require.NoError(t, os.Chtimes(name, old, old))
		kinds[filepath.Base(filepath.Dir(name))] = true
	}
	assert.Equal(t, map[string]bool{"build": true, "changed": true, "module": true, "package": true, "patched": true}, kinds)
	assert.Equal(t, first, prepare())
	for _, name := range first {
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), info.ModTime(), time.Hour, name)
	}
}
