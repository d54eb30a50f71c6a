package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// An operation is a function or method of the standard library that package perturb stands in for.
type operation struct {
	name    string // of perturb's function
	what    string // for people
	binds   bool   // has neither arguments nor results: its method value can be bound
	locker  bool   // is called through an interface
	wraps   bool   // its receiver or first argument only passes through perturb
	harness bool   // is package harness's, and takes no site
	looks   bool   // is no sync point: it has the signature of the original, and takes no site
}

// methods by type and name.
var methods = map[string]map[string]operation{
	"sync.Mutex": {
		"Lock": {name: "MutexLock", what: "lock", binds: true}, "TryLock": {name: "MutexTryLock", what: "try lock"},
		"Unlock": {name: "MutexUnlock", what: "unlock", binds: true},
	},
	"sync.RWMutex": {
		"Lock": {name: "RWMutexLock", what: "lock", binds: true}, "TryLock": {name: "RWMutexTryLock", what: "try lock"},
		"Unlock": {name: "RWMutexUnlock", what: "unlock", binds: true},
		"RLock":  {name: "RWMutexRLock", what: "read lock", binds: true}, "TryRLock": {name: "RWMutexTryRLock", what: "try read lock"},
		"RUnlock": {name: "RWMutexRUnlock", what: "read unlock", binds: true},
	},
	"sync.WaitGroup": {
		"Add": {name: "WaitGroupAdd", what: "wait group add"}, "Done": {name: "WaitGroupDone", what: "wait group done", binds: true},
		"Wait": {name: "WaitGroupWait", what: "wait group wait", binds: true}, "Go": {name: "WaitGroupGo", what: "go"},
	},
	"sync.Pool": {"Get": {name: "PoolGet", what: "pool"}, "Put": {name: "PoolPut", what: "pool"}},
	"sync.Once": {"Do": {name: "OnceDo", what: "once"}},
	"sync.Cond": {
		"Wait": {name: "CondWait", what: "cond wait", binds: true}, "Signal": {name: "CondSignal", what: "cond signal", binds: true},
		"Broadcast": {name: "CondBroadcast", what: "cond broadcast", binds: true},
	},
	"time.Timer":  {"Stop": {name: "TimerStop", what: "timer"}, "Reset": {name: "TimerReset", what: "timer"}},
	"time.Ticker": {"Stop": {name: "TickerStop", what: "timer"}, "Reset": {name: "TickerReset", what: "timer"}},
}

// lockers are the methods that are taken over when they are called through an interface that has both.
var lockers = map[string]operation{
	"Lock":   {name: "LockerLock", what: "lock", binds: true, locker: true},
	"Unlock": {name: "LockerUnlock", what: "unlock", binds: true, locker: true},
}

// atomic is what comes before an operation of package sync/atomic or sync.Map.
var atomic = operation{name: "Atomic", what: "atomic", wraps: true}

// method returns what stands in for a method of a type, by the names of both.
func method(pkg, typ, name string) operation {
	if pkg == "sync/atomic" || pkg == "sync" && typ == "Map" {
		return atomic
	}
	return methods[pkg+"."+typ][name]
}

// functions by package and name.
var functions = map[string]map[string]operation{
	"time": {
		"Sleep": {name: "TimeSleep", what: "sleep"}, "After": {name: "TimeAfter", what: "timer"},
		"AfterFunc": {name: "TimeAfterFunc", what: "timer"}, "NewTimer": {name: "TimeNewTimer", what: "timer"},
		"Tick": {name: "TimeTick", what: "timer"}, "NewTicker": {name: "TimeNewTicker", what: "timer"},
		"Now": {name: "TimeNow", what: "clock", looks: true}, "Since": {name: "TimeSince", what: "clock", looks: true},
		"Until": {name: "TimeUntil", what: "clock", looks: true},
	},
	"context": {
		"WithCancel": {name: "ContextWithCancel", what: "context"}, "WithCancelCause": {name: "ContextWithCancelCause", what: "context"},
		"WithTimeout": {name: "ContextWithTimeout", what: "context"}, "WithTimeoutCause": {name: "ContextWithTimeoutCause", what: "context"},
		"WithDeadline": {name: "ContextWithDeadline", what: "context"}, "WithDeadlineCause": {name: "ContextWithDeadlineCause", what: "context"},
		"AfterFunc": {name: "ContextAfterFunc", what: "context"},
	},
	"sync": {
		"OnceFunc": {name: "OnceFunc", what: "once"}, "OnceValue": {name: "OnceValue", what: "once"}, "OnceValues": {name: "OnceValues", what: "once"},
	},
	"iter": {"Pull": {name: "IterPull", what: "coroutine"}, "Pull2": {name: "IterPull2", what: "coroutine"}},
	"runtime": {
		"Gosched": {name: "RuntimeGosched", what: "yield"}, "GC": {name: "RuntimeGC", what: "garbage collection", looks: true},
		"Stack": {name: "RuntimeStack", what: "stack", looks: true},
	},
	"runtime/debug": {
		"Stack": {name: "DebugStack", what: "stack", looks: true}, "PrintStack": {name: "DebugPrintStack", what: "stack", looks: true},
	},
}

