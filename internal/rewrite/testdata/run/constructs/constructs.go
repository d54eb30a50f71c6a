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

type clock struct {
	mu    sync.Mutex
	sleep func(Duration)
	after func(Duration) <-chan Time
}

// Before main, and before what the sites are declared behind.
var system = clock{sleep: Sleep, after: (After)}

type doer func(func())

func values() {
	system.sleep(Microsecond)
	<-system.after(0)
	c := &system
	try, unlock := note("c", c).mu.TryLock, c.mu.Unlock
	c = nil
	fmt.Println(try(), try())
	unlock()
	lock := (*sync.Mutex).Lock
	lock(&system.mu)
	(*sync.Mutex).Unlock(&system.mu)
	func(lock, unlock func()) {
		lock()
		defer unlock()
		line("locked by values")
	}(system.mu.Lock, system.mu.Unlock)
	var once sync.Once
	var do doer = once.Do
	do(func() { line("first") })
	do(func() { line("second") })
	var l locked = &system.mu
	for _, f := range []func(){l.Lock, l.Unlock, runtime.Gosched} {
		f()
	}
	locked.Lock(l)
	sync.Locker.Unlock(l)
	var none *sync.Mutex
	_ = none.Lock // binds nil, and does not mind
	var wg sync.WaitGroup
	for add, delta := wg.Add, 2; delta > 0; delta-- {
		add(1)
	}
	func(run func(func()), done func()) {
		run(func() { line("run") })
		done()
		done()
	}(wg.Go, wg.Done)
	wg.Wait()
	tm := NewTimer(Hour)
	stop, reset := tm.Stop, tm.Reset
	fmt.Println(stop(), reset(Hour), stop())
	pool := sync.Pool{New: func() any { return "new" }}
	get, put := pool.Get, pool.Put
	put(get())
	for _, f := range []any{
		(*sync.Mutex).TryLock, sync.Locker.Lock, locked.Lock, (*Timer).Reset, (*sync.WaitGroup).Add, (*sync.Cond).Wait, (*sync.Pool).Put,
		Sleep, After, AfterFunc, NewTimer, Tick, NewTicker, runtime.Gosched, system.sleep, try, unlock, do, stop, reset, get, put,
		context.WithCancel, context.WithCancelCause, context.WithTimeout, context.WithTimeoutCause, context.WithDeadlineCause, context.AfterFunc,
		sync.OnceFunc, sync.OnceValue[celsius], sync.OnceValues[Duration, error], iter.Pull[int], iter.Pull2[int, error],
		atomic.AddInt64, (*atomic.Int64).CompareAndSwap, (*atomic.Pointer[clock]).Load, (*sync.Map).Range,
	} {
		fmt.Printf("%T\n", f)
	}
	once1 := sync.OnceValue[int]
	fmt.Println(once1(func() int { return 3 })())
	withCancel := context.WithCancel
	ctx, cancel := withCancel(context.Background())
	cancel()
	fmt.Println(ctx.Err())
}

func atomicValues() {
	var n atomic.Int64
	var raw int32
	var m sync.Map
	at := &n
	add, load := note("at", at).Add, at.Load
	at = nil
	fmt.Println(add(2), load(), n.CompareAndSwap(2, 7))
	for _, f := range []func(*int32, int32) int32{atomic.AddInt32, atomic.SwapInt32} {
		fmt.Println(f(&raw, 3))
	}
	fmt.Println((*atomic.Int64).Load(&n), atomic.AddInt32(func() (*int32, int32) { return &raw, 4 }()))
	m.Store(func() (string, int) { return "key", 1 }())
	m.Range(func(k, v any) bool { fmt.Println(k, v); return true })
	each := m.Range
	each(func(k, v any) bool { line("each"); return false })
	flush("atomic values")
}

// results are of one call, and the arguments of another.
func results() {
	fired := make(chan string, 2)
	after := func(s string) (Duration, func()) { return Duration(len(note(s, s))), func() { fired <- s } }
	AfterFunc(after("called"))
	fmt.Println(<-fired)
	func() {
		defer AfterFunc(after("deferred"))
		line("before")
	}()
	fmt.Println(<-fired)
	go AfterFunc(after("gone"))
	fmt.Println(<-fired)
	flush("results")
}

type truth bool

