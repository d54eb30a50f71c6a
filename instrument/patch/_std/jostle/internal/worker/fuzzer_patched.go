package worker

import _ "unsafe" // for go:linkname

func init() { tellFuzzer = goFuzzer }

// goFuzzer is that of package internal/fuzz.
//
//go:linkname goFuzzer
func goFuzzer(spelt func() []byte, name func(data []byte, number uint32) []byte)
