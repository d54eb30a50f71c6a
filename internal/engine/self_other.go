//go:build !amd64 && !arm64

package engine

import (
	"bytes"
	"runtime"
	"strconv"
)

// getg returns the number of the running goroutine, read from its own stack trace: slow (about a microsecond), and the
// only way on a processor for which there is no assembly here.
func getg() uintptr {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	id, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		panic("jostle: unexpected stack header " + strconv.Quote(string(buf[:])))
	}
	return uintptr(id)
}
