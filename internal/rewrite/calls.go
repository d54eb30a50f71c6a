package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// An operation is a function or method of the standard library that package perturb stands in for.
type operation struct {
	name      string   // of perturb's function
	op        trace.Op // what it does; OpNone for what is no step of its own
	kind      trace.Kind
	what      string // for people
	other     string // the method that an interface must have besides, to be called through it
	wraps     bool   // its receiver or first argument only passes through perturb
	testhook  bool   // is package testhook's, and takes no site
	looks     bool   // is no sync point: it has the signature of the original, and takes no site
	starts    bool   // starts its last argument, a function, in a goroutine
	elsewhere bool   // see trace.Site
}

// methods by type and name.
var methods = map[string]map[string]operation{
	"sync.Mutex": {
		"Lock": {name: "MutexLock", op: trace.OpLock, what: "lock"}, "TryLock": {name: "MutexTryLock", op: trace.OpTryLock, what: "try lock"},
		"Unlock": {name: "MutexUnlock", op: trace.OpUnlock, what: "unlock"},
	},
	"sync.RWMutex": {
		"Lock": {name: "RWMutexLock", op: trace.OpLock, what: "lock"}, "TryLock": {name: "RWMutexTryLock", op: trace.OpTryLock, what: "try lock"},
		"Unlock": {name: "RWMutexUnlock", op: trace.OpUnlock, what: "unlock"},
		"RLock":  {name: "RWMutexRLock", op: trace.OpRLock, what: "read lock"}, "TryRLock": {name: "RWMutexTryRLock", op: trace.OpTryRLock, what: "try read lock"},
		"RUnlock": {name: "RWMutexRUnlock", op: trace.OpRUnlock, what: "read unlock"},
	},
	"sync.WaitGroup": {
		"Add": {name: "WaitGroupAdd", op: trace.OpAdd, what: "wait group add"}, "Done": {name: "WaitGroupDone", op: trace.OpDone, what: "wait group done"},
		"Wait": {name: "WaitGroupWait", op: trace.OpWait, what: "wait group wait"}, "Go": {name: "WaitGroupGo", op: trace.OpGo, what: "go", starts: true},
	},
	"sync.Pool": {"Get": {name: "PoolGet", op: trace.OpGet, what: "pool"}, "Put": {name: "PoolPut", op: trace.OpPut, what: "pool"}},
	"sync.Once": {"Do": {name: "OnceDo", op: trace.OpOnce, what: "once"}},
	"sync.Cond": {
		"Wait": {name: "CondWait", op: trace.OpCondWait, what: "cond wait"}, "Signal": {name: "CondSignal", op: trace.OpSignal, what: "cond signal"},
		"Broadcast": {name: "CondBroadcast", op: trace.OpBroadcast, what: "cond broadcast"},
	},
	"time.Timer":  {"Stop": {name: "TimerStop", op: trace.OpTimer, what: "timer"}, "Reset": {name: "TimerReset", op: trace.OpTimer, what: "timer"}},
	"time.Ticker": {"Stop": {name: "TickerStop", op: trace.OpTimer, what: "timer"}, "Reset": {name: "TickerReset", op: trace.OpTimer, what: "timer"}},
}

// lockers are the methods that are taken over when they are called through an interface that has both of a pair.
var lockers = map[string]operation{
	"Lock":    {name: "LockerLock", op: trace.OpLock, what: "lock", other: "Unlock"},
	"Unlock":  {name: "LockerUnlock", op: trace.OpUnlock, what: "unlock", other: "Lock"},
	"RLock":   {name: "ReaderRLock", op: trace.OpRLock, what: "read lock", other: "RUnlock"},
	"RUnlock": {name: "ReaderRUnlock", op: trace.OpRUnlock, what: "read unlock", other: "RLock"},
}

// ofContexts are the methods of context.Context.
var ofContexts = map[string]operation{"Err": {name: "ContextErr", op: trace.OpContext, what: "context"}}

// atomic is what comes before an operation of package sync/atomic or sync.Map.
var atomic = operation{name: "Atomic", op: trace.OpAtomic, what: "atomic", wraps: true}

