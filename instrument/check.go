package instrument

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
)

// A checked package was read from source and type-checked. What it imports was read from the go command's export data.
type checked struct {
	*listed
	fset    *token.FileSet
	files   []*ast.File
	types   *types.Package
	info    *types.Info
	errs    []string // of the parser and of the type checker
	missing []string // imports that have no export data: they do not build themselves
}

// pkgPath is the import path, without what package it was compiled for the tests of.
func (p *listed) pkgPath() string {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	return path
}

// check type-checks the packages of these import paths, with their tests or without.
func (b *build) check(ctx context.Context, paths []string, tests bool) ([]*checked, error) {
	flags := []string{"-e", "-export", "-compiled", "-pgo=off"}
	if tests {
		flags = append(flags, "-test")
	}
	pkgs, err := b.goCmd.list(ctx, b.BuildFlags, paths, flags...)
	if err != nil {
		return nil, err
	}
	c := checker{b: b, fset: token.NewFileSet(), byID: map[string]*listed{}, shared: &universe{pkgs: map[string]*types.Package{}}}
	var out []*checked
	for _, p := range pkgs {
		c.byID[p.ImportPath] = p
		if !p.DepOnly && !strings.HasSuffix(p.ImportPath, ".test") {
			out = append(out, &checked{listed: p, fset: c.fset})
		}
	}
	var wg sync.WaitGroup
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, p := range out {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			if ctx.Err() == nil {
				c.check(p)
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

// A checker type-checks packages. Its methods may be called by several goroutines.
type checker struct {
	b      *build
	fset   *token.FileSet
	byID   map[string]*listed // all packages, by the import paths that go list gives them
	shared *universe
}

// A universe is packages that know each other. A package that was compiled for some test is another than the one without.
type universe struct {
	mu   sync.Mutex
	pkgs map[string]*types.Package // by path
}

func (c *checker) check(p *checked) {
	for _, name := range p.CompiledGoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		src, err := os.ReadFile(name)
		if err != nil {
			p.fails(err)
			continue
		}
		file, err := parser.ParseFile(c.fset, name, c.b.anchored(name, plain(src)), parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			p.fails(err)
		}
		if file != nil {
			p.files = append(p.files, file)
		}
	}
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	u := c.shared
	for _, id := range p.ImportMap {
		if c.byID[id] != nil && c.byID[id].ForTest != "" {
			u = &universe{pkgs: map[string]*types.Package{}}
			break
		}
	}
	cfg := types.Config{
		Importer: importerFunc(func(path string) (*types.Package, error) { return c.imported(u, p, path) }),
		Sizes:    types.SizesFor("gc", c.b.env["GOARCH"]),
		Error:    p.fails,
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		cfg.GoVersion = "go" + p.Module.GoVersion
	}
	p.types, _ = cfg.Check(p.pkgPath(), c.fset, p.files, p.info) // Error is told of all
}

// fails notes an error in a package.
func (p *checked) fails(err error) {
	var list scanner.ErrorList
	var typed types.Error
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			p.errs = append(p.errs, e.Error())
		}
	case errors.As(err, &typed):
		p.errs = append(p.errs, fmt.Sprintf("%s: %s", typed.Fset.Position(typed.Pos), typed.Msg))
	default:
		p.errs = append(p.errs, err.Error())
	}
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// imported returns what a file of p imports.
func (c *checker) imported(u *universe, p *checked, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	id := path
	if mapped := p.ImportMap[path]; mapped != "" {
		id = mapped
	}
	dep := c.byID[id]
	if dep == nil || dep.Export == "" {
		p.missing = append(p.missing, path)
		return nil, errors.New("it does not build")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if have := u.pkgs[dep.pkgPath()]; have != nil && have.Complete() {
		return have, nil
	}
	f, err := os.Open(dep.Export)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dep.Export, err)
	}
	return gcexportdata.Read(r, c.fset, u.pkgs, dep.pkgPath())
}

// text returns what is wrong with a package: what the type checker says or, if that has nothing to say, the go command. The
// other of the two would be the same once more.
func (p *checked) text() string {
	var out []string
	for _, e := range p.errs {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return p.wrong()
	}
	return strings.Join(out, "\n")
}
