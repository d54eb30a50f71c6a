package instrument_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/instrument"
)

// Ordinary programs do what Go says, as they are and instrumented: every outcome that Go gives them, and no other.
func TestConformance(t *testing.T) {
	const programs = "./testdata/conformance"
	t.Run("native", func(t *testing.T) {
		t.Parallel()
		goTest(t, os.Environ(), programs)
	})
	for name, flags := range map[string][]string{"instrumented": nil, "with the race detector": {"-race"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if flags != nil && (testing.Short() || !raceSupported()) {
				t.Skip("no race detector, or no time for it")
			}
			prepared, err := instrument.Prepare(t.Context(), instrument.Config{
				Patterns: []string{programs}, BuildFlags: flags,
				// What runs and judges the programs is none of them.
				Exclude: []string{"github.com/jostle-dev/jostle/internal", "github.com/stretchr", "github.com/davecgh", "github.com/pmezard", "gopkg.in", "go.yaml.in"},
			})
			require.NoError(t, err)
			require.Len(t, prepared.Packages, 1, "%v", prepared.Packages)
			assert.Empty(t, prepared.Packages[0].Native)
			// Races are reported each time, not only once a process.
			env := append(os.Environ(), "CONFORMANCE=instrumented", "GORACE=suppress_equal_stacks=0")
			for k, v := range prepared.Env {
				env = append(env, k+"="+v)
			}
			goTest(t, env, append(flags, programs)...)
		})
	}
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
