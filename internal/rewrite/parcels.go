package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A parcel is what a report knows of a struct with something in it that goroutines meet at, and that goes through a channel: see
// program.Parcel.
type parcel struct {
	name    string // of a local variable; "" for one that is sent, and of which it is not known where it was made
	channel uint64
	sent    bool
}

// A packer finds the parcels of one function.
type packer struct {
	*rewriter
	locals  map[*types.Var]*local
	parcels []parcel
}

// A local is what is put into a variable, as far as that matters for parcels.
type local struct {
	received []uint64 // the channels that it is received from
	made     bool     // it is made in the function
	other    bool     // it has something else as well, or may have
}

// parcelsOf returns the parcels of a function, without those of literals in it. What literals put into its variables counts.
func (r *rewriter) parcelsOf(fn ast.Node) []parcel {
	if !r.communicates(fn) {
		return nil
	}
	p := packer{rewriter: r, locals: map[*types.Var]*local{}}
	ast.Inspect(fn, p.assigned)
	ast.PreorderStack(fn, nil, func(n ast.Node, stack []ast.Node) bool {
		if n, ok := n.(*ast.UnaryExpr); ok && n.Op == token.AND && !isSent(n, stack) {
			p.put(n.X, nil, false)
		}
		return true
	})
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return n == fn
		case *ast.SendStmt:
			p.send(n)
		}
		return true
	})
	for v, l := range p.locals {
		if len(l.received) > 0 && !l.made && !l.other && p.belongs(fn, v) && p.alone(v) && carriesInside(v.Type()) {
			for _, c := range l.received {
				p.parcels = append(p.parcels, parcel{name: v.Name(), channel: c})
			}
		}
	}
	slices.SortFunc(p.parcels, func(a, b parcel) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.Compact(p.parcels)
}

// communicates reports whether there is a send or a receive in a function.
func (r *rewriter) communicates(fn ast.Node) (yes bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SendStmt:
			yes = true
		case *ast.UnaryExpr:
			yes = yes || n.Op == token.ARROW
		case *ast.RangeStmt:
			_, ok := underlying(r.Info.TypeOf(n.X)).(*types.Chan)
			yes = yes || ok
		}
		return !yes
	})
	return yes
}

// isSent reports whether an expression is what the innermost of stack sends.
func isSent(e ast.Expr, stack []ast.Node) bool {
	send, ok := stack[len(stack)-1].(*ast.SendStmt)
	return ok && ast.Unparen(send.Value) == e
}

// assigned notes what is put into variables.
func (p *packer) assigned(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			switch {
			case len(n.Lhs) == len(n.Rhs):
				p.put(to, n.Rhs[i], n.Tok == token.DEFINE || n.Tok == token.ASSIGN)
			case i == 0:
				p.put(to, n.Rhs[0], true)
			default:
				p.put(to, nil, false)
			}
		}
	case *ast.ValueSpec:
		for i, to := range n.Names {
			switch {
			case len(n.Values) == len(n.Names):
				p.put(to, n.Values[i], true)
			case len(n.Values) > 0:
				p.put(to, n.Values[0], i == 0)
			}
		}
	case *ast.RangeStmt:
		if _, ok := underlying(p.Info.TypeOf(n.X)).(*types.Chan); ok && n.Key != nil {
			p.receive(n.Key, n.X)
			break
		}
		for _, to := range []ast.Expr{n.Key, n.Value} {
			p.put(to, nil, false)
		}
	case *ast.FuncType: // what its parameters are is up to the caller
		for _, list := range []*ast.FieldList{n.Params, n.Results} {
			for _, field := range listed(list) {
				for _, id := range field.Names {
					p.put(id, nil, false)
				}
			}
		}
	}
	return true
}

func listed(fields *ast.FieldList) []*ast.Field {
	if fields == nil {
		return nil
	}
	return fields.List
}

// put notes that a variable, or a field of it that goroutines may meet at, is assigned what an expression is, if that is known.
func (p *packer) put(to, from ast.Expr, known bool) {
	whole := true
	for {
		sel, ok := unstar(to).(*ast.SelectorExpr)
		if !ok {
			break
		}
		if !p.carries(to) && !carriesInside(p.Info.TypeOf(to)) {
			return
		}
		to, whole = sel.X, false
	}
	l := p.local(to)
	if l == nil {
		return
	}
	if recv, ok := receiveOf(from); ok && whole && known {
		l.receives(p.variable(recv))
		return
	}
	if whole && known && p.makes(from) {
		l.made = true
		return
	}
	l.other = true
}

func (p *packer) receive(to, channel ast.Expr) {
	if l := p.local(to); l != nil {
		l.receives(p.variable(channel))
	}
}

