package instrument

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of packages that were compiled in a build like this one the files are known, as long as all of them are there.
func TestKnownExports(t *testing.T) {
	b := &build{Config: Config{CacheDir: t.TempDir()}, tree: "/tree", env: map[string]string{"GOOS": "linux"}}
	files := map[string]string{}
	for _, path := range []string{"fmt", "os"} {
		files[path] = filepath.Join(t.TempDir(), path)
		require.NoError(t, os.WriteFile(files[path], nil, 0o644))
	}
	asked := func(paths ...string) map[string]*exported {
		s := standard{listed: map[string]*exported{}}
		for _, p := range paths {
			s.listed[p] = nil
		}
		if !s.known(b) {
			return nil
		}
		return s.listed
	}
	assert.Nil(t, asked("fmt"))
	b.keepExportFiles(maps.Clone(files))
	assert.Equal(t, map[string]*exported{"fmt": {ImportPath: "fmt", Export: files["fmt"]}}, asked("fmt"))
	assert.Nil(t, asked("fmt", "net"), "net was not compiled")

	b.env["GOOS"] = "windows"
	assert.Nil(t, asked("fmt"), "it is another build")
	b.env["GOOS"] = "linux"
	require.NoError(t, os.Remove(files["os"]))
	assert.Nil(t, asked("fmt", "os"), "the go command has removed it")
	assert.NotNil(t, asked("fmt"))
}
