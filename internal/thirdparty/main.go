// Command thirdparty instruments published modules at pinned versions, with all that they need, and runs their own tests
// twice: as they are, and instrumented. What passes the one way must pass the other. It prints a table of modules, and
// exits with 1 if a package does not build or a test is lost.
//
//	go run ./internal/thirdparty [-list modules|network] [-run regexp] [-mode inert|plain|search] [-schedules n] [-doc file]
//
// In the mode inert no execution is active; in the mode plain each test is an execution under the plain schedule. In the
// mode search jostle test runs them under so many schedules, and what it finds is printed, to be looked into.
package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

//go:embed modules.txt network.txt
var lists embed.FS

// A module is one line of the list.
type module struct {
	path, version string
	patterns      []string
}

// modules returns those of a list.
func modules(list string) ([]module, error) {
	text, err := lists.ReadFile(list + ".txt")
	if err != nil {
		return nil, fmt.Errorf("-list=%s: there are modules and network", list)
	}
	var out []module
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) < 2 || f[0] == "#" {
			continue
		}
		m := module{f[0], f[1], f[2:]}
		if len(m.patterns) == 0 {
			m.patterns = []string{"./..."}
		}
		out = append(out, m)
	}
	return out, nil
}

func main() {
	list := flag.String("list", "modules", "which `list` of modules to take: modules, or network")
	only := flag.String("run", "", "take only modules that match this `regexp`")
	mode := flag.String("mode", "plain", "how instrumented tests run: `inert, plain or search`")
	schedules := flag.Int("schedules", 100, "schedules for each test in the mode search")
	budget := flag.Duration("time", 20*time.Minute, "stop beginning new modules after this long")
	verbose := flag.Bool("v", false, "print what tests say that are lost")
	doc := flag.String("doc", "", "write the table into this `file` too; in the mode search other modules keep their rows")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 || *mode != "inert" && *mode != "plain" && *mode != "search" {
		flag.Usage()
		os.Exit(2)
	}
	jostle, err := buildCommand(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer os.RemoveAll(filepath.Dir(jostle))
	all, err := modules(*list)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := findTest2JSON(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	t := newTable(os.Stdout, *mode != "search")
	start := time.Now()
	var wg sync.WaitGroup
	// Many tests only sleep: more of them at a time than there are processors.
	limit := make(chan struct{}, runtime.GOMAXPROCS(0)+1)
	for _, m := range all {
		if !match.MatchString(m.path) {
			continue
		}
		limit <- struct{}{}
		if time.Since(start) > *budget {
			t.skip(m)
			<-limit
			continue
		}
		wg.Go(func() {
			defer func() { <-limit }()
			if *mode == "search" {
				s, err := m.search(context.Background(), jostle, *schedules)
				t.addSearch(m, s, err, *verbose)
				return
			}
			r, err := m.try(context.Background(), *mode)
			t.add(m, r, err, *verbose)
		})
	}
	wg.Wait()
	markdown := t.ofSearch
	if *mode != "search" {
		t.finish()
		markdown = t.ofComparison
	}
	if *doc != "" {
		if err := t.writeTo(*doc, *list+", "+*mode, markdown); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	if t.bad {
		os.Exit(1)
	}
}

// buildCommand builds the command jostle in a new folder and returns its name.
func buildCommand(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "jostle-third-party-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "jostle")
	_, err = command(ctx, ".", nil, "go", "build", "-o", name, "./cmd/jostle")
	return name, err
}

// fetch makes a copy of the module, which says nothing of jostle, alone in a new folder and with the name of its repository:
// there are tests that look for that in file names.
func (m module) fetch(ctx context.Context) (dir string, err error) {
	top, err := os.MkdirTemp("", "third-party")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(top)
		}
	}()
	if top, err = filepath.EvalSymlinks(top); err != nil {
		return "", err
	}
	dir = filepath.Join(top, path.Base(version.ReplaceAllString(m.path, "")))
	return dir, m.copyTo(ctx, dir)
}

// version is how the path of a module ends that is not at its first.
var version = regexp.MustCompile(`/v[0-9]+$`)

func (m module) copyTo(ctx context.Context, dir string) error {
	out, err := command(ctx, ".", nil, "go", "mod", "download", "-json", m.path+"@"+m.version)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	from := regexp.MustCompile(`"Dir": "(.*)"`).FindStringSubmatch(out)
	if from == nil {
		return errors.New("download: the go command says nothing of a folder")
	}
	if err := os.CopyFS(dir, os.DirFS(from[1])); err != nil {
		return err
	}
	// The module cache is read-only, and so is what was copied from it.
	err = filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if e.IsDir() {
			mode = 0o755
		}
		return os.Chmod(name, mode)
	})
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return nil
	}
	if _, err := command(ctx, dir, nil, "go", "mod", "init", m.path); err != nil {
		return err
	}
	_, err = command(ctx, dir, nil, "go", "mod", "tidy", "-e") // packages that are not looked at may need what is gone
	return err
}

// command runs a program in dir and returns its standard output; the error has its standard error.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr strings.Builder
	cmd.Dir, cmd.Stderr = dir, &stderr
	cmd.Env = append(append(os.Environ(), "GOWORK=off"), env...)
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, tail(stderr.String(), 20))
	}
	return string(out), nil
}

// tail returns the last n lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
