package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
)

// variable identifies what an operand is in the source: a field, a variable, the elements of one. Operations on the same
// variable may work on the same object, and no report could know of any other connection between the goroutine that
// waits and the code that would wake it. 0 is unknown.
func (r *rewriter) variable(e ast.Expr) uint64 {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return r.objectID(r.Info.ObjectOf(e))
	case *ast.SelectorExpr:
		return r.objectID(r.Info.ObjectOf(e.Sel))
	case *ast.IndexExpr:
		return r.variable(e.X)
	case *ast.StarExpr:
		return r.variable(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.ARROW {
			return element(r.variable(e.X))
		}
		return r.variable(e.X)
	case *ast.CallExpr:
		return r.variable(e.Fun)
	}
	return 0
}

func (r *rewriter) objectID(obj types.Object) uint64 {
	switch o := obj.(type) {
	case *types.Var:
		if from := r.aliases[o]; from != nil {
			delete(r.aliases, o) // a loop of aliases ends here
			id := r.variable(from)
			r.aliases[o] = from
			if id != 0 {
				return id
			}
		}
		obj = o.Origin()
	case *types.Func:
		obj = o.Origin()
	case nil:
		return 0
	}
	if obj.Pkg() == nil {
		return 0
	}
	pos := r.Fset.Position(obj.Pos())
	if v, ok := obj.(*types.Var); !ok || v.Kind() != types.LocalVar {
		pos.Column = 0 // other packages know it from export data, which has lines only
	}
	// The package says which directory: where it lies on this machine does not count.
	return hash(obj.Pkg().Path(), obj.Name(), fmt.Sprint(filepath.Base(pos.Filename), pos.Line, pos.Column))
}

// findAliases notes the local variables that are defined as another variable's value: done := s.done.
func (r *rewriter) findAliases() {
	r.aliases = map[types.Object]ast.Expr{}
	alias := func(lhs, rhs ast.Expr) {
		id, ok := lhs.(*ast.Ident)
		if !ok || r.Info.Defs[id] == nil {
			return
		}
		switch ast.Unparen(rhs).(type) {
		case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
			r.aliases[r.Info.Defs[id]] = rhs
		}
	}
	ast.Inspect(r.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i := range n.Lhs {
					alias(n.Lhs[i], n.Rhs[i])
				}
			}
		case *ast.RangeStmt:
			if n.Value != nil {
				alias(n.Value, n.X)
			}
		}
		return true
	})
}
