package rewrite

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/types"
	"strings"
	"unicode"
	"unicode/utf8"
)

// testhookPath is the package that rewritten tests call.
const testhookPath = "jostle/perturb/testhook"

// ofTests are the methods of package testing that package testhook stands in for: in an execution, subtests and what
// runs at the end of a test must be part of it.
var ofTests = map[string]operation{
	"Run": {name: "Run"}, "Cleanup": {name: "Cleanup"}, "Parallel": {name: "Parallel"}, "Deadline": {name: "Deadline"},
	"Context": {name: "Context"},
}

// testFunction lets a test function begin by asking whether it is to run as an execution:
//
//	func TestX(t *testing.T) { if testhook.Test(t, TestX) { return }; …
func (r *rewriter) testFunction(d *ast.FuncDecl) {
	if !r.Tests || d.Recv != nil || d.Type.TypeParams != nil || d.Type.Results != nil || d.Body == nil || len(d.Body.List) == 0 ||
		!strings.HasSuffix(r.Name, "_test.go") || !isTestName(d.Name.Name) {
		return
	}
	params := d.Type.Params.List
	if len(params) != 1 || len(params[0].Names) > 1 || !isTestingT(r.Info.TypeOf(params[0].Type)) {
		return
	}
	var name string
	switch p := params[0]; {
	case len(p.Names) == 0:
		name = r.names.fresh("T")
		r.before(r.at(p.Type.Pos()), name+" ")
	case p.Names[0].Name == "_":
		name = r.names.fresh("T")
		r.replace(r.at(p.Names[0].Pos()), r.at(p.Names[0].End()), name)
	case p.Names[0].Name == d.Name.Name:
		r.note(d.Name, "test", "its parameter has taken its name")
		return
	default:
		name = p.Names[0].Name
	}
	r.usesTesthook = true
	r.after(r.at(d.Body.Lbrace)+1, " if "+r.names.testhook+".Test("+name+", "+d.Name.Name+") { return }; ")
}

// exampleFunction lets an example with output begin by asking whether it is to run under many schedules:
//
//	func ExampleX() { if testhook.Example("ExampleX", ExampleX, "output\n", false) { return }; …
func (r *rewriter) exampleFunction(d *ast.FuncDecl) {
	if !r.Tests || d.Recv != nil || d.Body == nil || len(d.Body.List) == 0 || !strings.HasPrefix(d.Name.Name, "Example") || !strings.HasSuffix(r.Name, "_test.go") {
		return
	}
	for _, ex := range doc.Examples(r.File) {
		if "Example"+ex.Name != d.Name.Name || ex.Output == "" && !ex.EmptyOutput {
			continue
		}
		r.usesTesthook = true
		r.after(r.at(d.Body.Lbrace)+1, fmt.Sprintf(" if %s.Example(%q, %s, %q, %t) { return }; ", r.names.testhook, d.Name.Name, d.Name.Name, ex.Output, ex.Unordered))
		return
	}
}

// isTestName is what cmd/go takes for the name of a test.
func isTestName(name string) bool {
	rest, ok := strings.CutPrefix(name, "Test")
	if !ok || name == "TestMain" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.IsLower(first)
}

func isTestingT(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(p.Elem(), "testing", "T")
}

// isNamed reports whether t is the type pkg.name of the standard library.
func isNamed(t types.Type, pkg, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == pkg && named.Obj().Name() == name
}

// findOfTests returns the method of a testing.T or testing.TB that fun refers to, or of another interface that has its
// Cleanup; nil if it is none.
func (r *rewriter) findOfTests(fun *ast.SelectorExpr, sel *types.Selection) *target {
	fn := sel.Obj().(*types.Func)
	op, ok := ofTests[fn.Name()]
	if !ok || fn.Pkg() == nil {
		return nil
	}
	op.what, op.testhook = "test "+strings.ToLower(fn.Name()), true
	t := &target{operation: op, recv: fun.X}
	typ := sel.Recv()
	index := sel.Index()
	for {
		switch _, isInterface := typ.Underlying().(*types.Interface); {
		case isTestingT(typ):
			return t
		case isInterface:
			if fn.Name() != "Cleanup" || !takesFunction(fn) {
				return nil
			}
			if _, ok := types.Unalias(typ).(*types.TypeParam); ok {
				return nil
			}
			return t
		}
		st, ok := deref(typ).Underlying().(*types.Struct)
		if !ok || len(index) < 2 {
			return nil
		}
		f := st.Field(index[0])
		if !f.Exported() && f.Pkg() != r.Pkg {
			return nil
		}
		t.path += "." + f.Name()
		typ, index = f.Type(), index[1:]
	}
}

// takesFunction reports whether fn takes one function without parameters and results, and returns none.
func takesFunction(fn *types.Func) bool {
	s := fn.Signature()
	if s.Params().Len() != 1 || s.Results().Len() != 0 || s.Variadic() {
		return false
	}
	f, ok := types.Unalias(s.Params().At(0).Type()).(*types.Signature)
	return ok && f.Params().Len() == 0 && f.Results().Len() == 0
}
