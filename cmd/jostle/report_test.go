package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Code scanning wants files from the root of the repository, which may be above the module.
func TestBaseOf(t *testing.T) {
	repo := t.TempDir()
	const inModule = "pkg/testdata/jostle/TestX-0.jostle"
	file := filepath.Join(repo, "go", "ingest", filepath.FromSlash(inModule))
	assert.Equal(t, "", baseOf(file, "elsewhere.jostle"))
	require.NoError(t, os.MkdirAll(filepath.Join(repo, ".git"), 0o755))
	assert.Equal(t, "go/ingest", baseOf(file, inModule))
	require.NoError(t, os.MkdirAll(filepath.Join(repo, "go", "ingest"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(repo, "go", "ingest", ".git"), nil, 0o644)) // of a submodule
	assert.Equal(t, "", baseOf(file, inModule))
}