// untyped expressions become what the parameter is.
func untyped(n uint8) {
	out := make(chan any, 1)
	take := func(x int64, t truth, f float32) { out <- fmt.Sprintf("%T %v %T %v %T %v", x, x, t, t, f, f) }
	go take(1<<n, n == 40, 2)
	fmt.Println(<-out)
	go take(-(1<<n + 1), !(n == 40) && n < 3, 1<<2)
	fmt.Println(<-out)
	var wide atomic.Int64
	wide.Store(1 << note("n", n))
	wide.Add(-1<<note("m", n) + 1)
	fmt.Println(wide.Load())
	flush("untyped")
}

func either[C chan Duration | <-chan Duration](c C) (sum Duration) {
	select {
	case d := <-c:
		sum += d
	}
	for d := range c {
		sum += d
	}
	_, ok := <-c
	fmt.Println(ok)
	return sum
}

type lockPointer[T any] interface {
	*T
	sync.Locker
}

func parametrised[T any, L lockPointer[T]](l L) {
	L(l).Lock()
	defer l.Unlock()
	line("parametrised")
}

type sending interface {
	~chan<- celsius | chan celsius
	sendingToo
}

type sendingToo interface{ ~chan<- celsius | ~chan celsius }

func nested[C sending](c C) {
	c <- 3
	close(c)
}

// shadows has other things under the names that rewritten code could need.
func shadows() {
	bool, true, false, panic, nil, close, len := 1, 2, 3, 4, 5, 6, 7
	var int string
	any := make(chan struct{}, 1)
	func() {
		select {
		case any <- struct{}{}:
			fmt.Println(bool, true, false, panic, nil, close, len, int)
			return
		}
	}()
	select {
	case _, sync := <-any:
		fmt.Println(sync)
	default:
	}
	for time := range func() chan string {
		c := make(chan string, 1)
		go func(context string) { c <- context; unshadowedClose(c) }("x")
		return c
	}() {
		fmt.Println(time)
	}
}

func unshadowedClose(c chan string) { close(c) }

// jumps goes over what is rewritten.
func jumps(c chan int) string {
	i, done := 0, make(chan int)
	goto in
again:
	go func(n int) { done <- n }(i)
	fmt.Println(<-done)
in:
	if i++; i < 3 {
		goto again
	}
L:
	for i := range c {
		switch {
		case i == 0:
			continue L
		case i == 1:
			break L
		}
	}
	c <- 5
S:
	select {
	case i := <-c:
		if i == 2 {
			goto S
		}
		goto in2
	in2:
		break S
	}
	for ; i < 5; c <- i {
		i++
	}
	switch c <- 7; v := any(<-c).(type) {
	case int:
		fmt.Println(v)
	}
	for {
		select {
		case _, ok := <-c:
			if ok {
				continue
			}
			return "closed"
		default:
			close(c)
		}
	}
}

func filled(vs ...int) chan int {
	c := make(chan int, 9)
	for _, v := range vs {
		c <- v
	}
	return c
}

// order is that of the language: operands first, in the source's order, then the operation.
func order() {
	var mus [2]sync.Mutex
	at := func(name string) *[2]sync.Mutex { return note(name, &mus) }
	at("lock")[note("index", 0)].Lock()
	defer at("unlock")[note("index", 0)].Unlock()
	c := make(chan int, 9)
	ch := func(name string) chan int { return note(name, c) }
	ch("send") <- note("value", 1) + note("more", 2)
	ch("send") <- <-ch("receive") + note("more", 1)
	xs := map[string]int{}
	xs[note("key", "k")], xs["ok"] = <-ch("receive"), note("after", 1)
	ch("again") <- 1
	select {
	case xs[note("only", "then")] = <-ch("first"):
	case note("nobody", (chan<- int)(nil)) <- note("value", 2):
		xs[note("sent", "s")]++
	}
	c <- 5
	wg := new(sync.WaitGroup)
	note("wg", wg).Add(note("delta", 1))
	note("wg", wg).Done()
	go note("wg", wg).Wait()
	go func(...int) {}(note("a", 1), <-ch("second") * 0, note("b", 2))
	flush("order")
}

func main() {
	values()
	atomicValues()
	results()
	untyped(40)
	waiting := make(chan Duration, 3)
	waiting <- 1
	waiting <- 2
	close(waiting)
	fmt.Println(either(waiting))
	parametrised(new(sync.Mutex))
	nested(make(chan celsius, 1))
	shadows()
	fmt.Println(jumps(filled(0, 1, 2, 3)))
	order()
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
	panics(func() {
		var d *deep
		_ = d.Mutex.Lock
		line("never")
	})
	panics(func() {
		var l sync.Locker
		_ = l.Unlock
		line("never")
	})
	panics(func() {
		var l locked
		l.Lock()
	})
	fmt.Fprintln(os.Stderr, "done")
}