// receives notes that what is put into a variable is received from a channel; 0 if it is not known which.
func (l *local) receives(channel uint64) {
	if l.other = l.other || channel == 0; channel != 0 {
		l.received = append(l.received, channel)
	}
}

// local returns what is known of the local variable that an expression is; nil if it is none.
func (p *packer) local(e ast.Expr) *local {
	id, ok := unstar(e).(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := p.Info.ObjectOf(id).(*types.Var)
	if !ok || v.Parent() == p.Pkg.Scope() {
		return nil
	}
	if p.locals[v] == nil {
		p.locals[v] = new(local)
	}
	return p.locals[v]
}

// unstar returns an expression without parentheses, and without that what it points to is taken.
func unstar(e ast.Expr) ast.Expr {
	for {
		e = ast.Unparen(e)
		star, ok := e.(*ast.StarExpr)
		if !ok {
			return e
		}
		e = star.X
	}
}

func receiveOf(e ast.Expr) (channel ast.Expr, ok bool) {
	if e == nil {
		return nil, false
	}
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW {
		return nil, false
	}
	return u.X, true
}

// makes reports whether an expression is something new, with nothing in it that goroutines meet at and that is not new.
func (p *packer) makes(e ast.Expr) bool {
	if e == nil {
		return false
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.AND && p.makes(e.X)
	case *ast.CallExpr:
		return p.isBuiltin(e.Fun, "make") || p.isBuiltin(e.Fun, "new")
	case *ast.CompositeLit:
		for _, x := range p.contents(e) {
			if !p.makes(x) && p.madeName(x) == "" {
				return false
			}
		}
		return true
	}
	return false
}

// contents returns what of the elements of a literal goroutines meet at.
func (p *packer) contents(lit *ast.CompositeLit) (out []ast.Expr) {
	for _, x := range lit.Elts {
		if kv, ok := x.(*ast.KeyValueExpr); ok {
			x = kv.Value
		}
		if p.carries(x) || carriesInside(p.Info.TypeOf(x)) {
			out = append(out, x)
		}
	}
	return out
}

// madeName returns the name of a local variable that has something new and nothing else; "" if an expression is no such variable.
func (p *packer) madeName(e ast.Expr) string {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return ""
	}
	v, ok := p.Info.ObjectOf(id).(*types.Var)
	if l := p.locals[v]; !ok || l == nil || !l.made || l.other || len(l.received) > 0 || !p.alone(v) {
		return ""
	}
	return v.Name()
}

// send notes what a statement sends.
func (p *packer) send(n *ast.SendStmt) {
	c, ok := underlying(p.Info.TypeOf(n.Chan)).(*types.Chan)
	if !ok || !carriesInside(c.Elem()) {
		return
	}
	channel, value := p.variable(n.Chan), ast.Unparen(n.Value)
	if u, ok := value.(*ast.UnaryExpr); ok && u.Op == token.AND {
		value = ast.Unparen(u.X)
	}
	if lit, ok := value.(*ast.CompositeLit); ok && p.makes(lit) {
		for _, x := range p.contents(lit) {
			if name := p.madeName(x); name != "" {
				p.parcels = append(p.parcels, parcel{name, channel, true})
			}
		}
		return
	}
	p.parcels = append(p.parcels, parcel{p.madeName(value), channel, true})
}

// belongs reports whether a variable is one of a function, and not of a literal in it.
func (p *packer) belongs(fn ast.Node, v *types.Var) bool {
	within := fn
	ast.Inspect(fn, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && lit.Pos() <= v.Pos() && v.Pos() < lit.End() {
			within = lit
		}
		return true
	})
	return within == fn && fn.Pos() <= v.Pos() && v.Pos() < fn.End()
}

// alone reports whether no variable has the name of v, but such as are likewise received, or likewise made.
func (p *packer) alone(v *types.Var) bool {
	for w, l := range p.locals {
		if w.Name() == v.Name() && (l.other || l.made != p.locals[v].made || (len(l.received) > 0) != (len(p.locals[v].received) > 0)) {
			return false
		}
	}
	return true
}

// carriesInside reports whether t is a struct, or a pointer to one, with a field that goroutines meet at.
func carriesInside(t types.Type) bool {
	if t == nil {
		return false
	}
	st, ok := deref(t).Underlying().(*types.Struct)
	for i := 0; ok && i < st.NumFields(); i++ {
		if carries(st.Field(i).Type()) {
			return true
		}
	}
	return false
}

// writeParcels declares the parcels of a function.
func writeParcels(b *strings.Builder, perturb string, parcels []parcel) {
	if len(parcels) == 0 {
		return
	}
	fmt.Fprintf(b, ", Parcels: []%s.Parcel{", perturb)
	for _, p := range parcels {
		fmt.Fprintf(b, "{Name: %q, Channel: %#x, Sent: %t}, ", p.name, p.channel, p.sent)
	}
	b.WriteString("}")
}
