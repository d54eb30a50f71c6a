package perturb_test

import (
	"testing"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestSelect(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "any ready case",
			Body: func(log *enginetest.Log) {
				a, b := make(chan int, 1), make(chan int, 1)
				To(a, site).Send(1)
				c := []SelectCase{OnRecv(a), OnSend(b).Value(2), OnSend(a).Value(3)}
				log.Add("%d", Select(site, false, c...))
			},
			Want: []string{"0", "1"},
		},
		{
			Name: "default only if no case is ready",
			Body: func(log *enginetest.Log) {
				a := make(chan int, 1)
				log.Add("%d", Select(site, true, OnRecv(a)))
				log.Add("%d", Select(site, true, OnSend(a).Value(1)))
				log.Add("%d", Select(site, true, OnSend(a).Value(2)))
				r := OnRecv(a)
				log.Add("%d %d", Select(site, true, r), r.Get())
				Close(a, site)
				i := Select(site, true, r)
				v, ok := r.Get2()
				log.Add("%d %d %t", i, v, ok)
			},
			Want: []string{"-1 0 -1 0 1 0 0 false"},
		},
		{
			Name: "a blocked one takes one case only",
			Body: func(log *enginetest.Log) {
				a, b := make(chan string), make(chan string)
				Go(func() { To(a, site).Send("a") }, site)
				Go(func() { To(b, site).Send("b") }, site)
				for range 2 {
					ra, rb := OnRecv(a), OnRecv(b)
					switch Select(site, false, ra, rb) {
					case 0:
						log.Add("%s", ra.Get())
					case 1:
						log.Add("%s", rb.Get())
					}
				}
			},
			Want: []string{"a b", "b a"},
		},
		{
			Name: "two that meet",
			Body: func(log *enginetest.Log) {
				a, b := make(chan int), make(chan int)
				together(
					func() { log.Add("%d", Select(site, false, OnSend(a).Value(1), OnRecv(b))) },
					func() { log.Add("%d", Select(site, false, OnRecv(a), OnSend(b).Value(1))) },
				)
			},
			Departures: 4,
			Want:       []string{"0 0", "1 1"},
		},
		{
			Name: "alone on both sides",
			Body: func(log *enginetest.Log) {
				a := make(chan int)
				Select(site, false, OnRecv(a), OnSend(a).Value(1))
			},
			Want: []string{"hang"},
		},
		{
			Name: "one channel twice",
			Body: func(log *enginetest.Log) {
				a := make(chan int)
				Go(func() { To(a, site).Send(1) }, site)
				Select(site, false, OnRecv(a), OnRecv(a))
				Go(func() { Close(a, site) }, site)
				Select(site, false, OnRecv(a), OnRecv(a))
				log.Add("twice")
			},
			Want: []string{"twice"},
		},
		{
			Name: "send on a closed channel",
			Body: func(log *enginetest.Log) {
				a, b := make(chan int), make(chan int)
				Close(a, site)
				recovered(log, func() { Select(site, true, OnSend(a).Value(1), OnRecv(b)) })
			},
			Want: []string{"(send on closed channel)"},
		},
		{
			Name: "closed under a blocked one",
			Body: func(log *enginetest.Log) {
				a, b := make(chan int), make(chan int)
				Go(func() {
					recovered(log, func() { Select(site, false, OnSend(a).Value(1), OnRecv(b)) })
				}, site)
				rest()
				Close(a, site)
			},
			Want:       []string{"(send on closed channel)"},
			Controlled: true, // a data race, says Go's detector
		},
		{
			Name: "nil channels are never ready",
			Body: func(log *enginetest.Log) {
				log.Add("%d", Select(site, true, OnRecv[int](nil), OnSend[int](nil).Value(1)))
				Select(site, false, OnRecv[int](nil), OnSend[int](nil).Value(1))
			},
			Want: []string{"-1 hang"},
		},
		{Name: "none", Body: func(*enginetest.Log) { Select(site, false) }, Want: []string{"hang"}},
		{
			Name: "native partner",
			Body: func(log *enginetest.Log) {
				a, b := make(chan int), make(chan int)
				go func() { a <- 1 }()
				r := OnRecv(a)
				log.Add("%d %d", Select(site, false, OnRecv(b), r), r.Get())
				go func() { <-b }()
				log.Add("%d", Select(site, false, OnSend(b).Value(2), r))
			},
			Want: []string{"1 1 0"},
		},
	})
}