// A target is what a call or a method value refers to, if package perturb stands in for it.
type target struct {
	operation
	recv ast.Expr       // of a method
	take string         // what turns recv into a pointer to the object: "&" before it
	path string         // and this behind it
	pkg  *types.PkgName // of a function that is named by its package
	fn   string         // its name
}

// operand returns the receiver as the source has it, for people.
func (t *target) operand(r *rewriter) string { return r.text(t.recv) + t.path }

// called returns the name of what fun calls: without parentheses and type arguments.
func called(fun ast.Expr) ast.Expr {
	switch x := ast.Unparen(fun).(type) {
	case *ast.IndexExpr:
		return ast.Unparen(x.X)
	case *ast.IndexListExpr:
		return ast.Unparen(x.X)
	default:
		return x
	}
}

// find returns what fun, a function or method, refers to, or nil if it is none of ours. It notes what it must leave.
func (r *rewriter) find(fun ast.Expr) *target {
	switch fun := called(fun).(type) {
	case *ast.Ident:
		return r.findFunction(fun, nil)
	case *ast.SelectorExpr:
		if id, ok := fun.X.(*ast.Ident); ok {
			if pkg, ok := r.Info.Uses[id].(*types.PkgName); ok {
				return r.findFunction(fun.Sel, pkg)
			}
		}
		if sel := r.Info.Selections[fun]; sel != nil && sel.Kind() == types.MethodVal {
			return r.findMethod(fun, sel)
		}
	}
	return nil
}

func (r *rewriter) findFunction(id *ast.Ident, pkg *types.PkgName) *target {
	fn, ok := r.Info.Uses[id].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return nil
	}
	op, ok := functions[fn.Pkg().Path()][fn.Name()]
	if fn.Pkg().Path() == "sync/atomic" {
		op, ok = atomic, true
	}
	if !ok {
		return nil
	}
	if pkg == nil { // by a dot import
		pkg = r.dotImport(fn.Pkg())
	}
	return &target{operation: op, pkg: pkg, fn: fn.Name()}
}

func (r *rewriter) dotImport(of *types.Package) *types.PkgName {
	for _, spec := range r.File.Imports {
		if p := r.pkgName(spec); p != nil && p.Name() == "." && p.Imported() == of {
			return p
		}
	}
	return nil
}

