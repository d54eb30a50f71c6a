package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// relations are what a report knows of a file beside its sync points: which variables may hold the same object, and which
// function may run which. Nothing of it changes what the program does.
type relations struct {
	flows   [][2]uint64 // from one variable to another
	flown   map[[2]uint64]bool
	funcs   []*funcRelation
	byName  map[string]*funcRelation
	started map[ast.Node]bool // functions of go statements, and those that are handed to others
	run     map[ast.Node]bool // function literals that are called where they stand, and functions that are deferred
	cancels map[*types.Var]cancelOf
}

// A cancelOf is what is known of a local variable that has a function which cancels a context.
type cancelOf struct {
	made     int  // the line in which all contexts are made that it cancels; 0 if there are several, or if it is not known
	defined  bool // all that it is ever assigned was seen
	assigned bool // it was, so far
}

// A funcRelation is a function of the file, and the functions of its package that it calls or contains, but for those
// that it starts in a goroutine of their own.
type funcRelation struct {
	name        string
	from, to    int // lines
	params      []uint64
	runs, calls []string
	runsUntil   []int    // by index of runs: the last line from which it is still to come
	until       []int    // likewise, of calls
	loops       [][2]int // the outermost ones: first and last line
	deferred    [][2]int // its defer statements
	waiting     []loop   // those that end only when another goroutine lets them
	cancels     []int    // lines in which it has a function that cancels a context
	parcels     []parcel
	cancelled   []int // by index of cancels: the line in which that context is made, 0 if that is not known
}

// cancel notes that f has a function at a line that cancels a context, and in which line that is made; 0 if it is not known.
func (f *funcRelation) cancel(line, made int) {
	if i := slices.Index(f.cancels, line); i >= 0 {
		if f.cancelled[i] != made {
			f.cancelled[i] = 0
		}
		return
	}
	f.cancels, f.cancelled = append(f.cancels, line), append(f.cancelled, made)
}

// call notes that f calls or contains another function at a line, run that it does so for sure before it ends.
func (f *funcRelation) call(name string, line int) {
	f.calls, f.until = note(f.calls, f.until, name, f.last(line))
}

func (f *funcRelation) run(name string, line int) {
	f.runs, f.runsUntil = note(f.runs, f.runsUntil, name, f.last(line))
}

// last returns the last line from which what stands at a line is still to come.
func (f *funcRelation) last(line int) int {
	for _, l := range f.loops {
		if l[0] <= line && line <= l[1] {
			line = l[1] // it may come round again
		}
	}
	for _, d := range f.deferred {
		if d[0] <= line && line <= d[1] {
			line = f.to
		}
	}
	return line
}

// note adds a name with a line, of which the last counts.
func note(names []string, lines []int, name string, line int) ([]string, []int) {
	if i := slices.Index(names, name); i >= 0 {
		lines[i] = max(lines[i], line)
		return names, lines
	}
	return append(names, name), append(lines, line)
}

func newRelations() relations {
	return relations{flown: map[[2]uint64]bool{}, byName: map[string]*funcRelation{}, started: map[ast.Node]bool{}, run: map[ast.Node]bool{}, cancels: map[*types.Var]cancelOf{}}
}

// flow notes that the variable to may hold what from holds.
func (r *rewriter) flow(to uint64, from ...uint64) {
	for _, f := range from {
		edge := [2]uint64{f, to}
		if f != 0 && to != 0 && f != to && !r.relations.flown[edge] {
			r.relations.flown[edge] = true
			r.relations.flows = append(r.relations.flows, edge)
		}
	}
}

// findFlows notes how objects that goroutines meet at pass from variable to variable.
func (r *rewriter) findFlows() {
	ast.PreorderStack(r.File, nil, func(n ast.Node, stack []ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			r.assigns(n.Lhs, n.Rhs)
			r.findCancels(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			lhs := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				lhs[i] = name
			}
			r.assigns(lhs, n.Values)
			r.findCancels(lhs, n.Values)
		case *ast.UnaryExpr:
			if n.Op == token.AND { // it may be assigned to anywhere
				r.findCancels([]ast.Expr{n.X}, []ast.Expr{n.X})
			}
		case *ast.RangeStmt:
			r.ranges(n)
			r.findCancels([]ast.Expr{n.Key, n.Value}, []ast.Expr{n.X})
		case *ast.SendStmt:
			if r.carries(n.Value) {
				r.pass(element(r.variable(n.Chan)), n.Value)
			}
		case *ast.CompositeLit:
			r.fills(n)
		case *ast.ReturnStmt:
			r.returns(n, stack)
		case *ast.CallExpr:
			r.passes(n)
		case *ast.FuncDecl:
			r.implements(n)
		}
		return true
	})
}

