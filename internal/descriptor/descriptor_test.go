//go:build linux

package descriptor_test

import (
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/descriptor"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

var site = &perturb.Site{File: "x.go", Line: 1, Key: 1}

// An end is one of a pipe, used as package internal/poll uses a descriptor.
type end struct {
	fd    int
	state any
}

func (e *end) Number() int { return e.fd }

func (e *end) Reset(descriptor.Mode) descriptor.Result { return descriptor.Ready }

// pipe returns both ends of a pipe.
func pipe(t *testing.T) (r, w *end) {
	t.Helper()
	var p [2]int
	require.NoError(t, syscall.Pipe2(p[:], syscall.O_NONBLOCK))
	t.Cleanup(func() {
		_ = syscall.Close(p[0])
		_ = syscall.Close(p[1])
	})
	return &end{fd: p[0]}, &end{fd: p[1]}
}

// own returns a pipe that the execution has made.
func own(t *testing.T) (r, w *end) {
	r, w = pipe(t)
	descriptor.Pipe(&r.state, &w.state, r.fd)
	return r, w
}

// do reads or writes a byte, and returns how a wait for that has ended.
func (e *end) do(mode descriptor.Mode) descriptor.Result {
	if r := descriptor.Begin(&e.state, e, mode); r != descriptor.Ready {
		return r
	}
	defer descriptor.Did(&e.state)
	for {
		var err error
		if mode == descriptor.Read {
			_, err = syscall.Read(e.fd, make([]byte, 1))
		} else {
			_, err = syscall.Write(e.fd, []byte("x"))
		}
		if err != syscall.EAGAIN {
			return descriptor.Ready
		}
		if r, _ := descriptor.Wait(&e.state, e, mode); r != descriptor.Ready {
			return r
		}
	}
}

// run runs body as an execution. What is sent to real waits for real time.
func run(t *testing.T, bytes []byte, body func()) *trace.Snapshot {
	t.Helper()
	asked, passed := make(chan time.Duration), make(chan bool)
	go func() {
		for d := range asked {
			time.Sleep(d)
			passed <- true
		}
	}()
	defer close(asked)
	pause := func(d time.Duration) { asked <- d; <-passed }
	return enginetest.Run(t, new(engine.Execution), schedule.NewReader(bytes), engine.Limits{Pause: pause}, body)
}

func TestPingPong(t *testing.T) {
	for seed := range 20 {
		snap := run(t, []byte{byte(seed), byte(3 * seed), byte(seed >> 1)}, func() {
			r1, w1 := own(t)
			r2, w2 := own(t)
			perturb.Go(func() {
				for range 10 {
					r1.do(descriptor.Read)
					w2.do(descriptor.Write)
				}
			}, site)
			for range 10 {
				w1.do(descriptor.Write)
				r2.do(descriptor.Read)
			}
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
	}
}

// TestProved: what no goroutine will write is waited for in vain.
func TestProved(t *testing.T) {
	snap := run(t, nil, func() {
		r, _ := own(t)
		r.do(descriptor.Read)
	})
	assert.Equal(t, trace.Proved, snap.Quiet)
	require.Len(t, snap.Tasks[0].Waits, 1)
	o := snap.Objects[snap.Tasks[0].Waits[0].Object-1]
	assert.Contains(t, o.Name, "the pipe of descriptor_test.go:")
	assert.False(t, o.Abroad)
}

func TestDeadline(t *testing.T) {
	var got descriptor.Result
	var after time.Duration
	snap := run(t, nil, func() {
		r, _ := own(t)
		begun := time.Now()
		assert.True(t, descriptor.SetDeadline(&r.state, r, int64(time.Hour), true, false))
		got = r.do(descriptor.Read)
		after = time.Since(begun)
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Equal(t, descriptor.Late, got)
	assert.GreaterOrEqual(t, after, time.Hour)
}

// TestAbroad: while a goroutine waits for what comes from elsewhere, the clock is no faster than the real one, and when it has come, it is not
// behind.
func TestAbroad(t *testing.T) {
	r, w := pipe(t)
	comes := make(chan bool)
	go func() {
		<-comes
		time.Sleep(50 * time.Millisecond)
		_, _ = syscall.Write(w.fd, []byte("x"))
	}()
	var log enginetest.Log
	var after time.Duration
	snap := run(t, nil, func() {
		begun := time.Now()
		perturb.Go(func() {
			perturb.TimeSleep(10*time.Second, site)
			log.Add("slept")
		}, site)
		close(comes)
		r.do(descriptor.Read)
		after = time.Since(begun)
		log.Add("read")
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Equal(t, "read slept", log.String())
	assert.GreaterOrEqual(t, after, 50*time.Millisecond)
}

// TestGiven: what a pipe's number was asked for may be read and written by anything.
func TestGiven(t *testing.T) {
	snap := run(t, nil, func() {
		r, w := own(t)
		perturb.Go(func() { r.do(descriptor.Read) }, site)
		perturb.TimeSleep(time.Millisecond, site)
		descriptor.Given(&w.state)
	})
	assert.Equal(t, trace.Awaits, snap.Quiet, "it is no leak")
}

// TestLeftBehind: of an execution that is over nothing is known.
func TestLeftBehind(t *testing.T) {
	var r, w *end
	x := new(engine.Execution)
	one := func(body func()) trace.Quiet {
		return enginetest.Run(t, x, schedule.NewReader(nil), engine.Limits{Pause: time.Sleep}, body).Quiet
	}
	assert.Equal(t, trace.AllEnded, one(func() {
		r, w = own(t)
		descriptor.SetDeadline(&r.state, r, -1, true, false)
	}))
	assert.Equal(t, trace.AllEnded, one(func() {
		w.do(descriptor.Write)
		assert.Equal(t, descriptor.Ready, r.do(descriptor.Read))
	}))
}

// TestGoesRound: what comes from outside is read although other goroutines go round until it was.
func TestGoesRound(t *testing.T) {
	snap := run(t, nil, func() {
		r, w := pipe(t)
		var mu sync.Mutex
		read := false
		for range 2 {
			perturb.Go(func() {
				for over := false; !over; {
					perturb.MutexLock(&mu, site)
					over = read
					perturb.MutexUnlock(&mu, site)
				}
			}, site)
		}
		_, err := syscall.Write(w.fd, []byte("x"))
		require.NoError(t, err)
		assert.Equal(t, descriptor.Ready, r.do(descriptor.Read))
		perturb.MutexLock(&mu, site)
		read = true
		perturb.MutexUnlock(&mu, site)
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Less(t, snap.Total, 50_000)
}

// TestStarts: a process is started only where it sees what its parent sees, the machine.
func TestStarts(t *testing.T) {
	for _, machine := range []bool{false, true} {
		engine.OfMachine = machine
		var err error
		x := new(engine.Execution)
		synctest.Test(t, func(*testing.T) {
			x.Run(schedule.NewReader(nil), engine.Limits{}, synctest.Wait, func() { err = descriptor.Starts() })
		})
		assert.Equal(t, !machine, err != nil)
		assert.Equal(t, !machine, x.Lacking().Does == "it starts a child process", x.Lacking().Does)
	}
	engine.OfMachine = false
	assert.NoError(t, descriptor.Starts())
}

// child starts a process that sleeps, and returns a descriptor of it.
func child(t *testing.T, seconds string) (pid, pidfd int) {
	t.Helper()
	pid, err := syscall.ForkExec("/bin/sleep", []string{"sleep", seconds}, nil)
	require.NoError(t, err)
	const pidfdOpen = 434
	fd, _, errno := syscall.Syscall(pidfdOpen, uintptr(pid), 0, 0)
	if errno != 0 {
		t.Skip("this kernel has no pidfds: ", errno)
	}
	t.Cleanup(func() { _ = syscall.Close(int(fd)) })
	return pid, int(fd)
}

func TestProcess(t *testing.T) {
	pid, fd := child(t, "0.05")
	var log enginetest.Log
	snap := run(t, nil, func() {
		perturb.Go(func() {
			perturb.TimeSleep(10*time.Second, site)
			log.Add("slept")
		}, site)
		descriptor.AwaitProcess(fd)
		log.Add("ended")
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Equal(t, "ended slept", log.String())
	var status syscall.WaitStatus
	_, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	require.NoError(t, err)
	assert.True(t, status.Exited())
}

// TestForgotten: a process that is still waited for when an execution is over is not left to those that come.
func TestForgotten(t *testing.T) {
	pid, fd := child(t, "100")
	snap := run(t, nil, func() { perturb.Go(func() { descriptor.AwaitProcess(fd) }, site) })
	assert.Equal(t, trace.Awaits, snap.Quiet)
	_, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	assert.Equal(t, syscall.ECHILD, err)
}

// TestSemaphore: what waits for a semaphore waits in the engine, and takes it as package runtime does.
func TestSemaphore(t *testing.T) {
	for seed := range 10 {
		var sema uint32
		snap := run(t, []byte{byte(seed), byte(seed)}, func() {
			r, _ := own(t)
			perturb.Go(func() {
				sema++
				descriptor.Released(&r.state)
			}, site)
			assert.True(t, descriptor.Acquire(&r.state, r, &sema, descriptor.Read))
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
		assert.Zero(t, sema)
	}
}

// connection returns both ends of a connection over TCP.
func connection(t *testing.T) (a, b *end) {
	t.Helper()
	l, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer syscall.Close(l)
	require.NoError(t, syscall.Bind(l, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(l, 1))
	at, err := syscall.Getsockname(l)
	require.NoError(t, err)
	c, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	require.NoError(t, syscall.Connect(c, at))
	s, _, err := syscall.Accept(l)
	require.NoError(t, err)
	for _, fd := range []int{c, s} {
		require.NoError(t, syscall.SetNonblock(fd, true))
		t.Cleanup(func() { _ = syscall.Close(fd) })
	}
	return &end{fd: c}, &end{fd: s}
}

// What one end of a connection is given comes at once at the other, if that is in this process too: its reader runs before a goroutine that is
// held back until nothing else can.
func TestDomestic(t *testing.T) {
	var log enginetest.Log
	enginetest.Run(t, new(engine.Execution), holding{}, engine.Limits{}, func() {
		a, b := connection(t)
		c, d := connection(t)
		done, onward := make(chan bool, 2), make(chan bool, 1)
		read := func(e *end, name string) {
			perturb.Go(func() {
				e.do(descriptor.Read)
				if name == "held" {
					perturb.To(onward, site).Send(true)
					perturb.MutexLock(new(sync.Mutex), held)
				}
				log.Add("%s", name)
				perturb.To(done, site).Send(true)
			}, site)
		}
		read(b, "held")
		read(d, "other")
		perturb.TimeSleep(time.Millisecond, site) // both wait
		a.do(descriptor.Write)
		perturb.Recv(onward, site)
		c.do(descriptor.Write)
		perturb.Recv(done, site)
		perturb.Recv(done, site)
	})
	assert.Equal(t, "other held", log.String())
}

var held = &perturb.Site{File: "x.go", Line: 2, Key: 2}

// holding holds back who comes to the sync point held.
type holding struct{}

func (holding) Choose(q *engine.Question) int {
	if q.Kind == engine.Preempt && q.Site == held {
		return 1 + (q.N-1)/2
	}
	return 0
}
