package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

var pools = []enginetest.Program{
	{
		Name: "new ones, none, and what was put",
		Body: func(log *enginetest.Log) {
			var p sync.Pool
			log.Add("%v", p.Get())
			p.New = func() any { pause(); return "new" }
			log.Add("%v", p.Get())
			p.Put("new")
			log.Add("%v", p.Get().(string))
		},
		Want: []string{"<nil> new new"},
	},
	{
		Name: "no two get the same",
		Body: func(log *enginetest.Log) {
			p := sync.Pool{New: func() any { return new(int) }}
			var a, b *int
			p.Put(new(int))
			together(func() { a = p.Get().(*int) }, func() { b = p.Get().(*int) })
			log.Add("%t", a != b)
		},
		Departures: 3,
		Want:       []string{"true"},
	},
	{
		Name: "who puts it back may share it",
		Body: func(log *enginetest.Log) {
			p := sync.Pool{New: func() any { return make(chan int, 2) }}
			use := func() {
				c := p.Get().(chan int)
				p.Put(c)
				c <- 1 // too late
				if len(c) == 2 {
					log.Add("shared")
				}
			}
			together(use, use)
		},
		Departures: 2,
		Want:       []string{"", "shared", "shared shared"},
	},
}
