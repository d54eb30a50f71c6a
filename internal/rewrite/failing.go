package rewrite

import (
	"go/ast"
	"go/types"
	"slices"
)

// failing are the methods by which a test says that it fails.
var failing = []string{"Error", "Errorf", "Fatal", "Fatalf", "Fail", "FailNow"}

// ofTestingT are the methods of a testing.T. An interface that has no others may hold one: assertion libraries have such.
var ofTestingT = []string{
	"ArtifactDir", "Attr", "Chdir", "Cleanup", "Context", "Deadline", "Error", "Errorf", "Fail", "FailNow", "Failed", "Fatal", "Fatalf",
	"Helper", "Log", "Logf", "Name", "Output", "Parallel", "Run", "Setenv", "Skip", "SkipNow", "Skipf", "Skipped", "TempDir",
}

// fails has a call by which a test says that it fails pass through perturb, which notes where it stands:
//
//	t.Errorf("…")
//	Failing(t).Errorf("…")
func (r *rewriter) fails(n *ast.CallExpr) {
	fun, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok || !slices.Contains(failing, fun.Sel.Name) {
		return
	}
	sel := r.Info.Selections[fun]
	if sel == nil || sel.Kind() != types.MethodVal {
		return
	}
	path, ok := r.wayToTestingT(sel)
	if !ok {
		return
	}
	r.before(r.at(fun.X.Pos()), r.names.perturb+".Failing(")
	r.after(r.at(fun.X.End()), path+")")
	r.usesPerturb, r.saysFailure = true, true
}

// wayToTestingT spells out the way to the embedded *testing.T or its like, or to an interface that may hold one, whose method is
// selected. It reports false if there is none, or if it is not open to this package.
func (r *rewriter) wayToTestingT(sel *types.Selection) (path string, ok bool) {
	fn := sel.Obj().(*types.Func)
	typ, index := sel.Recv(), sel.Index()
	for {
		if i, ok := typ.Underlying().(*types.Interface); ok {
			return path, isOfTesting(fn) || fn.Signature().Results().Len() == 0 && mayHoldTestingT(i)
		}
		if p, ok := types.Unalias(typ).(*types.Pointer); ok && isOfTesting(fn) && ofTesting(p.Elem()) {
			return path, true
		}
		st, ok := deref(typ).Underlying().(*types.Struct)
		if !ok || len(index) < 2 {
			return "", false
		}
		f := st.Field(index[0])
		if !f.Exported() && f.Pkg() != r.Pkg {
			return "", false
		}
		path += "." + f.Name()
		typ, index = f.Type(), index[1:]
	}
}

func isOfTesting(fn *types.Func) bool { return fn.Pkg() != nil && fn.Pkg().Path() == "testing" }

func ofTesting(t types.Type) bool {
	return slices.ContainsFunc([]string{"T", "B", "F"}, func(name string) bool { return isNamed(t, "testing", name) })
}

func mayHoldTestingT(i *types.Interface) bool {
	for m := range i.Methods() {
		if !slices.Contains(ofTestingT, m.Name()) {
			return false
		}
	}
	return true
}
