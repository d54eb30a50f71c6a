package bugs

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"

	"github.com/jostle-dev/jostle/harness"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { harness.Main(m) }

// Each bug is found with few schedules, is called what it is, and is explained as in testdata.
func TestReports(t *testing.T) {
	tests := []struct {
		name, want string // as the machine-readable line has it
		body       func(harness.T)
	}{
		{"lock order", "verdict=deadlock rule=2", func(harness.T) {
			var a, b account
			var wg sync.WaitGroup
			wg.Go(func() { transfer(&a, &b, 1) })
			wg.Go(func() { transfer(&b, &a, 2) })
			wg.Wait()
		}},
		{"lock order beside a ticker", "verdict=deadlock rule=2", func(harness.T) {
			metered()
			var a, b account
			var wg sync.WaitGroup
			wg.Go(func() { transfer(&a, &b, 1) })
			wg.Go(func() { transfer(&b, &a, 2) })
			wg.Wait()
		}},
		{"lock twice", "verdict=deadlock rule=2", func(harness.T) { new(account).deposit(1) }},
		{"nested read lock", "verdict=deadlock rule=2", func(harness.T) {
			c := cache{m: map[string]int{}}
			var wg sync.WaitGroup
			wg.Go(func() { c.sum("a", "b") })
			wg.Go(func() { c.put("a", 1) })
			wg.Wait()
		}},
		{"lock held at a send", "verdict=deadlock rule=1", func(harness.T) {
			f := feed{out: make(chan int)}
			go func() { f.publish(); f.publish() }()
			for range 2 {
				<-f.out
				f.published()
			}
		}},
		{"forgotten answer", "verdict=leak rule=4", func(harness.T) {
			first(func() int { return 1 }, func() int { return 2 })
		}},
		{"worker without end", "verdict=leak rule=4", func(harness.T) { work([]int{1, 2}) }},
		{"missed signal", "verdict=lost-wake-up rule=3", func(harness.T) {
			g := gate{}
			g.cond = sync.NewCond(&g.mu)
			go g.open()
			g.wait()
		}},
		{"dropped wake-up", "verdict=lost-wake-up rule=3", func(harness.T) {
			wake, ready := make(chan struct{}), new(atomic.Bool)
			go notify(wake, ready)
			await(wake, ready)
		}},
		{"missing Done", "verdict=deadlock rule=4", func(harness.T) { all([]int{1, 0, 2}, func(int) {}) }},
		{"letter left behind", "verdict=leak rule=4", func(harness.T) {
			letters, box := make(chan letter), make(chan letter, 1)
			go write(letters, make(chan struct{}))
			go deliver(letters, box)
			look(box)
		}},
		{"channels in a circle", "verdict=deadlock rule=2", func(harness.T) { swap(1, 2) }},
		{"stop behind the tasks", "verdict=deadlock rule=2", func(harness.T) {
			s := server{quit: make(chan struct{})}
			s.tasks.Add(1)
			go s.task()
			s.close()
		}},
		{"context without a cancel", "verdict=leak rule=4", func(harness.T) { new(watcher).watch(context.Background()) }},
		{"missing unlock", "verdict=deadlock rule=1", func(harness.T) {
			var a account
			go a.withdraw(1)
			runtime.Gosched()
			a.withdraw(0)
		}},
		{"waiting for its own end", "verdict=deadlock rule=2", func(harness.T) {
			l := loop{make(chan func(), 1), make(chan struct{})}
			l.work <- l.stop
			go l.run()
			<-l.stopped
		}},
		{"loop that is not stopped", "verdict=leak rule=4", func(harness.T) {
			l := loop{make(chan func(), 1), make(chan struct{})}
			go l.run()
		}},
		{"stopped timer", "verdict=leak rule=4", func(harness.T) { debounced(time.Second) }},
		{"close behind the lock", "verdict=deadlock rule=1", func(harness.T) {
			s := subscribers{all: map[int]chan int{1: make(chan int)}}
			go s.send(1)
			runtime.Gosched()
			s.unsubscribe(1)
		}},
		{"permit held at a receive", "verdict=deadlock rule=1", func(harness.T) { answer(semaphore.NewWeighted(2)) }},
		{"group within itself", "verdict=deadlock rule=2", func(harness.T) { nested() }},
		{"budget taken bit by bit", "verdict=deadlock rule=1", func(harness.T) {
			b := budget{left: 8}
			b.freed = sync.NewCond(&b.mu)
			var wg sync.WaitGroup
			wg.Go(b.grow)
			wg.Go(b.grow)
			wg.Wait()
		}},
		{"nil channel", "verdict=leak rule=4", func(harness.T) { unmade() }},
		{"once within itself", "verdict=deadlock rule=2", func(harness.T) { again() }},
		{"send on a closed channel", "verdict=panic rule=-", func(harness.T) { closing(2) }},
		{"polite", "verdict=livelock rule=-", func(harness.T) { polite() }},
		{"pipe", "verdict=leak rule=4", func(harness.T) { piped() }},
		{"assertion", "verdict=assertion rule=-", func(t harness.T) {
			n := 0
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					was := n
					runtime.Gosched()
					n = was + 1
				})
			}
			wg.Wait()
			assert.Equal(t, 2, n)
		}},
		{"context of its own", "verdict=leak rule=4", func(harness.T) { go follow(context.Background()) }},
		{"desks that stay open", "verdict=leak rule=4", func(harness.T) {
			one, two := desk{make(chan func())}, desk{make(chan func())}
			go one.serve()
			go two.serve()
			one.ask()
			two.askOnce()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := reportOf(t, tt.body)
			assert.Contains(t, got, "jostle: "+tt.want+" ")
			golden := filepath.Join("testdata", strings.ReplaceAll(tt.name, " ", "-")+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "run go test -update")
			assert.Equal(t, string(want), got)
		})
	}
}

