package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A loop is one that a goroutine leaves only when another one lets it, or by a panic.
type loop struct {
	from, to int // lines
	ends     []loopEnd
}

// A loopEnd is a way out of a loop that is up to another goroutine: a communication, or a change of an
// atomic value or of a lock.
type loopEnd struct {
	op       trace.Op // see program.LoopEnd
	variable uint64
	line     int
}

// waitingLoops returns the loops of a function, but for those in its literals, that have no way out of their own. A way out that
// the source does not clearly leave to others counts as one of the loop's own: of such a loop nothing is said.
func (r *rewriter) waitingLoops(fn ast.Node) (out []loop) {
	var label *ast.Ident
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return n == fn
		case *ast.LabeledStmt:
			label = nil
			switch n.Stmt.(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				label = n.Label
			}
		case *ast.ForStmt:
			out = append(out, r.waitingLoop(n, n.Body, label)...)
			label = nil
		case *ast.RangeStmt:
			out = append(out, r.waitingLoop(n, n.Body, label)...)
			label = nil
		}
		return true
	})
	return out
}

// waitingLoop returns the loop n, with a label or nil, if it has no way out of its own.
func (r *rewriter) waitingLoop(n ast.Stmt, body *ast.BlockStmt, label *ast.Ident) []loop {
	w := &waysOut{r: r}
	switch n := n.(type) {
	case *ast.ForStmt:
		if n.Cond != nil {
			w.condition(n.Cond)
		}
	case *ast.RangeStmt:
		w.ranges(n)
	}
	w.in(body, leaves{loop: true, label: label})
	if w.own {
		return nil
	}
	return []loop{{r.line(n.Pos()), r.line(n.End()), w.ends}}
}

// waysOut collects the ways out of a loop.
type waysOut struct {
	r    *rewriter
	own  bool // there is one that is up to the loop
	ends []loopEnd
}

// leaves says where a statement stands: what a break there is of.
type leaves struct {
	loop  bool       // a break without a label leaves the loop that is looked at
	label *ast.Ident // of the loop that is looked at
}

// in looks for ways out in a part of the loop's body.
func (w *waysOut) in(n ast.Node, at leaves) {
	ast.Inspect(n, func(n ast.Node) bool {
		if w.own {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit, *ast.GoStmt, *ast.DeferStmt:
			return false
		case *ast.ReturnStmt:
			w.own = true
		case *ast.BranchStmt:
			w.own = w.own || at.left(n)
		case *ast.CallExpr:
			w.own = w.own || w.r.neverReturns(n)
		case *ast.ForStmt:
			w.in(n.Body, leaves{label: at.label})
			return false
		case *ast.RangeStmt:
			w.in(n.Body, leaves{label: at.label})
			return false
		case *ast.SwitchStmt:
			w.in(n.Body, leaves{label: at.label})
			return false
		case *ast.TypeSwitchStmt:
			w.in(n.Body, leaves{label: at.label})
			return false
		case *ast.SelectStmt:
			for _, c := range n.Body.List {
				w.comm(c.(*ast.CommClause), leaves{label: at.label})
			}
			return false
		case *ast.IfStmt:
			return !w.flag(n, at)
		}
		return true
	})
}

// left reports whether a branch leaves the loop.
func (at leaves) left(n *ast.BranchStmt) bool {
	switch {
	case n.Tok == token.GOTO:
		return true
	case n.Label != nil:
		return at.label == nil || n.Label.Name != at.label.Name || n.Tok == token.BREAK
	}
	return n.Tok == token.BREAK && at.loop
}

// comm looks at a case of a select: a way out in it is up to whom the select waits for.
func (w *waysOut) comm(c *ast.CommClause, at leaves) {
	inner := &waysOut{r: w.r}
	for _, s := range c.Body {
		inner.in(s, at)
	}
	if !inner.own {
		w.ends = append(w.ends, inner.ends...)
		return
	}
	var end loopEnd
	switch recv := commRecv(c.Comm); {
	case recv != nil && w.r.isDone(recv.X):
		end = loopEnd{trace.OpContext, w.r.variable(recv.X), w.r.line(c.Pos())}
	case recv != nil && !w.r.isTimes(recv.X):
		end = loopEnd{trace.OpRecv, w.r.variable(recv.X), w.r.line(c.Pos())}
	case recv == nil && c.Comm != nil:
		if s, ok := c.Comm.(*ast.SendStmt); ok {
			end = loopEnd{trace.OpSend, w.r.variable(s.Chan), w.r.line(c.Pos())}
		}
	}
	if end.variable == 0 { // a default, a timer, or a channel that has no name
		w.own = true
		return
	}
	w.ends = append(w.ends, end)
}

// flag reports whether n leaves the loop in its body alone, and does so when an atomic value says so.
func (w *waysOut) flag(n *ast.IfStmt, at leaves) bool {
	if n.Init != nil || n.Else != nil {
		return false
	}
	inner := &waysOut{r: w.r}
	inner.in(n.Body, at)
	if !inner.own {
		return false
	}
	w.condition(n.Cond)
	return true
}

