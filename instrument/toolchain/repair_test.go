package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// damages are what may become of a tree, by what it is called in the message.
var damages = []struct {
	name string
	do   func(dir string) error
	why  string
}{
	{"a file of ours is gone", remove("src/jostle/perturb/chan.go"), "src/jostle/perturb/chan.go is missing"},
	{"a file of ours is cut off", cut("src/net/http/server.go"), "src/net/http/server.go was changed"},
	{"a file of ours is another, as long", rewrite("src/net/http/server.go", "package http // OURS"), "src/net/http/server.go was changed"},
	{"a copy is gone", remove("src/fmt/print.go"), "src/fmt/print.go is missing"},
	{"a copy is cut off", cut("src/fmt/print.go"), "src/fmt/print.go was changed"},
	{"a copy is another, as long", rewrite("src/fmt/print.go", "package FMT"), "src/fmt/print.go was changed"},
	{"the last file is gone", remove("src/net/net.go"), "src/net/net.go is missing"},
	{"a file too many", add("src/net/more.go"), "src/net/more.go does not belong there"},
	{"a file too many at the end", add("zero"), "zero does not belong there"},
	{"a package is gone", remove("src/net"), "src/net is missing"},
	{"the standard library is gone", remove("src"), "src is missing"},
	{"all is gone", func(dir string) error { return firstError(os.RemoveAll(dir), os.Mkdir(dir, 0o755)) }, "JOSTLE is missing"},
	{"the tools are gone", remove("pkg"), "pkg is missing"},
	{"a directory is a file", func(dir string) error { return swap(dir, "src/net") }, "src/net was changed"},
	{"a file is a directory", func(dir string) error {
		name := filepath.Join(dir, "src/fmt/print.go")
		return firstError(os.Remove(name), os.Mkdir(name, 0o755))
	}, "src/fmt/print.go was changed"},
	{"the tree is a file", func(dir string) error { return swap(dir, "") }, "it is not a directory"},
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func remove(names ...string) func(string) error {
	return func(dir string) error {
		for _, name := range names {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
		return nil
	}
}

func cut(name string) func(string) error { return rewrite(name, "") }

// rewrite changes a file where it is, so that other names of it have the change as well.
func rewrite(name, content string) func(string) error {
	return func(dir string) error {
		name := filepath.Join(dir, name)
		return firstError(os.Chmod(name, 0o644), os.WriteFile(name, []byte(content), 0o644))
	}
}

func add(name string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), nil, 0o644) }
}

func swap(dir, name string) error {
	name = filepath.Join(dir, name)
	return firstError(os.RemoveAll(name), os.WriteFile(name, nil, 0o644))
}

// A tree that was damaged is made anew, also where the damage is in what it shares with others.
func TestRepair(t *testing.T) {
	onSystems(t, func(t *testing.T, s *shelf, _ bool) {
		g := fake(t)
		dir, err := s.tree(t.Context(), g, files)
		require.NoError(t, err)
		want := contents(t, dir)
		for _, damage := range damages {
			t.Run(damage.name, func(t *testing.T) {
				var said []string
				s.progress = func(what string) { said = append(said, what) }
				require.NoError(t, damage.do(dir))
				again, err := s.tree(t.Context(), g, files)
				require.NoError(t, err)
				assert.Equal(t, dir, again)
				assert.Equal(t, want, contents(t, dir))
				assert.Contains(t, said[0], "damaged ("+damage.why+"): making it anew")
				assert.Empty(t, left(t, s))
			})
		}
	})
}

// A link to something else, or to what is gone, is a damage too.
func TestRepairLinks(t *testing.T) {
	g := fake(t)
	s := &shelf{filepath.Join(t.TempDir(), "toolchain"), os.Symlink, os.Link, func(string) {}}
	dir, err := s.tree(t.Context(), g, files)
	require.NoError(t, err)
	want := contents(t, dir)
	for _, target := range []string{filepath.Join(g.Root, "lib"), filepath.Join(g.Root, "none")} {
		require.NoError(t, os.Remove(filepath.Join(dir, "bin")))
		if os.Symlink(target, filepath.Join(dir, "bin")) != nil {
			t.Skip("this system has no symbolic links")
		}
		_, err := s.tree(t.Context(), g, files)
		require.NoError(t, err)
		assert.Equal(t, want, contents(t, dir))
	}
}

// The Go of a tree may be removed, as by go clean -modcache, and come again.
func TestRemovedGo(t *testing.T) {
	g := fake(t)
	cache := t.TempDir()
	dir, err := Tree(t.Context(), cache, g, files, nil)
	require.NoError(t, err)
	want := contents(t, dir)

	require.NoError(t, os.Rename(g.Root, g.Root+".away"))
	_, err = Tree(t.Context(), cache, g, files, nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "read GOROOT")

	require.NoError(t, os.Rename(g.Root+".away", g.Root))
	again, err := Tree(t.Context(), cache, g, files, func(what string) { t.Errorf("made again: %s", what) })
	require.NoError(t, err)
	assert.Equal(t, dir, again)
	assert.Equal(t, want, contents(t, again))
}