func (r *rewriter) findMethod(fun *ast.SelectorExpr, sel *types.Selection) *target {
	fn := sel.Obj().(*types.Func)
	if t := r.findOfTests(fun, sel); t != nil {
		return t
	}
	recv := fn.Signature().Recv().Type()
	var op operation
	isInterface := types.IsInterface(recv)
	if isInterface {
		op = lockers[fn.Name()]
	} else if named, ok := types.Unalias(deref(recv)).(*types.Named); ok && named.Obj().Pkg() != nil {
		op = method(named.Obj().Pkg().Path(), named.Obj().Name(), fn.Name())
	}
	if op.name == "" {
		return nil
	}
	t := &target{operation: op, recv: fun.X}
	typ := sel.Recv()
	if _, ok := types.Unalias(typ).(*types.TypeParam); ok {
		if !isInterface {
			r.note(fun, op.what, "the receiver is a type parameter")
		}
		return nil
	}
	// The way to an embedded object, spelled out.
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		st, ok := deref(typ).Underlying().(*types.Struct)
		if !ok {
			return nil // promoted through an interface: the object is known at run time only
		}
		f := st.Field(i)
		if !f.Exported() && f.Pkg() != r.Pkg {
			r.note(fun, op.what, "the way to the embedded object leads through an unexported field of another package")
			return nil
		}
		t.path += "." + f.Name()
		typ = f.Type()
	}
	if isInterface {
		if !isLocker(typ) {
			return nil
		}
		return t
	}
	if _, ok := types.Unalias(typ).(*types.Pointer); !ok {
		if named, ok := types.Unalias(typ).(*types.Named); !ok || named.Obj() != types.Unalias(deref(recv)).(*types.Named).Obj() {
			return nil
		}
		t.take = "&"
	}
	return t
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// isLocker reports whether a value of type t can be used as a sync.Locker.
func isLocker(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	if !ok || !i.IsMethodSet() {
		return false
	}
	for _, name := range []string{"Lock", "Unlock"} {
		obj, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		fn, ok := obj.(*types.Func)
		if !ok || fn.Signature().Params().Len() != 0 || fn.Signature().Results().Len() != 0 {
			return false
		}
	}
	return true
}

// isSyncLocker reports whether e is a sync.Locker by name.
func (r *rewriter) isSyncLocker(e ast.Expr) bool {
	named, ok := types.Unalias(r.Info.TypeOf(e)).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "sync" && named.Obj().Name() == "Locker"
}

// call rewrites a call of something that perturb stands in for.
func (r *rewriter) call(n *ast.CallExpr) {
	if r.isBuiltin(n.Fun, "close") && len(n.Args) == 1 {
		r.closes(n)
		return
	}
	t := r.find(n.Fun)
	if t == nil {
		return
	}
	if t.looks {
		r.look(n.Fun, t)
		return
	}
	if len(n.Args) == 1 && r.isTuple(n.Args[0]) {
		r.note(n, t.what, "its arguments are the results of one call")
		return
	}
	if t.wraps {
		if t.recv == nil && r.Info.Types[n.Args[0]].IsNil() {
			return
		}
		r.wrap(n, t)
		return
	}
	r.begin(n, t)
	if t.harness {
		if len(n.Args) == 0 { // no comma behind the receiver
			end := r.at(t.recv.End())
			r.replace(end, r.at(n.Lparen)+1, t.path+r.lines(end, r.at(n.Lparen)+1))
		}
		r.usesHarness = true
		return
	}
	site := r.sites.add(n.Pos(), r.operandOf(n, t))
	if len(n.Args) > 0 {
		r.after(r.at(n.Args[len(n.Args)-1].End()), ", "+site)
	} else {
		r.after(r.at(n.Rparen), site)
	}
	r.count(t.what)
}

// look puts perturb's function in the place of one that is called or used as a value.
func (r *rewriter) look(fun ast.Expr, t *target) {
	r.drop(t)
	name := called(fun)
	from, to := r.at(name.Pos()), r.at(name.End())
	r.replace(from, to, r.names.perturb+"."+t.name+r.lines(from, to))
	r.usesPerturb = true
}

// wrap puts the sync point of an atomic operation behind everything that its operands call: n.Add(1) is
// Atomic(&n, site).Add(1), and n.Store(f()) is n.Store(AtomicLast(f(), site)).
func (r *rewriter) wrap(n *ast.CallExpr, t *target) {
	r.count(t.what)
	if arg := r.lastCalling(n.Args); arg != nil && !(t.recv == nil && arg == n.Args[0]) {
		site := r.sites.add(n.Pos(), r.atomicOperand(n, t))
		r.before(r.at(arg.Pos()), r.names.perturb+".AtomicLast(")
		r.after(r.at(arg.End()), ", "+site+")")
		return
	}
	fn := r.names.perturb + "." + t.name + "("
	site := r.sites.add(n.Pos(), r.atomicOperand(n, t))
	if t.recv == nil {
		r.before(r.at(n.Args[0].Pos()), fn)
		r.after(r.at(n.Args[0].End()), ", "+site+")")
		return
	}
	r.before(r.at(t.recv.Pos()), fn+t.take)
	r.after(r.at(t.recv.End()), t.path+", "+site+")")
}

