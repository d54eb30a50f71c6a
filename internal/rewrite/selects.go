package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// commRecv returns the receive of a communication clause, or nil if it sends.
func commRecv(s ast.Stmt) *ast.UnaryExpr {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	default:
		return nil
	}
	u, _ := ast.Unparen(e).(*ast.UnaryExpr)
	return u
}

// commChan returns the channel of a communication clause.
func commChan(s ast.Stmt) ast.Expr {
	if send, ok := s.(*ast.SendStmt); ok {
		return send.Chan
	}
	return commRecv(s).X
}

// selectStaysNative returns why a select cannot be rewritten, or "".
func (r *rewriter) selectStaysNative(n *ast.SelectStmt) string {
	for _, c := range n.Body.List {
		comm := c.(*ast.CommClause).Comm
		if comm == nil {
			continue
		}
		if recv := commRecv(comm); recv != nil {
			if _, ok := r.okType(recv); !ok {
				return okReason
			}
		}
		if _, ok := r.elem(commChan(comm)); !ok {
			return typeParamReason
		}
	}
	return ""
}

// selects rewrites a select as a switch over the case that was taken:
//
//	select { case v := <-a: A; case b <- x: B; default: D }
//	switch c0, c1 := OnRecv(a), OnSend(b).Value(x); Select(site, true, c0, c1) { case 0: v := c0.Get(); A; case 1: B; default: D }
//
// The operands are evaluated in source order on entering, as the language has it, and the left side of a receive only in
// the case that was taken. Of one case with a default the switch is over c0.OrDefault(site). Labels, break, continue, goto and fallthrough-free bodies mean in a switch what they mean in a
// select, and so does the question whether the end can be reached.
func (r *rewriter) selects(n *ast.SelectStmt) {
	p := r.names.perturb
	var vars, makes []string
	var cases []operand
	hasDefault := false
	header := n.Body.Lbrace
	lineMoved := false
	for i, c := range n.Body.List {
		clause := c.(*ast.CommClause)
		if clause.Comm == nil {
			hasDefault = true
			continue
		}
		name := r.names.fresh("Case")
		vars = append(vars, name)
		from, to := r.at(clause.Case), r.at(clause.Colon)+1
		number := i
		if hasDefault {
			number--
		}
		head, end := fmt.Sprintf("case %d:", number), clause.Case // of what is left of the clause
		operand := func(e ast.Expr) string {
			lineMoved = lineMoved || !r.sameLine(e.End(), n.Select)
			return r.moved(e, n.Select)
		}
		if s, ok := clause.Comm.(*ast.SendStmt); ok {
			cases = append(cases, r.release(r.channel(ofSend, s.Chan), s))
		} else {
			cases = append(cases, r.release(r.channel(ofReceive, commRecv(clause.Comm).X), clause.Comm))
		}
		switch s := clause.Comm.(type) {
		case *ast.SendStmt:
			makes = append(makes, fmt.Sprintf("%s.OnSend%s(%s).Value(%s)", p, r.elemOf(s.Chan), operand(s.Chan), operand(s.Value)))
		case *ast.ExprStmt:
			makes = append(makes, fmt.Sprintf("%s.OnRecv%s(%s)", p, r.elemOf(commRecv(s).X), operand(commRecv(s).X)))
		case *ast.AssignStmt:
			makes = append(makes, fmt.Sprintf("%s.OnRecv%s(%s)", p, r.elemOf(commRecv(s).X), operand(commRecv(s).X)))
			head += r.take(s, name, clause.Case)
			end = s.Lhs[len(s.Lhs)-1].End()
		}
		head += r.lines(from, to)
		if !r.sameLine(end, clause.Case) {
			head += r.lineMark(clause.Colon + 1)
		}
		r.replace(from, to, head)
	}
	site := r.sites.add(n.Select, newOperand(ofSelect, "", 0), cases...)
	withDefault := p + ".NoDefault"
	if hasDefault {
		withDefault = p + ".WithDefault"
	}
	args := append([]string{site, withDefault}, vars...)
	text := "switch "
	if len(vars) > 0 {
		text += strings.Join(vars, ", ") + " := " + strings.Join(makes, ", ") + "; "
	}
	if lineMoved {
		text += r.lineMark(n.Select) // where a panic of the select itself is
	}
	if len(vars) == 1 && hasDefault {
		text += fmt.Sprintf("%s.OrDefault(%s) ", vars[0], site)
	} else {
		text += fmt.Sprintf("%s.Select(%s) ", p, strings.Join(args, ", "))
	}
	if lineMoved || !r.sameLine(header, n.Select) {
		text += r.lineMark(header)
	}
	r.replace(r.at(n.Select), r.at(header), text)
	if !hasDefault {
		unreachable := "default: for {}; " // never comes, but to the compiler it is an end, and names nothing
		if len(n.Body.List) > 0 {
			unreachable = "; " + unreachable
		}
		r.before(r.at(n.Body.Rbrace), unreachable)
	}
	r.count("select")
}

// elemOf is elem for a channel that is known to have it.
func (r *rewriter) elemOf(ch ast.Expr) string {
	elem, _ := r.elem(ch)
	return elem
}

// take returns the assignment of a received value in the case that was taken, to be put at a place on the line of at.
func (r *rewriter) take(s *ast.AssignStmt, name string, at token.Pos) string {
	get := name + ".Get()"
	if as, _ := r.okType(commRecv(s)); as != "" {
		get = fmt.Sprintf("%s.Get2%s(%s)", r.names.perturb, as.with(""), name)
	} else if len(s.Lhs) == 2 {
		get = name + ".Get2()"
	}
	var lhs []string
	for _, e := range s.Lhs {
		lhs = append(lhs, r.moved(e, at))
	}
	if s.Tok == token.DEFINE {
		return fmt.Sprintf(" %s := %s;", strings.Join(lhs, ", "), get)
	}
	return fmt.Sprintf(" %s = %s;", strings.Join(lhs, ", "), get)
}
