package worker

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

// A context from before can be used in one execution after the other.
func TestContextFromBefore(t *testing.T) {
	ctx, cancel := perturb.ContextWithCancel(context.Background(), at(1, ""))
	defer cancel()
	for range 2 {
		r := check(func(testing.TB) {
			_, cancel := perturb.ContextWithCancel(ctx, at(2, ""))
			cancel()
		})
		assert.False(t, r.failed, r.text)
	}
}

// Whoever waits for a socket is seen before a time-out of the socket's, on the real clock, makes it a failure.
func TestSocket(t *testing.T) {
	r := check(func(t testing.TB) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Skip(err)
		}
		perturb.Go(func() {
			c, err := l.Accept()
			if err == nil {
				_, _ = c.Write([]byte("x"))
			}
		}, at(1, "func"))
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
	assert.Contains(t, r.text, "verdict=stall")

	// Those of it still wait; the next execution, which takes its time at something else, does not.
	first := true
	r = check(func(testing.TB) {
		if first {
			first = false
			This.pauser.pause(4 * socketAfter)
		}
	})
	assert.False(t, r.failed, r.text)
}

// A goroutine that native code has started keeps all others from their turn while it waits for a socket: it is what is named. One of
// the code under test that does so is named before it, and the one that waits for package testing never is.
func TestWhatKeepsTheOthersWaiting(t *testing.T) {
	listen := func(t testing.TB) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Skip(err)
		}
		return l
	}
	served := func(t testing.TB) {
		l := listen(t)
		go l.Accept()
		perturb.RuntimeGosched(at(1, ""))
	}
	r := check(served)
	assert.Contains(t, r.text, "stall: something waits for a socket, where no schedule reaches")
	assert.Contains(t, r.text, "net.(*TCPListener).Accept")

	end := RunOnce(t, func(t *testing.T) { served(t) })
	assert.Equal(t, verdict.Stall, end.Kind)
	assert.Equal(t, "something", end.Who)
	assert.Equal(t, "IO wait", end.State)
	assert.NotContains(t, end.Stack, "testing.RunTests")
	assert.Contains(t, end.Stack, "net.(*TCPListener).Accept")

	r = check(func(t testing.TB) {
		l, c := listen(t), make(chan int)
		perturb.Go(func() {
			<-c // native: the engine sees it wait outside, and come to the socket
			_, _ = l.Accept()
		}, at(1, "func"))
		perturb.RuntimeGosched(at(2, ""))
		close(c)
	})
	assert.Contains(t, r.text, "stall: g2 ")
	assert.Contains(t, r.text, "net.(*TCPListener).Accept")
}

// What blocks in code left native is part of the proof, with its stack, as long as nothing outside can end it.
func TestNativeBlock(t *testing.T) {
	r := check(func(testing.TB) {
		pr, _ := io.Pipe()
		c := make(chan int)
		perturb.Go(func() {
			_, _ = pr.Read(make([]byte, 1))
			perturb.Close(c, at(1, "c"))
		}, at(2, "func"))
		perturb.Recv(c, at(3, "c"))
	})
	assert.True(t, r.failed)
	assert.Contains(t, r.text, "deadlock: ")
	assert.Contains(t, r.text, "io.(*pipe).read")
	assert.Contains(t, r.text, "1 goroutine could not be ended")
}

// A schedule is whatever bytes there are: a mebibyte of 0xFF is one, and the empty one is the plain run. The same bytes
// give the same execution.
func TestAnySchedule(t *testing.T) {
	run := func(testing.TB) {
		c := make(chan int)
		for i := range 4 {
			perturb.Go(func() { perturb.To(c, at(1, "c")).Send(i) }, at(2, "func"))
		}
		for range 4 {
			perturb.Recv(c, at(3, "c"))
		}
	}
	r := This.newBodyRunner(t, &body{t, run}, Config{})
	for _, data := range [][]byte{nil, bytes.Repeat([]byte{0xFF}, 1<<20), bytes.Repeat([]byte{6, 0x2A, 0x51}, 20)} {
		first := r.run(schedule.NewReader(data))
		assert.False(t, first.Found())
		for range 50 {
			assert.Equal(t, first.Hash, r.run(schedule.NewReader(data)).Hash)
		}
	}
}
