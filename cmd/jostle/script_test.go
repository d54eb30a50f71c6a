package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/publish"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
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
		"GOFLAGS": "-vet=off", // go vet reads all of the standard library that a test needs; scripts that are about it switch it on
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY"} {
		env[name] = goenv(name)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"publish": publishDir, "samesteps": sameSteps},
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

// sameSteps runs a test under the same schedules in several processes, with different numbers of processors, and compares the steps:
// samesteps binary test.
func sameSteps(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samesteps binary test")
	}
	const schedules = 50
	var want []uint64
	for _, processors := range []int{1, 2, 3, 8, 16} {
		dir, err := os.MkdirTemp(ts.Getenv("WORK"), "same")
		ts.Check(err)
		plan := session.Plan{
			Mode: session.Explore, Test: args[1], Part: search.Part{Options: search.Options{Seed: 7}, Last: schedules, Enough: true},
			Events: filepath.Join(dir, "events"), Findings: dir, Kept: dir,
		}
		ts.Setenv("GOMAXPROCS", strconv.Itoa(processors))
		name, value, _ := strings.Cut(plan.Environ(), "=")
		ts.Setenv(name, value)
		ts.Check(ts.Exec(ts.MkAbs(args[0]), "-test.run=^"+args[1]+"$"))
		got, err := session.ReadOrders(plan.Events)
		ts.Check(err)
		switch {
		case len(got) < schedules/2:
			ts.Fatalf("%s has only %d different interleavings", args[1], len(got))
		case want == nil:
			want = got
		case !slices.Equal(got, want):
			ts.Fatalf("with %d processors the interleavings of %s are not those with one: %s", processors, args[1], firstDifference(got, want))
		}
	}
	ts.Setenv("GOMAXPROCS", "")
	ts.Setenv(session.Env, "")
}

// firstDifference says where two lists of hashes are not the same.
func firstDifference(got, want []uint64) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("number %d is %x and not %x", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("there are %d and not %d", len(got), len(want))
}
