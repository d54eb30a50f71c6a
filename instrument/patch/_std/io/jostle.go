package io

import (
	"jostle/perturb"
	"unsafe"
)

// jostleUses notes that an end of a pipe is used until the caller calls the function that it returns.
func jostleUses(p *pipe, write bool) (done func()) {
	if write {
		return perturb.PipeWrite(unsafe.Pointer(p), nil, "io.Pipe")
	}
	return perturb.PipeRead(unsafe.Pointer(p), nil, "io.Pipe")
}
