//go:build unix

package os

import "internal/poll"

func jostlePipe(r, w *File) {
	if poll.Jostle != nil {
		poll.Jostle.Pipe(&r.pfd, &w.pfd)
	}
}

// jostleStarts is called before a child process is started, which is not if there is an error.
func jostleStarts() error {
	if poll.Jostle != nil {
		return poll.Jostle.Starts()
	}
	return nil
}

func jostleAwaitProcess(pidfd uintptr) {
	if poll.Jostle != nil {
		poll.Jostle.AwaitProcess(pidfd)
	}
}
