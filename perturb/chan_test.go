package perturb_test

import (
	"testing"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestChan(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "blocked senders are served in order",
			Body: func(log *enginetest.Log) {
				c := make(chan string)
				for _, name := range []string{"a", "b", "c"} {
					Go(func() { To(c, site).Send(name) }, site)
					rest()
				}
				for range 3 {
					log.Add("%s", Recv(c, site))
				}
			},
			Departures: 4,
			Want:       []string{"a b c"},
		},
		{
			Name: "blocked receivers are served in order",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				for _, name := range []string{"a", "b"} {
					Go(func() { log.Add("%s%d", name, Recv(c, site)) }, site)
					rest()
				}
				To(c, site).Send(1)
				To(c, site).Send(2)
			},
			Want: []string{"a1 b2", "b2 a1"},
		},
		{
			Name: "who sends first is open",
			Body: func(log *enginetest.Log) {
				c := make(chan string)
				Go(func() { To(c, site).Send("a") }, site)
				Go(func() { To(c, site).Send("b") }, site)
				log.Add("%s", Recv(c, site))
				log.Add("%s", Recv(c, site))
			},
			Want: []string{"a b", "b a"},
		},
		{
			Name: "a blocked sender moves into the buffer",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 2)
				Go(func() {
					for i := range 4 {
						To(c, site).Send(i)
					}
					log.Add("sent")
				}, site)
				rest()
				log.Add("%d", len(c))
				log.Add("%d", Recv(c, site))
				log.Add("%d", len(c))
				for range 3 {
					log.Add("%d", Recv(c, site))
				}
				rest()
			},
			Departures: 2,
			Want:       []string{"2 0 2 1 sent 2 3", "2 0 2 1 2 sent 3", "2 0 2 1 2 3 sent"},
			Virtual:    true,
		},
		{
			Name: "a send does not wait for a buffer with room",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 1)
				To(c, site).Send(1)
				log.Add("%d", Recv(c, site))
				To(c, site).Send(2)
				To(c, site).Send(3)
			},
			Want: []string{"1 hang"},
		},
		{
			Name: "close wakes receivers",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				Go(func() { Close(c, site) }, site)
				together(
					func() { v, ok := Recv2(c, site); log.Add("%d,%t", v, ok) },
					func() { log.Add("%d", Recv(c, site)) },
				)
			},
			Departures: 3,
			Want:       []string{"0,false 0", "0 0,false"},
		},
		{
			Name: "what is in the buffer outlives the close",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 2)
				To(c, site).Send(1)
				To(c, site).Send(2)
				Close(c, site)
				for range 3 {
					v, ok := Recv2(c, site)
					log.Add("%d,%t", v, ok)
				}
			},
			Want: []string{"1,true 2,true 0,false"},
		},
		{
			Name: "close under a blocked sender",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				Go(func() { recovered(log, func() { To(c, site).Send(1) }) }, site)
				rest()
				Close(c, site)
			},
			Want:       []string{"(send on closed channel)"},
			Controlled: true, // a data race, says Go's detector
		},
		{
			Name: "send on a closed channel",
			Body: func(*enginetest.Log) {
				c := make(chan int, 1)
				Close(c, site)
				To(c, site).Send(1)
			},
			Want: []string{"panic: send on closed channel"},
		},
		{
			Name: "close of a closed channel and of none",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				Close(c, site)
				recovered(log, func() { Close(c, site) })
				recovered(log, func() { Close[int](nil, site) })
			},
			Want: []string{"(close of closed channel) (close of nil channel)"},
		},
		{Name: "receive from none", Body: func(*enginetest.Log) { Recv[int](nil, site) }, Want: []string{"hang"}},
		{Name: "send to none", Body: func(*enginetest.Log) { To[int](nil, site).Send(1) }, Want: []string{"hang"}},
		{
			Name: "range",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 1)
				Go(func() {
					for i := range 3 {
						To(c, site).Send(i)
					}
					Close(c, site)
				}, site)
				over, _ := RangeOver(c)
				for {
					v, ok := Recv2(over, site)
					if !ok {
						break
					}
					log.Add("%d", v)
				}
			},
			Departures: 4,
			Want:       []string{"0 1 2"},
		},
		{
			Name: "values of any size and kind",
			Body: func(log *enginetest.Log) {
				type large struct {
					a [100]int
					s string
				}
				c, e, i := make(chan large), make(chan struct{}), make(chan any)
				Go(func() {
					To(c, site).Send(large{[100]int{99: 7}, "s"})
					To(e, site).Send(struct{}{})
					To(i, site).Send(nil)
					To(i, site).Send(3)
				}, site)
				v := Recv(c, site)
				log.Add("%d%s", v.a[99], v.s)
				log.Add("%v", Recv(e, site))
				log.Add("%v %v", Recv(i, site), Recv(i, site))
			},
			Departures: 4,
			Want:       []string{"7s {} <nil> 3"},
		},
		{
			// A goroutine that code left native has started, and a channel operation likewise.
			Name: "native partners",
			Body: func(log *enginetest.Log) {
				c, d := make(chan int), make(chan int)
				go func() {
					c <- 1
					d <- 1 + <-c
					close(d)
				}()
				log.Add("%d", Recv(c, site))
				To(c, site).Send(2)
				log.Add("%d", Recv(d, site))
				_, ok := Recv2(d, site)
				log.Add("%t", ok)
			},
			Want: []string{"1 3 false"},
		},
	})
}