// Goroutines of a function that is known to stay are no leaks: where it blocks, where it was started, in literals of it, called in full or as reports call it.
// Others are.
func TestIgnoreGoroutine(t *testing.T) {
	const pkg = "github.com/jostle-dev/jostle/fuzz/bugs."
	leaks := func(harness.T) { first(func() int { return 1 }, func() int { return 2 }) }
	for _, tt := range []struct{ fn, want string }{
		{pkg + "first", ""}, {pkg + "first.func1", ""}, {"bugs.first.func1", ""}, {"first.func1", ""},
		{pkg + "first.func2", "verdict=leak "}, {pkg + "fir", "verdict=leak "}, {pkg + "work", "verdict=leak "},
	} {
		got := reportOf(t, leaks, harness.IgnoreGoroutine(tt.fn))
		if tt.want == "" {
			assert.NotContains(t, got, "verdict=leak ", tt.fn)
		}
		assert.Contains(t, got, tt.want, tt.fn)
	}
	got := reportOf(t, func(t harness.T) { leaks(t); work([]int{1}) }, harness.IgnoreGoroutine(pkg+"first"))
	assert.Contains(t, got, "leak: 1 goroutine can never end")
	assert.Contains(t, got, "work.func1")
	assert.NotContains(t, got, "first.func1")
}

// A recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	text strings.Builder
}

func (r *recorder) Helper()           {}
func (r *recorder) Log(args ...any)   { fmt.Fprintln(&r.text, args...) }
func (r *recorder) Fatal(args ...any) { r.Log(args...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) {
	r.Log(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// reportOf returns what Check prints about body, without what depends on the machine and the version of Go.
func reportOf(t *testing.T, body func(harness.T), options ...harness.Option) string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		harness.Check(r, body, options...)
	}()
	<-done
	text := r.text.String()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	text = strings.ReplaceAll(text, dir, "JOSTLE")
	for _, u := range unstable {
		text = u.pattern.ReplaceAllString(text, u.stable)
	}
	return text
}

var unstable = []struct {
	pattern *regexp.Regexp
	stable  string
}{
	{regexp.MustCompile(`\n.*/asm_\w+\.s:\d+`), ""}, // the bottom of a stack
	{regexp.MustCompile(`/\S*/pkg/mod/`), "GOMODCACHE/"},
	{regexp.MustCompile(`/\S*/src/((?:runtime|io|jostle)/)`), "GOROOT/src/$1"},
	{regexp.MustCompile(`\b((?:runtime|io|jostle/internal/\w+)/\w+\.go):\d+`), "$1"}, // of the standard library, and of what is beside it
	{regexp.MustCompile(`\(0x[0-9a-f?, {}x.]*\)`), ""},                               // arguments
	{regexp.MustCompile(` \+0x[0-9a-f]+`), ""},
	// How many schedules were tried is a matter of time.
	{regexp.MustCompile(`\n  No schedule (ends well: all \d+ were tried|was found that ends well: \d+ more were tried)\.\n`), ""},
}
