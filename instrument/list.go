package instrument

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A listed package is one as go list prints it.
type listed struct {
	ImportPath   string
	Dir          string
	Name         string
	Standard     bool
	DepOnly      bool
	ForTest      string
	Module       *moduleInfo
	GoFiles      []string
	CgoFiles     []string
	SFiles       []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	ImportMap    map[string]string // what an import in the source means, if that is a variant for tests

	// What //go:embed names, relative to Dir.
	EmbedFiles, TestEmbedFiles, XTestEmbedFiles []string

	DefaultGODEBUG string // of a command, and of what runs tests

	Error      *listError   // of the package itself
	DepsErrors []*listError // of it and what it needs

	named bool // by the user's patterns
}

// A listError is why go list cannot load a package.
type listError struct {
	Pos string
	Err string
}

func (e *listError) Error() string {
	if e.Pos == "" {
		return e.Err
	}
	return e.Pos + ": " + e.Err
}

// wrong returns what go list has found wrong with a package, or with what it needs; "" if nothing.
func (p *listed) wrong() string {
	errs := p.DepsErrors
	if p.Error != nil {
		errs = append([]*listError{p.Error}, errs...)
	}
	var texts []string
	for _, e := range errs {
		if text := e.Error(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

type moduleInfo struct {
	Path    string
	Version string
	Main    bool
	Dir     string
	GoMod   string
	// GoVersion is the language that its go.mod asks for, "" if that says nothing.
	GoVersion string
	Replace   *moduleInfo
}

// String returns path and version.
func (m *moduleInfo) String() string {
	switch {
	case m == nil:
		return ""
	case m.Version == "":
		return m.Path
	}
	return m.Path + "@" + m.Version
}

const listFields = "ImportPath,Dir,Name,Standard,DepOnly,ForTest,Module,GoFiles,CgoFiles,SFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports,EmbedFiles,TestEmbedFiles,XTestEmbedFiles,ImportMap,DefaultGODEBUG,Error,DepsErrors"

// A BuildError is trouble that the go command has found: its own words, which name the place.
type BuildError struct{ Text string }

func (e *BuildError) Error() string { return e.Text }

// A goCommand is a go command as it is to be run.
type goCommand struct {
	path string
	dir  string // "" for the working directory
	env  []string
}

// run runs it and returns its standard output, also with an error. It is a *BuildError if the command has ended with one.
func (g goCommand) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, g.path, args...)
	cmd.Dir, cmd.Env = g.dir, g.env
	if g.dir != "" { // which may lead through links: the go command names files by it
		cmd.Env = append(slices.Clip(cmd.Env), "PWD="+g.dir)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && ctx.Err() == nil {
			return stdout.Bytes(), &BuildError{strings.TrimSpace(stderr.String())}
		}
		return nil, fmt.Errorf("run go %s: %w", args[0], err)
	}
	return stdout.Bytes(), nil
}

// variables returns variables of go env.
func (g goCommand) variables(ctx context.Context, names ...string) (map[string]string, error) {
	out, err := g.run(ctx, append([]string{"env", "-json"}, names...)...)
	if err != nil {
		return nil, err
	}
	var env map[string]string
	return env, json.Unmarshal(out, &env)
}

// list returns packages and all that they depend on, each after what it depends on. With flags it may be asked for what
// their tests depend on (-test), and for packages that cannot be loaded (-e).
func (g goCommand) list(ctx context.Context, buildFlags, patterns []string, flags ...string) ([]*listed, error) {
	args := slices.Concat([]string{"list", "-deps", "-json=" + listFields}, flags, buildFlags)
	args = append(append(args, "--"), patterns...)
	out, err := g.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	pkgs, err := decode[listed](out)
	for _, p := range pkgs {
		p.named = !p.DepOnly && slices.Contains(flags, "-test")
	}
	return pkgs, err
}

// merge returns a, and those of b that are not in it.
func merge(a, b []*listed) []*listed {
	have := map[string]bool{}
	for _, p := range a {
		have[p.ImportPath] = true
	}
	for _, p := range b {
		if !have[p.ImportPath] {
			a = append(a, p)
		}
	}
	return a
}

// onlyForTests returns the packages of which only variants are listed: those that import a tested package, and that only its external
// tests import.
func onlyForTests(pkgs []*listed) (out []*listed) {
	have := map[string]bool{}
	for _, p := range pkgs {
		have[p.ImportPath] = true
	}
	for _, p := range pkgs {
		if p.ForTest == "" || p.of() == p.ForTest || have[p.of()] {
			continue
		}
		have[p.of()] = true
		only := *p
		only.ImportPath, only.ForTest, only.Imports = p.of(), "", slices.Clone(p.Imports)
		for i, imported := range only.Imports {
			only.Imports[i], _, _ = strings.Cut(imported, " ")
		}
		out = append(out, &only)
	}
	return out
}

// files returns the absolute names of the Go files that are to be rewritten: with tests only if asked for.
func (p *listed) files(tests bool) []string {
	names := slices.Concat(p.GoFiles, p.CgoFiles)
	if tests {
		names = slices.Concat(names, p.TestGoFiles, p.XTestGoFiles)
	}
	return absolute(p.Dir, names)
}

// absolute returns the names of files in a directory.
func absolute(dir string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = filepath.Join(dir, n)
	}
	return out
}

// embedded returns the absolute names of all files that packages embed.
func embedded(pkgs []*listed) map[string]bool {
	m := map[string]bool{}
	for _, p := range pkgs {
		for _, name := range p.embeds() {
			m[filepath.Join(p.Dir, name)] = true
		}
	}
	return m
}

// embeds returns what a package and its tests embed, relative to its directory.
func (p *listed) embeds() []string {
	return slices.Concat(p.EmbedFiles, p.TestEmbedFiles, p.XTestEmbedFiles)
}

// language returns the language that the package is written in: "go1.16" is that of a go.mod that says nothing. "" is
// what the go command itself is for.
func (p *listed) language() string {
	switch m := p.Module; {
	case m == nil:
		return ""
	case m.GoVersion == "":
		return "go1.16"
	default:
		return "go" + m.GoVersion
	}
}

// path returns the import path without the variant that go list names after it.
func (p *listed) path() string {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	return path
}

// of returns the import path of the package that has the files: of external tests it is that of what they test.
func (p *listed) of() string {
	path := p.path()
	if p.ForTest != "" && path == p.ForTest+"_test" {
		return p.ForTest
	}
	return path
}

// owner returns the import path of the package that p belongs to: as compiled for the tests of a package it is that one's.
func (p *listed) owner() string {
	if p.ForTest != "" {
		return p.ForTest
	}
	return strings.TrimSuffix(p.ImportPath, ".test")
}

// isVariant reports whether p is a package as compiled for some test, or a test's main: its files are those of the
// package itself.
func (p *listed) isVariant() bool { return p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") }
