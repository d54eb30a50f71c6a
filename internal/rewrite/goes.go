package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// goes rewrites a go statement. The function and its arguments are evaluated in the caller, once, in order:
//
//	go f(x, y)
//	{ a, b := x, y; GoCall(func() { f(a, b) }, site) }
//
// What has no value of its own stays in the call: constants, nil, declared functions, builtins. A function that takes
// and returns nothing is started as it is, so that no stack shows another one between.
func (r *rewriter) goes(n *ast.GoStmt) {
	call := n.Call
	site := r.sites.starts(n.Go, newOperand(ofGo, r.started(call), 0), r.starts(call.Fun))
	from, to := r.at(n.Go), r.at(call.Pos())
	p := r.names.perturb
	switch t := r.find(call.Fun); {
	case t == nil || t.testhook || t.wraps:
	case t.typ != nil:
		r.value(call.Fun)
	default:
		r.goesOperation(n, t, site)
		return
	}
	if r.isPlainFunc(call.Fun) {
		r.replace(from, to, p+".Go("+r.lines(from, to))
		end := r.at(call.Fun.End())
		r.replace(end, r.at(call.End()), ", "+r.lines(end, r.at(call.End()))+site+")")
		r.count("go")
		return
	}
	if reason := r.argumentsStayNative(call); reason != "" {
		r.note(n, "go", reason)
		return
	}
	c := &capture{r: r, at: n.Pos()}
	fun := c.function(call.Fun)
	args := c.arguments(call)
	if r.isBuiltin(call.Fun, "close") {
		elem, ok := r.elem(call.Args[0])
		if !ok {
			r.note(n, "go", typeParamReason)
			return
		}
		fun = p + ".Close" + elem
		args += ", " + r.sites.add(call.Pos(), r.channel(ofClose, call.Args[0]))
		r.count("close")
	}
	r.goBlock(n, c, fmt.Sprintf("%s(%s)", fun, args), site)
}

// isPlainFunc reports whether fun is a func().
func (r *rewriter) isPlainFunc(fun ast.Expr) bool {
	t := types.Unalias(r.Info.TypeOf(fun))
	if _, ok := t.(*types.TypeParam); ok || r.isBuiltin(fun, "") {
		return false
	}
	s, ok := t.Underlying().(*types.Signature)
	return ok && s.Params().Len() == 0 && s.Results().Len() == 0
}

// goesOperation rewrites go wg.Wait() and its like.
func (r *rewriter) goesOperation(n *ast.GoStmt, t *target, site string) {
	call := n.Call
	if reason := r.argumentsStayNative(call); reason != "" {
		r.note(n, t.what, reason)
		return
	}
	c := &capture{r: r, at: n.Pos()}
	var args []string
	if t.recv != nil {
		args = append(args, c.keep(t.take+r.moved(t.recv, c.at)+t.path))
	} else {
		r.drop(t)
	}
	if a := c.arguments(call); a != "" {
		args = append(args, a)
	}
	args = append(args, r.sites.add(call.Pos(), r.operandOf(call, t)))
	r.count(t.what)
	r.goBlock(n, c, fmt.Sprintf("%s.%s(%s)", r.names.perturb, t.name, strings.Join(args, ", ")), site)
}

// goBlock puts a block in the place of a go statement.
func (r *rewriter) goBlock(n *ast.GoStmt, c *capture, call, site string) {
	r.block(n, c, fmt.Sprintf("%s.GoCall(func() { %s }, %s)", r.names.perturb, call, site))
	r.count("go")
}

// block puts a statement over what was kept in the place of another.
func (r *rewriter) block(n ast.Stmt, c *capture, text string) {
	if !r.sameLine(n.Pos(), n.End()) {
		text = r.lineMark(n.Pos()) + text + r.lineMark(n.End())
	}
	if len(c.names) > 0 {
		text = fmt.Sprintf("{ %s := %s; %s }", strings.Join(c.names, ", "), strings.Join(c.values, ", "), text)
	}
	r.replace(r.at(n.Pos()), r.at(n.End()), text)
}

// defers rewrites a deferred call. An atomic operation has its sync point when it is done, and not where it is deferred:
//
//	defer n.Store(x)
//	{ a, b := &n, x; defer func() { Atomic(a, site); a.Store(b); Stored(site) }() }
func (r *rewriter) defers(n *ast.DeferStmt) {
	call := n.Call
	t := r.find(call.Fun)
	if t == nil || !t.wraps {
		r.call(call)
		return
	}
	if t.typ != nil || t.recv == nil && r.Info.Types[call.Args[0]].IsNil() || r.argumentsStayNative(call) != "" {
		r.value(call.Fun)
		return
	}
	c := &capture{r: r, at: n.Pos()}
	fun := r.moved(call.Fun, c.at)
	if t.recv != nil {
		fun = c.keep(t.take+r.moved(t.recv, c.at)+t.path) + "." + called(call.Fun).(*ast.SelectorExpr).Sel.Name
	}
	args := c.arguments(call)
	o := r.release(r.atomicOperand(call, t), call)
	site := r.sites.add(call.Pos(), o)
	after := ""
	if o.after != trace.Nothing {
		after = fmt.Sprintf("; %s.Stored(%s)", r.names.perturb, site)
	}
	r.count(t.what)
	r.block(n, c, fmt.Sprintf("defer func() { %s.%s(%s, %s); %s(%s)%s }()", r.names.perturb, t.name, c.names[0], site, fun, args, after))
}