// implements notes what passes through a method where it is called by way of an interface: what the interface's method is given, or gives,
// the method of each type that has them all may be given, or give. The interfaces are those of the package and of the packages that it imports,
// without the standard library's.
func (r *rewriter) implements(n *ast.FuncDecl) {
	fn, ok := r.Info.Defs[n.Name].(*types.Func)
	if !ok || n.Recv == nil {
		return
	}
	sig := fn.Signature()
	if !anyCarries(sig.Results()) && !anyCarries(sig.Params()) {
		return
	}
	typ := deref(sig.Recv().Type())
	if named, ok := types.Unalias(typ).(*types.Named); !ok || named.TypeParams().Len() > 0 {
		return // which interfaces it has depends on what it is made for
	}
	for _, m := range r.interfaceMethods(fn.Name()) {
		if !types.Implements(types.NewPointer(typ), m.of) {
			continue
		}
		for i := range sig.Results().Len() {
			if carries(sig.Results().At(i).Type()) {
				r.flow(r.result(m.method, i), r.result(fn, i))
			}
		}
		for i := range sig.Params().Len() {
			if p := sig.Params().At(i); carries(p.Type()) {
				r.flow(r.objectID(p), r.objectID(m.method.Signature().Params().At(i)))
			}
		}
	}
}

// An interfaceMethod is a method of an interface.
type interfaceMethod struct {
	of     *types.Interface
	method *types.Func
}

// interfaceMethods returns the methods of a name that interfaces have which code of the package can name.
func (r *rewriter) interfaceMethods(name string) (out []interfaceMethod) {
	for _, pkg := range slices.Concat(r.Pkg.Imports(), []*types.Package{r.Pkg}) {
		if pkg != r.Pkg && isStd(pkg) {
			continue
		}
		for _, id := range pkg.Scope().Names() {
			t, ok := pkg.Scope().Lookup(id).(*types.TypeName)
			if !ok || pkg != r.Pkg && !t.Exported() {
				continue
			}
			named, ok := t.Type().(*types.Named)
			if !ok || named.TypeParams().Len() > 0 {
				continue
			}
			of, ok := named.Underlying().(*types.Interface)
			if !ok {
				continue
			}
			for m := range of.Methods() {
				if m.Name() == name && (m.Exported() || m.Pkg() == r.Pkg) {
					out = append(out, interfaceMethod{of, m})
				}
			}
		}
	}
	return out
}

func anyCarries(t *types.Tuple) bool {
	for v := range t.Variables() {
		if carries(v.Type()) {
			return true
		}
	}
	return false
}

// findCancels notes which context a local variable cancels, where it is assigned to.
func (r *rewriter) findCancels(lhs, rhs []ast.Expr) {
	for _, to := range lhs {
		id, ok := ast.Unparen(to).(*ast.Ident)
		if !ok {
			continue
		}
		v, ok := r.Info.ObjectOf(id).(*types.Var)
		if !ok || !isCancel(v.Type()) || v.Parent() == r.Pkg.Scope() {
			continue
		}
		have, seen := r.relations.cancels[v]
		if len(rhs) == 0 {
			r.relations.cancels[v] = cancelOf{made: have.made, defined: true} // it is nil so far
			continue
		}
		made := 0
		if fn := r.callee(rhs[0]); len(rhs) == 1 && fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" {
			made = r.line(rhs[0].Pos())
		}
		if seen && have.made != made && !(have.defined && !have.assigned) {
			made = 0
		}
		r.relations.cancels[v] = cancelOf{made, have.defined || r.Info.Defs[id] != nil, true}
	}
}

// pass notes that the variable to may hold what an expression is. Two variables that hold one channel have the same elements.
func (r *rewriter) pass(to uint64, e ast.Expr) {
	from := r.sources(e)
	r.flow(to, from...)
	if c, ok := underlying(r.Info.TypeOf(e)).(*types.Chan); ok && carries(c.Elem()) {
		for _, f := range from {
			r.flow(element(to), element(f))
			r.flow(element(f), element(to))
		}
	}
}

// element identifies what is sent on a channel that a variable holds, like a variable; 0 if the variable is not known.
func element(channel uint64) uint64 {
	if channel == 0 {
		return 0
	}
	return hash(fmt.Sprint(channel), "element")
}

func (r *rewriter) ranges(n *ast.RangeStmt) {
	if _, ok := underlying(r.Info.TypeOf(n.X)).(*types.Chan); ok {
		if n.Key != nil && r.carries(n.Key) {
			for _, c := range r.sources(n.X) {
				r.flow(r.variable(n.Key), element(c))
			}
		}
		return
	}
	if n.Value != nil && r.carries(n.Value) {
		r.flow(r.variable(n.Value), r.sources(n.X)...)
	}
}

