//go:build unix

package main

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/finding"
)

// bugs are tests that find something again and again, a little later each.
const bugs = `package bugs

import (
	"sync"
	"testing"
)

func both(n int) {
	var a, b sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() {
		for range n {
			a.Lock()
			a.Unlock()
		}
		a.Lock()
		b.Lock()
		b.Unlock()
		a.Unlock()
	})
	wg.Go(func() {
		b.Lock()
		a.Lock()
		a.Unlock()
		b.Unlock()
	})
	wg.Wait()
}

func TestA(t *testing.T) { both(0) }
func TestB(t *testing.T) { both(20) }
func TestC(t *testing.T) { both(40) }
func TestD(t *testing.T) { both(60) }
`

// The command is killed at random moments. What it has said it has found is there, and nothing is half-written.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("it searches for as long as it takes to find something, again and again")
	}
	t.Parallel()
	repo, err := filepath.Abs("../..")
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	// A command that is killed cannot remove its folders of built tests.
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir, "TMPDIR="+t.TempDir())
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/bugs\n\ngo 1.25\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bugs_test.go"), []byte(bugs), 0o644))
	const jostle = "github.com/jostle-dev/jostle"
	run("go", "mod", "edit", "-require="+jostle+"@v0.0.0", "-replace="+jostle+"="+repo, "-tool="+jostle+"/cmd/jostle")
	run("go", "mod", "tidy")
	bin := filepath.Join(dir, "jostle")
	run("go", "build", "-o", bin, jostle+"/cmd/jostle")
	run(bin, "test", "-schedules", "1") // so that all is built
	// search runs the command until it is killed after some time, or when it has said of something that it is found. It returns the
	// files that it has named.
	search := func(after time.Duration, first bool) (files []string) {
		t.Helper()
		cmd := exec.Command(bin, "test", "-time", "1m")
		cmd.Dir, cmd.Env = dir, env
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		said, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		killed := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer killed.Stop()
		for s := bufio.NewScanner(said); s.Scan(); {
			if name, ok := strings.CutPrefix(s.Text(), "\t"); ok {
				if files = append(files, filepath.Join(dir, name)); first {
					_ = cmd.Process.Kill()
				}
			}
		}
		_ = cmd.Wait()
		return files
	}
	began := time.Now()
	require.NotEmpty(t, search(time.Minute, true), "nothing was found")
	start := time.Since(began) // until it has found something, about

	found := 0
	for n := 0; n < 5 || found == 0; n++ {
		files := search(start/2+rand.N(time.Duration(1+n/5)*start), false) // a machine may have become slower
		for _, name := range files {
			_, err := finding.Read(name)
			assert.NoError(t, err)
		}
		found += len(files)
		left, err := filepath.Glob(filepath.Join(dir, finding.Dir, "*"))
		require.NoError(t, err)
		hidden, err := filepath.Glob(filepath.Join(dir, finding.Dir, ".*"))
		require.NoError(t, err)
		for _, name := range append(left, hidden...) {
			_, err := finding.Read(name)
			assert.NoError(t, err, "half-written")
		}
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "testdata")))
	}
}
