package harness

import (
	"reflect"
	"runtime"
	"testing"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/input"
	"github.com/jostle-dev/jostle/internal/literal"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/worker"
)

// Fuzz makes f, a native fuzz target, search the schedules of body. The fuzzer's bytes hold an In and a schedule.
//
// In may be a number, a bool, a string, or structs, pointers, slices, arrays and maps of these. Fields of another type, and those
// that are not exported, stay zero. Fields are filled in their order, from the end of the bytes, and stay zero when there are no more.
// In takes half of the bytes at most, so that a schedule is left whatever In is. If In is struct{}, all bytes are schedule. The empty
// input, the plain run with a zero In, is always part of the seed corpus.
//
// Each input is one execution: body runs with its goroutines under that schedule, on a clock of its own. The input fails the target
// if the execution deadlocks, leaks a goroutine or panics, or if body fails its T. The failure's text is the report, with In as a Go
// literal. Go's fuzzer writes the input to testdata/fuzz, from where it runs the same way every time.
//
// Before a fuzzer starts, up to 300 executions, for 2 s at most, are steered into hangs that the plain run and the target's corpus
// predict, as in the command jostle test. Their schedules become inputs that the fuzzer runs first: under go test -fuzz they are in
// its cache (go clean -fuzzcache), under libFuzzer they come from the mutator. So the fuzzer minimises and writes what they find like
// any other finding. Without -fuzz there is no search: go test runs the seed corpus and nothing else.
//
// Of the inputs that Go's fuzzer makes, every other one names a random execution, as the command jostle test has them for a body with that
// In, in the place of a schedule. What such an execution has come to, something new or a finding, is kept as a schedule like all others.
//
// Like (*testing.F).Fuzz, it must be called last in a fuzz target, once. It is not for targets that run in parallel: there is one
// execution at a time in a process. Where nothing is rewritten, the target is skipped; with -fuzz it fails.
//
// In a binary that jostle libfuzzer has built, the inputs are those of libFuzzer, byte for byte the same, and a finding ends
// the process. There the wanted finding, see Want, is one like any other.
func Fuzz[In any](f *testing.F, body func(t T, in In), options ...Option) {
	f.Helper()
	worker.This.Fuzz(f, target[In](body), configure(options))
}

// A target is the body of a fuzz target, whose bytes are those of package input.
type target[In any] func(T, In)

func (b target[In]) Body(data []byte) (body func(testing.TB), schedule, taken []byte) {
	var in In
	schedule, taken = input.Split(data, &in)
	return func(t testing.TB) { b(t, in) }, schedule, taken
}

func (b target[In]) Join(schedule, taken []byte) []byte {
	return input.Join(schedule, taken, reflect.TypeFor[In]())
}

func (b target[In]) Literal(data []byte) string {
	var in In // a new one: the body may have changed what it was given
	if input.Empty(reflect.TypeFor[In]()) {
		return ""
	}
	input.Split(data, &in)
	return literal.Of(in, packageOf(b.Entry()), inputWidth)
}

func (b target[In]) Entry() uintptr { return reflect.ValueOf(b).Pointer() }

func (b target[In]) ShowOrders(o *trace.Orders) { showOrders(o) }

const inputWidth = 68 // of a Go literal in a report

// packageOf returns the import path of the package of a function.
func packageOf(entry uintptr) string { return goroutines.PackageOf(runtime.FuncForPC(entry).Name()) }
