package perturb_test

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestOnce(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "all wait for the first",
			Body: func(log *enginetest.Log) {
				var once sync.Once
				do := func(name string) func() {
					return func() {
						OnceDo(&once, func() {
							log.Add("once")
							RuntimeGosched(site)
							log.Add("done")
						}, site)
						log.Add("%s", name)
					}
				}
				together(do("a"), do("b"))
			},
			Departures: 4,
			Want:       []string{"once done a b", "once done b a"},
		},
		{
			Name: "within itself",
			Body: func(log *enginetest.Log) {
				var once sync.Once
				OnceDo(&once, func() { OnceDo(&once, func() { log.Add("again") }, site) }, site)
			},
			Want: []string{"hang"},
		},
		{
			Name: "a panic counts as done",
			Body: func(log *enginetest.Log) {
				var once sync.Once
				recovered(log, func() { OnceDo(&once, func() { panic("oh") }, site) })
				OnceDo(&once, func() { log.Add("again") }, site)
				log.Add("done")
			},
			Want: []string{"(oh) done"},
		},
	})
}

var (
	ofPackage struct{ once sync.Once }
	pointedTo = &struct {
		name string
		once sync.Once
	}{name: "a"}
)

// What a variable of a package is, or points to from the beginning, is known as that, and what is made later is not.
func TestInVariable(t *testing.T) {
	var local sync.Once
	assert.True(t, engine.InVariable(unsafe.Pointer(&ofPackage.once)))
	assert.True(t, engine.InVariable(unsafe.Pointer(&pointedTo.once)))
	assert.False(t, engine.InVariable(unsafe.Pointer(new(sync.Once))))
	assert.False(t, engine.InVariable(unsafe.Pointer(&local)))
}

// declared returns a Once as a function has it that makes a variable of a package.
func declared() *sync.Once {
	var once sync.Once
	OnceDeclared(&once)
	return &once
}

var early = declared()

// A goroutine that a Once begins which was made before anything ran serves the process, and one of a test's Once does not.
func TestOnceDeclared(t *testing.T) {
	begun := 0
	for range 2 {
		for _, c := range []struct {
			once *sync.Once
			want trace.Quiet
		}{{early, trace.AllEnded}, {nil, trace.Proved}} {
			snap := enginetest.Run(t, new(engine.Execution), schedule.NewReader(nil), engine.Limits{}, func() {
				if c.once == nil {
					c.once = declared()
				}
				OnceDo(c.once, func() {
					begun++
					Go(func() { Recv(make(chan int), site) }, site)
				}, site)
			})
			assert.Equal(t, c.want, snap.Quiet)
		}
	}
	assert.Equal(t, 4, begun) // each execution begins it
}

var (
	outerOnce sync.Once
	inner     *sync.Once
)

// So does one of a Once that is made by what is done once in the process.
func TestOnceWithin(t *testing.T) {
	begun := 0
	for range 2 {
		snap := enginetest.Run(t, new(engine.Execution), schedule.NewReader(nil), engine.Limits{}, func() {
			OnceDo(&outerOnce, func() { inner = declared() }, site)
			OnceDo(inner, func() {
				begun++
				Go(func() { Recv(make(chan int), site) }, site)
			}, site)
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
	}
	assert.Equal(t, 2, begun)
}
