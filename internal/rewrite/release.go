package rewrite

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/cfg"

	"github.com/jostle-dev/jostle/internal/trace"
)

// An operation that releases something lets other goroutines run, which may get far before the goroutine that released does
// what comes next. If that is an operation of ours, the sync point before it is where they are let in. If it is a plain load or
// store, or a call of code that is not known, nothing is between the two, and the operation needs a sync point after it as
// well: in the words of Lipton ("Reduction: a method of proving properties of parallel programs", CACM 1975) a release is a
// left mover, and a plain access that nothing synchronises moves neither way. This file finds out which releases do.

// releasing are perturb's functions for operations that release something. A receive makes room, or ends a send, and is one too.
var releasing = map[string]bool{
	"MutexUnlock": true, "RWMutexUnlock": true, "RWMutexRUnlock": true, "LockerUnlock": true, "ReaderRUnlock": true,
	"WaitGroupAdd": true, "WaitGroupDone": true, "OnceDo": true, "CondSignal": true, "CondBroadcast": true, "PoolPut": true,
	"TimeAfterFunc": true, "TimerReset": true,
}

// later are perturb's functions for what makes a function that releases something: where it is called is not known.
var later = map[string]bool{
	"OnceFunc": true, "OnceValue": true, "OnceValues": true, "ContextWithCancel": true, "ContextWithCancelCause": true,
	"ContextWithTimeout": true, "ContextWithTimeoutCause": true, "ContextWithDeadline": true, "ContextWithDeadlineCause": true,
}

// pointless are perturb's functions that pass no sync point themselves.
var pointless = map[string]bool{
	"OnceFunc": true, "OnceValue": true, "OnceValues": true, "ContextWithCancel": true, "ContextWithCancelCause": true,
	"ContextAfterFunc": true, "IterPull": true, "IterPull2": true,
}

// storing reports whether an operation of package sync/atomic or sync.Map, by its name, may store something.
func storing(name string) bool {
	return name != "Range" && !strings.HasPrefix(name, "Load") || strings.HasPrefix(name, "LoadOr") || strings.HasPrefix(name, "LoadAnd")
}

// releases is what is known of a file's releases.
type releases struct {
	after      map[ast.Node]trace.Following // by call, send statement, receive, range statement, or communication of a select
	shared     map[*types.Var]sharing       // local variables
	goroutines map[ast.Node]bool            // function literals that are started as goroutines
	statements map[ast.Node]bool            // calls that are statements of a list
}

// A sharing is how others than its function meet a local variable.
type sharing uint8

const (
	reached sharing = 1 << iota // a function literal uses it, or its address is taken
	changed                     // it is assigned to after its declaration
)

// release returns the operand of an operation n with what may come after it.
func (r *rewriter) release(o operand, n ast.Node) operand {
	o.after = r.releases.after[n]
	return o
}

// releaseOf is release for a call of t.
func (r *rewriter) releaseOf(o operand, t *target, n *ast.CallExpr) operand {
	if later[t.name] {
		o.after = trace.Plain
		return o
	}
	return r.release(o, n)
}

// releaseValue is release for an operation t, by its name, that is used as a value.
func (r *rewriter) releaseValue(o operand, t *target, name string) operand {
	if releasing[t.name] || later[t.name] || t.wraps && storing(name) {
		o.after = trace.Plain
	}
	return o
}

// afterAtomic puts the sync point after an atomic operation, whose site is given: behind a statement, or around a value.
func (r *rewriter) afterAtomic(n *ast.CallExpr, t *target, site string) {
	if r.releases.after[n] == trace.Nothing {
		return
	}
	p := r.names.perturb
	switch results := t.sig.Results().Len(); {
	case results == 1:
		r.before(r.at(n.Pos()), p+".Changed(")
		r.after(r.at(n.End()), ", "+site+")")
	case results == 2:
		r.before(r.at(n.Pos()), p+".Changed2("+site+")(")
		r.after(r.at(n.End()), ")")
	case r.releases.statements[n]:
		r.after(r.at(n.End()), fmt.Sprintf("; %s.Stored(%s)", p, site))
	}
}

