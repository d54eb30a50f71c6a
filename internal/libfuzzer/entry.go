//go:build libfuzzer

// Package libfuzzer runs a fuzz target of a test binary under libFuzzer.
//
// The binary is one that go test builds, with everything in it, as an archive for C (-buildmode=c-archive) and linked with
// libFuzzer, whose main function calls LLVMFuzzerTestOneInput. The first call begins what would have been the main function: package
// testing runs the one target that the binary is named after, which gets the *testing.F that it gets elsewhere, and comes
// to Serve.
package libfuzzer

// #include <stddef.h>
// #include <stdint.h>
// #include <stdlib.h>
//
// // Other engines than libFuzzer may have no such function, and call no mutator of ours.
// size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize) __attribute__((weak));
import "C"

import (
	"flag"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// Enabled reports whether this is a binary for libFuzzer.
const Enabled = true

//go:linkname testMain main.main
func testMain()

// The main package that go test writes has all targets in this variable.
//
//go:linkname targets main.fuzzTargets
var targets []testing.InternalFuzzTarget

var (
	inputs = make(chan []byte)
	done   = make(chan struct{})
	asks   = make(chan struct{})
	seeds  = make(chan [][]byte)
)

//export LLVMFuzzerTestOneInput
func LLVMFuzzerTestOneInput(data *C.char, size C.size_t) C.int {
	begin()
	// The bytes are the fuzzer's, and gone with the call; what an execution leaves behind may outlive it.
	inputs <- C.GoBytes(unsafe.Pointer(data), C.int(size))
	<-done
	return 0
}

// LLVMFuzzerCustomMutator returns each input that the target proposes once, in the place of the input that is to be changed, and after
// that what the fuzzer itself makes of the input. A fuzzer that only runs given inputs does not call it.
//
//export LLVMFuzzerCustomMutator
func LLVMFuzzerCustomMutator(data *C.uint8_t, size, maxSize C.size_t, _ C.uint) C.size_t {
	for more := proposed(); len(*more) > 0; {
		seed := (*more)[0]
		*more = (*more)[1:]
		if len(seed) > 0 && len(seed) <= int(maxSize) {
			return C.size_t(copy(unsafe.Slice((*byte)(data), int(maxSize)), seed))
		}
	}
	return C.LLVMFuzzerMutate(data, size, min(maxSize, max(size, C.size_t(lengths.next()))))
}

// A growth is how long the fuzzer makes inputs: short ones come first. libFuzzer does so by itself (-len_control), and no longer if there is a
// mutator.
type growth struct{ length, calls int }

var lengths = growth{length: 4}

// callsEach is libFuzzer's 100 executions for each bit of the length, of about five mutations each.
const callsEach = 500

func (g *growth) next() int {
	bits := bits.Len(uint(g.length))
	if g.calls++; g.calls > callsEach*bits {
		g.length, g.calls = g.length+bits, 0
	}
	return g.length
}

var proposed = sync.OnceValue(func() *[][]byte {
	begin()
	asks <- struct{}{}
	all := <-seeds
	return &all
})

var begin = sync.OnceFunc(func() {
	name, err := target(os.Args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, "jostle:", err)
		os.Exit(2)
	}
	// The fuzzer's own arguments mean nothing to package testing. With -test.v a target that skips itself says so.
	os.Args = []string{os.Args[0], "-test.v", "-test.run=^" + name + "$"}
	go func() {
		testMain()
		fmt.Fprintf(os.Stderr, "jostle: %s has ended and never called harness.Fuzz\n", name)
		os.Exit(2)
	}()
})

// target returns the target that a binary is named after: FuzzX, or any prefix before it, where the binaries of many packages lie
// in one directory.
func target(binary string) (string, error) {
	base := filepath.Base(binary)
	best := ""
	var names []string
	for _, t := range targets {
		names = append(names, t.Name)
		if strings.HasSuffix(base, t.Name) && len(t.Name) > len(best) {
			best = t.Name
		}
	}
	if best == "" {
		return "", fmt.Errorf("%s must be named after the target that it runs: %s", base, strings.Join(names, ", "))
	}
	return best, nil
}

// Serve calls run with one input of the fuzzer after the other, each time with a T of its own, which ends with the input. Before
// the fuzzer changes an input for the first time it calls propose for inputs to be run first. It does not return.
func Serve(target string, run func(t *testing.T, data []byte), propose func() [][]byte) {
	flag.Set("test.v", "false")
	for {
		select {
		case data := <-inputs:
			testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{
				{Name: target, F: func(t *testing.T) { run(t, data) }},
			})
			done <- struct{}{}
		case <-asks:
			seeds <- propose()
		}
	}
}

// Crash ends the process as the fuzzer expects it of an input that finds something: the fuzzer keeps the input. The
// report is for people, and trace, which comes last, for programs that group crashes by their stacks.
func Crash(report, trace string) {
	fmt.Fprintf(os.Stderr, "%s\n\n%s\n", report, trace)
	C.abort()
}
