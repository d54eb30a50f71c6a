//go:build libfuzzer

// Package libfuzzer runs a fuzz target of a test binary under libFuzzer.
//
// The binary is one that go test builds, with everything in it, as an archive for C (-buildmode=c-archive) and linked with
// libFuzzer, whose main function calls LLVMFuzzerTestOneInput. The first call begins what would have been the main function: package
// testing runs the one target that the binary is named after, which gets the *testing.F that it gets elsewhere, and comes
// to Serve.
package libfuzzer

// #include <stddef.h>
// #include <stdlib.h>
import "C"

import (
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
)

//export LLVMFuzzerTestOneInput
func LLVMFuzzerTestOneInput(data *C.char, size C.size_t) C.int {
	begin()
	// The bytes are the fuzzer's, and gone with the call; what an execution leaves behind may outlive it.
	inputs <- C.GoBytes(unsafe.Pointer(data), C.int(size))
	<-done
	return 0
}

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

// Serve calls run with one input of the fuzzer after the other, each time with a T of its own, which ends with the input.
// It does not return.
func Serve(target string, run func(t *testing.T, data []byte)) {
	flag.Set("test.v", "false")
	for data := range inputs {
		testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{
			{Name: target, F: func(t *testing.T) { run(t, data) }},
		})
		done <- struct{}{}
	}
}

// Crash ends the process as the fuzzer expects it of an input that finds something: the fuzzer keeps the input. The
// report is for people, and trace, which comes last, for programs that group crashes by their stacks.
func Crash(report, trace string) {
	fmt.Fprintf(os.Stderr, "%s\n\n%s\n", report, trace)
	C.abort()
}
