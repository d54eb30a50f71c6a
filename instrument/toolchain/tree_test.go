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

	"github.com/jostle-dev/jostle/internal/cachedir"
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
		old := time.Now().Add(-time.Hour)
		require.NoError(t, os.Chtimes(filepath.Join(g.Root, name), old, old))
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

// systems are the kinds of systems that there are, by the links that they have.
var systems = []struct {
	name      string
	symbolic  bool
	sym, hard func(oldname, newname string) error
}{
	{"both kinds of links", true, os.Symlink, os.Link},
	{"symbolic links", true, os.Symlink, unable},
	{"hard links", false, unable, os.Link},
	{"no links", false, unable, unable},
}

// onSystems runs a test with an empty shelf on each system.
func onSystems(t *testing.T, test func(t *testing.T, s *shelf, symbolic bool)) {
	t.Helper()
	for _, system := range systems {
		t.Run(system.name, func(t *testing.T) {
			if system.symbolic && os.Symlink("file", filepath.Join(t.TempDir(), "link")) != nil {
				t.Skip("this system has no symbolic links")
			}
			dir := filepath.Join(t.TempDir(), "toolchain")
			test(t, &shelf{dir, system.sym, system.hard, func(string) {}}, system.symbolic)
		})
	}
}

func TestTree(t *testing.T) {
	onSystems(t, func(t *testing.T, s *shelf, symbolic bool) {
		g := fake(t)
		want := contents(t, g.Root)
		for name, content := range files {
			want[name] = string(content)
		}
		want[note] = g.Root + "\n"
		links := []string{"bin", "lib", "misc", "pkg", "src/cmd", "test"}
		if !symbolic {
			delete(want, "misc/editors")
			delete(want, "test/chan.go")
			links = nil
		}
		dir, err := s.tree(t.Context(), g, files)
		require.NoError(t, err)
		assert.Equal(t, want, contents(t, dir))
		assert.Equal(t, links, linked(t, dir))
		assert.Empty(t, left(t, s))
	})
}

// A tree that is there is found, and nothing of it made again.
func TestFound(t *testing.T) {
	onSystems(t, func(t *testing.T, s *shelf, _ bool) {
		g := fake(t)
		dir, err := s.tree(t.Context(), g, files)
		require.NoError(t, err)
		before := inodes(t, dir)
		s.progress = func(what string) { t.Errorf("made again: %s", what) }
		again, err := s.tree(t.Context(), g, maps.Clone(files))
		require.NoError(t, err)
		assert.Equal(t, dir, again)
		for name, info := range inodes(t, dir) {
			assert.True(t, os.SameFile(before[name], info), name)
		}
	})
}

// inodes returns what os.SameFile needs.
func inodes(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	found := map[string]fs.FileInfo{}
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		found[p] = info
		return err
	}))
	return found
}

// left returns the directories on a shelf that are not trees. What a killed process has left of a trial of links, two empty
// files, stays until the cache is swept: another process may be at the same trial.
func left(t *testing.T, s *shelf) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(s.dir, cachedir.Partial+"*"))
	require.NoError(t, err)
	return slices.DeleteFunc(list, func(name string) bool {
		info, err := os.Lstat(name)
		return err != nil || !info.IsDir()
	})
}

// Whatever changes in what a tree has, it is another tree.
func TestKey(t *testing.T) {
	g := fake(t)
	s := &shelf{filepath.Join(t.TempDir(), "toolchain"), os.Symlink, os.Link, func(string) {}}
	own := maps.Clone(files)
	in := func(name, content string) func() { return func() { write(t, g.Root, name, content) } }
	changes := []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"a file of ours", func() { own["src/jostle/perturb/chan.go"] = []byte("package PERTURB") }},
		{"the name of a file of ours", func() {
			own["src/jostle/perturb/cond.go"] = own["src/jostle/perturb/chan.go"]
			delete(own, "src/jostle/perturb/chan.go")
		}},
		{"a file of the Go", in("src/fmt/print.go", "package fmt // edited")},
		{"as many bytes of it", in("src/fmt/print.go", "package fmt // EDITED")},
		{"the time of a file of the Go", func() {
			at := time.Now().Add(time.Hour)
			require.NoError(t, os.Chtimes(filepath.Join(g.Root, "src/fmt/print.go"), at, at))
		}},
		{"a file more", in("src/fmt/scan.go", "package fmt")},
		{"a file less", func() { require.NoError(t, os.Remove(filepath.Join(g.Root, "src/net/http/client.go"))) }},
		{"a package more", in("src/io/io.go", "package io")},
		{"VERSION", in("VERSION", "go1.99.1 patched\n")},
		{"the version", func() { g.Version = "go1.99.2" }},
		{"the place", func() {
			root := g.Root
			g.Root = filepath.Join(t.TempDir(), "go")
			require.NoError(t, os.CopyFS(g.Root, os.DirFS(root)))
		}},
	}
	trees := map[string]string{}
	for _, change := range changes {
		change.do()
		dir, err := s.tree(t.Context(), g, own)
		require.NoError(t, err)
		assert.NotContains(t, trees, dir, change.name)
		trees[dir] = change.name
		want := contents(t, g.Root)
		for name, content := range own {
			want[name] = string(content)
		}
		want[note] = g.Root + "\n"
		assert.Equal(t, want, contents(t, dir), change.name)
	}

	before, err := s.tree(t.Context(), g, own)
	require.NoError(t, err)
	write(t, g.Root, "src/net/http/server.go", "package http // edited")
	after, err := s.tree(t.Context(), g, own)
	require.NoError(t, err)
	assert.Equal(t, before, after, "it does not have what was edited")
}

