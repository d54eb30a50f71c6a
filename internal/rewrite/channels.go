package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
)

// isTypeParam reports whether a channel's type is a type parameter: the element type could not be inferred.
func (r *rewriter) isTypeParam(ch ast.Expr) bool {
	_, ok := types.Unalias(r.Info.TypeOf(ch)).(*types.TypeParam)
	return ok
}

func (r *rewriter) channel(op string, ch ast.Expr) operand {
	return newOperand(op, r.text(ch), r.variable(ch))
}

const typeParamReason = "the channel's type is a type parameter"

// receive rewrites <-ch, with one result or two.
func (r *rewriter) receive(n *ast.UnaryExpr) {
	if r.isTypeParam(n.X) {
		r.note(n, "receive", typeParamReason)
		return
	}
	fn := "Recv"
	if r.isTuple(n) {
		fn = "Recv2"
	}
	from, to := r.at(n.OpPos), r.at(n.OpPos)+2
	r.replace(from, to, r.names.perturb+"."+fn+"(")
	r.after(r.at(n.X.End()), ", "+r.sites.add(n.Pos(), r.channel("receive", n.X))+")")
	r.count("receive")
}

// send rewrites ch <- v.
func (r *rewriter) send(n *ast.SendStmt) {
	if r.isTypeParam(n.Chan) {
		r.note(n, "send", typeParamReason)
		return
	}
	r.before(r.at(n.Chan.Pos()), r.names.perturb+".To(")
	site := r.sites.add(n.Arrow, r.channel("send", n.Chan))
	from, to := r.at(n.Chan.End()), r.at(n.Value.Pos())
	r.replace(from, to, ", "+site+").Send("+r.lines(from, to))
	r.after(r.at(n.Value.End()), ")")
	r.count("send")
}

// closes rewrites close(ch).
func (r *rewriter) closes(n *ast.CallExpr) {
	ch := n.Args[0]
	if r.isTypeParam(ch) {
		r.note(n, "close", typeParamReason)
		return
	}
	r.replace(r.at(n.Fun.Pos()), r.at(n.Fun.End()), r.names.perturb+".Close")
	r.after(r.at(ch.End()), ", "+r.sites.add(n.Pos(), r.channel("close", ch)))
	r.count("close")
}

// rangeOver rewrites a loop over a channel as one with a receive at its beginning:
//
//	for v := range ch { body }
//	for c, v := RangeOver(ch); ; { var ok bool; if v, ok = Recv2(c, site); !ok { break }; body }
//
// What the language does for the variables of a loop, one for all rounds or one for each, it does for both.
func (r *rewriter) rangeOver(n *ast.RangeStmt) {
	if _, ok := r.Info.TypeOf(n.X).Underlying().(*types.Chan); !ok {
		return
	}
	if r.isTypeParam(n.X) {
		r.note(n, "range", typeParamReason)
		return
	}
	p := r.names.perturb
	c, ok := r.names.fresh("C"), r.names.fresh("Ok")
	site := r.sites.add(n.For, r.channel("receive", n.X))
	recv := fmt.Sprintf("%s.Recv2(%s, %s)", p, c, site)
	from, to := r.at(n.For)+len("for"), r.at(n.X.Pos())
	header, body := fmt.Sprintf(" %s, _ := ", c), fmt.Sprintf("if _, %s := %s; !%s { break }; ", ok, recv, ok)
	switch key, isName := n.Key.(*ast.Ident); {
	case n.Key == nil || isName && key.Name == "_":
	case n.Tok.String() == ":=":
		header = fmt.Sprintf(" %s, %s := ", c, key.Name)
		body = fmt.Sprintf("var %s bool; if %s, %s = %s; !%s { break }; ", ok, key.Name, ok, recv, ok)
	default:
		v := r.names.fresh("V")
		body = fmt.Sprintf("%s, %s := %s; if !%s { break }; %s = %s; ", v, ok, recv, ok, r.moved(n.Key, n.Body.Lbrace), v)
		if r.line(n.Key.Pos()) != r.line(n.Body.Lbrace) {
			body += r.lineMark(n.Body.Lbrace + 1)
		}
	}
	r.replace(from, to, header+p+".RangeOver("+r.lines(from, to))
	r.after(r.at(n.X.End()), "); ; ")
	r.after(r.at(n.Body.Lbrace)+1, " "+body)
	r.count("range")
}
