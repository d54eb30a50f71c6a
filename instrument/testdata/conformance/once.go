package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type lazy struct {
	sync.Once
	v int
}

func (l *lazy) get(log *enginetest.Log) int {
	l.Do(func() {
		log.Add("made")
		pause()
		l.v = 7
	})
	return l.v
}

var onces = []enginetest.Program{
	{
		Name: "all wait for the first",
		Body: func(log *enginetest.Log) {
			var l lazy
			get := func() { log.Add("%d", l.get(log)) }
			together(get, get)
		},
		Departures: 4,
		Want:       []string{"made 7 7"},
	},
	{
		Name: "whose function it is is open",
		Body: func(log *enginetest.Log) {
			var o sync.Once
			together(
				func() { o.Do(func() { log.Add("a") }) },
				func() { o.Do(func() { log.Add("b") }) },
			)
		},
		Departures: 4,
		Want:       []string{"a", "b"},
	},
	{
		Name: "a panic counts as done",
		Body: func(log *enginetest.Log) {
			var o sync.Once
			recovered(log, func() { o.Do(func() { panic("oh") }) })
			o.Do(func() { log.Add("again") })
			log.Add("done")
		},
		Want: []string{"(oh) done"},
	},
	{
		Name: "within itself",
		Body: func(*enginetest.Log) {
			var o sync.Once
			o.Do(func() { o.Do(func() {}) })
		},
		Want: []string{"hang"},
	},
	{
		Name: "OnceFunc, OnceValue, OnceValues",
		Body: func(log *enginetest.Log) {
			f := sync.OnceFunc(func() { log.Add("f"); pause() })
			together(f, f)
			v := sync.OnceValue(func() int { log.Add("v"); pause(); return 7 })
			together(func() { log.Add("%d", v()) }, func() { log.Add("%d", v()) })
			vs := sync.OnceValues[int, error](func() (int, error) { log.Add("vs"); return 1, nil })
			n, err := vs()
			log.Add("%d %v", n, err)
			_, _ = vs()
		},
		Departures: 2,
		Want:       []string{"f v 7 7 vs 1 <nil>"},
	},
	{
		Name: "their panics come again",
		Body: func(log *enginetest.Log) {
			f := sync.OnceFunc(func() { log.Add("f"); panic("oh") })
			together(func() { recovered(log, f) }, func() { recovered(log, f) })
			v := sync.OnceValue(func() int { panic("no") })
			recovered(log, func() { v() })
			recovered(log, func() { v() })
			vs := sync.OnceValues(func() (int, error) { panic("neither") })
			recovered(log, func() { _, _ = vs() })
			recovered(log, func() { _, _ = vs() })
		},
		Departures: 2,
		Want:       []string{"f (oh) (oh) (no) (no) (neither) (neither)"},
	},
}
