package bugs

import (
	"context"
	"iter"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/harness"
)

// However a body ends or does not, it is called what it is, with the operation and with Go's own words.
func TestEndings(t *testing.T) {
	listen := func(t *testing.T) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		return l
	}
	tests := []struct {
		name string
		body func(t *testing.T)
		want []string // none: it passes
	}{
		// Loops that only look, and never wait.
		{"atomic load", func(*testing.T) {
			var ready atomic.Bool
			for !ready.Load() {
			}
		}, []string{"verdict=livelock ", "1000 x  atomic ready ", "endings_test.go:"}},
		{"compare and swap", func(*testing.T) {
			var held atomic.Int32
			held.Store(1)
			go func() {
				for !held.CompareAndSwap(0, 1) {
				}
			}()
		}, []string{"verdict=livelock ", "1000 x  atomic held ", "endings_test.go:"}},
		{"select with a default", func(*testing.T) {
			stop := make(chan int)
			for {
				select {
				case <-stop:
					return
				default: //lint:ignore SA5004 the loop is there to spin
				}
			}
		}, []string{"verdict=livelock ", "1000 x  select: receive stop ", "endings_test.go:"}},
		{"try lock", func(*testing.T) {
			var mu sync.Mutex
			mu.Lock()
			for !mu.TryLock() {
			}
		}, []string{"verdict=livelock ", "1000 x  try lock mu ", "endings_test.go:"}},

		// What blocks where no schedule reaches: with the stack.
		{"network", func(t *testing.T) {
			l := listen(t)
			done := make(chan struct{})
			go func() {
				l.Accept()
				close(done)
			}()
			<-done
		}, []string{"verdict=deadlock ", "waits  receive done ", "waits  accept from 127.0.0.1:", "endings_test.go:"}},
		{"pipe", func(t *testing.T) {
			r, w, err := os.Pipe()
			require.NoError(t, err)
			t.Cleanup(func() { r.Close(); w.Close() })
			r.Read(make([]byte, 1))
		}, []string{"verdict=deadlock ", "waits  read from the pipe of endings_test.go:", "endings_test.go:"}},
		{"signal", func(*testing.T) {
			c := make(chan os.Signal, 1)
			signal.Notify(c, os.Interrupt)
			defer signal.Stop(c)
			<-c
		}, []string{"verdict=deadlock ", "waits  receive c "}},
		{"subprocess", func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestSleeper$")
			cmd.Env = append(os.Environ(), sleeper+"=1")
			in, err := cmd.StdinPipe()
			require.NoError(t, err)
			t.Cleanup(func() { in.Close() })
			if cmd.Start() == nil { // not in the execution that asks for the machine's first: it begins again with that
				cmd.Wait()
			}
		}, []string{"verdict=stall ", "stall: g1 main ", "exec.(*Cmd).Wait ", "endings_test.go:"}},

		// Panics of any goroutine, and what Go ends the process for.
		{"send on a closed channel", func(*testing.T) {
			c := make(chan int)
			close(c)
			go func() { c <- 1 }()
		}, []string{"verdict=panic ", "g2 ", "panicked: send on closed channel"}},
		{"close of a closed channel", func(*testing.T) {
			c := make(chan int)
			close(c)
			go close(c)
		}, []string{"verdict=panic ", "panicked: close of closed channel"}},
		{"close of a nil channel", func(*testing.T) {
			var c chan int
			close(c)
		}, []string{"verdict=panic ", "g1 main panicked: close of nil channel"}},
		{"Done too often", func(*testing.T) {
			var wg sync.WaitGroup
			go wg.Done()
		}, []string{"verdict=panic ", "g2 wg.Done panicked: sync: negative WaitGroup counter"}},
		{"unlock of an unlocked mutex", func(*testing.T) {
			var mu sync.Mutex
			n := 0
			mu.Lock()
			n++
			mu.Unlock()
			mu.Unlock()
		}, []string{"verdict=panic ", "panicked: fatal error: sync: unlock of unlocked mutex"}},
		{"RUnlock of an unlocked mutex", func(*testing.T) {
			var mu sync.RWMutex
			n := 0
			mu.RLock()
			n++
			mu.RUnlock()
			mu.RUnlock()
		}, []string{"verdict=panic ", "panicked: fatal error: sync: RUnlock of unlocked RWMutex"}},

		{"Goexit", func(*testing.T) {
			c := make(chan int)
			go func() { c <- 1 }()
			<-c
			runtime.Goexit()
		}, nil},
		{"Goexit that leaves somebody", func(*testing.T) {
			c := make(chan int)
			go func() { c <- 1 }()
			runtime.Goexit()
		}, []string{"verdict=leak ", "waits  send c "}},

		// A coroutine waits on behalf of who asks for its next value.
		// Who waits for the end of a context has had it before anything else that comes after the cancel.
		{"a cancel and then a wake-up", func(t *testing.T) {
			parent, cancel := context.WithCancel(context.Background())
			ctx, stop := context.WithTimeout(parent, time.Hour)
			defer stop()
			wake, got := make(chan int, 1), make(chan string, 1)
			go func() {
				select {
				case <-ctx.Done():
					got <- "cancelled"
				case <-wake:
					got <- "woken"
				}
			}()
			time.Sleep(time.Second)
			cancel()
			wake <- 1
			assert.Equal(t, "cancelled", <-got)
		}, nil},
		{"native code", func(*testing.T) { reflected() }, []string{"verdict=leak rule=4 ", "waits  in code that jostle does not control", "1 goroutine could not be ended and still blocks in the process."}},
		{"iter.Pull", func(*testing.T) { pulled(3, 3) }, nil},
		{"iter.Pull that is stopped", func(*testing.T) { pulled(3, 3); pulled(1, 1) }, nil},
		{"iter.Pull that waits for ever", func(*testing.T) { pulled(1, 2) }, []string{"verdict=deadlock ", "g1 main ", "waits  receive c "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := reportOf(t, func(harness.T) { tt.body(t) })
			if len(tt.want) == 0 {
				assert.NotContains(t, strings.ReplaceAll(got, "verdict=pass", ""), "verdict=")
			}
			for _, want := range tt.want {
				assert.Contains(t, got, want)
			}
		})
	}
}

// pulled takes some of the values that another goroutine sends.
func pulled(sent, taken int) {
	c := make(chan int)
	go func() {
		for i := range sent {
			c <- i
		}
	}()
	next, stop := iter.Pull(func(yield func(int) bool) {
		for {
			if !yield(<-c) {
				return
			}
		}
	})
	defer stop()
	for range taken {
		next()
	}
}

// sleeper tells TestSleeper that it is the subprocess.
const sleeper = "JOSTLE_SLEEPER"

// TestSleeper is a subprocess that ends when its standard input does.
func TestSleeper(t *testing.T) {
	if os.Getenv(sleeper) == "" {
		t.Skip("for a test to start")
	}
	os.Stdin.Read(make([]byte, 1))
}
