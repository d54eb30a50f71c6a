package pipeline

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnectorDeliversInOrder(t *testing.T) {
	const values = 1000
	c := NewConnector(func(int) { assert.Fail(t, "a value was destroyed") })
	sent := start(func() error {
		defer c.Close()
		for i := range values {
			if err := c.Send(t.Context(), i); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range values {
		v, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, i, v)
	}
	_, err := c.Receive(t.Context())
	assert.Equal(t, ErrClosed, err)
	assert.NoError(t, <-sent.done)
}

func TestConnectorHoldsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewConnector(func(string) {})
		require.NoError(t, c.Send(t.Context(), "a"))
		send := start(func() error { return c.Send(t.Context(), "b") })
		send.blocked(t)
		v, err := c.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "a", v)
		send.returns(t, nil)

		c.Close()
		v, err = c.Receive(t.Context())
		require.NoError(t, err, "the last value comes before the end")
		assert.Equal(t, "b", v)
		_, err = c.Receive(t.Context())
		assert.Equal(t, ErrClosed, err)
		assert.Panics(t, func() { _ = c.Send(t.Context(), "c") })
	})
}

func TestConnectorQuitDestroysAndWakesSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g WaitGroup
		c := NewConnector((*WaitToken).Release)
		require.NoError(t, c.Send(t.Context(), g.Token()))
		mine := g.Token()
		send := start(func() error { return c.Send(t.Context(), mine) })
		wait := start(func() error { return g.Wait(t.Context()) })
		send.blocked(t)

		c.Quit()
		send.returns(t, ErrGone)
		wait.blocked(t) // the value that was not sent is still the sender's
		mine.Release()
		wait.returns(t, nil)

		assert.Equal(t, ErrGone, c.Send(t.Context(), nil), "no value may be left behind after Quit")
		assert.Panics(t, func() { _, _ = c.Receive(t.Context()) })
	})
}

func TestConnectorReceiverWakes(t *testing.T) {
	tests := []struct {
		name string
		wake func(c *Connector[int], cancel func())
		want error
	}{
		{"send", func(c *Connector[int], _ func()) { _ = c.Send(context.Background(), 1) }, nil},
		{"close", func(c *Connector[int], _ func()) { c.Close() }, ErrClosed},
		{"cancel", func(_ *Connector[int], cancel func()) { cancel() }, errTest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := cancellable(t)
				c := NewConnector(func(int) {})
				receive := start(func() error { _, err := c.Receive(ctx); return err })
				receive.blocked(t)
				tt.wake(c, cancel)
				receive.returns(t, tt.want)
			})
		})
	}
}

func TestConnectorSendEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := cancellable(t)
		c := NewConnector(func(int) {})
		require.NoError(t, c.Send(ctx, 1))
		send := start(func() error { return c.Send(ctx, 2) })
		send.blocked(t)
		cancel()
		send.returns(t, errTest)
	})
}
