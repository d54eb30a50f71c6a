package pipeline

import "errors"

var (
	// ErrClosed is returned to a receiver when the senders have closed and everything they sent has been received.
	ErrClosed = errors.New("pipeline: closed by the sender")

	// ErrGone is returned to a sender when the receiver has gone. The value stays with the sender.
	ErrGone = errors.New("pipeline: receiver has gone")
)

// unlessGone returns nil for [ErrGone] and err for all else. A task that finds its receiver gone ends quietly: the
// receiver either has what it wanted or returns an error itself, and that one says more.
func unlessGone(err error) error {
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}
