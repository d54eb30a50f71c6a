package toolchain

import (
	"bufio"
	"context"
	"fmt"
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

	"github.com/jostle-dev/jostle/internal/unprivileged"
)

// TestMain lets this program ask for a tree, as a process of its own that is killed or may do less than the test.
func TestMain(m *testing.M) {
	do := os.Getenv("TOOLCHAIN_TEST_DO")
	if do == "" {
		os.Exit(m.Run())
	}
	if do == "unprivileged" {
		unprivileged.Become()
	}
	g := Go{os.Getenv("TOOLCHAIN_TEST_ROOT"), "go1.99.1"}
	fmt.Println("ready")
	dir, err := Tree(context.Background(), os.Getenv("TOOLCHAIN_TEST_CACHE"), g, files, func(what string) { fmt.Println(what) })
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(dir)
}

// process returns a command that asks for a tree in another process.
func process(t *testing.T, do string, g Go, cache string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "TOOLCHAIN_TEST_DO="+do, "TOOLCHAIN_TEST_ROOT="+g.Root, "TOOLCHAIN_TEST_CACHE="+cache)
	return cmd
}

// large makes a GOROOT that takes a while to copy.
func large(t *testing.T) Go {
	t.Helper()
	g := fake(t)
	for i := range 60 {
		write(t, g.Root, fmt.Sprintf("src/p%d/p.go", i), strings.Repeat("x", 1000))
	}
	return g
}

// Many processes ask for the same tree at the same time. One makes it, or mends it.
func TestProcesses(t *testing.T) {
	g := large(t)
	for name, before := range map[string]func(cache string){"copying": func(string) {}, "damaged": func(cache string) {
		dir, err := Tree(t.Context(), cache, g, files, nil)
		require.NoError(t, err)
		require.NoError(t, os.Remove(filepath.Join(dir, "src/p7/p.go")))
	}} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			before(cache)
			said := processes(t, 8, g, cache)
			dir, err := Tree(t.Context(), cache, g, files, func(what string) { t.Errorf("made again: %s", what) })
			require.NoError(t, err)
			for _, lines := range said {
				assert.Equal(t, dir, lines[len(lines)-1])
			}
			assert.Equal(t, 1, strings.Count(fmt.Sprint(said), " "+name+" "), said)
			assert.Equal(t, string(files["src/net/http/server.go"]), contents(t, dir)["src/net/http/server.go"])
		})
	}
}

// processes has some processes ask for a tree, and returns what each has said, in lines.
func processes(t *testing.T, n int, g Go, cache string) [][]string {
	t.Helper()
	cmds := make([]*exec.Cmd, n)
	outs := make([]strings.Builder, n)
	for i := range cmds {
		cmds[i] = process(t, "tree", g, cache)
		cmds[i].Stdout, cmds[i].Stderr = &outs[i], &outs[i]
		require.NoError(t, cmds[i].Start())
	}
	said := make([][]string, n)
	for i, cmd := range cmds {
		require.NoError(t, cmd.Wait(), outs[i].String())
		said[i] = strings.Split(strings.TrimSpace(outs[i].String()), "\n")
	}
	return said
}

// Processes are killed at random moments, until some were at work on a tree. What they leave is never taken for a tree, and does not stay.
func TestKilled(t *testing.T) {
	g := large(t)
	cache := t.TempDir()
	s := &shelf{dir: filepath.Join(cache, "toolchain")}
	_, err := Tree(t.Context(), cache, g, files, nil)
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, os.RemoveAll(s.dir))
	dir, err := Tree(t.Context(), cache, g, files, nil)
	require.NoError(t, err)
	takes, want := time.Since(began), contents(t, dir)

	for midway := 0; midway < 5; {
		require.NoError(t, os.RemoveAll(s.dir))
		killAfter(t, process(t, "tree", g, cache), rand.N(takes))
		if len(left(t, s)) > 0 {
			midway++
		}
		dir, err := Tree(t.Context(), cache, g, files, func(what string) { assert.NotContains(t, what, "damaged") })
		require.NoError(t, err)
		assert.Equal(t, want, contents(t, dir))
		assert.Empty(t, left(t, s))
	}
}

// killAfter starts a process and kills it a time after it is ready.
func killAfter(t *testing.T, cmd *exec.Cmd, d time.Duration) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	time.Sleep(d)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// A disk that is full while a tree is made leaves nothing under its name, and an error that says where and what to do.
func TestFullDisk(t *testing.T) {
	g := fake(t)
	s := &shelf{filepath.Join(t.TempDir(), "toolchain"), func(target, name string) error {
		if strings.HasPrefix(target, g.Root) { // and not only a trial
			return &os.LinkError{Op: "symlink", Old: target, New: name, Err: syscall.ENOSPC}
		}
		return nil
	}, os.Link, func(string) {}}
	_, err := s.tree(t.Context(), g, files)
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.ErrorContains(t, err, "in "+s.dir+" (set JOSTLE_CACHE to another directory if this one does not do)")
	list, err := os.ReadDir(s.dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, making, list[0].Name())
}
