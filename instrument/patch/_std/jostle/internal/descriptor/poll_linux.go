package descriptor

import "internal/poll"

func init() { poll.Jostle = forPoll{} }

// forPoll is this package as internal/poll calls it.
type forPoll struct{}

func (forPoll) Begin(fd *poll.FD, mode int) int { return Begin(fd.JostleState(), fd, mode) }

func (forPoll) Wait(fd *poll.FD, mode int) (int, bool) { return Wait(fd.JostleState(), fd, mode) }

func (forPoll) SetDeadline(fd *poll.FD, d int64, read, write bool) bool {
	return SetDeadline(fd.JostleState(), fd, d, read, write)
}

func (forPoll) Evicted(fd *poll.FD) { Evicted(fd.JostleState()) }

func (forPoll) Closing(fd *poll.FD) { Closing(fd.JostleState(), fd) }

func (forPoll) Did(fd *poll.FD) { Did(fd.JostleState()) }

func (forPoll) Acquire(fd *poll.FD, sema *uint32, mode int) bool {
	return Acquire(fd.JostleState(), fd, sema, mode)
}

func (forPoll) Released(fd *poll.FD) { Released(fd.JostleState()) }

func (forPoll) Given(fd *poll.FD) { Given(fd.JostleState()) }

func (forPoll) Pipe(r, w *poll.FD) { Pipe(r.JostleState(), w.JostleState(), r.Number()) }

func (forPoll) Starts() error { return Starts() }

func (forPoll) AwaitProcess(pidfd uintptr) { AwaitProcess(int(pidfd)) }
