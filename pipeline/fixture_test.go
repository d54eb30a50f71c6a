package pipeline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errTest = errors.New("test cause")

// call is a function that runs in a goroutine of a synctest bubble.
type call struct{ done chan error }

func start(f func() error) call {
	c := call{done: make(chan error, 1)}
	go func() { c.done <- f() }()
	return c
}

// blocked asserts that the call has not returned although nothing else in the bubble can go on.
func (c call) blocked(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-c.done:
		require.Fail(t, "call returned", "want it to block, it returned %v", err)
	default:
	}
}

// returns asserts that the call has returned the given error, or will without help.
func (c call) returns(t *testing.T, want error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-c.done:
		assert.Equal(t, want, err)
	default:
		require.Fail(t, "call blocks", "want it to return %v", want)
	}
}

// cancellable returns a context and a function that ends it with errTest as the cause.
func cancellable(t *testing.T) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(t.Context())
	t.Cleanup(func() { cancel(nil) })
	return ctx, func() { cancel(errTest) }
}