// condition notes a condition that ends the loop: it is up to others if it looks at nothing but atomic values,
// locks and constants.
func (w *waysOut) condition(e ast.Expr) {
	if tv := w.r.Info.Types[e]; tv.Value != nil {
		return // for true
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			w.condition(e.X)
			return
		}
	case *ast.BinaryExpr:
		w.condition(e.X)
		w.condition(e.Y)
		return
	case *ast.CallExpr:
		sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
		if !ok { // a function of sync/atomic has a plain variable: what else changes that has no sync point of its name
			break
		}
		if op, v := w.r.looks(e), w.r.variable(sel.X); op != trace.OpNone && v != 0 {
			w.ends = append(w.ends, loopEnd{op, v, w.r.line(e.Pos())})
			return
		}
	}
	w.own = true
}

// looks returns what a call looks at that comes out the same until another goroutine changes it: OpAtomic for a value, OpTryLock
// for a lock; else OpNone.
func (r *rewriter) looks(call *ast.CallExpr) trace.Op {
	fn := r.callee(call)
	if fn == nil || fn.Signature().Recv() == nil {
		return trace.OpNone
	}
	for _, arg := range call.Args {
		if r.Info.Types[arg].Value == nil {
			return trace.OpNone
		}
	}
	recv := types.TypeString(deref(fn.Signature().Recv().Type()), nil)
	switch fn.Name() {
	case "Load", "CompareAndSwap":
		if strings.HasPrefix(recv, "sync/atomic.") {
			return trace.OpAtomic
		}
	case "TryLock", "TryRLock":
		if recv == "sync.Mutex" || recv == "sync.RWMutex" {
			return trace.OpTryLock
		}
	}
	return trace.OpNone
}

// ranges notes what ends a range loop.
func (w *waysOut) ranges(n *ast.RangeStmt) {
	t := w.r.Info.TypeOf(n.X)
	if t == nil {
		w.own = true
		return
	}
	if _, ok := t.Underlying().(*types.Chan); !ok {
		w.own = true
		return
	}
	if w.r.isTicks(n.X) {
		return // nobody closes it
	}
	v := w.r.variable(n.X)
	if v == 0 {
		w.own = true
		return
	}
	w.ends = append(w.ends, loopEnd{trace.OpRecv, v, w.r.line(n.X.Pos())})
}

// isTimes reports whether a channel's values are times: it may be a timer's.
func (r *rewriter) isTimes(e ast.Expr) bool {
	t := r.Info.TypeOf(e)
	if t == nil {
		return true
	}
	c, ok := t.Underlying().(*types.Chan)
	return ok && types.TypeString(c.Elem(), nil) == "time.Time"
}

// isDone reports whether e is the channel of a context.
func (r *rewriter) isDone(e ast.Expr) bool {
	fn := r.callee(e)
	return fn != nil && fn.Name() == "Done" && fn.Signature().Recv() != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context"
}

// isTicks reports whether e is the channel of a ticker as package time gives it.
func (r *rewriter) isTicks(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		fn := r.callee(e)
		return fn != nil && fn.FullName() == "time.Tick"
	case *ast.SelectorExpr:
		t := r.Info.TypeOf(e.X)
		return t != nil && e.Sel.Name == "C" && types.TypeString(deref(t), nil) == "time.Ticker"
	}
	return false
}

// neverReturns reports whether a call may end the goroutine, or the process.
func (r *rewriter) neverReturns(call *ast.CallExpr) bool {
	if r.isBuiltin(call.Fun, "panic") {
		return true
	}
	fn := r.callee(call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	switch fn.Pkg().Path() {
	case "os":
		return fn.Name() == "Exit"
	case "runtime":
		return fn.Name() == "Goexit"
	case "log":
		return strings.HasPrefix(fn.Name(), "Fatal") || strings.HasPrefix(fn.Name(), "Panic")
	}
	switch fn.Name() { // of a testing.TB, and of those that are like one
	case "Fatal", "Fatalf", "FailNow", "Skip", "Skipf", "SkipNow":
		return true
	}
	return false
}

// writeLoops declares the loops of a function.
func writeLoops(b *strings.Builder, perturb string, loops []loop) {
	if len(loops) == 0 {
		return
	}
	fmt.Fprintf(b, ", Loops: []%s.Loop{", perturb)
	for _, l := range loops {
		fmt.Fprintf(b, "{From: %d, To: %d", l.from, l.to)
		if len(l.ends) > 0 {
			fmt.Fprintf(b, ", Ends: []%s.LoopEnd{", perturb)
			for _, e := range l.ends {
				fmt.Fprintf(b, "{Op: %d, Var: %#x, Line: %d}, ", e.op, e.variable, e.line)
			}
			b.WriteString("}")
		}
		b.WriteString("}, ")
	}
	b.WriteString("}")
}