// findReleases finds what comes after each release of a function.
func (r *rewriter) findReleases(fn ast.Node) {
	body := bodyOf(fn)
	if body == nil || len(r.releasesIn(body)) == 0 {
		return
	}
	f := &flow{r: r, fn: fn}
	g := cfg.New(body, r.mayReturn)
	for _, b := range g.Blocks {
		for _, n := range b.Nodes {
			if d, ok := n.(*ast.DeferStmt); ok {
				f.defers = append(f.defers, d)
			}
		}
	}
	slices.SortFunc(f.defers, func(a, b *ast.DeferStmt) int { return int(a.Pos() - b.Pos()) })
	for _, b := range g.Blocks {
		for i, n := range b.Nodes {
			for _, release := range r.releasesIn(n) {
				if d, ok := n.(*ast.DeferStmt); ok && d.Call == release {
					r.releases.after[release] = f.returning(slices.Index(f.defers, d))
					continue
				}
				r.releases.after[release] = f.after(b, i, release)
			}
		}
	}
	for _, b := range g.Blocks { // the communications of a select are among the nodes before it, too
		switch s := b.Stmt.(type) {
		case *ast.CommClause:
			if b.Kind == cfg.KindSelectCaseBody && s.Comm != nil {
				r.releases.after[s.Comm] = f.after(b, 0, nil)
			}
		case *ast.RangeStmt:
			if b.Kind == cfg.KindRangeBody && isChan(r.Info.TypeOf(s.X)) {
				r.releases.after[s] = f.after(b, 0, nil)
			}
		}
	}
}

func bodyOf(fn ast.Node) *ast.BlockStmt {
	switch fn := fn.(type) {
	case *ast.FuncDecl:
		return fn.Body
	case *ast.FuncLit:
		return fn.Body
	}
	return nil
}

func (r *rewriter) mayReturn(call *ast.CallExpr) bool { return !r.isBuiltin(call.Fun, "panic") }