func underlying(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

func (r *rewriter) assigns(lhs, rhs []ast.Expr) {
	for i, to := range lhs {
		if id, ok := to.(*ast.Ident); ok && id.Name == "_" || !r.carries(to) {
			continue
		}
		switch {
		case len(lhs) == len(rhs):
			r.pass(r.variable(to), rhs[i])
		case len(rhs) != 1:
		case r.callee(rhs[0]) != nil:
			r.flow(r.variable(to), r.result(r.callee(rhs[0]), i))
		case i == 0: // with ok
			r.pass(r.variable(to), rhs[0])
		}
	}
}

// fills notes what the fields of a struct are made of.
func (r *rewriter) fills(n *ast.CompositeLit) {
	st, ok := deref(r.Info.TypeOf(n)).Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range n.Elts {
		value, field := e, types.Object(nil)
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			value = kv.Value
			if id, ok := kv.Key.(*ast.Ident); ok {
				field = r.Info.ObjectOf(id)
			}
		} else if i < st.NumFields() {
			field = st.Field(i)
		}
		if field != nil && r.carries(value) {
			r.pass(r.objectID(field), value)
		}
	}
}

func (r *rewriter) returns(n *ast.ReturnStmt, stack []ast.Node) {
	for _, outer := range slices.Backward(stack) {
		switch outer := outer.(type) {
		case *ast.FuncLit:
			return // nothing is known of who calls it
		case *ast.FuncDecl:
			fn, ok := r.Info.Defs[outer.Name].(*types.Func)
			if !ok || fn.Signature().Results().Len() != len(n.Results) {
				return
			}
			for i, e := range n.Results {
				if r.carries(e) {
					r.pass(r.result(fn, i), e)
				}
			}
			return
		}
	}
}

// passes notes what the parameters of what is called are.
func (r *rewriter) passes(n *ast.CallExpr) {
	var params *types.Tuple
	switch fun := ast.Unparen(n.Fun).(type) {
	case *ast.FuncLit:
		params = r.Info.TypeOf(fun).(*types.Signature).Params()
	default:
		fn := r.callee(n)
		if fn == nil || r.isOfStd(fn) {
			return // nothing comes out of a parameter of the standard library: it is not rewritten
		}
		params = fn.Origin().Signature().Params()
		if sel, ok := fun.(*ast.SelectorExpr); ok && fn.Signature().Recv() != nil && r.Info.Selections[sel] != nil && r.carries(sel.X) {
			r.flow(r.objectID(fn.Origin().Signature().Recv()), r.sources(sel.X)...)
		}
	}
	for i, arg := range n.Args {
		if r.carries(arg) && params.Len() > 0 {
			r.pass(r.objectID(params.At(min(i, params.Len()-1))), arg)
		}
	}
}

// callee returns the function that an expression is a call of, or nil.
func (r *rewriter) callee(e ast.Expr) *types.Func {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return nil
	}
	switch fun := called(call.Fun).(type) {
	case *ast.Ident:
		fn, _ := r.Info.Uses[fun].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := r.Info.Uses[fun.Sel].(*types.Func)
		return fn
	}
	return nil
}

// result identifies the i-th result of a function like a variable. That of a function with one is the function's.
func (r *rewriter) result(fn *types.Func, i int) uint64 {
	id := r.objectID(fn)
	if i > 0 && id != 0 {
		id = hash(fmt.Sprint(id, i))
	}
	return id
}

// sources returns the variables that an expression's value may come from; what is made here has one of its own.
func (r *rewriter) sources(e ast.Expr) []uint64 {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		switch {
		case r.Info.Types[e.Fun].IsType() && len(e.Args) == 1:
			return r.sources(e.Args[0])
		case r.isBuiltin(e.Fun, "append"):
			return r.all(e.Args)
		case r.isBuiltin(e.Fun, "make"), r.isBuiltin(e.Fun, "new"), r.isOfStd(r.callee(e)):
			return []uint64{hash("made", r.sites.in.PkgPath, fmt.Sprint(r.Fset.Position(e.Pos()).Offset), r.Name)}
		}
	case *ast.UnaryExpr:
		if e.Op == token.ARROW {
			var out []uint64
			for _, c := range r.sources(e.X) {
				out = append(out, element(c))
			}
			return out
		}
		return r.sources(e.X)
	case *ast.TypeAssertExpr:
		return r.sources(e.X)
	case *ast.CompositeLit:
		if _, ok := deref(r.Info.TypeOf(e)).Underlying().(*types.Struct); ok {
			return nil
		}
		var out []uint64
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			out = append(out, r.sources(x)...)
		}
		return out
	}
	return []uint64{r.variable(e)}
}

