package instrument_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle"
	"github.com/jostle-dev/jostle/instrument"
)

// Ordinary programs do what Go says, as they are and instrumented: every outcome that Go gives them, and no other.
func TestConformance(t *testing.T) {
	const programs = "./testdata/conformance"
	t.Run("native", func(t *testing.T) {
		t.Parallel()
		goTest(t, os.Environ(), programs)
	})
	for _, c := range []struct {
		name, is string
		flags    []string // of all of the build
		more     []string // of the programs
		slow     bool
	}{
		{"instrumented", "instrumented", nil, nil, false},
		{"with the race detector", "instrumented", []string{"-race"}, nil, true},
		{"with sync points at plain accesses", "plain", nil, []string{"-tags=plain", "-gcflags=-race -d=checkptr=0"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			flags := c.flags
			if testing.Short() && c.slow || flags != nil && !raceSupported() {
				t.Skip("no race detector, or no time for it")
			}
			prepared, err := instrument.Prepare(t.Context(), instrument.Config{
				Patterns: []string{programs}, BuildFlags: flags,
				// What runs and judges the programs is none of them.
				Exclude: []string{"github.com/jostle-dev/jostle/internal", "github.com/stretchr", "github.com/davecgh", "github.com/pmezard", "gopkg.in", "go.yaml.in"},
			})
			require.NoError(t, err)
			require.Empty(t, prepared.Refused)
			own := slices.DeleteFunc(slices.Clone(prepared.Packages), func(p instrument.Package) bool { return p.Standard })
			require.Len(t, own, 1, "%v", own)
			assert.Empty(t, own[0].Native)
			// Races are reported each time, not only once a process.
			env := append(os.Environ(), "CONFORMANCE="+c.is, "GORACE=suppress_equal_stacks=0", "GOFLAGS="+atHome(t, prepared.Env["GOFLAGS"], prepared.Overlay))
			goTest(t, env, append(slices.Concat(flags, c.more), programs)...)
		})
	}
}

// atHome returns flags for the go command that are like those of an instrumented build, but have rewritten code call the packages
// of this repository: those of its tests that run and judge the programs are not beside the standard library.
func atHome(t *testing.T, flags, overlay string) string {
	t.Helper()
	content, err := os.ReadFile(overlay)
	require.NoError(t, err)
	var files struct{ Replace map[string]string }
	require.NoError(t, json.Unmarshal(content, &files))
	dir := t.TempDir()
	here, err := os.Getwd()
	require.NoError(t, err)
	for name, rewritten := range files.Replace {
		if !strings.HasPrefix(name, here) { // the standard library cannot call them
			delete(files.Replace, name)
			continue
		}
		src, err := os.ReadFile(rewritten)
		require.NoError(t, err)
		files.Replace[name] = filepath.Join(dir, filepath.Base(name))
		require.NoError(t, os.WriteFile(files.Replace[name], bytes.ReplaceAll(src, []byte(`"jostle/`), []byte(`"`+jostle.Module+`/`)), 0o644))
	}
	content, err = json.Marshal(files)
	require.NoError(t, err)
	home := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(home, content, 0o644))
	return strings.NewReplacer(overlay, home, "=jostle/", "="+jostle.Module+"/").Replace(flags)
}

// raceSupported reports whether there can be programs with the race detector here: as a rule it needs cgo.
func raceSupported() bool { return exec.Command("go", "list", "-race", "runtime/race").Run() == nil }

func goTest(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", "test", "-vet=off", "-timeout=60m")
	cmd.Args = append(cmd.Args, args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