// releasesIn returns the operations of a node that release something. Those of function literals are not its own, and after
// one that a go statement starts comes nothing.
func (r *rewriter) releasesIn(n ast.Node) []ast.Node {
	var out []ast.Node
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.GoStmt:
			return false
		case *ast.SendStmt:
			out = append(out, n)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				out = append(out, n)
			}
		case *ast.RangeStmt:
			if isChan(r.Info.TypeOf(n.X)) {
				out = append(out, n)
			}
		case *ast.CallExpr:
			if r.releasesCall(n) {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

func (r *rewriter) releasesCall(n *ast.CallExpr) bool {
	if r.isBuiltin(n.Fun, "close") {
		return true
	}
	t := r.find(n.Fun)
	switch {
	case t == nil:
		return false
	case t.wraps:
		return storing(calledName(n.Fun))
	case t.name == "WaitGroupAdd" && len(n.Args) == 1:
		v := r.Info.Types[n.Args[0]].Value
		return v == nil || constant.Sign(v) < 0
	}
	return releasing[t.name]
}

func calledName(fun ast.Expr) string {
	switch fun := called(fun).(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

// A flow is how control goes through a function.
type flow struct {
	r      *rewriter
	fn     ast.Node
	defers []*ast.DeferStmt // in source order
}

// after returns what may come after a release in the i-th node of a block, or before that node if release is nil. Of several
// ways the one counts that has the most.
func (f *flow) after(b *cfg.Block, i int, release ast.Node) trace.Following {
	most, seen := trace.Nothing, map[*cfg.Block]bool{}
	var walk func(nodes []ast.Node, b *cfg.Block)
	walk = func(nodes []ast.Node, b *cfg.Block) {
		for _, n := range nodes {
			e := effects{r: f.r, after: release}
			got := e.of(n)
			if release = nil; got == access && f.r.isRanged(n) {
				got = e.exprs(e.way(n.(ast.Expr)))
			}
			switch got {
			case point:
				return
			case access:
				most = trace.Plain
				return
			}
		}
		if len(b.Succs) == 0 {
			most = max(most, f.returning(len(f.defers)))
		}
		for _, s := range b.Succs {
			if most == trace.Plain || seen[s] {
				continue
			}
			seen[s] = true
			if loop, ok := s.Stmt.(*ast.RangeStmt); ok && s.Kind == cfg.KindRangeLoop {
				switch f.r.round(loop) {
				case point:
					continue
				case access:
					most = trace.Plain
					continue
				}
			}
			walk(s.Nodes, s)
		}
	}
	walk(b.Nodes[i:], b)
	return most
}

// returning returns what comes when the function returns and the first n of its deferred calls are still to be done. The last
// of them is done first, if it was deferred.
func (f *flow) returning(n int) trace.Following {
	for n--; n >= 0; n-- {
		call := f.defers[n].Call
		t := f.r.find(call.Fun)
		if t != nil && t.looks {
			continue
		}
		if t != nil || f.r.isBuiltin(call.Fun, "close") {
			return trace.Nothing
		}
		return trace.Plain
	}
	if f.r.releases.goroutines[f.fn] {
		return trace.Nothing
	}
	return trace.Returns
}

// An effect is the first thing that matters in the evaluation of something.
type effect uint8

const (
	none   effect = iota
	point         // a sync point
	access        // a load or store that others may see, or a call of code that is not known
)

// effects looks for the first effect of a node; where after is set, for the first that comes after that node, which is part of
// it.
type effects struct {
	r     *rewriter
	after ast.Node
}

// is returns the effect of n itself, when its operands have had theirs.
func (e *effects) is(n ast.Node, got effect) effect {
	if e.after == nil {
		return got
	}
	if n == e.after {
		e.after = nil
	}
	return none
}

func (e *effects) exprs(list ...ast.Expr) effect {
	for _, x := range list {
		if x == nil {
			continue
		}
		if got := e.of(x); got != none {
			return got
		}
	}
	return none
}

// then returns the first effect: of operands, or else of n itself.
func (e *effects) then(operands effect, n ast.Node, got effect) effect {
	if operands != none {
		return operands
	}
	return e.is(n, got)
}

func (e *effects) of(n ast.Node) effect {
	if x, ok := n.(ast.Expr); ok && e.r.Info.Types[x].IsType() {
		return none
	}
	switch n := n.(type) {
	case *ast.ExprStmt:
		return e.of(n.X)
	case *ast.AssignStmt:
		return e.assign(n)
	case *ast.IncDecStmt:
		return e.of(n.X)
	case *ast.ReturnStmt:
		return e.exprs(n.Results...)
	case *ast.ValueSpec:
		return e.exprs(n.Values...)
	case *ast.SendStmt:
		return e.then(e.exprs(e.way(n.Chan), n.Value), n, point)
	case *ast.GoStmt:
		return e.then(e.exprs(n.Call.Args...), n, point)
	case *ast.DeferStmt:
		return e.exprs(n.Call.Args...)
	case ast.Expr:
		return e.expr(n)
	}
	return none
}

func (e *effects) expr(n ast.Expr) effect {
	info := e.r.Info
	switch n := n.(type) {
	case *ast.Ident:
		if v, ok := info.ObjectOf(n).(*types.Var); ok && e.r.isShared(v) {
			return e.is(n, access)
		}
	case *ast.ParenExpr:
		return e.of(n.X)
	case *ast.BinaryExpr:
		return e.exprs(n.X, n.Y)
	case *ast.TypeAssertExpr:
		return e.of(n.X)
	case *ast.SliceExpr:
		return e.exprs(n.X, n.Low, n.High, n.Max)
	case *ast.KeyValueExpr:
		return e.exprs(n.Value)
	case *ast.CompositeLit:
		return e.exprs(n.Elts...)
	case *ast.StarExpr:
		return e.then(e.of(n.X), n, access)
	case *ast.UnaryExpr:
		switch n.Op {
		case token.ARROW:
			return e.then(e.exprs(e.way(n.X)), n, point)
		case token.AND:
			return e.exprs(e.way(n.X))
		}
		return e.of(n.X)
	case *ast.SelectorExpr:
		sel := info.Selections[n]
		switch {
		case sel == nil: // of a package
			return e.of(n.Sel)
		case sel.Kind() == types.FieldVal && sel.Indirect():
			return e.then(e.of(n.X), n, access)
		}
		return e.of(n.X)
	case *ast.IndexExpr:
		got := access
		switch info.TypeOf(n.X).Underlying().(type) {
		case *types.Array, *types.Signature, *types.Basic: // a string
			got = none
		}
		return e.then(e.exprs(n.X, n.Index), n, got)
	case *ast.CallExpr:
		return e.call(n)
	}
	return none
}

// assign is the effect of an assignment: first come operands of both sides, then the stores.
func (e *effects) assign(n *ast.AssignStmt) effect {
	for _, l := range n.Lhs {
		var got effect
		switch l := ast.Unparen(l).(type) {
		case *ast.IndexExpr:
			got = e.exprs(l.X, l.Index)
		case *ast.StarExpr:
			got = e.of(l.X)
		case *ast.SelectorExpr:
			got = e.of(l.X)
		}
		if got != none {
			return got
		}
	}
	if got := e.exprs(n.Rhs...); got != none {
		return got
	}
	return e.exprs(n.Lhs...)
}

// way returns the part of an operand that is looked at: nil if it is but a chain of fields. Locks and channels are seldom
// exchanged while they are in use.
func (e *effects) way(operand ast.Expr) ast.Expr {
	for x := operand; ; {
		switch n := ast.Unparen(x).(type) {
		case *ast.Ident:
			return nil
		case *ast.SelectorExpr:
			x = n.X
		case *ast.StarExpr:
			x = n.X
		case *ast.UnaryExpr:
			if n.Op != token.AND {
				return operand
			}
			x = n.X
		default:
			return operand
		}
	}
}

func (e *effects) call(n *ast.CallExpr) effect {
	if e.r.Info.Types[n.Fun].IsType() {
		return e.exprs(n.Args...)
	}
	if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && e.r.isBuiltin(id, "") {
		return e.builtin(n, id.Name)
	}
	t := e.r.find(n.Fun)
	got, args := access, slices.Clone(n.Args)
	switch {
	case t == nil || t.testhook:
	case t.looks || pointless[t.name]:
		got = none
	default:
		got = point
		if t.wraps && t.recv == nil && len(args) > 0 {
			args[0] = e.way(args[0])
		}
	}
	if sel, ok := called(n.Fun).(*ast.SelectorExpr); ok && e.r.Info.Selections[sel] != nil {
		args = append([]ast.Expr{e.way(sel.X)}, args...)
	}
	return e.then(e.exprs(args...), n, got)
}

func (e *effects) builtin(n *ast.CallExpr, name string) effect {
	got, args := none, n.Args
	switch name {
	case "close":
		return e.then(e.exprs(e.way(args[0])), n, point)
	case "append", "copy", "delete", "clear":
		got = access
	case "len", "cap":
		switch e.r.Info.TypeOf(args[0]).Underlying().(type) {
		case *types.Map, *types.Chan:
			got = access
		}
	}
	return e.then(e.exprs(args...), n, got)
}

// isRanged reports whether a node is a channel that a loop receives from.
func (r *rewriter) isRanged(n ast.Node) bool {
	x, ok := n.(ast.Expr)
	return ok && r.Info.TypeOf(x) != nil && isChan(r.Info.TypeOf(x))
}

// round returns the effect of each round of a loop, before its body.
func (r *rewriter) round(n *ast.RangeStmt) effect {
	t := r.Info.TypeOf(n.X)
	if isChan(t) {
		return point
	}
	switch t.Underlying().(type) {
	case *types.Basic, *types.Array:
		return none
	case *types.Slice:
		if n.Value == nil {
			return none
		}
	}
	return access
}

// isShared reports whether other goroutines may see a variable change.
func (r *rewriter) isShared(v *types.Var) bool {
	if v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		return true
	}
	return r.releases.shared[v] == reached|changed
}

// readReleases finds what findReleases must know beforehand.
func (r *rewriter) readReleases() {
	rs := &r.releases
	*rs = releases{map[ast.Node]trace.Following{}, map[*types.Var]sharing{}, map[ast.Node]bool{}, map[ast.Node]bool{}}
	home := map[*types.Var]ast.Node{}
	var stack, funcs []ast.Node
	ast.Inspect(r.File, func(n ast.Node) bool {
		if n == nil {
			if top := len(stack) - 1; bodyOf(stack[top]) != nil {
				funcs = funcs[:len(funcs)-1]
			}
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if bodyOf(n) != nil {
			funcs = append(funcs, n)
		}
		switch n := n.(type) {
		case *ast.BlockStmt:
			rs.list(n.List)
		case *ast.CaseClause:
			rs.list(n.Body)
		case *ast.CommClause:
			rs.list(n.Body)
		case *ast.Ident:
			fn := ast.Node(nil)
			if len(funcs) > 0 {
				fn = funcs[len(funcs)-1]
			}
			if v, ok := r.Info.Defs[n].(*types.Var); ok {
				home[v] = fn
			} else if v, ok := r.Info.Uses[n].(*types.Var); ok && home[v] != fn {
				rs.shared[v] |= reached
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				r.share(n.X, reached|changed)
			}
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				r.share(l, changed)
			}
		case *ast.IncDecStmt:
			r.share(n.X, changed)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				r.share(n.Key, changed)
				r.share(n.Value, changed)
			}
		case *ast.GoStmt:
			rs.goroutines[ast.Unparen(n.Call.Fun)] = true
		case *ast.CallExpr:
			if t := r.find(n.Fun); t != nil && t.name == "WaitGroupGo" && len(n.Args) == 1 {
				rs.goroutines[ast.Unparen(n.Args[0])] = true
			}
		}
		return true
	})
}

// share notes how the variable is met that an expression is, or is a part of.
func (r *rewriter) share(x ast.Expr, how sharing) {
	for {
		switch n := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			x = n.X
		case *ast.IndexExpr:
			x = n.X
		case *ast.Ident:
			if v, ok := r.Info.Uses[n].(*types.Var); ok {
				r.releases.shared[v] |= how
			}
			return
		default:
			return
		}
	}
}

// list notes the calls that are statements of a list.
func (rs *releases) list(stmts []ast.Stmt) {
	for _, s := range stmts {
		for l, ok := s.(*ast.LabeledStmt); ok; l, ok = s.(*ast.LabeledStmt) {
			s = l.Stmt
		}
		if x, ok := s.(*ast.ExprStmt); ok {
			rs.statements[x.X] = true
		}
	}
}
