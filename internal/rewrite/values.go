package rewrite

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// value rewrites a function or method that is used as a value: t.Cleanup(mu.Unlock), sleep: time.Sleep. The value keeps
// its type, and a method value evaluates its receiver where it stands.
func (r *rewriter) value(n ast.Expr) {
	n = ast.Unparen(n)
	t := r.find(n)
	if t == nil {
		return
	}
	if t.looks {
		r.look(n, t)
		return
	}
	if t.testhook {
		r.note(n, t.what, "it is used as a value")
		return
	}
	if missing := t.sig.TypeParams().Len() - len(typeArgs(n)); missing > 0 {
		r.note(n, t.what, "it is used as a value whose type arguments are inferred")
		return
	}
	p := r.names.perturb
	op := p + "." + t.name
	params, results := t.sig.Params().Len(), t.sig.Results().Len()
	r.count(t.what)
	if t.wraps {
		o := newOperand(t.operation, r.text(n), 0)
		if t.recv != nil {
			o = newOperand(t.operation, t.operand(r), t.variable(r))
		}
		site := r.sites.add(n.Pos(), r.releaseValue(o, t, calledName(n)))
		r.before(r.at(n.Pos()), p+".AtomicFunc(")
		r.after(r.at(n.End()), ", "+site+")")
		return
	}
	if t.recv != nil {
		on := newOperand(t.operation, t.operand(r), t.variable(r))
		if strings.HasSuffix(t.name, "Unlock") {
			on.name, on.elsewhere = on.name+"Value", true // whoever gets it may unlock what another has locked
		}
		site := r.sites.add(n.Pos(), r.releaseValue(on, t, ""))
		from, to := r.at(t.recv.End()), r.at(n.End())
		if t.isOfInterface() {
			r.replace(from, to, t.path+r.lines(from, to)+")")
			r.before(r.at(t.recv.Pos()), p+"."+adapter("BindTo", params, results)+"("+op+", "+site+").Of(")
			return
		}
		r.replace(from, to, t.path+", "+r.lines(from, to)+site+")")
		r.before(r.at(t.recv.Pos()), p+"."+adapter("Bind", params, results)+"("+op+", "+t.take)
		return
	}
	site := r.sites.add(n.Pos(), r.releaseValue(newOperand(t.operation, "", 0), t, ""))
	if t.typ != nil {
		fn := adapter("Func", params+1, results)
		if t.isOfInterface() {
			fn = adapter("FuncOf", params, results)
		}
		from, to := r.at(t.typ.End()), r.at(n.End())
		r.replace(from, to, "]("+op+", "+r.lines(from, to)+site+")")
		r.before(r.at(t.typ.Pos()), p+"."+fn+"[")
		return
	}
	r.drop(t)
	name := called(n)
	from, to := r.at(name.Pos()), r.at(name.End())
	r.replace(from, to, op+r.lines(from, to))
	r.before(r.at(n.Pos()), p+"."+adapter("Func", params, results)+"(")
	r.after(r.at(n.End()), ", "+site+")")
}

// adapter returns the name of perturb's function for values with so many parameters and results.
func adapter(kind string, params, results int) string {
	if params > 0 {
		kind += strconv.Itoa(params)
	}
	return kind + strings.Repeat("R", results)
}

// typeArgs returns the type arguments that are written behind a function's name.
func typeArgs(fun ast.Expr) []ast.Expr {
	switch x := fun.(type) {
	case *ast.IndexExpr:
		return []ast.Expr{x.Index}
	case *ast.IndexListExpr:
		return x.Indices
	}
	return nil
}

// isInstantiation reports whether what is indexed is a function, so that the index is a type.
func (r *rewriter) isInstantiation(x ast.Expr) bool {
	_, ok := r.Info.TypeOf(x).(*types.Signature)
	return ok
}
