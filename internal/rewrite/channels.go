package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// elem returns the type argument that names the element type of a channel whose own type is a type parameter, from which
// it would not be inferred, "[T]" say, and "" for other channels. It reports false if there is no name for it.
func (r *rewriter) elem(ch ast.Expr) (string, bool) {
	p, ok := types.Unalias(r.Info.TypeOf(ch)).(*types.TypeParam)
	if !ok {
		return "", true
	}
	c := coreChan(p)
	if c == nil {
		return "", false
	}
	name, ok := r.typeName(c.Elem(), ch.Pos())
	return "[" + name + "]", ok
}

// coreChan returns the one channel type that all types of p's type set have beneath, directions aside; nil if there is
// none.
func coreChan(p *types.TypeParam) *types.Chan {
	core, _ := coreOf(p.Constraint().Underlying().(*types.Interface))
	return core
}

// coreOf returns coreChan for a constraint, and whether it has types that are none.
func coreOf(i *types.Interface) (core *types.Chan, others bool) {
	for e := range i.EmbeddedTypes() {
		u, ok := types.Unalias(e).(*types.Union)
		if !ok {
			u = types.NewUnion([]*types.Term{types.NewTerm(false, e)})
		}
		for term := range u.Terms() {
			c, isChan := term.Type().Underlying().(*types.Chan)
			if in, ok := term.Type().Underlying().(*types.Interface); ok {
				var mixed bool
				if c, mixed = coreOf(in); mixed {
					return nil, true
				}
				isChan = c != nil
				if !isChan && u.Len() == 1 {
					continue // methods only
				}
			}
			if !isChan || core != nil && !types.Identical(core.Elem(), c.Elem()) {
				return nil, true
			}
			core = c
		}
	}
	return core, false
}

func (r *rewriter) channel(op operation, ch ast.Expr) operand {
	return newOperand(op, r.text(ch), r.variable(ch))
}

const typeParamReason = "the channel's type is a type parameter whose element type has no name here"

// An okType is a type of one's own that the second result of a receive takes from where it is assigned; "" is bool.
type okType string

const okReason = "its second result becomes a type that has no name here"

// okType returns the okType of a receive with two results, and of one with one result "".
func (r *rewriter) okType(recv ast.Expr) (okType, bool) {
	tuple, ok := r.Info.TypeOf(recv).(*types.Tuple)
	if !ok {
		return "", true
	}
	t := types.Unalias(tuple.At(1).Type())
	_, isParam := t.(*types.TypeParam)
	if t == types.Typ[types.Bool] || types.IsInterface(t) && !isParam {
		return "", true
	}
	name, ok := r.typeName(t, recv.Pos())
	return okType(name), ok
}

// with returns how the name of perturb's function goes on.
func (t okType) with(elem string) string {
	switch {
	case t == "":
		return elem
	case elem == "":
		return "As[" + string(t) + "]"
	}
	return "As[" + string(t) + ", " + elem[1:]
}

// receive rewrites <-ch, with one result or two.
func (r *rewriter) receive(n *ast.UnaryExpr) {
	elem, ok := r.elem(n.X)
	if !ok {
		r.note(n, "receive", typeParamReason)
		return
	}
	fn := "Recv" + elem
	if r.isTuple(n) {
		as, ok := r.okType(n)
		if !ok {
			r.note(n, "receive", okReason)
			return
		}
		fn = "Recv2" + as.with(elem)
	}
	from, to := r.at(n.OpPos), r.at(n.OpPos)+2
	r.replace(from, to, r.names.perturb+"."+fn+"(")
	r.after(r.at(n.X.End()), ", "+r.sites.add(n.Pos(), r.release(r.channel(ofReceive, n.X), n))+")")
	r.count("receive")
}

// send rewrites ch <- v.
func (r *rewriter) send(n *ast.SendStmt) {
	elem, ok := r.elem(n.Chan)
	if !ok {
		r.note(n, "send", typeParamReason)
		return
	}
	r.before(r.at(n.Chan.Pos()), r.names.perturb+".To"+elem+"(")
	site := r.sites.add(n.Arrow, r.release(r.channel(ofSend, n.Chan), n))
	from, to := r.at(n.Chan.End()), r.at(n.Value.Pos())
	r.replace(from, to, ", "+site+").Send("+r.lines(from, to))
	r.after(r.at(n.Value.End()), ")")
	r.count("send")
}

// closes rewrites close(ch).
func (r *rewriter) closes(n *ast.CallExpr) {
	ch := n.Args[0]
	elem, ok := r.elem(ch)
	if !ok {
		r.note(n, "close", typeParamReason)
		return
	}
	r.replace(r.at(n.Fun.Pos()), r.at(n.Fun.End()), r.names.perturb+".Close"+elem)
	r.after(r.at(ch.End()), ", "+r.sites.add(n.Pos(), r.release(r.channel(ofClose, ch), n)))
	r.count("close")
}

// isChan reports whether a value of type t can only be a channel.
func isChan(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		return coreChan(p) != nil
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

// rangeOver rewrites a loop over a channel as one with a receive at its beginning:
//
//	for v := range ch { body }
//	for c, v := RangeOver(ch); ; { w, ok := Recv2(c, site); if !ok { break }; v = w; body }
//
// What the language does for the variables of a loop, one for all rounds or one for each, it does for both. One that is
// for all rounds keeps its value when the channel is closed.
func (r *rewriter) rangeOver(n *ast.RangeStmt) {
	if !isChan(r.Info.TypeOf(n.X)) {
		return
	}
	elem, named := r.elem(n.X)
	if !named {
		r.note(n, "range", typeParamReason)
		return
	}
	p := r.names.perturb
	c, ok := r.names.fresh("C"), r.names.fresh("Ok")
	site := r.sites.add(n.For, r.release(r.channel(ofReceive, n.X), n))
	recv := fmt.Sprintf("%s.Recv2(%s, %s)", p, c, site)
	from, to := r.at(n.For)+len("for"), r.at(n.X.Pos())
	header, body := fmt.Sprintf(" %s, _ := ", c), fmt.Sprintf("if _, %s := %s; !%s { break }; ", ok, recv, ok)
	if key, isName := n.Key.(*ast.Ident); n.Key != nil && !(isName && key.Name == "_") {
		v, dest := r.names.fresh("V"), r.moved(n.Key, n.Body.Lbrace)
		if n.Tok == token.DEFINE {
			header, dest = fmt.Sprintf(" %s, %s := ", c, key.Name), key.Name
		}
		body = fmt.Sprintf("%s, %s := %s; if !%s { break }; %s = %s; ", v, ok, recv, ok, dest, v)
		if n.Tok != token.DEFINE && !r.sameLine(n.Key.Pos(), n.Body.Lbrace) {
			body += r.lineMark(n.Body.Lbrace + 1)
		}
	}
	r.replace(from, to, header+p+".RangeOver"+elem+"("+r.lines(from, to))
	r.after(r.at(n.X.End()), "); ; ")
	r.after(r.at(n.Body.Lbrace)+1, " "+body)
	r.count("range")
}
