package conformance

import (
	"fmt"
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// early was made before any execution.
var early = make(chan int, 1)

type stream chan int

type source <-chan int

type drain chan<- int

// A ring is a channel of its own kind.
type ring chan ring

type generic[T any] chan T

func through[C ~chan T, T any](c C, v T) (T, bool) {
	c <- v
	close(c)
	got := <-c
	_, ok := <-c
	return got, ok
}

func sum[C ~<-chan int | ~chan int](c C) (n int) {
	for v := range c {
		n += v
	}
	return n
}

func filled(vs ...int) chan int {
	c := make(chan int, len(vs))
	for _, v := range vs {
		c <- v
	}
	close(c)
	return c
}

var channels = []enginetest.Program{
	{
		Name: "receives in any expression",
		Body: func(log *enginetest.Log) {
			c := filled(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
			xs := []string{"a", "b", "c", "d"}
			log.Add("%d", <-c+<-c*10)
			log.Add("%s", xs[<-c])
			m := map[int]int{<-c: <-c}
			log.Add("%v", m)
			if v := <-c; v == <-c-1 {
				log.Add("if")
			}
			switch <-c {
			case 8:
				log.Add("switch")
			}
			for v := <-c; v < 11; v = <-c {
				log.Add("for")
			}
			log.Add("%d", func(v ...int) int { return v[1] }(<-c, <-c))
			(<-c)
			v, ok := <-c
			log.Add("%d,%t", v, ok)
			fs := make(chan func() string, 2)
			fs <- func() string { return "called" }
			log.Add("%s", (<-fs)())
			ps := make(chan *struct{ n int }, 1)
			ps <- &struct{ n int }{3}
			(<-ps).n++
			es := make(chan error, 1)
			es <- fmt.Errorf("e")
			log.Add("%v", <-es)
			log.Add("%d", -<-filled(4))
		},
		Departures: 1,
		Want:       []string{"21 d map[4:5] if switch for for 13 0,false called e -4"},
	},
	{
		Name: "receives in more expressions",
		Body: func(log *enginetest.Log) {
			c := filled(0, 1, 2, 3, 1, 3, 5, 5, 2, 3)
			a, b := <-c, <-c
			log.Add("%d%d", a, b)
			m := map[int]int{}
			m[<-c] = <-c
			m[2] += <-c
			log.Add("%v", m)
			log.Add("%s %t", "abcdef"[1:<-c], <-c == <-c)
			for i := range <-c {
				log.Add("i%d", i)
			}
			vs := make(chan []int, 1)
			vs <- []int{7, 8}
			for i, v := range <-vs {
				log.Add("%d:%d", i, v)
			}
			fs := make(chan flag, 3)
			fs <- true
			fs <- true
			fs <- false
			if <-fs {
				log.Add("if")
			}
			for <-fs {
				log.Add("for")
			}
			anys := make(chan any, 3)
			anys <- "string"
			anys <- [2]int{3, 4}
			anys <- (chan<- int)(nil)
			switch v := (<-anys).(type) {
			case string:
				log.Add("%s", v)
			}
			log.Add("%d", len((<-anys).([2]int)))
			_, isChan := (<-anys).(chan<- int)
			log.Add("%t", isChan)
			ps := make(chan *int, 2)
			ps <- &a
			ps <- &a
			*<-ps = 9
			log.Add("%d", *<-ps)
			x := struct{ v, w int }{w: <-c}
			log.Add("%v", x)
		},
		Want: []string{"01 map[2:4] bc true i0 i1 0:7 1:8 if for string 2 true 9 {0 3}"},
	},
	{
		Name: "sends to any expression",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 8)
			cc := make(chan chan<- int, 2)
			cc <- c
			cc <- c
			p, xs, s := &c, []chan int{c}, struct{ c chan int }{c}
			<-cc <- 1
			(<-cc) <- 2
			*p <- 3
			xs[0] <- 4
			s.c <- 5
			func() chan int { return c }() <- 6
			(chan<- int)(c) <- 7
			c <- /* a comment */ <-c +
				100
			close(*p)
			for v := range xs[0] {
				log.Add("%d", v)
			}
		},
		Want: []string{"2 3 4 5 6 7 101"},
	},
	{
		Name: "two values in every assignment",
		Body: func(log *enginetest.Log) {
			c := filled(1, 2, 3, 4)
			v, ok := <-c
			log.Add("%d,%t", v, ok)
			var w, isOpen = <-c
			log.Add("%d,%t", w, isOpen)
			var s struct {
				v  int
				ok bool
			}
			s.v, s.ok = <-c
			log.Add("%v", s)
			_, ok = (<-c)
			log.Add("%t", ok)
			if _, ok := <-c; !ok {
				log.Add("closed")
			}
			var a any
			var f flag
			a, f = <-filled(5)
			log.Add("%v,%v", a, f)
			var b any
			_, b = <-filled()
			log.Add("%v", b)
		},
		Departures: 1,
		Want:       []string{"1,true 2,true {3 true} true closed 5,true false"},
	},
	{
		Name: "named, directed and generic types",
		Body: func(log *enginetest.Log) {
			s := make(stream, 1)
			s <- 1
			log.Add("%d", <-s)
			both := (chan int)(s)
			drain(both) <- 2
			log.Add("%d", <-source(both))
			go func(to chan<- int) { to <- 3; close(to) }(s)
			for v := range source(both) {
				log.Add("%d", v)
			}
			r := make(ring, 1)
			r <- r
			log.Add("%t", <-r == r)
			g := make(generic[string], 1)
			g <- "g"
			log.Add("%s", <-g)
			v, ok := through(make(generic[float64], 1), 4)
			log.Add("%v,%t", v, ok)
			log.Add("%d", sum(filled(2, 3))+sum(source(filled(4))))
			arrow := make(chan (<-chan int), 1)
			arrow <- filled(6)
			log.Add("%d", <-<-arrow)
		},
		Departures: 2,
		Want:       []string{"1 2 3 true g 4,false 9 6"},
	},
	{
		Name: "values become what the channel carries",
		Body: func(log *enginetest.Log) {
			n := 3
			bytes, floats, anys, errs := make(chan byte, 3), make(chan float64, 1), make(chan any, 3), make(chan error, 1)
			bytes <- 'a'
			bytes <- 1<<n + 1
			bytes <- 1 << n
			floats <- 1
			anys <- nil
			anys <- n == 3
			anys <- 1 << n
			errs <- nil
			log.Add("%d %d %d %v", <-bytes, <-bytes, <-bytes, <-floats)
			log.Add("%v %v %T %v", <-anys, <-anys, <-anys, <-errs)
		},
		Want: []string{"97 9 8 1 <nil> true int <nil>"},
	},
	{
		Name: "channel of channels",
		Body: func(log *enginetest.Log) {
			requests := make(chan chan int)
			go func() {
				n := 0
				for reply := range requests {
					n++
					reply <- n
				}
			}()
			for range 3 {
				reply := make(chan int)
				requests <- reply
				log.Add("%d", <-reply)
			}
			close(requests)
		},
		Departures: 3,
		Want:       []string{"1 2 3"},
	},
	{
		Name: "operands of a send are evaluated once and in order",
		Body: func(log *enginetest.Log) {
			cs := map[string]chan string{"c": make(chan string, 1)}
			cs[once(log, "c")] <- once(log, "v") + once(log, "w")
			log.Add("%s", <-cs["c"])
		},
		Want: []string{"c v w vw"},
	},
	{
		Name: "range in every form",
		Body: func(log *enginetest.Log) {
			n := 0
			for range filled(1, 2) {
				n++
			}
			for _ = range filled(1, 2) {
				n++
			}
			log.Add("%d", n)
			for n = range filled(7, 8) {
			}
			log.Add("%d", n)
			var xs [2]int
			for xs[n-8] = range filled(9) {
			}
			log.Add("%d", xs[0])
			var a any
			for a = range filled(10) {
			}
			log.Add("%v", a)
			var fs []func()
			for v := range filled(1, 2) {
				fs = append(fs, func() { log.Add("%d", v) })
			}
			fs[0]()
			fs[1]()
		outer:
			for v := range filled(1, 2, 3, 4) {
				for w := range filled(5, 6) {
					if v == 1 {
						continue outer
					}
					if v == 3 {
						break outer
					}
					log.Add("%d%d", v, w)
				}
			}
			c := filled(1, 2)
			for c := range c {
				log.Add("%d", c)
			}
			for v := range func() chan int { log.Add("once"); return c }() {
				log.Add("never %d", v)
			}
		},
		Departures: 1,
		Want:       []string{"4 8 9 10 1 2 25 26 1 2 once"},
	},
	{
		Name: "range ends with the close",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			go func() {
				defer close(c)
				for i := range 3 {
					c <- i
				}
			}()
			for v := range c {
				log.Add("%d", v)
			}
		},
		Departures: 4,
		Want:       []string{"0 1 2"},
	},
	{
		Name: "len and cap",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 3)
			c <- 1
			c <- 2
			log.Add("%d/%d", len(c), cap(c))
			close(c)
			<-c
			var none chan int
			log.Add("%d/%d %d/%d", len(c), cap(c), len(none), cap(none))
		},
		Want: []string{"2/3 1/3 0/0"},
	},
	{
		Name: "blocked senders and the buffer keep their order",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 1)
			for i := range 4 {
				go func() { c <- i }()
				rest()
			}
			for range 4 {
				log.Add("%d", <-c)
			}
		},
		Virtual: true, Departures: 3,
		Want: []string{"0 1 2 3"},
	},
	{
		Name: "who sends first is open",
		Body: func(log *enginetest.Log) {
			c := make(chan string)
			go func() { c <- "a" }()
			go func() { c <- "b" }()
			log.Add("%s", <-c)
			log.Add("%s", <-c)
		},
		Want: []string{"a b", "b a"},
	},
	{
		Name: "who receives is open",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			var a, b int
			together(
				func() { a = <-c },
				func() { b = <-c },
				func() { c <- 1; c <- 2 },
			)
			log.Add("%d%d", a, b)
		},
		Departures: 3,
		Want:       []string{"12", "21"},
	},
	{
		Name: "a close wakes all",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			var n [3]bool
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() { _, open := <-c; n[i] = !open })
			}
			close(c)
			wg.Wait()
			log.Add("%v", n)
		},
		Departures: 3,
		Want:       []string{"[true true true]"},
	},
	{
		Name:  "a close under waiting senders",
		Races: true,
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			for range 2 {
				go recovered(log, func() { c <- 1 })
			}
			rest()
			close(c)
		},
		Departures: 3,
		Want:       []string{"(send on closed channel) (send on closed channel)"},
		Controlled: true, // a data race, says Go's detector
	},
	{
		Name:  "a send and a close",
		Races: true,
		Body: func(log *enginetest.Log) {
			c := make(chan int, 1)
			together(
				func() { recovered(log, func() { c <- 1; log.Add("sent") }) },
				func() { close(c) },
			)
			v, ok := <-c
			log.Add("%d,%t", v, ok)
		},
		Departures: 4,
		Want:       []string{"sent 1,true", "(send on closed channel) 0,false"},
		Controlled: true, // a data race, says Go's detector
	},
	{
		Name: "closes of none, and twice, and deferred",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			func() { defer close(c) }()
			recovered(log, func() { close(c) })
			recovered(log, func() { defer close(c) })
			recovered(log, func() { close((chan<- int)(nil)) })
			recovered(log, func() { c <- 1 })
		},
		Want: []string{"(close of closed channel) (close of closed channel) (close of nil channel) (send on closed channel)"},
	},
	{
		Name: "from before the execution",
		Body: func(log *enginetest.Log) {
			go func() { early <- 1 }()
			log.Add("%d", <-early)
			go func() { log.Add("%d", <-early) }()
			early <- 2
			early <- 3
			log.Add("%d", len(early))
			<-early
		},
		Departures: 3,
		Want:       []string{"1 2 1", "1 1 2"},
	},
	{Name: "receive from none", Body: func(*enginetest.Log) { <-(chan int)(nil) }, Want: []string{"hang"}},
	{Name: "send to none", Body: func(*enginetest.Log) { var c chan<- int; c <- 1 }, Want: []string{"hang"}},
	{
		Name: "range over none",
		Body: func(*enginetest.Log) {
			for range (<-chan int)(nil) {
			}
		},
		Want: []string{"hang"},
	},
	{
		Name: "nobody there",
		Body: func(log *enginetest.Log) { c := make(chan int); log.Add("alone"); c <- 1 },
		Want: []string{"alone hang"},
	},
	{
		Name: "large values, empty ones, arrays of them",
		Body: func(log *enginetest.Log) {
			large, empty := make(chan [300]string), make(chan struct{}, 2)
			var cs [2]chan int
			cs[1] = make(chan int)
			go func() { large <- [300]string{299: "z"}; empty <- struct{}{}; cs[1] <- 1 }()
			log.Add("%s", (<-large)[299])
			log.Add("%v%d", <-empty, <-cs[1])
		},
		Departures: 3,
		Want:       []string{"z {}1"},
	},
}
