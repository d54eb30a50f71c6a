package perturb

import (
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
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
func RuntimeStack(buf []byte, all bool) int { return copy(buf, engine.NativeStacks(all)) }

// DebugStack is debug.Stack.
func DebugStack() []byte {
	stack := engine.NativeStacks(false)
	own, _, _ := strings.Cut(string(debug.Stack()), "DebugStack(")
	_, own, _ = strings.Cut(own[:strings.LastIndexByte(own, '\n')], "\n") // its frame, which native code shows first
	header, frames, _ := strings.Cut(stack, "\n")
	return []byte(header + "\n" + own + "\n" + frames + "\n")
}

// DebugPrintStack is debug.PrintStack.
func DebugPrintStack() { _, _ = os.Stderr.Write(DebugStack()) }

// RuntimeGC is runtime.GC. In an execution what the engine has noted keeps nothing alive that the program does not.
func RuntimeGC() {
	if t := engine.Self(); t != nil {
		t.Collect()
		return
	}
	runtime.GC()
}

// RuntimeSetFinalizer is runtime.SetFinalizer. In an execution finalizers run when it calls runtime.GC or nothing else can
// run, and as part of it.
func RuntimeSetFinalizer(obj, finalizer any) {
	t := engine.Self()
	f := reflect.ValueOf(finalizer)
	if t == nil || f.Kind() != reflect.Func || f.IsNil() {
		runtime.SetFinalizer(obj, finalizer)
		return
	}
	later := t.Final()
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
	later := t.Final()
	return runtime.AddCleanup(ptr, func(arg S) { later(func() { cleanup(arg) }) }, arg)
}
