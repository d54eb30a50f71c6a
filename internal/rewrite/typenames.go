package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
)

// typeName returns how a type is written at p. It reports false if it cannot be: something else has taken a name there,
// or the file does not import where the name is from.
func (r *rewriter) typeName(t types.Type, p token.Pos) (string, bool) {
	w := typeNames{r: r, at: p, scope: r.scope(p)}
	if !w.can(t) {
		return "", false
	}
	return types.TypeString(t, func(pkg *types.Package) string { return w.qualifier(pkg) }), true
}

// typeNames knows which types have a name at a place.
type typeNames struct {
	r     *rewriter
	at    token.Pos
	scope *types.Scope
}

// lookup returns what a name means.
func (w typeNames) lookup(name string) types.Object {
	_, obj := w.scope.LookupParent(name, w.at)
	return obj
}

// imported returns the name under which the file imports pkg, nil if it has none here.
func (w typeNames) imported(pkg *types.Package) *types.PkgName {
	for _, spec := range w.r.File.Imports {
		if p := w.r.pkgName(spec); p != nil && p.Imported() == pkg && w.lookup(p.Name()) == p {
			return p
		}
	}
	return nil
}

func (w typeNames) qualifier(pkg *types.Package) string {
	if p := w.imported(pkg); p != nil {
		return p.Name()
	}
	return "" // this package's, or of a dot import: see object
}

func (w typeNames) object(o *types.TypeName) bool {
	if o.Pkg() != nil && o.Pkg() != w.r.Pkg && o.Exported() && w.imported(o.Pkg()) != nil {
		return true
	}
	return w.lookup(o.Name()) == o
}

func (w typeNames) predeclared(name string) bool {
	return w.lookup(name) == types.Universe.Lookup(name)
}

// can reports whether t, and all that it is made of, can be written.
func (w typeNames) can(t types.Type) bool {
	switch t := t.(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer && t.Info()&types.IsUntyped == 0 && w.predeclared(t.Name())
	case *types.Alias:
		return w.object(t.Obj()) && w.all(t.TypeArgs())
	case *types.Named:
		return w.object(t.Obj()) && w.all(t.TypeArgs())
	case *types.TypeParam:
		return w.object(t.Obj())
	case *types.Pointer:
		return w.can(t.Elem())
	case *types.Slice:
		return w.can(t.Elem())
	case *types.Array:
		return w.can(t.Elem())
	case *types.Chan:
		return w.can(t.Elem())
	case *types.Map:
		return w.can(t.Key()) && w.can(t.Elem())
	case *types.Signature:
		return w.vars(t.Params()) && w.vars(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if !w.member(f) || !w.can(f.Type()) {
				return false
			}
		}
		return true
	case *types.Interface:
		if t.Empty() {
			return w.predeclared("any")
		}
		for m := range t.ExplicitMethods() {
			if !w.member(m) || !w.can(m.Type()) {
				return false
			}
		}
		for e := range t.EmbeddedTypes() {
			if !w.can(e) {
				return false
			}
		}
		return true
	}
	return false
}

func (w typeNames) all(list *types.TypeList) bool {
	for t := range list.Types() {
		if !w.can(t) {
			return false
		}
	}
	return true
}

func (w typeNames) vars(list *types.Tuple) bool {
	for v := range list.Variables() {
		if !w.can(v.Type()) {
			return false
		}
	}
	return true
}

// member reports whether a field or method is the same when this package names it.
func (w typeNames) member(o types.Object) bool { return o.Exported() || o.Pkg() == w.r.Pkg }

// scope returns the innermost scope at p.
func (r *rewriter) scope(p token.Pos) *types.Scope {
	for i := range r.Pkg.Scope().NumChildren() {
		if s := r.Pkg.Scope().Child(i); s.Contains(p) {
			if in := s.Innermost(p); in != nil {
				return in
			}
		}
	}
	return r.Pkg.Scope()
}

// conversion returns the type that e must be converted to, to have the same type in a variable as it has where it stands;
// "" for none. It reports false if that type has no name here.
func (r *rewriter) conversion(e ast.Expr) (string, bool) {
	tv := r.Info.Types[e]
	if tv.Value != nil || !r.isUntyped(e) || tv.Type == types.Typ[types.Bool] {
		return "", true
	}
	return r.typeName(tv.Type, e.Pos())
}

// isUntyped reports whether e, which is no constant, takes its type from where it stands: a comparison, a shift of an
// untyped constant, or what is made of them.
func (r *rewriter) isUntyped(e ast.Expr) bool {
	if r.Info.Types[e].Value != nil {
		return true // it follows what it is combined with
	}
	switch e := ast.Unparen(e).(type) {
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