// isOfStd reports whether fn is a function of the standard library, which gives something new each time.
func (r *rewriter) isOfStd(fn *types.Func) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg() != r.Pkg && isStd(fn.Pkg())
}

// isStd reports whether a package is one of the standard library, as far as its path says.
func isStd(pkg *types.Package) bool {
	host, _, _ := strings.Cut(pkg.Path(), "/")
	return !strings.Contains(host, ".")
}

func (r *rewriter) all(es []ast.Expr) (out []uint64) {
	for _, e := range es {
		out = append(out, r.sources(e)...)
	}
	return out
}

// carries reports whether an expression is something that goroutines meet at, or has such elements.
func (r *rewriter) carries(e ast.Expr) bool { return carries(r.Info.TypeOf(e)) }

func carries(t types.Type) bool {
	for range 4 { // chan chan int, map[string][]*sync.Cond
		if t == nil {
			return false
		}
		if named, ok := types.Unalias(deref(t)).(*types.Named); ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "sync" {
			return true
		}
		switch u := t.Underlying().(type) {
		case *types.Chan:
			return true
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		case *types.Pointer:
			t = u.Elem()
		default:
			return false
		}
	}
	return false
}

// relate notes which functions the present one calls or contains. It is called before the walk enters a function.
func (r *rewriter) relate(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		r.relations.started[called(n.Call.Fun)] = true
		r.relations.started[funcName(n.Call.Fun)] = true
	case *ast.DeferStmt: // of a function of the package, which is run as surely as a literal
		r.relations.run[funcName(n.Call.Fun)] = true
	case *ast.CallExpr:
		r.relations.run[ast.Unparen(n.Fun)] = true
		for _, arg := range n.Args {
			// Somebody else runs a function that is handed over: another goroutine, or what is called, and then it is on the stack.
			r.relations.started[called(arg)] = true
			if name := funcName(arg); name != nil {
				r.relations.started[name] = true
			}
		}
	case *ast.Ident:
		if fn, ok := r.Info.Uses[n].(*types.Func); ok && fn.Pkg() == r.Pkg && !r.relations.started[n] {
			r.mentions(r.runtimeName(fn.Origin()), r.relations.run[n], r.line(n.Pos()))
		}
		if v, ok := r.Info.Uses[n].(*types.Var); ok && isCancel(v.Type()) {
			if f := r.within(); f != nil {
				made := 0
				if c := r.relations.cancels[v]; c.defined {
					made = c.made
				}
				f.cancel(r.line(n.Pos()), made)
			}
		}
	}
}

// isCancel reports whether t is the type of functions that cancel a context.
func isCancel(t types.Type) bool {
	switch types.TypeString(types.Unalias(t), nil) {
	case "context.CancelFunc", "context.CancelCauseFunc":
		return true
	}
	return false
}

// isContext reports whether t is context.Context.
func isContext(t types.Type) bool {
	return types.TypeString(types.Unalias(t), nil) == "context.Context"
}

// funcName returns the identifier of a called function, nil if it has none.
func funcName(fun ast.Expr) ast.Node {
	switch f := called(fun).(type) {
	case *ast.Ident:
		return f
	case *ast.SelectorExpr:
		return f.Sel
	}
	return nil
}

// mentions notes that the present function may run another, or does so for sure before it ends.
func (r *rewriter) mentions(name string, runs bool, line int) {
	switch f := r.within(); {
	case f == nil:
	case runs:
		f.run(name, line)
	default:
		f.call(name, line)
	}
}

// within returns the relation of the present function; nil in a package variable's initialiser.
func (r *rewriter) within() *funcRelation {
	if len(r.sites.funcs) == 0 {
		return nil
	}
	return r.relations.byName[r.sites.fn().name]
}

// entered notes a function that the walk has just come into.
func (r *rewriter) entered(n ast.Node) {
	var typ *ast.FuncType
	switch n := n.(type) {
	case *ast.FuncDecl:
		typ = n.Type
	case *ast.FuncLit:
		typ = n.Type
	default:
		return
	}
	name := r.sites.fn().name
	if f := r.sites.funcs; len(f) > 1 && !r.relations.started[n] {
		switch outer := r.relations.byName[f[len(f)-2].name]; {
		case outer == nil:
		case r.relations.run[n]:
			outer.run(name, r.line(n.End()))
		default:
			outer.call(name, r.line(n.End()))
		}
	}
	f := &funcRelation{name: name, from: r.line(n.Pos()), to: r.line(n.End()), loops: r.loops(n), deferred: r.deferred(n), waiting: r.waitingLoops(n), parcels: r.parcelsOf(n)}
	for _, field := range typ.Params.List {
		for _, id := range field.Names {
			if obj := r.Info.Defs[id]; obj != nil && r.carries(id) {
				f.params = append(f.params, r.objectID(obj))
			}
		}
	}
	r.relations.byName[name] = f
	r.relations.funcs = append(r.relations.funcs, f)
}

