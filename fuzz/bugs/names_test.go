package bugs

import (
	"context"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sync/errgroup"

	"github.com/jostle-dev/jostle/harness"
)

// A door is locked by a goroutine, which then ends, or stays.
type door struct {
	mu    sync.Mutex
	taken chan struct{}
	stays chan struct{} // nil: it ends
}

func (d *door) take() {
	d.mu.Lock()
	close(d.taken)
	if d.stays != nil {
		<-d.stays
	}
}

type taker interface{ take() }

// A box is generic.
type box[T any] struct{ v T }

func (b *box[T]) open(f func(T)) { f(b.v) }

func opened[T taker](v T) {
	go func() { v.take() }()
}

// Goroutines are called by the function that they run, as the runtime prints it, whatever it is that they do first, whatever
// starts them, and also when they have ended.
func TestNames(t *testing.T) {
	tests := []struct {
		name  string
		start func(d *door)
		want  string
	}{
		{"literal", func(d *door) { go func() { d.take() }() }, "TestNames.func1.1"},
		{"literal with an argument", func(d *door) { go func(d *door) { d.take() }(d) }, "TestNames.func2.1"},
		{"two literals on a line", func(d *door) { go func() { d.take() }(); go func() {}() }, "TestNames.func3.1"},
		{"method", func(d *door) { go d.take() }, "(*door).take"},
		{"method value", func(d *door) {
			f := d.take
			go f()
		}, "(*door).take"},
		{"variable", func(d *door) {
			f := func() { d.take() }
			go f()
		}, "TestNames.func6.1"},
		{"variable with an argument", func(d *door) { // it is seen when it comes by a sync point
			f := func(d *door) { d.take() }
			go f(d)
		}, "TestNames.func7.1"},
		{"method of an interface", func(d *door) {
			var i taker = d
			go i.take()
		}, "taker.take"},
		{"literal in a generic function", func(d *door) { opened(d) }, "opened[...].func1"},
		{"generic method", func(d *door) { go (&box[taker]{d}).open(func(i taker) { i.take() }) }, "(*box[...]).open"},
		{"WaitGroup.Go", func(d *door) {
			var wg sync.WaitGroup
			wg.Go(func() { d.take() })
		}, "TestNames.func11.1"},
		{"WaitGroup.Go of a method", func(d *door) {
			var wg sync.WaitGroup
			wg.Go(d.take)
		}, "(*door).take"},
		{"errgroup", func(d *door) {
			var g errgroup.Group
			g.Go(func() error { d.take(); return nil })
		}, "TestNames.func13.1"},
		{"errgroup with a context", func(d *door) {
			g, _ := errgroup.WithContext(context.Background())
			g.SetLimit(1)
			g.Go(func() error {
				d.take()
				return nil
			})
		}, "TestNames.func14.1"},
		{"time.AfterFunc", func(d *door) { time.AfterFunc(time.Second, func() { d.take() }) }, "TestNames.func15.1"},
		{"time.AfterFunc of a method", func(d *door) { time.AfterFunc(time.Second, d.take) }, "(*door).take"},
		{"context.AfterFunc", func(d *door) {
			ctx, cancel := context.WithCancel(context.Background())
			context.AfterFunc(ctx, func() { d.take() })
			cancel()
		}, "TestNames.func17.1"},
		{"sync.OnceFunc", func(d *door) {
			once := sync.OnceFunc(d.take)
			go once()
		}, "(*door).take"},
		{"in the body of an iteration", func(d *door) {
			for range slices.Values([]int{1}) {
				go func() { d.take() }()
			}
		}, "TestNames.func19.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, stays := range []bool{false, true} {
				got := reportOf(t, func(harness.T) {
					d := &door{taken: make(chan struct{})}
					if stays {
						d.stays = make(chan struct{})
					}
					tt.start(d)
					<-d.taken
					d.mu.Lock()
				})
				assert.Regexp(t, `\bg\d `+regexp.QuoteMeta(tt.want)+` `, got)
			}
		})
	}
}
