package rewrite_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/trace"
)

// after are the words of the comments in releasesSource: what may come after the release of the line.
var after = map[string]trace.Following{"nothing": trace.Nothing, "returns": trace.Returns, "plain": trace.Plain}

const releasesSource = `package p

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

type list struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	cond  *sync.Cond
	n     atomic.Int32
	m     sync.Map
	next  *list
	value int
	c     chan int
}

var global int

func stores(l *list) {
	l.mu.Lock()
	l.mu.Unlock() // plain
	l.value = 1
	l.mu.Lock()
	l.mu.Unlock() // nothing
	l.mu.Lock()
	l.mu.Unlock() // plain
	global++
	l.rw.RLock()
	l.rw.RUnlock() // plain
	fmt.Println(l)
}

func ways(l *list, locals []int) int {
	l.cond.Signal() // nothing
	l.next.mu.Lock()
	x := 1
	l.mu.Unlock() // nothing
	x++
	y := x * 2
	l.n.Store(3) // nothing
	l.n.Add(int32(y)) // plain
	locals[0] = 1
	if l.n.CompareAndSwap(1, 2) { // plain
		l.value = 3
	}
	l.n.Load()
	return x // is not shared
}

func branches(l *list, b bool) {
	l.mu.Unlock() // plain
	if b {
		l.value = 1
	}
	l.mu.Lock()
	for range 3 {
		l.mu.Lock()
		l.mu.Unlock() // returns
	}
}

func loops(l *list) {
	for {
		l.mu.Lock()
		l.mu.Unlock() // nothing
	}
}

func ranges(l *list, many []*list) {
	close(l.c) // nothing
	for range l.c { // nothing
		l.mu.Unlock() // nothing
	}
	close(l.c) // plain
	for _, m := range many {
		m.mu.Lock()
	}
}

func deferred(l *list) int {
	l.mu.Lock()
	defer l.mu.Unlock() // returns
	l.n.Store(1) // plain
	return l.value
}

func deferredInTurn(l *list, wg *sync.WaitGroup) {
	defer wg.Done() // returns
	defer l.mu.Unlock() // nothing
	l.n.Store(1) // nothing
}

func deferredUnknown(l *list, f func()) {
	defer f()
	defer l.n.Add(1) // plain
}

func goroutines(l *list, wg *sync.WaitGroup) {
	go func() {
		defer wg.Done() // nothing
		l.mu.Lock()
		defer l.mu.Unlock() // nothing
	}()
	wg.Go(func() {
		l.mu.Unlock() // nothing
	})
	func() {
		l.mu.Unlock() // returns
	}()
}

func captured(l *list) {
	done, never := false, false
	f := func() bool { done = never; return done }
	l.mu.Unlock() // plain
	done = true
	f()
	l.mu.Unlock() // returns
	if never {
		return
	}
}

func selects(l *list, stop chan bool) {
	select {
	case l.c <- 1: // case plain
		l.value = 1
	case <-stop: // case nothing
		l.mu.Lock()
	case v := <-l.c: // case returns
		_ = v
	}
}

func values(l *list) {
	v := <-l.c // plain
	l.value = v
	l.value = <-l.c // plain
	l.c <- 1 // returns
}

func groups(wg *sync.WaitGroup, l *list, n int) {
	wg.Add(1) // nothing
	l.value = 1
	wg.Add(-1) // plain
	l.value = 1
	wg.Add(n) // plain
	l.value = 1
}

func pools(pool *sync.Pool, once *sync.Once, l *list) {
	pool.Put(l) // plain
	l.value = 1
	once.Do(func() {}) // plain
	l.next = nil
	l.next = &list{}
	time.AfterFunc(0, func() {}) // plain
	l.next = nil
	_, loaded := l.m.LoadOrStore(1, l) // plain
	l.value = 2
	_ = loaded
	l.m.Delete(1) // plain
	l.value = 3
}

func known(l *list) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background()) // plain
	unlock := l.mu.Unlock // plain
	f := sync.OnceFunc(unlock) // plain
	f()
	return ctx, cancel
}

func ends(l *list) {
	l.mu.Unlock() // nothing
	time.Sleep(1)
	l.mu.Unlock() // returns
	panic("over")
}
`

var (
	siteLine = regexp.MustCompile(`(?m)^\t\{File: "/x.go", Line: (\d+), .*?, Key: 0x[0-9a-f]+(?:, After: (\d))?(.*)\},$`)
	siteCase = regexp.MustCompile(`\{Op: \d+, Expr: "[^"]*", Var: 0x[0-9a-f]+(?:, After: (\d))?\}`)
)

// What may come after a release is read from the code: a plain access, or code that is not known, or a return, or nothing but
// the next sync point and what is the goroutine's own.
func TestReleases(t *testing.T) {
	out, err := rewriteSource(t, releasesSource)
	require.NoError(t, err)
	got := map[int]trace.Following{}
	for _, m := range siteLine.FindAllStringSubmatch(string(out.Src), -1) {
		line, _ := strconv.Atoi(m[1])
		n, _ := strconv.Atoi(m[2])
		got[line] = max(got[line], trace.Following(n))
		for i, c := range siteCase.FindAllStringSubmatch(m[3], -1) {
			n, _ := strconv.Atoi(c[1])
			got[line+1+2*i] = trace.Following(n) // as the one select stands there
		}
	}
	rows := 0
	for i, line := range strings.Split(releasesSource, "\n") {
		code, comment, found := strings.Cut(line, " // ")
		want, is := after[strings.TrimPrefix(comment, "case ")]
		if !found || !is {
			continue
		}
		rows++
		assert.Equal(t, want, got[i+1], fmt.Sprintf("line %d: %s", i+1, strings.TrimSpace(code)))
	}
	assert.Equal(t, 47, rows)
}
