package cachedir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func written(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "binary")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o755))
	return name
}

func TestKeep(t *testing.T) {
	const kind, key = "test", "0123456789abcdef"
	cache := t.TempDir()
	taken := func(want string) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "taken")
		require.True(t, Take(cache, kind, key, name))
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, want, string(content))
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.NotZero(t, info.Mode().Perm()&0o100, "it can be run")
		return name
	}
	assert.False(t, Take(cache, kind, key, filepath.Join(t.TempDir(), "nothing")))
	require.NoError(t, Keep(cache, kind, key, written(t, "one")))
	first := taken("one")

	// What was taken is replaced by the go command, not written to. What is kept stays until it is kept anew.
	require.NoError(t, os.Rename(written(t, "two"), first))
	taken("one")
	require.NoError(t, Keep(cache, kind, key, first))
	require.NoError(t, Keep(cache, kind, key, taken("two")))
	taken("two")
	require.NoError(t, Keep(cache, kind, key, written(t, "six")))
	taken("six")

	assert.False(t, Take(cache, kind, key, first), "there is something of that name")
	content, err := os.ReadFile(first)
	require.NoError(t, err)
	assert.Equal(t, "two", string(content))
	left, err := os.ReadDir(filepath.Join(cache, kind))
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

// What is the same content is not written again.
func TestKeepAgain(t *testing.T) {
	cache := t.TempDir()
	require.NoError(t, Keep(cache, "test", "0123456789abcdef", written(t, "one")))
	file := filepath.Join(cache, "test", "0123456789abcdef", kept)
	before, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, Keep(cache, "test", "0123456789abcdef", written(t, "one")))
	after, err := os.Stat(file)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))
}

func TestKeepNowhere(t *testing.T) {
	file := written(t, "not a directory")
	assert.Error(t, Keep(file, "test", "0123456789abcdef", written(t, "one")))
	assert.Error(t, Keep(t.TempDir(), "test", "0123456789abcdef", filepath.Join(t.TempDir(), "none")))
}

func TestWrite(t *testing.T) {
	const kind, key = "exports", "0123456789abcdef"
	cache := t.TempDir()
	_, err := Read(cache, kind, key)
	assert.Error(t, err)
	for _, content := range []string{"one", "two"} {
		require.NoError(t, Write(cache, kind, key, []byte(content)))
		is, err := Read(cache, kind, key)
		require.NoError(t, err)
		assert.Equal(t, content, string(is))
	}
}