// started returns what people call the function that a go statement starts.
func (r *rewriter) started(call *ast.CallExpr) string {
	if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return "func literal"
	}
	return r.text(call.Fun)
}

// starts returns the function that is started in a goroutine, as the runtime names it: a literal, or one that is declared.
// What can be any function, and what package perturb does, is called as the source calls it.
func (r *rewriter) starts(fun ast.Expr) string {
	fun = ast.Unparen(fun)
	if lit, ok := fun.(*ast.FuncLit); ok {
		return r.sites.literals[lit]
	}
	if name, ok := funcName(fun).(*ast.Ident); ok && r.find(fun) == nil {
		if fn, ok := r.Info.Uses[name].(*types.Func); ok && r.declares(fn) {
			return r.runtimeName(fn.Origin())
		}
	}
	return newOperand(operation{}, r.text(fun), 0).expr
}

// declares reports whether fn is a function of the file's package, or a method of any type but an interface.
func (r *rewriter) declares(fn *types.Func) bool {
	if recv := fn.Signature().Recv(); recv != nil {
		return fn.Pkg() != nil && !types.IsInterface(recv.Type())
	}
	return fn.Pkg() == r.Pkg
}

// argumentsStayNative returns why the arguments of a call cannot be kept in variables, or "".
func (r *rewriter) argumentsStayNative(call *ast.CallExpr) string {
	for _, a := range call.Args {
		if _, ok := r.conversion(a); !ok {
			return "an argument takes its type from a parameter, and the type has no name here"
		}
	}
	return ""
}

// A capture collects the values that a go statement evaluates.
type capture struct {
	r             *rewriter
	at            token.Pos // of the go statement
	names, values []string
}

func (c *capture) keep(value string) string {
	name := c.r.names.fresh("X")
	c.names = append(c.names, name)
	c.values = append(c.values, value)
	return name
}

func (c *capture) function(fun ast.Expr) string {
	info := c.r.Info
	e := ast.Unparen(fun)
	switch x := e.(type) {
	case *ast.IndexExpr: // an instantiation, unless it indexes
		if c.r.isInstantiation(x.X) {
			e = ast.Unparen(x.X)
		}
	case *ast.IndexListExpr:
		e = ast.Unparen(x.X)
	}
	var id *ast.Ident
	switch x := e.(type) {
	case *ast.Ident:
		id = x
	case *ast.SelectorExpr:
		if _, isMember := info.Selections[x]; !isMember { // of a package
			id = x.Sel
		}
	}
	if id != nil {
		switch info.Uses[id].(type) {
		case *types.Func, *types.Builtin:
			return c.r.moved(fun, c.at)
		}
	}
	return c.keep(c.r.moved(fun, c.at))
}

func (c *capture) arguments(call *ast.CallExpr) string {
	r := c.r
	if len(call.Args) == 1 && r.isTuple(call.Args[0]) {
		var names []string
		for range r.Info.TypeOf(call.Args[0]).(*types.Tuple).Len() {
			names = append(names, r.names.fresh("X"))
		}
		return c.spread(names, call.Args[0])
	}
	var out []string
	for _, a := range call.Args {
		tv := r.Info.Types[a]
		if tv.Value != nil || tv.IsNil() || tv.IsType() {
			out = append(out, r.moved(a, c.at))
			continue
		}
		value := r.moved(a, c.at)
		if typ, _ := r.conversion(a); typ != "" {
			value = typ + "(" + value + ")"
		}
		out = append(out, c.keep(value))
	}
	args := strings.Join(out, ", ")
	if call.Ellipsis.IsValid() {
		args += "..."
	}
	return args
}

// spread keeps the results of one call.
func (c *capture) spread(names []string, call ast.Expr) string {
	if len(c.names) > 0 { // f(g()) with an f that has to be evaluated first
		c.values[len(c.values)-1] += "; " + strings.Join(names, ", ") + " := " + c.r.moved(call, c.at)
		return strings.Join(names, ", ")
	}
	c.names, c.values = names, []string{c.r.moved(call, c.at)}
	return strings.Join(names, ", ")
}