func (r *rewriter) atomicOperand(n *ast.CallExpr, t *target) operand {
	if t.recv != nil {
		return newOperand(t.name, t.operand(r), r.variable(t.recv))
	}
	return newOperand(t.name, strings.TrimPrefix(r.text(n.Args[0]), "&"), r.variable(n.Args[0]))
}

// lastCalling returns the last of args in whose evaluation a function is called or a value received, if it has a type of
// its own.
func (r *rewriter) lastCalling(args []ast.Expr) ast.Expr {
	for i := len(args) - 1; i >= 0; i-- {
		calls := false
		ast.Inspect(args[i], func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CallExpr:
				calls = calls || !r.Info.Types[n.Fun].IsType()
			case *ast.UnaryExpr:
				calls = calls || n.Op == token.ARROW
			}
			return true
		})
		if !calls || r.Info.Types[args[i]].Value != nil {
			continue
		}
		if b, ok := ast.Unparen(args[i]).(*ast.BinaryExpr); ok && (b.Op == token.SHL || b.Op == token.SHR) {
			return nil
		}
		return args[i]
	}
	return nil
}

// begin puts perturb's function and the receiver in the place of a call's function and its opening parenthesis.
func (r *rewriter) begin(n *ast.CallExpr, t *target) {
	if t.recv == nil {
		r.drop(t)
		name := called(n.Fun)
		from, to := r.at(name.Pos()), r.at(name.End())
		r.replace(from, to, r.names.perturb+"."+t.name+r.lines(from, to))
		return
	}
	to := r.at(n.Lparen) + 1
	pkg := r.names.perturb
	if t.harness {
		pkg = r.names.harness
	}
	r.before(r.at(t.recv.Pos()), pkg+"."+t.name+"("+t.take)
	end := r.at(t.recv.End())
	// Parentheses around the method expression itself go.
	if at := r.at(n.Fun.Pos()); at < r.at(t.recv.Pos()) {
		r.replace(at, r.at(t.recv.Pos()), r.lines(at, r.at(t.recv.Pos())))
	}
	r.replace(end, to, t.path+", "+r.lines(end, to))
}

// drop notes that a use of an import is no longer in the text.
func (r *rewriter) drop(t *target) {
	if t.pkg != nil {
		r.dropped[t.pkg] = append(r.dropped[t.pkg], t.fn)
	}
}

// operandOf returns what a report is to say of a call.
func (r *rewriter) operandOf(n *ast.CallExpr, t *target) operand {
	if t.recv != nil {
		return newOperand(t.name, t.operand(r), r.variable(t.recv))
	}
	var args []string
	for _, a := range n.Args {
		if _, ok := ast.Unparen(a).(*ast.FuncLit); !ok {
			args = append(args, r.text(a))
		}
	}
	return newOperand(t.name, strings.Join(args, ", "), 0)
}

// methodValue rewrites a method that is not called but used as a value: t.Cleanup(mu.Unlock).
func (r *rewriter) methodValue(n *ast.SelectorExpr) {
	t := r.find(n)
	if t == nil || t.harness {
		return
	}
	if t.looks {
		r.look(n, t)
		return
	}
	if t.recv == nil || !t.binds || t.locker && !r.isSyncLocker(n.X) {
		r.note(n, t.what, "it is used as a value")
		return
	}
	site := r.sites.add(n.Pos(), newOperand(t.name, t.operand(r), r.variable(t.recv)))
	p := r.names.perturb
	fn := p + "." + t.name
	r.before(r.at(n.X.Pos()), p+".Bind("+fn+", "+t.take)
	r.replace(r.at(n.X.End()), r.at(n.End()), t.path+", "+r.lines(r.at(n.X.End()), r.at(n.End()))+site+")")
	r.count(t.what)
}

func (r *rewriter) count(what string) { r.out.Points[what]++ }

func (r *rewriter) isBuiltin(fun ast.Expr, name string) bool {
	id, ok := ast.Unparen(fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := r.Info.Uses[id].(*types.Builtin)
	return ok && (name == "" || b.Name() == name)
}

func (r *rewriter) isTuple(e ast.Expr) bool {
	_, ok := r.Info.TypeOf(e).(*types.Tuple)
	return ok
}
