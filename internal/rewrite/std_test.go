package rewrite_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/jostle-dev/jostle/internal/rewrite"
)

const perturbPath = "github.com/jostle-dev/jostle/perturb"
const testhookPath = "github.com/jostle-dev/jostle/perturb/testhook"
const nativestackPath = "github.com/jostle-dev/jostle/perturb/nativestack"

// A universe imports what a package was loaded with, and what rewritten code calls.
type universe struct {
	of   *packages.Package
	ours map[string]*packages.Package
}

func (u universe) Import(path string) (*types.Package, error) {
	for _, path := range []string{path, "vendor/" + path} { // the standard library's own vendor tree
		if p := u.of.Imports[path]; p != nil {
			return p.Types, nil
		}
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := u.ours[path]; p != nil {
		return p.Types, nil
	}
	return nil, fmt.Errorf("%s is not loaded", path)
}

// check type-checks files as package path.
func (u universe) check(fset *token.FileSet, path string, files []*ast.File, goVersion string) (*types.Package, *types.Info, []error) {
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, FileVersions: map[*ast.File]string{},
		Scopes: map[ast.Node]*types.Scope{}, Instances: map[*ast.Ident]types.Instance{},
	}
	var errs []error
	cfg := types.Config{
		Importer: u, FakeImportC: true, GoVersion: goVersion, Sizes: types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) { errs = append(errs, err) },
	}
	pkg, _ := cfg.Check(path, fset, files, info)
	return pkg, info, errs
}

// Each package of the standard library, under another name so that its sync is not the one that perturb knows, is
// rewritten to what the type checker accepts. Nowhere else is there so much Go of so many kinds.
func TestStandardLibrary(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // it would be a third of the time
	pkgs, err := packages.Load(&packages.Config{
		Mode:      packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedForTest,
		Tests:     true,
		ParseFile: parseDeclarations,
	}, "std", perturbPath, nativestackPath, testhookPath)
	require.NoError(t, err)
	ours, needs := map[string]*packages.Package{}, map[string]bool{}
	for _, p := range pkgs {
		if p.ID == perturbPath || p.ID == nativestackPath || p.ID == testhookPath {
			ours[p.ID] = p
			packages.Visit([]*packages.Package{p}, nil, func(p *packages.Package) { needs[p.PkgPath] = true })
		}
	}

	// A package as its tests see it has all files of the package itself, which is looked at where its tests hinder that.
	byPath := map[string][]*packages.Package{}
	for _, p := range pkgs {
		if strings.HasPrefix(p.PkgPath, "github.com/") || p.PkgPath == "unsafe" || strings.HasSuffix(p.ID, ".test") || usesVariant(p, needs) {
			continue
		}
		byPath[p.PkgPath] = append(byPath[p.PkgPath], p)
	}

	var wg sync.WaitGroup
	var mu sync.Mutex
	points, looked := 0, 0
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, variants := range byPath {
		slices.SortFunc(variants, func(p, q *packages.Package) int { return len(q.CompiledGoFiles) - len(p.CompiledGoFiles) })
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			for _, p := range variants {
				n, ok := rewriteStandard(t, universe{p, ours}, p)
				if !ok {
					continue
				}
				mu.Lock()
				defer mu.Unlock()
				points += n
				looked++
				return
			}
		})
	}
	wg.Wait()
	t.Logf("%d packages, %d sync points", looked, points)
	assert.Greater(t, looked, 400)
	assert.Greater(t, points, 2000)
}

// parseDeclarations parses a file for what others see of it: its functions have no bodies.
func parseDeclarations(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if file != nil {
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				fn.Body = nil
			}
		}
	}
	return file, err
}

// usesVariant reports whether p is compiled with a variant, for some test, of a package that perturb needs: perturb works
// with the types of the package itself.
func usesVariant(p *packages.Package, needs map[string]bool) (uses bool) {
	packages.Visit([]*packages.Package{p}, nil, func(dep *packages.Package) {
		uses = uses || dep != p && dep.ID != dep.PkgPath && needs[dep.PkgPath]
	})
	return uses
}

// rewriteStandard returns the number of sync points in p, and whether p can be type-checked under another name at all.
func rewriteStandard(t *testing.T, all universe, p *packages.Package) (points int, ok bool) {
	fset := token.NewFileSet()
	path := "aside/" + p.PkgPath
	var files []*ast.File
	var sources [][]byte
	for _, name := range p.CompiledGoFiles {
		src, err := os.ReadFile(name)
		if !assert.NoError(t, err) {
			return 0, false
		}
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
		if !assert.NoError(t, err) {
			return 0, false
		}
		files, sources = append(files, f), append(sources, src)
	}
	pkg, info, errs := all.check(fset, path, files, "")
	if len(errs) > 0 {
		t.Logf("%s is not for other names: %v", p.PkgPath, errs[0])
		return 0, false
	}
	after := token.NewFileSet()
	var rewritten []*ast.File
	changed := false
	for i, f := range files {
		out, err := rewrite.File(rewrite.Input{
			Fset: fset, File: f, Src: sources[i], Name: fset.File(f.FileStart).Name(), PkgPath: path, Pkg: pkg, Info: info, Tests: true,
		})
		if !assert.NoError(t, err) {
			return points, true
		}
		src := sources[i]
		if out.Src != nil {
			src, changed = atHome(out.Src), true
		}
		for _, n := range out.Points {
			points += n
		}
		g, err := parser.ParseFile(after, filepath.Base(p.CompiledGoFiles[i]), src, parser.ParseComments|parser.SkipObjectResolution)
		if !assert.NoError(t, err, p.CompiledGoFiles[i]) {
			return points, true
		}
		rewritten = append(rewritten, g)
	}
	if !changed {
		return points, true
	}
	_, _, errs = all.check(after, path, rewritten, "")
	for _, err := range errs {
		t.Errorf("%s: %v", p.PkgPath, err)
	}
	return points, true
}
