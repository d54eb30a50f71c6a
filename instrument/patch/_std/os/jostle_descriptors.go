//go:build unix

package os

import "internal/poll"

func jostlePipe(r, w *File) {
	if poll.Jostle != nil {
		poll.Jostle.Pipe(&r.pfd, &w.pfd)
	}
}

func jostleAwaitProcess(pidfd uintptr) {
	if poll.Jostle != nil {
		poll.Jostle.AwaitProcess(pidfd)
	}
}