// deferred returns the lines of the defer statements of a function.
func (r *rewriter) deferred(fn ast.Node) (out [][2]int) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			out = append(out, [2]int{r.line(n.Pos()), r.line(n.End())})
		case *ast.FuncLit:
			return n == fn
		}
		return true
	})
	return out
}

// loops returns the lines of the outermost loops of a function.
func (r *rewriter) loops(fn ast.Node) (out [][2]int) {
	gone := map[string]bool{} // labels that a goto goes to
	ast.Inspect(fn, func(n ast.Node) bool {
		if b, ok := n.(*ast.BranchStmt); ok && b.Tok == token.GOTO {
			gone[b.Label.Name] = true
		}
		return true
	})
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			out = append(out, [2]int{r.line(n.Pos()), r.line(n.End())})
			return false
		case *ast.FuncLit:
			return n == fn
		case *ast.LabeledStmt:
			if gone[n.Label.Name] { // it may come back
				out = append(out, [2]int{r.line(n.Pos()), r.line(fn.End())})
			}
		}
		return true
	})
	return out
}

// runtimeName returns what the runtime calls a function.
func (r *rewriter) runtimeName(fn *types.Func) string {
	name := fn.Name()
	if fn.Signature().TypeParams().Len() > 0 {
		name += "[...]"
	}
	if recv := fn.Signature().Recv(); recv != nil {
		t := types.Unalias(recv.Type())
		_, star := t.(*types.Pointer)
		of := "?"
		if named, ok := types.Unalias(deref(t)).(*types.Named); ok {
			of = named.Obj().Name()
			if named.TypeParams().Len() > 0 {
				of += "[...]"
			}
		}
		if star {
			of = "(*" + of + ")"
		}
		name = of + "." + name
	}
	if fn.Pkg() != r.Pkg {
		return fn.Pkg().Path() + "." + name
	}
	return r.PkgPath + "." + name
}

// write declares the relations.
func (s *relations) write(b *strings.Builder, perturb, prefix, file string) {
	fmt.Fprintf(b, "\nvar %sFlows = [...]uint64{", prefix)
	for _, f := range s.flows {
		fmt.Fprintf(b, "%#x, %#x, ", f[0], f[1])
	}
	fmt.Fprintf(b, "}\n\nvar %sFuncs = [...]%s.Function{\n", prefix, perturb)
	for _, f := range s.funcs {
		fmt.Fprintf(b, "\t{Name: %q, From: %d, To: %d", f.name, f.from, f.to)
		if len(f.params) > 0 {
			fmt.Fprintf(b, ", Params: %#v", f.params)
		}
		if len(f.runs) > 0 {
			fmt.Fprintf(b, ", Runs: []string{\"%s\"}, RunsUntil: %s", strings.Join(f.runs, `", "`), lines(f.runsUntil))
		}
		if len(f.calls) > 0 {
			fmt.Fprintf(b, ", Calls: []string{\"%s\"}, Until: %s", strings.Join(f.calls, `", "`), lines(f.until))
		}
		writeLoops(b, perturb, f.waiting)
		writeParcels(b, perturb, f.parcels)
		if len(f.cancels) > 0 {
			fmt.Fprintf(b, ", Cancels: %s, Cancelled: %s", lines(f.cancels), lines(f.cancelled))
		}
		if len(f.loops) > 0 {
			fmt.Fprintf(b, ", Rounds: %s", pairs(f.loops))
		}
		if len(f.deferred) > 0 {
			fmt.Fprintf(b, ", Deferred: %s", pairs(f.deferred))
		}
		b.WriteString("},\n")
	}
	fmt.Fprintf(b, "}\n\nvar _ = %s.Related(%q, %sFlows[:], %sFuncs[:])\n", perturb, file, prefix, prefix)
}

// lines and pairs return lists of lines as Go has them.
func lines(list []int) string {
	return "[]int32{" + strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ", ") + "}"
}

func pairs(list [][2]int) string {
	var flat []int
	for _, p := range list {
		flat = append(flat, p[0], p[1])
	}
	return lines(flat)
}