// kinds by type.
var kinds = map[string]trace.Kind{
	"sync.Mutex": trace.Mutex, "sync.RWMutex": trace.RWMutex, "sync.WaitGroup": trace.WaitGroup, "sync.Pool": trace.Pool,
	"sync.Once": trace.Once, "sync.Cond": trace.Cond,
}

// What the language has for channels and goroutines.
var (
	ofSend    = operation{name: "send", op: trace.OpSend, kind: trace.Chan}
	ofReceive = operation{name: "receive", op: trace.OpRecv, kind: trace.Chan}
	ofClose   = operation{name: "close", op: trace.OpClose, kind: trace.Chan}
	ofSelect  = operation{name: "select", op: trace.OpSelect}
	ofGo      = operation{name: "go", op: trace.OpGo}
)

// method returns what stands in for a method of a type, by the names of both.
func method(pkg, typ, name string) operation {
	if pkg == "sync/atomic" || pkg == "sync" && typ == "Map" {
		return atomic
	}
	op := methods[pkg+"."+typ][name]
	op.kind = kinds[pkg+"."+typ]
	return op
}

// functions by package and name.
var functions = map[string]map[string]operation{
	"time": {
		"Sleep": {name: "TimeSleep", op: trace.OpSleep, what: "sleep"}, "After": {name: "TimeAfter", op: trace.OpTimer, what: "timer"},
		"AfterFunc": {name: "TimeAfterFunc", op: trace.OpTimer, what: "timer", starts: true}, "NewTimer": {name: "TimeNewTimer", op: trace.OpTimer, what: "timer"},
		"Tick": {name: "TimeTick", op: trace.OpTimer, what: "timer"}, "NewTicker": {name: "TimeNewTicker", op: trace.OpTimer, what: "timer"},
		"Now": {name: "TimeNow", what: "clock", looks: true}, "Since": {name: "TimeSince", what: "clock", looks: true},
		"Until": {name: "TimeUntil", what: "clock", looks: true},
	},
	"context": {
		"WithCancel": {name: "ContextWithCancel", op: trace.OpCancel, elsewhere: true, what: "context"}, "WithCancelCause": {name: "ContextWithCancelCause", op: trace.OpCancel, elsewhere: true, what: "context"},
		"WithTimeout": {name: "ContextWithTimeout", op: trace.OpCancel, elsewhere: true, what: "context"}, "WithTimeoutCause": {name: "ContextWithTimeoutCause", op: trace.OpCancel, elsewhere: true, what: "context"},
		"WithDeadline": {name: "ContextWithDeadline", op: trace.OpCancel, elsewhere: true, what: "context"}, "WithDeadlineCause": {name: "ContextWithDeadlineCause", op: trace.OpCancel, elsewhere: true, what: "context"},
		"AfterFunc": {name: "ContextAfterFunc", op: trace.OpContext, what: "context", starts: true}, "Cause": {name: "ContextCause", op: trace.OpContext, what: "context"},
	},
	"sync": {
		"OnceFunc": {name: "OnceFunc", op: trace.OpOnce, elsewhere: true, what: "once"}, "OnceValue": {name: "OnceValue", op: trace.OpOnce, elsewhere: true, what: "once"}, "OnceValues": {name: "OnceValues", op: trace.OpOnce, elsewhere: true, what: "once"},
	},
	"iter": {"Pull": {name: "IterPull", what: "coroutine"}, "Pull2": {name: "IterPull2", what: "coroutine"}},
	"runtime": {
		"Gosched": {name: "RuntimeGosched", op: trace.OpYield, what: "yield"}, "GC": {name: "RuntimeGC", what: "garbage collection", looks: true},
		"Stack": {name: "RuntimeStack", what: "stack", looks: true}, "SetFinalizer": {name: "RuntimeSetFinalizer", what: "finalizer", looks: true},
		"AddCleanup": {name: "RuntimeAddCleanup", what: "finalizer", looks: true},
	},
	"runtime/debug": {
		"Stack": {name: "DebugStack", what: "stack", looks: true}, "PrintStack": {name: "DebugPrintStack", what: "stack", looks: true},
	},
	"testing/synctest": {
		"Test": {name: "BubbleTest", what: "bubble", testhook: true}, "Wait": {name: "BubbleWait", what: "bubble", testhook: true},
		"Sleep": {name: "BubbleSleep", what: "bubble", testhook: true},
	},
}

