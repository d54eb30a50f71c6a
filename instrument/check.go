package instrument

import (
	"cmp"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"os"
	"runtime"
	"slices"
	"sync"
)

// A checker type-checks packages and what they import from the source. Only the standard library is read as it was compiled, which the
// instrumented build needs it to be too: all of it, or what is not rewritten of it. Nothing is compiled without being instrumented.
type checker struct {
	*build
	ofStandard bool // the standard library is what is rewritten
	fset       *token.FileSet
	sources    map[string]*source // by import path, with the variant that go list names
	order      []*source          // each after what it imports
	parsed     map[string]*parsed // by file name: a package has files in common with its variant for tests
	std        standard
	limit      chan struct{} // one for each processor
}

// A source is a package that is type-checked from its files.
type source struct {
	*listed
	whole   bool // with the bodies of its functions, and with what rewriting asks for
	names   []string
	files   []*ast.File
	types   *types.Package
	info    *types.Info
	errors  []string // each with its place
	noCgo   bool     // the go command could not run cgo for it, so there is no more to be said
	needs   []*source
	checked chan struct{} // closed at its end
}

// A parsed file is parsed by the goroutine that asks first.
type parsed struct {
	once   sync.Once
	src    []byte // as the parser and the rewriter see it
	file   *ast.File
	errors []string
}

// check type-checks units, with their tests if they are roots: those of the standard library, or the others. What is wrong with them is in their sources.
func (b *build) check(ctx context.Context, units []*unit, ofStandard bool) (*checker, error) {
	c := &checker{
		build: b, ofStandard: ofStandard, fset: token.NewFileSet(), sources: map[string]*source{}, parsed: map[string]*parsed{},
		limit: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	c.std = standard{fset: c.fset, listed: map[string]*exported{}, packages: map[string]*types.Package{}}
	for _, u := range units {
		for _, p := range u.variants {
			c.add(p).whole = true
		}
	}
	if slices.ContainsFunc(units, (*unit).hasTests) {
		for _, path := range builtWith {
			c.std.listed[path] = nil
		}
	}
	if err := c.translateCgo(ctx); err != nil {
		return nil, err
	}
	if err := c.std.list(ctx, b); err != nil {
		return nil, err
	}
	for _, s := range c.order {
		for _, name := range s.names {
			if c.parsed[name] == nil {
				c.parsed[name] = &parsed{}
			}
		}
	}
	var all sync.WaitGroup
	for _, s := range c.order {
		all.Go(func() { c.run(ctx, s) })
	}
	all.Wait()
	return c, ctx.Err()
}

// add adds a package and what it imports.
func (c *checker) add(p *listed) *source {
	if s := c.sources[p.ImportPath]; s != nil {
		return s
	}
	s := &source{listed: p, checked: make(chan struct{}), names: absolute(p.Dir, p.GoFiles)}
	c.sources[p.ImportPath] = s
	imports := p.Imports
	if len(p.CgoFiles) > 0 && p.ImportPath != "runtime/cgo" {
		imports = append(slices.Clip(imports), "runtime/cgo", "syscall") // which the cgo tool adds to others
	}
	for _, path := range imports {
		switch dep := c.listed[path]; {
		case path == "C" || path == "unsafe":
		case dep == nil || dep.Standard && !(c.ofStandard && !c.below[path]):
			c.std.listed[path] = nil
		default:
			s.needs = append(s.needs, c.add(dep))
		}
	}
	c.order = append(c.order, s)
	return s
}

// run type-checks a package after what it imports.
func (c *checker) run(ctx context.Context, s *source) {
	defer close(s.checked)
	s.types = types.NewPackage(s.path(), s.Name)
	c.parse(s)
	for _, n := range s.needs {
		<-n.checked
	}
	if s.noCgo || ctx.Err() != nil {
		return
	}
	c.limit <- struct{}{}
	defer func() { <-c.limit }()
	if s.whole {
		s.info = &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, FileVersions: map[*ast.File]string{},
			Scopes: map[ast.Node]*types.Scope{}, Instances: map[*ast.Ident]types.Instance{},
		}
	}
	cfg := types.Config{
		GoVersion: s.language(), Sizes: types.SizesFor("gc", c.env["GOARCH"]), IgnoreFuncBodies: !s.whole,
		Importer: importerFunc(func(path string) (*types.Package, error) { return c.imported(s, path) }),
		Error:    func(err error) { s.wrong(errorText(err)) },
	}
	if err := types.NewChecker(&cfg, c.fset, s.types, s.info).Files(s.files); err != nil && len(s.errors) == 0 {
		s.wrong(errorText(err))
	}
}

// wrong notes what is wrong, once.
func (s *source) wrong(text string) {
	if !slices.Contains(s.errors, text) {
		s.errors = append(s.errors, text)
	}
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// imported returns a package as s imports it.
func (c *checker) imported(s *source, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	id := cmp.Or(s.ImportMap[path], path)
	for _, n := range s.needs {
		if n.ImportPath == id {
			return n.types, nil
		}
	}
	return c.std.load(id)
}

// parse parses the files of a package. One that another package has too is parsed once.
func (c *checker) parse(s *source) {
	c.limit <- struct{}{}
	defer func() { <-c.limit }()
	for _, name := range s.names {
		p := c.parsed[name]
		p.once.Do(func() { p.src, p.file, p.errors = c.parseFile(name) })
		if p.file != nil {
			s.files = append(s.files, p.file)
		}
		for _, text := range p.errors {
			s.wrong(text)
		}
	}
}

func (c *checker) parseFile(name string) (src []byte, file *ast.File, wrong []string) {
	src, changed := c.byHand[name]
	if !changed {
		var err error
		if src, err = os.ReadFile(name); err != nil {
			return nil, nil, []string{err.Error()}
		}
	}
	src = c.anchored(name, plain(src))
	file, err := parser.ParseFile(c.fset, name, src, parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
	var list scanner.ErrorList
	switch {
	case err == nil:
		return src, file, nil
	case !errors.As(err, &list):
		return src, file, []string{err.Error()}
	}
	for _, e := range list {
		wrong = append(wrong, e.Error())
	}
	return src, file, wrong
}

// errorText returns what the type checker says, after its place.
func errorText(err error) string {
	var e types.Error
	if !errors.As(err, &e) || !e.Pos.IsValid() {
		return err.Error()
	}
	return e.Fset.Position(e.Pos).String() + ": " + e.Msg
}
