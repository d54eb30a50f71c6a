// Package bugs is a collection of small concurrency bugs, written as people write them. Its tests look at how each is
// found, named and explained.
package bugs

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

type account struct {
	mu      sync.Mutex
	balance int
}

// transfer locks in the order of its arguments, which is not always the same.
func transfer(from, to *account, amount int) {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.balance -= amount
	to.balance += amount
}

// deposit locks twice.
func (a *account) deposit(amount int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.total() < 100 {
		a.balance += amount
	}
}

func (a *account) total() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.balance
}

type cache struct {
	mu sync.RWMutex
	m  map[string]int
}

func (c *cache) get(key string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.m[key]
}

// sum reads under the lock what locks again.
func (c *cache) sum(keys ...string) (n int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, k := range keys {
		n += c.get(k)
	}
	return n
}

func (c *cache) put(key string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[key] = n
}

type feed struct {
	mu  sync.Mutex
	n   int
	out chan int
}

// publish sends with the lock held.
func (f *feed) publish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	f.out <- f.n
}

// published takes the lock between two receives.
func (f *feed) published() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// first returns the quicker answer, and leaves the other goroutine with its own.
func first(ask ...func() int) int {
	out := make(chan int)
	for _, f := range ask {
		go func() { out <- f() }()
	}
	return <-out
}

// work runs a worker that nobody ever ends.
func work(jobs []int) (sum int) {
	in, out := make(chan int), make(chan int)
	go func() {
		for {
			select {
			case j := <-in:
				out <- 2 * j
			case <-context.Background().Done():
				return
			}
		}
	}()
	for _, j := range jobs {
		in <- j
		sum += <-out
	}
	return sum
}

type gate struct {
	mu   sync.Mutex
	cond *sync.Cond
}

// wait waits for open, and if that has been it waits for ever.
func (g *gate) wait() {
	g.mu.Lock()
	g.cond.Wait()
	g.mu.Unlock()
}

func (g *gate) open() { g.cond.Signal() }

// notify gives up its wake-up if nobody waits at that moment.
func notify(wake chan struct{}, ready *atomic.Bool) {
	ready.Store(true)
	select {
	case wake <- struct{}{}:
	default:
	}
}

func await(wake chan struct{}, ready *atomic.Bool) {
	if !ready.Load() {
		<-wake
	}
}

// all waits for every part, but a part that is left out is never done.
func all(parts []int, do func(int)) {
	var wg sync.WaitGroup
	wg.Add(len(parts))
	for _, p := range parts {
		go func() {
			if p == 0 {
				return
			}
			do(p)
			wg.Done()
		}()
	}
	wg.Wait()
}

// swap has both sides send before they receive.
func swap(a, b int) (int, int) {
	left, right := make(chan int), make(chan int)
	var fromLeft, fromRight int
	var wg sync.WaitGroup
	wg.Go(func() { left <- a; fromRight = <-right })
	wg.Go(func() { right <- b; fromLeft = <-left })
	wg.Wait()
	return fromLeft, fromRight
}

// unmade sends on a channel that nobody has made.
func unmade() {
	var c chan int
	go func() { c <- 1 }()
}

// again initialises what is just being initialised.
func again() {
	var once sync.Once
	var setup func()
	setup = func() { once.Do(setup) }
	setup()
}

// closing closes while others may still send.
func closing(n int) {
	c := make(chan int, n)
	for i := range n {
		go func() { c <- i }()
	}
	close(c)
}

// polite has two goroutines of which each waits until the other does not want to.
func polite() {
	var wants [2]atomic.Bool
	var wg sync.WaitGroup
	for i := range wants {
		wg.Go(func() {
			wants[i].Store(true)
			for wants[1-i].Load() {
				time.Sleep(time.Millisecond)
			}
		})
	}
	wg.Wait()
}

// piped writes to a pipe that nobody reads.
func piped() {
	_, w := io.Pipe()
	go w.Write([]byte("hello"))
}

// metered counts ticks for ever: each goes to a goroutine that notes it.
func metered() {
	ticks := make(chan time.Time)
	var noted atomic.Int64
	go func() {
		for range time.Tick(time.Second) {
			ticks <- time.Now()
		}
	}()
	go func() {
		for range ticks {
			noted.Add(1)
		}
	}()
}

