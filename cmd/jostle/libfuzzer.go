package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
)

func newLibfuzzer() *cobra.Command {
	build := buildFlags{tags: "libfuzzer"}
	var out string
	c := &cobra.Command{
		Use:   "libfuzzer [packages]",
		Short: "Build native fuzz targets, instrumented, for libFuzzer and OSS-Fuzz",
		Long: `Build native fuzz targets, instrumented, for libFuzzer and OSS-Fuzz.

For each target FuzzX there will be: FuzzX, which runs under libFuzzer; FuzzX_seed_corpus.zip, what is in testdata/fuzz/FuzzX;
and FuzzX.options. In the environment are read, with the meaning that they have in OSS-Fuzz: CXX (clang++), CXXFLAGS,
LIB_FUZZING_ENGINE (-fsanitize=fuzzer), and SANITIZER: if it is coverage, FuzzX runs the inputs in $FUZZ_CORPUS_DIR and takes
-test.coverprofile.`,
		Example: "\tjostle libfuzzer ./fuzz -o \"$OUT\"",
		RunE: func(c *cobra.Command, patterns []string) error {
			if out == "" {
				return errors.New("-o is missing: the directory for what is built")
			}
			out, err := filepath.Abs(out)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(out, 0o777); err != nil {
				return err
			}
			b := libfuzzerBuild{out: out, coverage: os.Getenv("SANITIZER") == "coverage", stderr: c.ErrOrStderr()}
			if b.coverage {
				build.tags = "" // the runtime, too, has code for this tag
			}
			res, err := build.prepare(c.Context(), patterns, c.ErrOrStderr())
			if err != nil {
				return err
			}
			b.goCmd, b.flags, b.env, b.overlay, b.packages = res.Go, build.args(), append(res.Environ(), "CGO_ENABLED=1"), res.Overlay, res.Packages
			for _, pkg := range res.Roots {
				targets, err := findTargets([]instrument.Root{pkg}, regexp.MustCompile(""))
				if err != nil {
					continue // a package without
				}
				b.built += len(targets)
				if err := b.pkg(c.Context(), pkg, targets); err != nil {
					return err
				}
			}
			if b.built == 0 {
				_, err := findTargets(res.Roots, regexp.MustCompile(""))
				return err
			}
			return nil
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "the `directory` for what is built")
	return c
}

// A libfuzzerBuild builds the targets of one package after the other.
type libfuzzerBuild struct {
	out      string
	coverage bool
	goCmd    string
	flags    []string
	env      []string
	overlay  string
	packages []instrument.Package
	stderr   io.Writer
	built    int
}

// uncounted are the packages that libFuzzer is to see nothing of. The first few cannot be built otherwise, the others run
// the execution and not what it tests; harness is not among them: it shows the fuzzer the orders of operations.
var uncounted = []string{
	"runtime/cgo", "runtime/pprof", "runtime/race", "syscall",
	"context", "reflect", "sync", "sync/atomic", "internal/sync", "internal/synctest", "testing", "testing/synctest", "time", "regexp", "regexp/syntax",
	"jostle/internal/...", "jostle/perturb/...",
}

// pkg builds the targets of a package: all in one, which does what it is called after.
func (b *libfuzzerBuild) pkg(ctx context.Context, pkg instrument.Root, targets []fuzzTarget) error {
	for _, t := range targets {
		if err := b.seeds(t); err != nil {
			return err
		}
	}
	if b.coverage {
		return b.covered(ctx, pkg, targets)
	}
	dir, err := os.MkdirTemp("", "jostle-libfuzzer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	archive := filepath.Join(dir, "fuzz.a")
	args := []string{"test", "-c", "-buildmode=c-archive", "-o", archive, "-gcflags=all=-d=libfuzzer"}
	for _, p := range uncounted {
		args = append(args, "-gcflags="+p+"=-d=libfuzzer=0")
	}
	if err := b.run(ctx, pkg.Dir, b.goCmd, append(append(args, b.flags...), ".")...); err != nil {
		return err
	}
	engine := "-fsanitize=fuzzer"
	if e := os.Getenv("LIB_FUZZING_ENGINE"); e != "" {
		engine = e
	}
	cxx := "clang++"
	if c := os.Getenv("CXX"); c != "" {
		cxx = c
	}
	first := filepath.Join(b.out, targets[0].name)
	link := append(strings.Fields(os.Getenv("CXXFLAGS")), archive)
	link = append(append(link, strings.Fields(engine)...), "-o", first)
	if err := b.run(ctx, pkg.Dir, cxx, link...); err != nil {
		return err
	}
	for _, t := range targets {
		name := filepath.Join(b.out, t.name)
		// Leaks of memory that C has allocated are nothing that Go code could have, and to look for them costs time.
		if err := os.WriteFile(name+".options", []byte("[libfuzzer]\ndetect_leaks = 0\n"), 0o666); err != nil {
			return err
		}
		if name == first {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Link(first, name); err != nil {
			return err
		}
	}
	return nil
}

// covered builds, for each target, a script that runs it on a corpus, in a test binary that keeps a coverage profile.
func (b *libfuzzerBuild) covered(ctx context.Context, pkg instrument.Root, targets []fuzzTarget) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	modules, err := mainModules(ctx, pkg.Dir)
	if err != nil {
		return fmt.Errorf("find the module of %s: %w", pkg.ImportPath, err)
	}
	paths := ""
	for _, m := range modules {
		paths += "s=" + m.path + "=" + m.dir + "=\n"
	}
	// Beside the binary are other files of the corpus's world; in a directory of its own it is taken for no target itself.
	sub := targets[0].name + ".coverage"
	args := []string{"test", "-c", "-o", filepath.Join(b.out, sub, "fuzz.test"), "-covermode=atomic", "-coverpkg=" + strings.Join(b.within(modules), ","),
		"-toolexec=" + coverTools(self, b.overlay),
		"-ldflags=-X jostle/internal/libfuzzer.Covered=instrumented"}
	if err := b.run(ctx, pkg.Dir, b.goCmd, append(append(args, b.flags...), ".")...); err != nil {
		return err
	}
	for _, t := range targets {
		script := `#!/bin/sh
# The inputs are in FUZZ_CORPUS_DIR.
exec "$(dirname "$0")/` + sub + `/fuzz.test" -test.run='^` + t.name + `$' \
	${FUZZ_PROFILE_NAME:+-test.cpuprofile "$FUZZ_PROFILE_NAME.cpu.prof" -test.memprofile "$FUZZ_PROFILE_NAME.heap.prof"} "$@"
`
		name := filepath.Join(b.out, t.name)
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.WriteFile(name, []byte(script), 0o777); err != nil {
			return err
		}
		// What OSS-Fuzz hands to sed, so that the profile names files.
		if err := os.WriteFile(name+".gocovpath", []byte(paths), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// A mainModule is one that people work on.
type mainModule struct{ path, dir string }

// mainModules returns the module of a directory, or the modules of its workspace: the longest paths first, because a module may lie
// below another one.
func mainModules(ctx context.Context, dir string) (all []mainModule, err error) {
	out, err := exec.CommandContext(ctx, "go", "-C", dir, "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, mainModule{path, dir})
	}
	slices.SortFunc(all, func(a, b mainModule) int { return len(b.path) - len(a.path) })
	return all, nil
}

// within returns the packages of these modules that were looked at. Package harness is not among them: what it forwards to is counted
// nowhere, and no file of the module has its text.
func (b *libfuzzerBuild) within(modules []mainModule) (paths []string) {
	for _, p := range b.packages {
		if slices.ContainsFunc(modules, func(m mainModule) bool { return p.ImportPath == m.path || strings.HasPrefix(p.ImportPath, m.path+"/") }) {
			paths = append(paths, p.ImportPath)
		}
	}
	return paths
}

// seeds packs a target's corpus, as the fuzzer's bytes.
func (b *libfuzzerBuild) seeds(t fuzzTarget) (err error) {
	dir := filepath.Join(t.pkg.Dir, "testdata", "fuzz", t.name)
	if _, err := os.Stat(dir); finding.Absent(err) {
		return nil
	}
	files, err := filesOf(dir)
	if err != nil || len(files) == 0 {
		return err
	}
	f, err := os.Create(filepath.Join(b.out, t.name+"_seed_corpus.zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		data, err := corpus.Decode(content)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		w, err := z.Create(corpus.FileName(data))
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}

func (b *libfuzzerBuild) run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(b.env, "PWD="+dir), b.stderr, b.stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w: libFuzzer comes with clang", err)
	case errors.As(err, &exit):
		return &instrument.BuildError{Text: fmt.Sprintf("jostle: %s failed (%v): see above", filepath.Base(name), err)}
	}
	return err
}
