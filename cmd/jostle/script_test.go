package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"jostle": main,
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
	// The scripts build the same things for the fuzzer, which would be built twice if two of them began together.
	warm := exec.Command("go", "test", "-c", "-vet=off", "-fuzz=.", "-o", t.TempDir(), repo+"/fuzz")
	out, err := warm.CombinedOutput()
	require.NoError(t, err, "%s", out)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"publish": publish},
		Setup: func(e *testscript.Env) error {
			for name, value := range env {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// publish puts a directory as a version of a module on the proxy file://$WORK/proxy: publish dir path@version.
func publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publish dir path@version")
	}
	path, version, _ := strings.Cut(args[1], "@")
	escaped, err := module.EscapePath(path)
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	base := ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "proxy", escaped, "@v", version))
	ts.Check(os.MkdirAll(filepath.Dir(base), 0o755))
	ts.Check(os.WriteFile(base+".info", fmt.Appendf(nil, `{"Version":%q}`, version), 0o644))
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	ts.Check(err)
	ts.Check(os.WriteFile(base+".mod", gomod, 0o644))
	f, err := os.Create(base + ".zip")
	ts.Check(err)
	ts.Check(zip.CreateFromDir(f, module.Version{Path: path, Version: version}, dir))
	ts.Check(f.Close())
}
