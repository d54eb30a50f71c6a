package toolchain

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// installed returns the Go that runs the tests.
func installed(tb testing.TB) Go {
	tb.Helper()
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	require.NoError(tb, err)
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return Go{root, version}
}

// command returns a function that runs the go command with a GOROOT, in a module that has one program.
func command(t *testing.T, root string) func(args ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/m\n\ngo 1.25\n")
	write(t, dir, "main.go", "package main\n\nimport \"container/ring\"\n\nfunc main() { println(ring.New(3).Len(), ring.Ours) }\n")
	return func(args ...string) string {
		t.Helper()
		cmd := exec.Command(filepath.Join(root, "bin", "go"), args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOROOT="+root, "GOTOOLCHAIN=local", "GOFLAGS=", "GOWORK=off", "PWD="+dir)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
}

// TestInstalled looks at the tree of the Go that runs the tests as the go command sees it.
func TestInstalled(t *testing.T) {
	if testing.Short() {
		t.Skip("it copies the Go that runs the tests")
	}
	g := installed(t)
	ring, err := os.ReadFile(filepath.Join(g.Root, "src/container/ring/ring.go"))
	require.NoError(t, err)
	own := map[string][]byte{
		"src/jostle/ours/ours.go":     []byte("// Package ours is there.\npackage ours\n\nconst Text = \"ours\"\n"),
		"src/container/ring/ring.go":  append(ring, "\nconst Ours = text\n"...),
		"src/container/ring/ours.go":  []byte("package ring\n\nimport \"jostle/ours\"\n\nconst text = ours.Text\n"),
		"src/container/ring/embed.go": []byte("package ring\n\nimport _ \"embed\"\n\n//go:embed ours.txt\nvar Embedded string\n"),
		"src/container/ring/ours.txt": []byte("text"),
	}
	dir, err := Tree(t.Context(), filepath.Join(t.TempDir(), "a cache"), g, own, nil)
	require.NoError(t, err)
	theirs, ours := command(t, g.Root), command(t, dir)

	t.Run("env", func(t *testing.T) {
		assert.Equal(t, dir+"\n"+g.Version+"\n", ours("env", "GOROOT", "GOVERSION"))
		assert.Equal(t, theirs("version"), ours("version"))
	})
	t.Run("packages", func(t *testing.T) {
		assert.Equal(t, theirs("list", "std"), strings.Replace(ours("list", "std"), "jostle/ours\n", "", 1))
		assert.Contains(t, ours("list", "std"), "jostle/ours\n")
		assert.Equal(t, theirs("list", "cmd"), ours("list", "cmd"))
	})
	t.Run("files", func(t *testing.T) { // and what of them cannot be embedded, also in tests
		list := []string{"list", "-e", "-test", "-f", "{{.ImportPath}} {{.GoFiles}} {{.CgoFiles}} {{.SFiles}} {{.EmbedFiles}} {{.Error}}",
			"net/http", "runtime/cgo", "embed/...", "encoding/json/...", "crypto/internal/fips140test", "internal/strconv", "internal/trace/...", "net/url"}
		assert.Equal(t, theirs(list...), strings.ReplaceAll(ours(list...), dir, g.Root))
	})
	t.Run("a program", func(t *testing.T) {
		assert.Equal(t, "3 ours\n", ours("run", "."))
	})
	t.Run("tools", func(t *testing.T) {
		assert.Equal(t, theirs("tool"), ours("tool"))
		assert.Contains(t, ours("tool", "compile", "-V"), g.Version)
	})
	t.Run("documentation", func(t *testing.T) {
		for _, about := range []string{"net/http.Client", "rand.Int", "cmd/gofmt", "gofmt"} {
			assert.Equal(t, theirs("doc", about), ours("doc", about))
		}
		assert.Contains(t, ours("doc", "jostle/ours"), "Package ours is there.")
	})
	t.Run("build cache", func(t *testing.T) { // what is not replaced and needs nothing that is comes from the builds of the Go
		theirs("build", "net/http", "runtime/cgo")
		assert.NotContains(t, ours("build", "-x", "net/http", "runtime/cgo"), "compile")
		assert.Contains(t, ours("build", "-x", "-a", "unicode/utf8"), "compile")
	})
	t.Run("tests", func(t *testing.T) {
		ours("vet", "container/ring", "embed/internal/embedtest")
		ours("test", "container/ring", "embed/internal/embedtest")
	})
}
