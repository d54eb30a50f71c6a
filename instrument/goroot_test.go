package instrument_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/instrument"
)

// The Go distribution's own programs and tests for what is rewritten, by their paths in GOROOT. Each runs as an execution
// under the plain schedule. An entry with a reason cannot, and is listed so that nobody looks for it.
var distribution = []struct{ path, reason string }{
	{"test/chan/doubleselect.go", ""},
	{"test/chan/fifo.go", ""},
	{"test/chan/goroutines.go", ""},
	{"test/chan/nonblock.go", ""},
	{"test/chan/perm.go", "it is there not to compile"},
	{"test/chan/powser1.go", ""},
	{"test/chan/powser2.go", ""},
	{"test/chan/select.go", ""},
	{"test/chan/select2.go", "it measures the heap, which an execution keeps its trace in"},
	{"test/chan/select3.go", ""},
	{"test/chan/select4.go", ""},
	{"test/chan/select5.go", "it prints a program and does nothing itself"},
	{"test/chan/select6.go", ""},
	{"test/chan/select7.go", ""},
	{"test/chan/select8.go", ""},
	{"test/chan/sendstmt.go", ""},
	{"test/chan/sieve1.go", ""},
	{"test/chan/sieve2.go", ""},
	{"test/chan/zerosize.go", ""},
	{"test/chancap.go", ""},
	{"test/closedchan.go", ""},
	{"test/gc.go", ""},
	{"test/ken/chan.go", ""},
	{"test/ken/chan1.go", ""},
	{"test/peano.go", ""},
	{"test/range.go", ""},
	{"src/sync/cond_test.go", ""},
	{"src/sync/once_test.go", ""},
	{"src/sync/oncefunc_test.go", "it is linked to the runtime"},
	{"src/sync/map_reference_test.go", "it imports packages internal to Go"},
	{"src/sync/waitgroup_test.go", "it imports packages internal to Go"},
	{"src/sync/rwmutex_test.go", ""},
	{"src/sync/mutex_test.go", "it imports packages internal to Go"},
	{"src/sync/map_test.go", "it imports packages internal to Go"},
	{"src/sync/pool_test.go", "it looks into the pools of the runtime"},
	{"src/sync/runtime_sema_test.go", "it calls the runtime's semaphores"},
	{"src/context/afterfunc_test.go", ""},
	{"src/context/context_test.go", "it looks into contexts from inside their package"},
	{"src/context/x_test.go", "it calls context_test.go"},
}

// besides is what a file needs of others.
var besides = map[string]string{
	"src/context/afterfunc_test.go": `package context_test

import "time"

const (
	shortDuration    = time.Millisecond
	veryLongDuration = 1000 * time.Hour
)
`,
}

// wrapper makes a test of a program.
const wrapper = `package main

import (
	"os"
	"testing"
)

func TestProgram(t *testing.T) {
	os.Args = os.Args[:1]
	main()
}
`

func TestDistribution(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds many packages")
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.mod"), "module goroot.example\n\ngo 1.25\n")
	copied := map[string]string{}
	for _, d := range distribution {
		name := filepath.Join(strings.TrimSpace(string(goroot)), filepath.FromSlash(d.path))
		src, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			t.Logf("this distribution has no %s", d.path)
			continue
		}
		require.NoError(t, err)
		if d.reason != "" {
			continue
		}
		pkg := strings.TrimSuffix(strings.ReplaceAll(d.path, "/", "_"), ".go")
		to := filepath.Join(dir, pkg)
		if strings.HasSuffix(d.path, "_test.go") {
			of := filepath.Base(filepath.Dir(name))
			write(t, filepath.Join(to, "of.go"), "package "+of+"\n")
			write(t, filepath.Join(to, "x_test.go"), string(src))
			if b := besides[d.path]; b != "" {
				write(t, filepath.Join(to, "besides_test.go"), b)
			}
		} else {
			// The end of the process would be the end of the test.
			write(t, filepath.Join(to, "x.go"), strings.ReplaceAll(string(src), "os.Exit(0)", "_ = os.Args"))
			write(t, filepath.Join(to, "x_test.go"), wrapper)
		}
		copied["goroot.example/"+pkg] = d.path
	}

	// What package copies also builds as it is, or this is no test of the instrumented.
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir)
	prepared, err := instrument.Prepare(t.Context(), instrument.Config{Dir: dir, Patterns: []string{"./..."}, Env: env})
	require.NoError(t, err)
	cmd := exec.Command(prepared.Go, "test", "-short", "-vet=off", "-json", "-timeout=60m", "./...")
	cmd.Dir, cmd.Env = dir, append(prepared.Environ(), "PWD="+dir, "JOSTLE_TESTS=plain")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, _ := cmd.Output() // what fails is in the output

	said, passed := map[string]string{}, map[string]int{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var e struct{ Action, Package, ImportPath, Test, Output string }
		require.NoError(t, d.Decode(&e), stderr.String())
		if e.Action == "build-output" {
			stderr.WriteString(e.Output)
		}
		said[e.Package] += e.Output
		switch {
		case e.Action == "pass" && e.Test != "":
			passed[e.Package]++
		case e.Action == "fail" && e.Test == "":
			t.Errorf("%s:\n%s", copied[e.Package], said[e.Package])
		}
	}
	for pkg, path := range copied {
		assert.Positive(t, passed[pkg], "%s: no test passes\n%s", path, stderr.String())
	}
	t.Logf("%d of %d files", len(copied), len(distribution))
}

func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}