// Directories in which files of ours lie are no links.
func TestInside(t *testing.T) {
	onSystems(t, func(t *testing.T, s *shelf, symbolic bool) {
		g := fake(t)
		own := map[string][]byte{"pkg/include/ours.h": nil, "src/cmd/go/ours.go": nil, "misc/ours": nil, "src/cmd/go/main.go": []byte("ours"), "VERSION": []byte("ours")}
		want := contents(t, g.Root)
		if !symbolic {
			delete(want, "test/chan.go")
		}
		for name, content := range own {
			want[name] = string(content)
		}
		want[note] = g.Root + "\n"
		_, err := s.tree(t.Context(), g, nil) // what it has as links cannot be shared
		require.NoError(t, err)
		dir, err := s.tree(t.Context(), g, own)
		require.NoError(t, err)
		assert.Equal(t, want, contents(t, dir))
		assert.Equal(t, "none", contents(t, g.Root)["misc/editors"], "the Go is as it was")
		assert.NotContains(t, contents(t, g.Root), "misc/ours", "the Go is as it was")
		if symbolic {
			assert.Equal(t, []string{"bin", "lib", "pkg/tool", "src/cmd/go/testdata", "test"}, linked(t, dir))
		}
	})
}

// A distribution may have src elsewhere, and editors leave links in it that lead nowhere.
func TestLinksInGo(t *testing.T) {
	g := fake(t)
	elsewhere := filepath.Join(t.TempDir(), "src")
	require.NoError(t, os.Rename(filepath.Join(g.Root, "src"), elsewhere))
	if os.Symlink(elsewhere, filepath.Join(g.Root, "src")) != nil {
		t.Skip("this system has no symbolic links")
	}
	outside := t.TempDir()
	write(t, outside, "deep/data.txt", "data")
	write(t, outside, "format.go", "package fmt")
	require.NoError(t, os.Symlink(outside, filepath.Join(elsewhere, "fmt/testdata/outside")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "format.go"), filepath.Join(elsewhere, "fmt/format.go")))
	want := contents(t, g.Root)
	want["src/net/http/server.go"] = string(files["src/net/http/server.go"])
	want["src/net/http/fake.go"] = string(files["src/net/http/fake.go"])
	require.NoError(t, os.Symlink("user@host.123", filepath.Join(elsewhere, "fmt/.#print.go")))

	s := &shelf{filepath.Join(t.TempDir(), "toolchain"), os.Symlink, os.Link, func(string) {}}
	dir, err := s.tree(t.Context(), g, files)
	require.NoError(t, err)
	assert.Equal(t, []string{"bin", "lib", "misc", "pkg", "src/cmd", "src/fmt/.#print.go", "src/fmt/testdata/outside", "test"}, linked(t, dir))
	require.NoError(t, os.Remove(filepath.Join(dir, "src/fmt/.#print.go")))
	got := contents(t, dir)
	for name, content := range want {
		assert.Equal(t, content, got[name], name)
	}
}

func TestErrors(t *testing.T) {
	g := fake(t)
	tests := []struct {
		name  string
		g     Go
		own   string
		error string
	}{
		{"a root that is not absolute", Go{"go", "go1.99.1"}, "a", `GOROOT "go" is not an absolute path`},
		{"no root", Go{filepath.Join(g.Root, "none"), "go1.99.1"}, "a", "read GOROOT: open " + filepath.Join(g.Root, "none")},
		{"a file outside", g, "../a", `"../a" does not name a file in it`},
		{"no file", g, ".", `"." does not name a file in it`},
		{"our note", g, "JOSTLE", `"JOSTLE" does not name a file in it`},
		{"a directory", g, "src/net/http", "src/net/http is not a file there, but one of jostle's"},
		{"below a file", g, "src/net/net.go/more.go", "src/net/net.go is not a directory there, but one of jostle's"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Tree(t.Context(), t.TempDir(), test.g, map[string][]byte{test.own: nil}, nil)
			assert.ErrorContains(t, err, "make a tree of go1.99.1 ("+test.g.Root+") with jostle's packages: "+test.error)
		})
	}
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
