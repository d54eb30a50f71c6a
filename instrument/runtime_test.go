package instrument

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/module"
)

func TestMoveImports(t *testing.T) {
	const src = `// Package p says "a/b".
package p

import "fmt"
import (
	c "a/b" // a/b
	_ "a/b/d"; "e/f"
)

var s = "a/b"
`
	out, err := moveImports("p.go", []byte(src), func(p string) string { return strings.Replace(p, "a/b", "x", 1) })
	require.NoError(t, err)
	assert.Equal(t, strings.NewReplacer(`c "a/b"`, `c "x"`, `"a/b/d"`, `"x/d"`).Replace(src), string(out))

	_, err = moveImports("p.go", []byte("package p\n\nimport \"a/b\"\n"), func(string) string { return "x" })
	require.ErrorContains(t, err, "p.go: the import of a/b would have another name")
}

// What lies beside the standard library imports that, or what lies there too, and no test is among it.
func TestRuntimeFiles(t *testing.T) {
	c := Config{Env: os.Environ(), CacheDir: t.TempDir()}
	files, err := c.runtimeFiles(t.Context())
	require.NoError(t, err)
	dirs := map[string]bool{}
	for name := range files {
		dirs[filepath.ToSlash(filepath.Dir(name))] = true
		assert.False(t, strings.HasSuffix(name, "_test.go"), name)
	}
	for name, content := range files {
		if filepath.Ext(name) != ".go" {
			continue
		}
		_, err := moveImports(name, content, func(importPath string) string {
			if first, _, _ := strings.Cut(importPath, "/"); first == inStd {
				assert.True(t, dirs["src/"+importPath], "%s imports %s", name, importPath)
			} else {
				assert.NotContains(t, first, ".", "%s imports %s", name, importPath)
			}
			return importPath
		})
		require.NoError(t, err)
	}

	// The second time the go command is not asked.
	c.Env = []string{"PATH="}
	again, err := c.runtimeFiles(t.Context())
	require.NoError(t, err)
	assert.Equal(t, files, again)
}

// What others have written is what go.sum says, or it is not used.
func TestThirdPartyTrouble(t *testing.T) {
	const importPath = "golang.org/x/exp/rand"
	mod, sum, err := requirement(importPath)
	require.NoError(t, err)
	assert.Equal(t, "golang.org/x/exp", mod.Path)
	assert.Regexp(t, "^h1:", sum)
	_, _, err = requirement("example.com/none")
	require.ErrorContains(t, err, "do not have a module for example.com/none")

	empty := Config{CacheDir: t.TempDir(), Env: append(os.Environ(), "GOMODCACHE="+t.TempDir(), "GOPROXY=off", "GOFLAGS=-modcacherw")}
	_, err = empty.thirdParty(t.Context(), importPath)
	require.ErrorContains(t, err, "instrumented tests need "+mod.String()+", which is neither in the module cache nor to be had: ")
	require.ErrorContains(t, err, "module lookup disabled by GOPROXY=off")
	require.ErrorContains(t, err, "go mod download "+mod.String())

	// A module cache with an edited file.
	modcache := t.TempDir()
	escaped, err := module.EscapePath(mod.Path)
	require.NoError(t, err)
	have, err := goCommand{path: "go"}.variables(t.Context(), "GOMODCACHE")
	require.NoError(t, err)
	proxy := "file://" + filepath.ToSlash(filepath.Join(have["GOMODCACHE"], "cache", "download"))
	edited := Config{CacheDir: t.TempDir(), Env: append(os.Environ(), "GOMODCACHE="+modcache, "GOPROXY="+proxy)}
	dir, err := edited.download(t.Context(), mod)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(modcache, escaped+"@"+mod.Version), dir)
	t.Cleanup(func() { makeWritable(t, modcache) })
	makeWritable(t, dir)
	write := filepath.Join(dir, "rand", "rand.go")
	require.NoError(t, os.WriteFile(write, []byte("package rand\n"), 0o644))
	_, err = edited.thirdParty(t.Context(), importPath)
	require.ErrorContains(t, err, dir+" is not "+mod.String()+" as jostle knows it: its checksum is h1:")
}

// makeWritable lets the files below a directory be changed and removed: those of a module cache cannot be.
func makeWritable(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if e.IsDir() {
			mode = 0o755
		}
		return os.Chmod(name, mode)
	}))
}

func TestAsyncTimers(t *testing.T) {
	tests := []struct {
		settings, value string
		set             bool
	}{
		{"", "", false},
		{"panicnil=1", "", false},
		{"asynctimerchan=1,panicnil=1", "1", true},
		{"asynctimerchan=1,asynctimerchan=0", "0", true},
	}
	for _, tt := range tests {
		value, set := asyncTimers(tt.settings)
		assert.Equal(t, tt.value, value, tt.settings)
		assert.Equal(t, tt.set, set, tt.settings)
	}
}
