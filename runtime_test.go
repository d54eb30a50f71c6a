package jostle_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle"
)

// What is embedded is what the go command says that the runtime is built from, on this system and on others, under every tag.
func TestSourcesAreWhole(t *testing.T) {
	want := files(t, "./internal/harness", "./internal/network", "./perturb", "./perturb/testhook")
	sources := jostle.Sources()
	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(sources)), "say so in runtime.go")
	for name, content := range sources {
		file, err := os.ReadFile(filepath.FromSlash(name))
		require.NoError(t, err)
		assert.Equal(t, string(file), string(content))
	}
}

// A program that rewrites code is known by all that package instrument is built from.
func TestRewriterIsWhole(t *testing.T) {
	have := jostle.Rewriter()
	maps.Copy(have, jostle.Sources())
	var missing []string
	for name := range files(t, "./instrument") {
		if _, ok := have[name]; !ok && !strings.HasPrefix(name, jostle.Module) {
			missing = append(missing, name)
		}
	}
	assert.Empty(t, missing, "say so in runtime.go")
}

// files returns the names in this module of all files but tests that packages are built from.
func files(t *testing.T, packages ...string) map[string]bool {
	t.Helper()
	const fields = "-json=ImportPath,Module,GoFiles,CgoFiles,SFiles,CFiles,HFiles,EmbedFiles,IgnoredGoFiles,IgnoredOtherFiles"
	out, err := exec.Command("go", append([]string{"list", "-deps", fields}, packages...)...).Output()
	require.NoError(t, err)
	want := map[string]bool{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath                                                                               string
			Module                                                                                   *struct{ Path string }
			GoFiles, CgoFiles, SFiles, CFiles, HFiles, EmbedFiles, IgnoredGoFiles, IgnoredOtherFiles []string
		}
		err := d.Decode(&p)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if p.Module == nil || p.Module.Path != jostle.Module {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.SFiles, p.CFiles, p.HFiles, p.EmbedFiles, p.IgnoredGoFiles, p.IgnoredOtherFiles) {
			if !strings.HasSuffix(name, "_test.go") {
				want[path.Join(strings.TrimPrefix(p.ImportPath, jostle.Module+"/"), name)] = true
			}
		}
	}
	return want
}
