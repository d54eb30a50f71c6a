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
	"bytes"
	"flag"
	"fmt"
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
	names  = make(chan name)
	spelt  = make(chan []byte)
)

// A name is an execution by its number, with the rest of an input.
type name struct {
	data   []byte
	number uint32
}

//export LLVMFuzzerTestOneInput
func LLVMFuzzerTestOneInput(data *C.char, size C.size_t) C.int {
	begin()
	// The bytes are the fuzzer's, and gone with the call; what an execution leaves behind may outlive it.
	inputs <- C.GoBytes(unsafe.Pointer(data), C.int(size))
	<-done
	return 0
}

// LLVMFuzzerCustomMutator changes an input. A fuzzer that only runs given inputs does not call it.
//
//export LLVMFuzzerCustomMutator
func LLVMFuzzerCustomMutator(data *C.uint8_t, size, maxSize C.size_t, seed C.uint) C.size_t {
	room := unsafe.Slice((*byte)(data), int(maxSize))
	if input := changes.instead(room[:size], len(room), uint32(seed)); input != nil {
		return C.size_t(copy(room, input))
	}
	return C.LLVMFuzzerMutate(data, size, min(maxSize, max(size, C.size_t(lengths.next()))))
}

var changes = mutator{
	propose: func() [][]byte {
		begin()
		asks <- struct{}{}
		return <-seeds
	},
	spell: func(data []byte, number uint32) []byte {
		names <- name{bytes.Clone(data), number} // the bytes are the fuzzer's
		return <-spelt
	},
}

var lengths = growth{length: 4}

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
// the fuzzer changes an input for the first time it calls propose for inputs to be run first. It calls spell, with a T too, for the input that has
// the schedule of the execution that a number stands for, and what is in data but a schedule. It does not return.
func Serve(target string, run func(t *testing.T, data []byte), propose func() [][]byte, spell func(t *testing.T, data []byte, number uint32) []byte) {
	flag.Set("test.v", "false")
	test := func(f func(*testing.T)) {
		testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: target, F: f}})
	}
	for {
		select {
		case data := <-inputs:
			test(func(t *testing.T) { run(t, data) })
			done <- struct{}{}
		case <-asks:
			seeds <- propose()
		case n := <-names:
			var input []byte
			test(func(t *testing.T) { input = spell(t, n.data, n.number) })
			spelt <- input
		}
	}
}

// Crash ends the process as the fuzzer expects it of an input that finds something: the fuzzer keeps the input. The
// report is for people, and trace, which comes last, for programs that group crashes by their stacks.
func Crash(report, trace string) {
	fmt.Fprintf(os.Stderr, "%s\n\n%s\n", report, trace)
	C.abort()
}
