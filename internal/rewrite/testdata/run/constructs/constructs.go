// Command constructs uses every construct that is rewritten, in the forms that are easy to get wrong, and prints what it
// sees. Its output is the same whether it was rewritten or not.
package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	. "time"
)

// line prints the line of its caller: no rewriting may move it.
func line(what string) {
	_, file, n, _ := runtime.Caller(1)
	fmt.Println(what, file[strings.LastIndex(file, "/")+1:], n)
}

var trace []string

// note returns v and remembers that it was evaluated.
func note[T any](name string, v T) T {
	trace = append(trace, name)
	return v
}

func flush(what string) {
	fmt.Println(what, trace)
	trace = nil
}

type base struct{ sync.Mutex }

type deep struct {
	*base
	rw sync.RWMutex
	sync.WaitGroup
	once sync.Once
}

type locked interface {
	Lock()
	Unlock()
}

type celsius float64

type stream chan celsius

func locks() {
	d := &deep{base: &base{}}
	d.Lock()
	line("locked")
	fmt.Println(d.TryLock())
	func() {
		defer d.Unlock()
		d.rw.RLock()
		defer d.rw.
			RUnlock()
		line("inside")
	}()
	unlock := func() func() { d.Lock(); return d.Unlock }()
	fmt.Println(d.TryLock())
	unlock()
	fmt.Println((d.TryLock)())
	d.base.Mutex.Unlock()
	var l sync.Locker = d.rw.RLocker()
	l.Lock()
	defer l.Unlock()
	var i locked = &d.Mutex
	i.Lock()
	i.Unlock()
	d.once.Do(func() { line("once") })
	d.once.Do(func() { line("twice") })
	mus := map[string]*sync.Mutex{"a": {}}
	note("mus", mus)[note("key", "a")].Lock()
	flush("map of locks")
}

func channels() {
	c := make(chan any, 3)
	c <- 1
	c <- nil
	(c) <- note("value",
		"x")
	fmt.Println(<-c, len(c))
	v, ok := <-c
	fmt.Println(v, ok)
	var w, isOpen = <-c
	fmt.Println(w, isOpen)
	close(c)
	if v, ok := <-c; !ok {
		fmt.Println("closed", v)
	}
	s := make(stream, 2)
	s <- 1.5
	s <- 36
	close(s)
	for t := range s {
		fmt.Printf("%T %v\n", t, t)
	}
	cc := make(chan chan int, 1)
	inner := make(chan int, 1)
	inner <- 7
	cc <- inner
	fmt.Println(<-<-cc)
	var send chan<- int = inner
	send <- 8
	var recv <-chan int = inner
	fmt.Println(1+<-recv*2, <-func() chan int { inner <- 3; return inner }())
	done := make(chan struct{})
	go func() { defer close(done); line("goroutine") }()
	<-done
	line("after")
}