// A server ends its tasks only when they have ended.
type server struct {
	tasks sync.WaitGroup
	quit  chan struct{}
}

func (s *server) done() <-chan struct{} { return s.quit }

func (s *server) task() {
	defer s.tasks.Done()
	<-s.done()
}

func (s *server) close() {
	s.tasks.Wait()
	close(s.quit)
}

// A watcher ends when it is cancelled.
type watcher struct{ cancel context.CancelFunc }

func (w *watcher) watch(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	go func() { <-ctx.Done() }()
}

// withdraw forgets to unlock on one way out.
func (a *account) withdraw(amount int) bool {
	a.mu.Lock()
	if a.balance < amount {
		return false
	}
	a.balance -= amount
	a.mu.Unlock()
	return true
}

// A loop stops when it is told to, which its callback must not do.
type loop struct {
	work    chan func()
	stopped chan struct{}
}

func (l *loop) run() {
	defer close(l.stopped)
	for f := range l.work {
		f()
	}
}

func (l *loop) stop() {
	close(l.work)
	<-l.stopped
}

// debounced waits for the timer that it has just stopped.
func debounced(d time.Duration) {
	t := time.NewTimer(d)
	go func() {
		if t.Stop() {
			<-t.C
		}
	}()
}

// subscribers hands events out under the lock that unsubscribe needs.
type subscribers struct {
	mu  sync.Mutex
	all map[int]chan int
}

func (s *subscribers) send(event int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		c <- event
	}
}

func (s *subscribers) unsubscribe(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.all[id])
	delete(s.all, id)
}

// answer waits for who needs the permit that it has.
func answer(permits *semaphore.Weighted) int {
	ctx, out := context.Background(), make(chan int)
	go func() {
		if permits.Acquire(ctx, 2) == nil {
			out <- 1
			permits.Release(2)
		}
	}()
	if permits.Acquire(ctx, 1) == nil {
		defer permits.Release(1)
	}
	return <-out
}

// nested starts work in a slot of the group that takes a slot of the group.
func nested() error {
	var g errgroup.Group
	g.SetLimit(1)
	g.Go(func() error {
		g.Go(func() error { return nil })
		return nil
	})
	return g.Wait()
}

// A budget is some memory that goroutines share.
type budget struct {
	mu    sync.Mutex
	freed *sync.Cond
	left  int
}

// take waits until n are left.
//
//jostle:resource acquire n
func (b *budget) take(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.left < n {
		b.freed.Wait()
	}
	b.left -= n
}

//jostle:resource release n
func (b *budget) give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
	b.freed.Broadcast()
}

// grow takes what it needs bit by bit.
func (b *budget) grow() {
	b.take(3)
	b.take(3)
	b.give(6)
}

// A letter is on its way until it has been read, or thrown away.
type letter struct{ read chan struct{} }

func (l letter) drop() { close(l.read) }

// write writes letters until it is told to stop.
func write(out chan<- letter, stop <-chan struct{}) {
	for {
		l := letter{make(chan struct{})}
		select {
		case out <- l:
		case <-stop:
			l.drop()
			return
		}
	}
}

// deliver brings one letter after the other, each when that before it has been read.
func deliver(in <-chan letter, box chan<- letter) {
	for l := range in {
		box <- l
		<-l.read
	}
}

// look reads the letter that is in the box, and does not wait for one.
func look(box <-chan letter) {
	select {
	case l := <-box:
		l.drop()
	default:
	}
}

// follow derives the context that it waits for from one that its caller should cancel.
func follow(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	<-ctx.Done()
}

// A desk says that it has dealt with a request by a function that came with it. Nothing closes it.
type desk struct{ requests chan func() }

func (d *desk) serve() {
	for answer := range d.requests {
		answer()
	}
}

func (d *desk) ask() {
	answered, answer := context.WithCancel(context.Background())
	d.requests <- answer
	<-answered.Done()
}

func (d *desk) askOnce() {
	answered := make(chan struct{})
	d.requests <- sync.OnceFunc(func() { close(answered) })
	<-answered
}
