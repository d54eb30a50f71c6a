package perturb

import (
	"reflect"
	"runtime"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/stacks"
)

// RuntimeGosched is runtime.Gosched: others go first.
func RuntimeGosched(s *Site) {
	if t := engine.At(s); t != nil {
		t.Yield(s)
		return
	}
	runtime.Gosched()
}

// RuntimeStack is runtime.Stack. It shows the goroutines of the code under test with the frames that they would have without
// jostle, and none of jostle's.
func RuntimeStack(buf []byte, all bool) int {
	if engine.Native == nil {
		return runtime.Stack(buf, all)
	}
	return copy(buf, engine.Native.Stack(all))
}

// DebugStack is debug.Stack.
func DebugStack() []byte {
	if engine.Native != nil {
		return engine.Native.DebugStack()
	}
	return engine.Dump(false)
}

// DebugPrintStack is debug.PrintStack.
func DebugPrintStack() {
	if engine.Native != nil {
		engine.Native.PrintStack()
		return
	}
	print(string(DebugStack()))
}

// RuntimeGC is runtime.GC. In an execution what the engine has noted keeps nothing alive that the program does not.
func RuntimeGC() {
	if t := engine.Self(); t != nil {
		t.Collect()
		return
	}
	runtime.GC()
}

// RuntimeSetFinalizer is runtime.SetFinalizer. In an execution finalizers run when it calls runtime.GC or nothing else can
// run, and as part of it. After it only those run that are functions of the standard library: they free what the process has, a descriptor say,
// and those of other code may meet goroutines that are gone.
func RuntimeSetFinalizer(obj, finalizer any) {
	t := engine.Self()
	f := reflect.ValueOf(finalizer)
	if t == nil || f.Kind() != reflect.Func || f.IsNil() {
		runtime.SetFinalizer(obj, finalizer)
		return
	}
	later := t.Final(ofStandard(f))
	results := make([]reflect.Value, f.Type().NumOut())
	for i := range results {
		results[i] = reflect.Zero(f.Type().Out(i))
	}
	runtime.SetFinalizer(obj, reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
		later(func() { f.Call(args) })
		return results
	}).Interface())
}

// RuntimeAddCleanup is runtime.AddCleanup, see RuntimeSetFinalizer.
func RuntimeAddCleanup[T, S any](ptr *T, cleanup func(S), arg S) runtime.Cleanup {
	t := engine.Self()
	if t == nil {
		return runtime.AddCleanup(ptr, cleanup, arg)
	}
	later := t.Final(ofStandard(reflect.ValueOf(cleanup)))
	return runtime.AddCleanup(ptr, func(arg S) { later(func() { cleanup(arg) }) }, arg)
}

// ofStandard reports whether f is a function of the standard library.
func ofStandard(f reflect.Value) bool {
	fn := runtime.FuncForPC(f.Pointer())
	if fn == nil {
		return false
	}
	file, _ := fn.FileLine(fn.Entry())
	return stacks.InStandard(file)
}
