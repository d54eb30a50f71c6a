//go:build unix

package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// protect makes all directories below one, and itself, unwritable until the test ends.
func protect(t *testing.T, dir string) {
	t.Helper()
	set := func(mode fs.FileMode) {
		require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(name, mode)
			}
			return err
		}))
	}
	set(0o555)
	t.Cleanup(func() { set(0o755) })
}

// A tree in a cache that is read-only is used. One that is not there cannot be made, and one that is damaged not be mended.
func TestReadOnlyCache(t *testing.T) {
	g := fake(t)
	require.NoError(t, os.Chmod(filepath.Dir(g.Root), 0o755)) // package testing makes it for its own user
	const advice = " (set JOSTLE_CACHE to another directory if this one does not do): "
	tests := []struct {
		name    string
		damage  func(dir string) error
		outcome string // with <cache> and <tree> for what they are
		fails   bool
	}{
		{"a tree", nil, "ready\n<tree>\n", false},
		{"no trees", func(dir string) error { return os.RemoveAll(filepath.Dir(strings.TrimSuffix(dir, g.Root))) },
			"in <cache>/toolchain" + advice + "mkdir <cache>/toolchain: permission denied\n", true},
		{"a damaged tree", remove("VERSION"), "the tree of go1.99.1 is damaged (VERSION is missing): making it anew\n", true},
		{"a tree damaged, the advice", remove("VERSION"), "in <cache>/toolchain" + advice + "mkdir <cache>/toolchain/.new-", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cache := t.TempDir()
			require.NoError(t, os.Chmod(filepath.Dir(cache), 0o755))
			dir, err := Tree(t.Context(), cache, g, files, nil)
			require.NoError(t, err)
			if test.damage != nil {
				require.NoError(t, test.damage(dir))
			}
			protect(t, cache)
			out, err := process(t, "unprivileged", g, cache).CombinedOutput()
			assert.Equal(t, test.fails, err != nil)
			assert.Contains(t, string(out), strings.NewReplacer("<cache>", cache, "<tree>", dir).Replace(test.outcome))
		})
	}
}
