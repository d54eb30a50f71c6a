package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
)

// typeName returns the name that t has at p, and reports false if it has none: it is not a named type, is not in scope,
// or something else has taken its name since.
func (r *rewriter) typeName(t types.Type, p token.Pos) (string, bool) {
	var obj types.Object
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		obj = types.Universe.Lookup(t.Name())
	case *types.Named:
		if t.TypeArgs() != nil {
			return "", false
		}
		obj = t.Obj()
	case *types.TypeParam:
		obj = t.Obj()
	}
	if obj == nil {
		return "", false
	}
	_, found := r.scope(p).LookupParent(obj.Name(), p)
	return obj.Name(), found == obj
}

// conversion returns the type that e must be converted to, to be in a variable of its own what it is where it stands: it
// is "" but for operands that are untyped, and no constants, and become something else than they would by themselves. It
// reports false if that type has no name here.
func (r *rewriter) conversion(e ast.Expr) (string, bool) {
	tv := r.Info.Types[e]
	if tv.Value != nil || tv.Type == types.Typ[types.Bool] || tv.Type == types.Typ[types.Int] || !r.isUntyped(e) {
		return "", true
	}
	return r.typeName(tv.Type, e.Pos())
}

// isUntyped reports whether e has its type from where it is used.
func (r *rewriter) isUntyped(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return isUntypedConst(r.Info.Uses[e])
	case *ast.SelectorExpr:
		return isUntypedConst(r.Info.Uses[e.Sel])
	case *ast.UnaryExpr:
		return e.Op != token.ARROW && e.Op != token.AND && r.isUntyped(e.X)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
			return true
		case token.SHL, token.SHR:
			return r.isUntyped(e.X)
		}
		return r.isUntyped(e.X) && r.isUntyped(e.Y)
	}
	return false
}

func isUntypedConst(obj types.Object) bool {
	c, ok := obj.(*types.Const)
	if !ok {
		return false
	}
	b, ok := c.Type().(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}
