package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// name returns what a select returns from: no statement behind it is needed.
func name(a, b <-chan int) string {
	select {
	case <-a:
		return "a"
	case <-b:
		return "b"
	}
}

// either is generic in its channels.
func either[C ~chan T, T any](a, b C, v T) (got T, ok bool) {
	select {
	case got, ok = <-a:
	case b <- v:
	}
	return got, ok
}

var selects = []enginetest.Program{
	{
		Name: "each ready case can be taken",
		Body: func(log *enginetest.Log) {
			a, b := filled(1), filled(2)
			c := make(chan int, 1)
			select {
			case v := <-a:
				log.Add("a%d", v)
			case v, ok := <-b:
				log.Add("b%d%t", v, ok)
			case c <- 3:
				log.Add("c%d", <-c)
			default:
				log.Add("never")
			}
		},
		Want: []string{"a1", "b2true", "c3"},
	},
	{
		Name: "default",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			select {
			case <-c:
			case c <- 1:
			default:
				log.Add("first")
			}
			select {
			default:
				log.Add("between")
			case <-c:
			}
			select {
			default:
				log.Add("alone")
			}
			var none chan int
			select {
			case <-none:
			case none <- 1:
			default:
				log.Add("none")
			}
		},
		Want: []string{"first between alone none"},
	},
	{
		Name: "default or not is open",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 1)
			together(
				func() { c <- 1 },
				func() {
					select {
					default:
						log.Add("default")
					case v := <-c:
						log.Add("%d", v)
					}
				},
			)
		},
		Departures: 4,
		Want:       []string{"default", "1"},
	},
	{
		Name: "one case, and one with default",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			go func() {
				select {
				case c <- 1:
				}
			}()
			select {
			case v := <-c:
				log.Add("%d", v)
			}
			select {
			case v := <-c:
				log.Add("never %d", v)
			default:
				log.Add("default")
			}
		},
		Departures: 3,
		Want:       []string{"1 default"},
	},
	{
		Name: "nine cases",
		Body: func(log *enginetest.Log) {
			var c [9]chan int
			for i := range c {
				c[i] = make(chan int)
			}
			go func() { c[8] <- 1; c[4] <- 2; <-c[0] }()
			for range 3 {
				select {
				case c[0] <- 7:
					log.Add("c0")
				case <-c[1]:
				case <-c[2]:
				case <-c[3]:
				case v := <-c[4]:
					log.Add("c4:%d", v)
				case <-c[5]:
				case <-c[6]:
				case <-c[7]:
				case v, ok := <-c[8]:
					log.Add("c8:%d%t", v, ok)
				}
			}
		},
		Departures: 3,
		Want:       []string{"c8:1true c4:2 c0"},
	},
	{
		Name: "every assignment",
		Body: func(log *enginetest.Log) {
			c := filled(1, 2, 3, 4, 5, 6, 7, 8)
			var v int
			var ok bool
			var a any
			var f flag
			var xs [3]int
			p := &xs[2]
			m := map[string]int{}
			select {
			case v = <-c:
			}
			select {
			case v, ok = <-c:
			}
			log.Add("%d,%t", v, ok)
			select {
			case a = <-c:
			}
			select {
			case xs[v-1], _ = <-c:
			}
			select {
			case m["k"], ok = (<-c):
			}
			select {
			case *p = <-c:
			}
			select {
			case _ = <-c:
			}
			log.Add("%v %v %v", a, xs, m)
			select {
			case _, f = <-c:
			}
			log.Add("%v", f)
			select {
			case _, _ = <-c:
			}
			select {
			case v, a = <-c:
			}
			select {
			case _, ok := <-c:
				log.Add("%t", ok)
			}
			log.Add("%d,%v", v, a)
		},
		Departures: 1,
		Want:       []string{"2,true 3 [0 4 6] map[k:5] true false 0,false"},
	},
	{
		Name: "operands are evaluated once and in order, what is assigned to only when taken",
		Body: func(log *enginetest.Log) {
			cs := map[string]chan string{"a": make(chan string), "b": make(chan string, 1), "c": nil}
			got := map[string]string{}
			select {
			case got[once(log, "never")] = <-cs[once(log, "a")]:
			case cs[once(log, "b")] <- once(log, "v"):
			case cs[once(log, "c")] <- once(log, "w"):
			}
			select {
			case got[once(log, "k")] = <-cs["b"]:
			case <-cs["c"]:
			}
			log.Add("%v", got)
			inner := make(chan chan int, 1)
			inner <- filled(1)
			values := filled(7)
			out := make(chan int)
			select {
			case v := <-<-inner:
				log.Add("%d", v)
			case out <- <-values:
			}
			log.Add("%d", <-values)
		},
		Departures: 1,
		Want:       []string{"a b v c w k map[k:v] 1 0"},
	},
	{
		Name: "break, continue, goto, return",
		Body: func(log *enginetest.Log) {
			c := filled(1, 2, 3, 4, 5, 6)
			func() {
			loop:
				for {
				again:
					select {
					case v := <-c:
						switch v {
						case 1:
							break
						case 2:
							continue
						case 3:
							continue loop
						case 4:
							goto again
						case 5:
							break loop
						}
						log.Add("%d", v)
						if v == 1 {
							break
						}
						log.Add("never")
					}
					log.Add("behind")
				}
				log.Add("out")
			labelled:
				select {
				case v := <-c:
					for {
						if v == 6 {
							break labelled
						}
					}
				}
				select {
				case <-c:
					return
				}
			}()
			log.Add("%s", name(c, nil))
		},
		Departures: 1,
		Want:       []string{"1 behind out a"},
	},
	{
		Name: "one channel in several cases",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 1)
			go func() { c <- 1 }()
			select {
			case <-c:
			case <-c:
			}
			select {
			case c <- 1:
				log.Add("1")
			case c <- 2:
				log.Add("2")
			}
			log.Add("%d", <-c)
		},
		Departures: 2,
		Want:       []string{"1 1", "2 2"},
	},
	{
		Name: "two selects that meet",
		Body: func(log *enginetest.Log) {
			a, b := make(chan int), make(chan int)
			swap := func(me int) func() {
				return func() {
					select {
					case a <- me:
					case v := <-a:
						log.Add("%d got %d", me, v)
					case b <- me:
					}
				}
			}
			together(swap(1), swap(2))
		},
		Departures: 4,
		Want:       []string{"1 got 2", "2 got 1"},
	},
	{
		Name: "alone on both sides",
		Body: func(*enginetest.Log) {
			c := make(chan int)
			select {
			case <-c:
			case c <- 1:
			}
		},
		Want: []string{"hang"},
	},
	{Name: "none", Body: func(*enginetest.Log) { select {} }, Want: []string{"hang"}},
	{
		Name: "closed ones are always ready",
		Body: func(log *enginetest.Log) {
			a, b := make(chan int), filled()
			for range 2 {
				select {
				case <-a:
					log.Add("never")
				case _, ok := <-b:
					log.Add("%t", ok)
				}
			}
			close(a)
			recovered(log, func() {
				select {
				case a <- 1:
				default:
				}
			})
		},
		Want: []string{"false false (send on closed channel)"},
	},
	{
		Name:  "a close under a waiting select",
		Races: true,
		Body: func(log *enginetest.Log) {
			a, b, c := make(chan int), make(chan int), make(chan int)
			go func() {
				recovered(log, func() {
					select {
					case <-a:
					case b <- 1:
					}
				})
				select {
				case _, ok := <-a:
					log.Add("%t", ok)
				case <-c:
				}
			}()
			rest()
			close(b)
			rest()
			close(a)
		},
		Departures: 2,
		Want:       []string{"(send on closed channel) false"},
		Controlled: true, // a data race, says Go's detector
	},
	{
		Name: "in functions that are generic",
		Body: func(log *enginetest.Log) {
			a, b := make(chan string), make(chan string, 1)
			v, ok := either(a, b, "v")
			log.Add("%q,%t", v, ok)
			v, ok = either(b, nil, "")
			log.Add("%q,%t", v, ok)
		},
		Want: []string{`"",false "v",true`},
	},
	{
		Name: "work until told to quit",
		Body: func(log *enginetest.Log) {
			work, quit := make(chan int), make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				n := 0
				for {
					select {
					case v := <-work:
						n += v
					case <-quit:
						log.Add("%d", n)
						return
					}
				}
			})
			work <- 1
			work <- 2
			close(quit)
			wg.Wait()
		},
		Departures: 3,
		Want:       []string{"3"},
	},
	{
		Name: "under shadowed names",
		Body: func(log *enginetest.Log) {
			panic, bool, len := "panic", "bool", "len"
			for v := range filled(1) {
				select {
				case w := <-filled(v):
					log.Add("%s%s%s%d", panic, bool, len, w)
				}
			}
			make := func() chan int { return filled(8) }
			select {
			case v := <-make():
				log.Add("%d", v)
			default:
			}
		},
		Want: []string{"panicboollen1 8"},
	},
}