// A target is what a call or a value refers to, if package perturb stands in for it.
type target struct {
	operation
	sig  *types.Signature
	recv ast.Expr       // of a method
	take string         // what turns recv into a pointer to the object: "&" before it
	path string         // and this behind it
	in   *types.Var     // the embedded field that path ends with; nil for none
	typ  ast.Expr       // whose method it is, for a method expression
	pkg  *types.PkgName // of a function that is named by its package
	fn   string         // its name
}

// isOfInterface reports whether it is a method of an interface.
func (t *target) isOfInterface() bool {
	return t.sig.Recv() != nil && types.IsInterface(t.sig.Recv().Type())
}

// operand returns the receiver as the source has it, for people.
func (t *target) operand(r *rewriter) string { return r.text(t.recv) + t.path }

// variable identifies the object that a method is called on.
func (t *target) variable(r *rewriter) uint64 {
	if t.in != nil {
		return r.objectID(t.in)
	}
	return r.variable(t.recv)
}

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
		switch sel := r.Info.Selections[fun]; {
		case sel == nil:
		case sel.Kind() == types.MethodVal:
			return r.findMethod(fun, sel)
		case sel.Kind() == types.MethodExpr:
			return r.findMethodExpr(fun, sel)
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
	return &target{operation: op, sig: fn.Signature(), pkg: pkg, fn: fn.Name()}
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
	op := methodOf(recv, fn)
	if op.name == "" {
		return nil
	}
	t := &target{operation: op, sig: fn.Signature(), recv: fun.X}
	path, typ, in, ok := r.way(sel.Recv(), sel.Index())
	if !ok {
		r.note(fun, op.what, "the way to the embedded object leads through an unexported field of another package")
		return nil
	}
	if typ == nil {
		return nil // promoted through an interface: the object is known at run time only
	}
	t.path, t.in = path, in
	if types.IsInterface(recv) {
		if op.other != "" && !hasPair(typ, fn.Name(), op.other) {
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

// methodOf returns what stands in for fn, a method that is declared with receiver recv.
func methodOf(recv types.Type, fn *types.Func) operation {
	if isNamed(recv, "context", "Context") {
		return ofContexts[fn.Name()]
	}
	if types.IsInterface(recv) {
		return lockers[fn.Name()]
	}
	if named, ok := types.Unalias(deref(recv)).(*types.Named); ok && named.Obj().Pkg() != nil {
		return method(named.Obj().Pkg().Path(), named.Obj().Name(), fn.Name())
	}
	return operation{}
}

// findMethodExpr returns what (*sync.Mutex).Lock and its like refer to.
func (r *rewriter) findMethodExpr(fun *ast.SelectorExpr, sel *types.Selection) *target {
	fn := sel.Obj().(*types.Func)
	op := methodOf(fn.Signature().Recv().Type(), fn)
	switch {
	case op.name == "" || op.other != "" && !hasPair(sel.Recv(), fn.Name(), op.other):
		return nil
	case len(sel.Index()) > 1 && !op.wraps:
		r.note(fun, op.what, "it is a method expression of a type that embeds the object")
		return nil
	}
	return &target{operation: op, sig: fn.Signature(), typ: fun.X}
}

// way spells out the way to the embedded object that index, of a method of typ, leads to, and returns the object's type and
// the field that it is in, nil for none. It reports false if the way is not open to this package.
func (r *rewriter) way(typ types.Type, index []int) (path string, to types.Type, in *types.Var, ok bool) {
	for _, i := range index[:len(index)-1] {
		st, ok := deref(typ).Underlying().(*types.Struct)
		if !ok {
			return "", nil, nil, true
		}
		in = st.Field(i)
		if !in.Exported() && in.Pkg() != r.Pkg {
			return "", nil, nil, false
		}
		path += "." + in.Name()
		typ = in.Type()
	}
	return path, typ, in, true
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// hasPair reports whether t is an interface that has two methods, without parameters and results.
func hasPair(t types.Type, one, other string) bool {
	i, ok := t.Underlying().(*types.Interface)
	_, isParam := types.Unalias(t).(*types.TypeParam)
	if !ok || !isParam && !i.IsMethodSet() {
		return false
	}
	for _, name := range []string{one, other} {
		obj, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		fn, ok := obj.(*types.Func)
		if !ok || fn.Signature().Params().Len() != 0 || fn.Signature().Results().Len() != 0 {
			return false
		}
	}
	return true
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
	isTuple := len(n.Args) == 1 && r.isTuple(n.Args[0])
	switch {
	case isTuple && t.testhook:
		r.note(n, t.what, "its arguments are the results of one call")
		return
	case isTuple || t.typ != nil:
		r.value(n.Fun)
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
	if t.testhook {
		r.count(t.what)
		if len(n.Args) == 0 && t.recv != nil { // no comma behind the receiver
			end := r.at(t.recv.End())
			r.replace(end, r.at(n.Lparen)+1, t.path+r.lines(end, r.at(n.Lparen)+1))
		}
		r.usesTesthook = true
		return
	}
	o := r.releaseOf(r.operandOf(n, t), t, n)
	site := ""
	if t.starts {
		site = r.sites.starts(n.Pos(), o, r.starts(n.Args[len(n.Args)-1]))
	} else {
		site = r.sites.add(n.Pos(), o)
	}
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
	r.usesPerturb, r.printsStacks = true, r.printsStacks || t.what == "stack"
}

// wrap puts the sync point of an atomic operation behind everything that its operands call: n.Add(1) is
// Atomic(&n, site).Add(1), and n.Store(f()) is n.Store(AtomicLast(f(), site)). Where it needs one after it too, that is
// Changed(Atomic(&n, site).Add(1), site), and Atomic(&n, site).Store(1); Stored(site).
func (r *rewriter) wrap(n *ast.CallExpr, t *target) {
	r.count(t.what)
	if arg := r.lastCalling(n.Args); arg != nil && !(t.recv == nil && arg == n.Args[0]) {
		site := r.sites.add(n.Pos(), r.release(r.atomicOperand(n, t), n))
		typ, _ := r.conversion(arg)
		if typ != "" {
			typ = "[" + typ + "]"
		}
		r.before(r.at(arg.Pos()), r.names.perturb+".AtomicLast"+typ+"(")
		r.after(r.at(arg.End()), ", "+site+")")
		r.afterAtomic(n, t, site)
		return
	}
	fn := r.names.perturb + "." + t.name + "("
	site := r.sites.add(n.Pos(), r.release(r.atomicOperand(n, t), n))
	if t.recv == nil {
		r.before(r.at(n.Args[0].Pos()), fn)
		r.after(r.at(n.Args[0].End()), ", "+site+")")
	} else {
		r.before(r.at(t.recv.Pos()), fn+t.take)
		r.after(r.at(t.recv.End()), t.path+", "+site+")")
	}
	r.afterAtomic(n, t, site)
}

func (r *rewriter) atomicOperand(n *ast.CallExpr, t *target) operand {
	var o operand
	if t.recv != nil {
		o = newOperand(t.operation, t.operand(r), t.variable(r))
	} else {
		o = newOperand(t.operation, strings.TrimPrefix(r.text(n.Args[0]), "&"), r.variable(n.Args[0]))
	}
	name := calledName(n.Fun)
	o.reads = strings.HasPrefix(name, "Load") && !storing(name)
	return o
}

// lastCalling returns the last of args in whose evaluation a function is called or a value received, if its type has a
// name where that is needed.
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
		if _, ok := r.conversion(args[i]); !ok {
			return nil
		}
		return args[i]
	}
	return nil
}

// begin puts perturb's function and the receiver in the place of a call's function and its opening parenthesis.
func (r *rewriter) begin(n *ast.CallExpr, t *target) {
	pkg := r.names.perturb
	if t.testhook {
		pkg = r.names.testhook
	}
	if t.recv == nil {
		r.drop(t)
		name := called(n.Fun)
		from, to := r.at(name.Pos()), r.at(name.End())
		r.replace(from, to, pkg+"."+t.name+r.lines(from, to))
		return
	}
	to := r.at(n.Lparen) + 1
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
		return newOperand(t.operation, t.operand(r), t.variable(r))
	}
	var args []string
	for _, a := range n.Args {
		if _, ok := ast.Unparen(a).(*ast.FuncLit); !ok {
			args = append(args, r.text(a))
		}
	}
	return newOperand(t.operation, strings.Join(args, ", "), 0)
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