func loops() {
	fill := func(n int) chan int {
		c := make(chan int, n)
		for i := range n {
			c <- i
		}
		close(c)
		return c
	}
	var fs []func() int
	for v := range fill(3) {
		fs = append(fs, func() int { v *= 10; return v })
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println()
	n := 0
	for range fill(4) {
		n++
	}
	for _ = range fill(4) {
		n++
	}
	var xs [5]int
	i := 0
	for xs[note("index", i)] = range fill(2) {
		i++
	}
	flush(fmt.Sprint(n, xs))
outer:
	for a := range fill(5) {
		for b := range fill(5) {
			switch {
			case b == 2:
				continue outer
			case a == 3:
				break outer
			case a == 1:
				goto next
			}
			fmt.Print(a, b, ";")
		}
	next:
	}
	fmt.Println()
	ch := fill(2)
	for ch := range ch {
		line(fmt.Sprint("shadowed ", ch))
	}
}

func chosen(a, b chan int, quit <-chan struct{}) (string, error) {
	for {
		select {
		case v := <-note("a", a):
			line("a")
			if v == 0 {
				continue
			}
			return fmt.Sprint("a", v), nil
		case note("b", b) <- note("value", 5):
			return "b", nil
		case <-quit:
			return "", errors.New("quit")
		}
	}
}

func selects() {
	a, b := make(chan int, 2), make(chan int)
	a <- 0
	a <- 4
	fmt.Println(chosen(a, b, nil))
	flush("evaluated")
	var got string
	go func() {
		select {
		case v, ok := <-b:
			defer close(a)
			got = fmt.Sprint(v, ok)
		}
	}()
	fmt.Println(chosen(nil, b, nil))
	flush("evaluated")
	<-a
	fmt.Println(got)
	quit := make(chan struct{})
	close(quit)
	fmt.Println(chosen(nil, nil, quit))
	trace = nil
	var xs [2]int
	full := make(chan int, 1)
	var ok bool
	for range 3 {
	again:
		select {
		case xs[note("never", 0)] = <-full:
			line("full")
		default:
			select {
			case full <- 9:
				goto again
			default:
				fmt.Println("neither")
			}
		case xs[1], ok = <-func() chan int {
			line("operand")
			return nil
		}():
			break
		}
		if xs[0] == 9 {
			break
		}
	}
	flush(fmt.Sprint(xs, ok))
	timeout := After(Millisecond)
loop:
	for {
		select { case <-timeout: break loop; case <-full: }
	}
	line("end of selects")
}

func add[T int | float64](out chan<- T, xs ...T) {
	var sum T
	for _, x := range xs {
		sum += x
	}
	out <- sum
}

type counter struct{ n int }

func (c counter) value(out chan int)    { out <- c.n }
func (c *counter) pointer(out chan int) { out <- c.n }

func two() (chan int, int) { return make(chan int, 1), 3 }

func goroutines() {
	out := make(chan int, 4)
	x := 1
	go func(n int) { out <- n }(x)
	x = 2
	fmt.Println(<-out)
	c := counter{10}
	go c.value(out)
	go (&c).pointer(out)
	c.n = 20
	fmt.Println(<-out + <-out)
	go add(out, 1, 2, note("three", 3))
	fmt.Println(<-out)
	go add[int](out, []int{4, 5}...)
	fmt.Println(<-out)
	fs := []func(chan<- int, ...int){add[int]}
	go fs[note("index", 0)](note("out", out),
		note("one", 1),
		func() int { line("argument"); return 6 }(),
	)
	flush("evaluated")
	fmt.Println(<-out)
	go func(c chan int, n int) { c <- n; out <- <-c }(two())
	fmt.Println(<-out)
	var iface interface{ value(chan int) } = c
	go iface.value(out)
	fmt.Println(<-out)
	go func() error { out <- 11; return nil }()
	fmt.Println(<-out)
	go close(out)
	fmt.Println(<-out)
	var wg sync.WaitGroup
	wg.Add(2)
	go wg.Done()
	wg.Go(func() { line("in wg.Go"); wg.Done() })
	wg.Wait()
	line("end of goroutines")
}

func timers() {
	ctx, cancel := context.WithTimeoutCause(context.Background(), Hour, errors.New("late"))
	stop := context.AfterFunc(ctx, func() { line("cancelled") })
	fmt.Println(stop())
	defer cancel()
	t := NewTimer(Hour)
	fmt.Println(t.Stop(), t.Reset(Millisecond))
	<-t.C
	Sleep(Microsecond)
	tick := NewTicker(Millisecond)
	<-tick.C
	tick.Stop()
	fired := make(chan int)
	AfterFunc(0, func() { close(fired) })
	<-fired
	runtime.Gosched()
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	ready := false
	go func() {
		mu.Lock()
		defer mu.Unlock()
		ready = true
		cond.Broadcast()
		cond.Signal()
	}()
	mu.Lock()
	for !ready {
		cond.Wait()
	}
	mu.Unlock()
	line("end of timers")
}

func panics(f func()) {
	defer func() {
		r := recover()
		var pcs [16]uintptr
		frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
		for {
			f, more := frames.Next()
			if strings.HasPrefix(f.Function, "main.main.func") {
				fmt.Println(r, f.Line)
			}
			if !more {
				break
			}
		}
	}()
	f()
}

type counters struct {
	atomic.Int64
	flag *atomic.Bool
	last atomic.Pointer[string]
	raw  uint32
	any  sync.Map
}

func atomics() {
	c := counters{flag: new(atomic.Bool)}
	c.Add(note("add", int64(2)))
	c.Store(c.Load() +
		note("load", int64(1)))
	c.flag.Store(c.Load() == 3)
	fmt.Println(c.flag.CompareAndSwap(true, false), c.flag.Load(), c.Int64.Swap(1<<4), c.Load())
	c.last.Store(nil)
	name := "x"
	c.last.CompareAndSwap(c.last.Load(), &name)
	fmt.Println(*c.last.Load())
	atomic.StoreUint32(&c.raw, atomic.AddUint32(&c.raw, 1<<
		note("shift", 3)))
	fmt.Println(atomic.CompareAndSwapUint32(&c.raw, atomic.LoadUint32(&c.raw), 1), (atomic.LoadUint32)(&c.raw))
	c.any.Store(note("key", "k"), len(note("value", "four")))
	c.any.Range(func(k, v any) bool {
		fmt.Println(k, v)
		line("range")
		return true
	})
	load := func() int64 { return c.Load() }
	go c.Add(1)
	for load() != 17 {
		runtime.Gosched()
	}
	flush("atomics")
}

func lazily() {
	once := sync.OnceValue(func() string {
		line("once")
		return "value"
	})
	twice := sync.OnceValues[int, error](func() (int, error) { return 1, nil })
	fmt.Println(once(), once())
	fmt.Println(twice())
	next, stop := iter.Pull2(func(yield func(int, string) bool) {
		line("pulled")
		_ = yield(1, "a") && yield(2, "b")
	})
	defer stop()
	fmt.Println(next())
	fmt.Println(next())
	pool := &sync.Pool{New: func() any { return "new" }}
	pool.Put(pool.Get().(string))
	fmt.Println(pool.Get() != nil)
}

func generically[C ~chan T, T any](c C, values ...T) (out []T) {
	for _, v := range values {
		select {
		case c <- v:
		default:
		}
	}
	c <- values[0]
	v, ok := <-c
	out = append(out, v)
	fmt.Println(ok)
	select {
	case v = <-c:
		out = append(out, v)
	}
	close(c)
	for v := range c {
		out = append(out, v)
	}
	d := make(C)
	go close(d)
	<-d
	return out
}

func main() {
	locks()
	channels()
	loops()
	selects()
	goroutines()
	timers()
	atomics()
	lazily()
	fmt.Println(generically[chan int](make(chan int, 3), 1, 2))
	panics(func() {
		c := make(chan int)
		close(c)
		close(c)
	})
	panics(func() {
		c := make(chan int)
		close(c)
		select {
		case <-make(chan int):
		case c <-
			1:
		}
	})
	panics(func() {
		var wg sync.WaitGroup
		wg.Done()
	})
	panics(func() {
		var d *deep
		d.Lock()
	})
	fmt.Fprintln(os.Stderr, "done")
}
