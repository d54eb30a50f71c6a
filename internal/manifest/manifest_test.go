package manifest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

func TestStale(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, dir string)
		want   bool
	}{
		{"nothing", func(*testing.T, string) {}, false},
		{"an edit", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a.go"), "package b") }, true},
		{"the same content anew", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a.go"), "package a") }, false},
		{"another Go file", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "b_test.go"), "package a") }, true},
		{"another file", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "corpus.txt"), "x") }, false},
		{"a file below", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "sub", "a.go"), "package sub") }, false},
		{"a file less", func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "a.go"))) }, true},
		{"a renamed file", func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "a.go"), filepath.Join(dir, "c.go")))
		}, true},
		{"the directory less", func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pkg")
			write(t, filepath.Join(dir, "a.go"), "package a")
			hash, err := HashDir(dir, SumFile)
			require.NoError(t, err)
			content, err := json.Marshal(Manifest{Dirs: map[string]string{dir: hash}})
			require.NoError(t, err)
			name := filepath.Join(t.TempDir(), "manifest.json")
			write(t, name, string(content))

			tt.change(t, dir)
			m, err := Read(name)
			require.NoError(t, err)
			got := m.Stale()
			assert.Equal(t, tt.want, len(got) == 1 && got[0] == dir)
		})
	}
}

func TestStaleOfNoManifest(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none"))
	assert.ErrorContains(t, err, "read what was instrumented: ")
	name := filepath.Join(t.TempDir(), "manifest.json")
	write(t, name, "{")
	_, err = Read(name)
	assert.ErrorContains(t, err, name)
}
