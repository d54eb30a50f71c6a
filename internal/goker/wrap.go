package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wrap makes dir a module with a test for each kernel, and returns their names.
func wrap(dir, only string) ([]string, error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return nil, fmt.Errorf("-run %q is no regular expression: %w", only, err)
	}
	from, err := source()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("this distribution of Go has no kernels in %s", from)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var kernels []string
	for _, name := range files {
		if filepath.Base(name) == "main.go" {
			continue
		}
		text, names, err := kernel(name)
		if err != nil {
			return nil, err
		}
		if names = slices.DeleteFunc(names, func(n string) bool { return !match.MatchString(n) }); len(names) == 0 {
			continue
		}
		kernels = append(kernels, names...)
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o644); err != nil {
			return nil, err
		}
	}
	var tests strings.Builder
	tests.WriteString("package main\n\nimport \"testing\"\n")
	for _, k := range kernels {
		fmt.Fprintf(&tests, "\nfunc Test%s(t *testing.T) { %s() }\n", k, k)
	}
	for name, text := range map[string]string{
		"go.mod": "module goker.example\n\ngo 1.25\n", "common.go": common, "kernels_test.go": tests.String(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return kernels, nil
}

// common is what the kernels have in common.
const common = `package main

import "io"

// yieldCount is how often a kernel's main goroutine lets the others go first.
const yieldCount = 10

func main() {}

func register(string, func()) {}

// leakProfile stands for the profile of leaked goroutines, which the kernels print at their end.
type leakProfile struct{}

func lookup(string) leakProfile { return leakProfile{} }

func (leakProfile) WriteTo(io.Writer, int) {}
`

// kernel returns a kernel's file with one copy of each bug in the place of many, without the profile, and the functions
// that it registers.
func kernel(name string) ([]byte, []string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch fun := call.Fun.(type) {
		case *ast.Ident:
			if fun.Name == "register" {
				names = append(names, call.Args[1].(*ast.Ident).Name)
			}
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok && x.Name == "pprof" && fun.Sel.Name == "Lookup" {
				call.Fun = ast.NewIdent("lookup")
			}
		}
		return true
	})
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && slices.Contains(names, fn.Name.Name) {
			once(fn.Body)
		}
	}
	var b bytes.Buffer
	if err := format.Node(&b, fset, f); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	b.WriteString("\nvar _ = pprof.Lookup\n")
	return b.Bytes(), names, nil
}

// copies is the least number of rounds of a loop that only makes copies of a kernel.
const copies = 11

// once takes from the loops of a kernel's main function that start copies of it all rounds but one.
func once(body *ast.BlockStmt) {
	for _, s := range body.List {
		loop, ok := s.(*ast.ForStmt)
		if !ok {
			continue
		}
		cond, ok := loop.Cond.(*ast.BinaryExpr)
		if !ok {
			continue
		}
		bound, ok := cond.Y.(*ast.BasicLit)
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(bound.Value); err == nil && n >= copies && starts(loop.Body) {
			cond.Op, bound.Value = token.LSS, "1"
		}
	}
}

// starts reports whether a loop's body starts goroutines and does nothing else.
func starts(body *ast.BlockStmt) bool {
	for _, s := range body.List {
		if _, ok := s.(*ast.GoStmt); ok {
			return true
		}
	}
	return false
}
