//go:build unix

package os

import "jostle/descriptor"

func jostlePipe(r, w *File) {
	descriptor.Pipe(r.pfd.JostleState(), w.pfd.JostleState(), r.pfd.Number())
}

// jostleStarts is called before a child process is started, which is not if there is an error.
func jostleStarts() error { return descriptor.Starts() }

func jostleAwaitProcess(pidfd uintptr) { descriptor.AwaitProcess(int(pidfd)) }
