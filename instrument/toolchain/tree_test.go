package toolchain

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fake makes a small GOROOT.
func fake(t *testing.T) Go {
	t.Helper()
	g := Go{Root: t.TempDir(), Version: "go1.99.1"}
	for name, content := range map[string]string{
		"VERSION":                  "go1.99.1\n",
		"go.env":                   "GOTOOLCHAIN=local\n",
		"bin/go":                   "a program",
		"pkg/tool/compile":         "a program",
		"pkg/include/textflag.h":   "#define",
		"lib/time/zoneinfo.zip":    "zones",
		"test/chan.go":             "package main",
		"misc/editors":             "none",
		"src/go.mod":               "module std",
		"src/fmt/print.go":         "package fmt",
		"src/fmt/testdata/in":      "input",
		"src/net/net.go":           "package net",
		"src/net/http/server.go":   "package http",
		"src/net/http/client.go":   "package http",
		"src/cmd/go.mod":           "module cmd",
		"src/cmd/go/main.go":       "package main",
		"src/cmd/go/testdata/list": "a script",
	} {
		write(t, g.Root, name, content)
	}
	return g
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	name = filepath.Join(root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

var files = map[string][]byte{
	"src/jostle/perturb/chan.go": []byte("package perturb"),
	"src/net/http/server.go":     []byte("package http // ours"),
	"src/net/http/fake.go":       []byte("package http // added"),
}

// contents returns what can be read below dir, whatever is linked.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	var walk func(string)
	walk = func(p string) {
		list, err := os.ReadDir(filepath.Join(dir, p))
		require.NoError(t, err)
		for _, d := range list {
			name := filepath.Join(p, d.Name())
			info, err := os.Stat(filepath.Join(dir, name))
			require.NoError(t, err)
			if info.IsDir() {
				walk(name)
				continue
			}
			content, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			found[filepath.ToSlash(name)] = string(content)
		}
	}
	walk(".")
	return found
}

func linked(t *testing.T, dir string) []string {
	t.Helper()
	var links []string
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if d.Type()&fs.ModeSymlink != 0 {
			p, _ = filepath.Rel(dir, p)
			links = append(links, filepath.ToSlash(p))
		}
		return err
	}))
	return links
}

func unable(string, string) error { return fs.ErrInvalid }

func TestTree(t *testing.T) {
	tests := []struct {
		name      string
		sym, hard func(string, string) error
		links     []string
		without   []string
	}{
		{"all", os.Symlink, os.Link, []string{"bin", "lib", "misc", "pkg", "src/cmd", "test"}, nil},
		{"no hard links", os.Symlink, unable, []string{"bin", "lib", "misc", "pkg", "src/cmd", "test"}, nil},
		{"no symbolic links", unable, os.Link, nil, []string{"misc/editors", "test/chan.go"}},
		{"no links", unable, unable, nil, []string{"misc/editors", "test/chan.go"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := fake(t)
			want := contents(t, g.Root)
			for name, content := range files {
				want[name] = string(content)
			}
			want[note] = g.Root + "\n"
			maps.DeleteFunc(want, func(name, _ string) bool { return slices.Contains(test.without, name) })

			s := &shelf{dir: t.TempDir(), sym: test.sym, hard: test.hard, progress: func(string) {}}
			dir, err := s.tree(t.Context(), g, files)
			require.NoError(t, err)
			assert.Equal(t, want, contents(t, dir))
			assert.Equal(t, test.links, linked(t, dir))

			before := inodes(t, dir)
			s.progress = func(what string) { t.Errorf("made again: %s", what) }
			again, err := s.tree(t.Context(), g, maps.Clone(files))
			require.NoError(t, err)
			assert.Equal(t, dir, again)
			assert.Equal(t, before, inodes(t, dir))
		})
	}
}

// inodes returns when the files of a tree were made, as far as that can be seen.
func inodes(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	found := map[string]time.Time{}
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		found[p] = info.ModTime()
		return err
	}))
	return found
}

func TestReal(t *testing.T) {
	g := fake(t)
	cache := t.TempDir()
	dir, err := Tree(t.Context(), cache, g, files, nil)
	require.NoError(t, err)
	for _, root := range []string{g.Root, dir} {
		real, err := Real(root)
		require.NoError(t, err)
		assert.Equal(t, g.Root, real)
	}
	_, err = Tree(t.Context(), cache, Go{dir, g.Version}, files, nil)
	assert.ErrorContains(t, err, "ask for one of "+g.Root)
}
