package pipeline

import "errors"

var (
	// ErrClosed is returned to a receiver when the senders have closed and everything they sent has been received.
	ErrClosed = errors.New("pipeline: closed by the sender")

	// ErrGone is returned to a sender when the receiver has gone. The value stays with the sender.
	ErrGone = errors.New("pipeline: receiver has gone")
)
