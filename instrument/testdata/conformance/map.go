package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type registry struct{ sync.Map }

var maps = []enginetest.Program{
	{
		Name: "every method",
		Body: func(log *enginetest.Log) {
			var r registry
			r.Store("a", 1)
			v, ok := r.Load("a")
			log.Add("%v,%t", v, ok)
			v, loaded := r.LoadOrStore("a", 2)
			log.Add("%v,%t", v, loaded)
			v, loaded = r.Swap("a", 3)
			log.Add("%v,%t", v, loaded)
			log.Add("%t %t", r.CompareAndSwap("a", 1, 4), r.CompareAndDelete("a", 1))
			v, loaded = r.LoadAndDelete("a")
			log.Add("%v,%t", v, loaded)
			r.Store("b", 5)
			r.Delete("b")
			r.Store("c", 6)
			r.Range(func(k, v any) bool { pause(); log.Add("%v:%v", k, v); r.Store("c", 7); return true })
			r.Range(func(k, v any) bool { log.Add("%v:%v", k, v); return false })
			r.Clear()
			_, ok = r.Load("c")
			log.Add("%t", ok)
		},
		Want: []string{"1,true 1,true 1,true false false 3,true c:6 c:7 false"},
	},
	{
		Name: "ranged over by its method",
		Body: func(log *enginetest.Log) {
			var r registry
			for range 3 {
				for k, v := range r.Range {
					defer log.Add("deferred %v", k)
					log.Add("%v:%v", k, v)
					if k == "b" {
						return
					}
				}
				if _, ok := r.Load("a"); ok {
					r.Store("b", 2)
					r.Delete("a")
				} else {
					r.Store("a", 1)
				}
			}
		},
		Departures: 2,
		Want:       []string{"a:1 b:2 deferred b deferred a"},
	},
	{
		Name: "one of two stores, and both see it",
		Body: func(log *enginetest.Log) {
			var r registry
			var a, b any
			together(
				func() { a, _ = r.LoadOrStore("k", "a") },
				func() { b, _ = r.LoadOrStore("k", "b") },
			)
			log.Add("%v%v", a, b)
		},
		Departures: 4,
		Want:       []string{"aa", "bb"},
	},
	{
		Name: "looked up and then stored, in two operations",
		Body: func(log *enginetest.Log) {
			var r registry
			n := make(chan int, 2)
			visit := func() {
				if _, ok := r.Load("k"); !ok {
					r.Store("k", true)
					n <- 1
				}
			}
			together(visit, visit)
			log.Add("%d", len(n))
		},
		Departures: 4,
		Want:       []string{"1", "2"},
	},
}
