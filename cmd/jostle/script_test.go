package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"jostle": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the command as its users do, in modules of their own. $REPO is this repository, which stands in for
// the published module.
func TestScript(t *testing.T) {
	repo, err := filepath.Abs("../..")
	require.NoError(t, err)
	goenv := func(name string) string {
		out, err := exec.Command("go", "env", name).Output()
		require.NoError(t, err)
		return strings.TrimSpace(string(out))
	}
	env := map[string]string{
		"REPO": repo, "JOSTLE_CACHE": t.TempDir(), "GONOSUMDB": "*", "GOTOOLCHAIN": "local",
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY"} {
		env[name] = goenv(name)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			for name, value := range env {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}
