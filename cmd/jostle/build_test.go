package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A package that does not build has a directory. Of one that is not there the go command says why, on several lines, and all of
// that is for who has asked.
func TestDirs(t *testing.T) {
	module := t.TempDir()
	t.Chdir(module)
	t.Setenv("GOFLAGS", "")
	for name, content := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.25\n",
		"a/a.go": "package a\n\nimport _ \"example.com/m/b\"\n",
		"b/b.go": "package b\n\nimport _ \"example.com/m/a\"\n",
		"c/c.go": "package c\n\nfunc (\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
	}
	module, err := filepath.EvalSymlinks(module)
	require.NoError(t, err)
	var b buildFlags
	dirs, err := b.dirs(t.Context(), []string{"./..."})
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(module, "a"), filepath.Join(module, "b"), filepath.Join(module, "c")}, dirs)
	_, err = b.dirs(t.Context(), []string{"example.com/n"})
	assert.EqualError(t, err, "no required module provides package example.com/n; to add it:\n\tgo get example.com/n")
}
