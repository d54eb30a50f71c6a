//go:build !libfuzzer

// Package libfuzzer runs a fuzz target of a test binary under libFuzzer, in builds with the tag libfuzzer.
package libfuzzer

import "testing"

// Enabled reports whether this is a binary for libFuzzer.
const Enabled = false

// Serve is for binaries for libFuzzer.
func Serve(string, func(*testing.T, []byte), func() [][]byte, func(*testing.T, []byte, uint32) []byte) {
	panic("jostle: no binary for libFuzzer")
}

// Crash is for binaries for libFuzzer.
func Crash(report, trace string) { panic("jostle: no binary for libFuzzer") }
