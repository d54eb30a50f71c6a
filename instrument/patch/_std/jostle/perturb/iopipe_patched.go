package perturb

import "unsafe"

// jostlePipe is io's.
//
//go:linkname jostlePipe io.jostlePipe
var jostlePipe func(p unsafe.Pointer, write bool) (done func())

func init() {
	jostlePipe = func(p unsafe.Pointer, write bool) (done func()) {
		if write {
			return PipeWrite(p, nil, "io.Pipe")
		}
		return PipeRead(p, nil, "io.Pipe")
	}
}
