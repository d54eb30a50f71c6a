package instrument

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jostle-dev/jostle"
)

// harnessPath is the package that authors of targets import. It is in a module of its own, does nothing without an instrumented
// build, and in one the engine that it works with must be that of the instrumented code, which lies beside the standard library.
// So the package consists of forwarderName alone there, which forwards to what is forwardedTo in this module.
const (
	harnessPath   = jostle.Module + "/harness"
	forwardedTo   = "internal/harness"
	forwarderName = "jostle_forward.go"
)

// ours reports whether a package is jostle's and runs executions, and is not one of those under test.
func (p *listed) ours() bool {
	return p.ImportPath == harnessPath || runtimePackages()[p.ImportPath]
}

// runtimePackages are the import paths, in this module, of what lies beside the standard library.
var runtimePackages = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range jostle.Sources() {
		m[jostle.Module+"/"+path.Dir(name)] = true
	}
	return m
})

// forward puts the forwarder in the place of package harness, if the build needs that.
func (b *build) forward(overlay overlay, copies modules) error {
	if !slices.ContainsFunc(b.pkgs, func(p *listed) bool { return p.of() == harnessPath && b.built[p.ImportPath] }) {
		return nil
	}
	src, err := forwarder()
	if err != nil {
		return err
	}
	u := &unit{listed: b.listed[harnessPath], alone: true, key: keyOf(src)}
	u.done = &rewrittenPackage{Files: []rewrittenFile{{Name: forwarderName, Copy: forwarderName}}}
	if u.done.dir, err = b.store("package", u.key, map[string][]byte{forwarderName: src}); err != nil {
		return err
	}
	if b.inModuleCache(u.Dir) {
		copies.add(u)
		return nil
	}
	entries, err := os.ReadDir(u.Dir)
	if err != nil {
		return err
	}
	over := map[string]string{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".go" {
			over[e.Name()] = "" // it is not there
		}
	}
	over[forwarderName] = filepath.Join(u.done.dir, forwarderName)
	return overlay.lay(u.Dir, over)
}

// forwarder returns the source of a package that has all exported names of the package beside the standard library, each of which
// stands for that.
func forwarder() ([]byte, error) {
	f := forwarding{fset: token.NewFileSet(), imports: map[string]string{}}
	sources := jostle.Sources()
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if path.Dir(name) != forwardedTo {
			continue
		}
		file, err := parser.ParseFile(f.fset, name, sources[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if file.Name.Name != path.Base(forwardedTo) {
			continue // a generator
		}
		for _, d := range file.Decls {
			if err := f.declaration(file, d); err != nil {
				return nil, err
			}
		}
	}
	return f.source()
}

// A forwarding is the package as far as it is written.
type forwarding struct {
	fset    *token.FileSet
	imports map[string]string // path by name
	body    bytes.Buffer
}

func (f *forwarding) source() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Package harness forwards to the one that instrumented code works with.\npackage harness\n\nimport (\n\tforward %q\n", beside(forwardedTo))
	for _, name := range slices.Sorted(maps.Keys(f.imports)) {
		fmt.Fprintf(&b, "\t%s %q\n", name, f.imports[name])
	}
	fmt.Fprintf(&b, ")\n%s", f.body.Bytes())
	return format.Source(b.Bytes())
}

func (f *forwarding) declaration(file *ast.File, d ast.Decl) error {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.IsExported() {
			return f.function(file, d)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					if s.TypeParams != nil {
						return fmt.Errorf("%s: no forwarder is written for generic types", s.Name.Name)
					}
					fmt.Fprintf(&f.body, "type %s = forward.%[1]s\n", s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					switch {
					case !n.IsExported():
					case d.Tok == token.VAR:
						return fmt.Errorf("%s: a variable would be two", n.Name)
					default:
						fmt.Fprintf(&f.body, "const %s = forward.%[1]s\n", n.Name)
					}
				}
			}
		}
	}
	return nil
}

// function writes one that calls the other of its name. Package testing passes over its frame, too.
func (f *forwarding) function(file *ast.File, d *ast.FuncDecl) error {
	var params, args []string
	helper := ""
	for _, p := range d.Type.Params.List {
		typ, err := f.text(file, p.Type)
		if err != nil {
			return err
		}
		names := p.Names
		if names == nil {
			names = []*ast.Ident{ast.NewIdent("_")}
		}
		for _, n := range names {
			name := n.Name
			if name == "_" {
				name = fmt.Sprintf("arg%d", len(params))
			}
			params = append(params, name+" "+typ)
			if _, ok := p.Type.(*ast.Ellipsis); ok {
				args = append(args, name+"...")
				continue
			}
			args = append(args, name)
			if typ == "testing.TB" || typ == "*testing.T" || typ == "*testing.F" {
				helper = name + ".Helper(); "
			}
		}
	}
	typeParams, typeArgs, err := f.typeParams(file, d.Type.TypeParams)
	if err != nil {
		return err
	}
	results, call := "", "forward."+d.Name.Name+typeArgs+"("+strings.Join(args, ", ")+")"
	if d.Type.Results != nil {
		if results, err = f.fields(file, d.Type.Results); err != nil {
			return err
		}
		results, call = "("+results+")", "return "+call
	}
	fmt.Fprintf(&f.body, "func %s%s(%s) %s { %s%s }\n", d.Name.Name, typeParams, strings.Join(params, ", "), results, helper, call)
	return nil
}

// typeParams returns type parameters, and the same as arguments.
func (f *forwarding) typeParams(file *ast.File, list *ast.FieldList) (params, args string, err error) {
	if list == nil {
		return "", "", nil
	}
	var names []string
	for _, p := range list.List {
		for _, n := range p.Names {
			names = append(names, n.Name)
		}
	}
	params, err = f.fields(file, list)
	return "[" + params + "]", "[" + strings.Join(names, ", ") + "]", err
}

func (f *forwarding) fields(file *ast.File, list *ast.FieldList) (string, error) {
	var out []string
	for _, p := range list.List {
		typ, err := f.text(file, p.Type)
		if err != nil {
			return "", err
		}
		var names []string
		for _, n := range p.Names {
			names = append(names, n.Name)
		}
		out = append(out, strings.TrimSpace(strings.Join(names, ", ")+" "+typ))
	}
	return strings.Join(out, ", "), nil
}

// text returns a type as the source has it, and imports what it needs.
func (f *forwarding) text(file *ast.File, typ ast.Expr) (string, error) {
	var err error
	ast.Inspect(typ, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := sel.X.(*ast.Ident); ok {
				err = f.use(file, pkg.Name)
			}
		}
		return err == nil
	})
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = printer.Fprint(&b, f.fset, typ)
	return b.String(), err
}

// use imports the package that a file knows by name.
func (f *forwarding) use(file *ast.File, name string) error {
	for _, i := range file.Imports {
		importPath, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return err
		}
		if i.Name == nil && path.Base(importPath) == name || i.Name != nil && i.Name.Name == name {
			if have, ok := f.imports[name]; ok && have != importPath {
				return fmt.Errorf("%s is the name of two packages", name)
			}
			if strings.HasPrefix(importPath, jostle.Module+"/") {
				return fmt.Errorf("%s is in the signature of an exported function", importPath)
			}
			f.imports[name] = importPath
		}
	}
	return nil
}
