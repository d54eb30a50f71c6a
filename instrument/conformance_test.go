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
	t.Run("instrumented", func(t *testing.T) {
		t.Parallel()
		prepared, err := instrument.Prepare(t.Context(), instrument.Config{
			Patterns: []string{programs},
			// What runs and judges the programs is none of them.
			Exclude: []string{"github.com/jostle-dev/jostle/internal", "github.com/stretchr", "github.com/davecgh", "github.com/pmezard", "gopkg.in", "go.yaml.in"},
		})
		require.NoError(t, err)
		require.Len(t, prepared.Packages, 1, "%v", prepared.Packages)
		assert.Empty(t, prepared.Packages[0].Native)
		env := append(os.Environ(), "CONFORMANCE=instrumented")
		for k, v := range prepared.Env {
			env = append(env, k+"="+v)
		}
		goTest(t, env, programs)
	})
}

func goTest(t *testing.T, env []string, pkg string) {
	t.Helper()
	cmd := exec.Command("go", "test", "-vet=off", "-timeout=60s", pkg)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
