package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/publish"
)

func TestMain(m *testing.M) {
	testscript.Main(crowd{m}, map[string]func(){
		"jostle": main,
	})
}

// A crowd runs more tests at a time than there are processors, unless -parallel says how many. Each runs one process after the other,
// and many of these wait for a clock.
type crowd struct{ *testing.M }

func (c crowd) Run() int {
	flag.Parse()
	const parallel = "test.parallel"
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == parallel })
	if !said {
		if err := flag.Set(parallel, strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	return c.M.Run()
}

// TestScript runs the command as its users do, in modules of their own. $REPO is this repository, which stands in for
// the published module.
func TestScript(t *testing.T) {
	t.Parallel()
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
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"publish": publishDir},
		Setup: func(e *testscript.Env) error {
			for name, value := range env {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// What make compatible runs on each Go is there, and what asks which Go it is is among it.
func TestCompatible(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	said := regexp.MustCompile(`(?m)^SCRIPTS = (.*)$`).FindSubmatch(makefile)
	require.NotNil(t, said)
	compatible := strings.Split(string(said[1]), "|")
	for _, name := range compatible {
		assert.FileExists(t, filepath.Join("testdata/script", name+".txtar"))
		assert.Contains(t, string(makefile), "#\t"+name+" ", "why is it there?")
	}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		require.NoError(t, err)
		if regexp.MustCompile(`(?m)^\[!?go1\.`).Match(text) {
			assert.Contains(t, compatible, strings.TrimSuffix(filepath.Base(script), ".txtar"))
		}
	}
}

// publishDir puts a directory as a version of a module on the proxy file://$WORK/proxy: publish dir path@version.
func publishDir(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publish dir path@version")
	}
	path, version, _ := strings.Cut(args[1], "@")
	ts.Check(publish.Directory(filepath.Join(ts.Getenv("WORK"), "proxy"), ts.MkAbs(args[0]), path, version))
}
