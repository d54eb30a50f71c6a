package perturb_test

import (
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestWaitGroup(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "waits for all",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				WaitGroupAdd(&wg, 2, site)
				for _, name := range []string{"a", "b"} {
					Go(func() {
						log.Add("%s", name)
						WaitGroupDone(&wg, site)
					}, site)
				}
				WaitGroupWait(&wg, site)
				log.Add("waited")
			},
			Departures: 4,
			Want:       []string{"a b waited", "b a waited"},
		},
		{
			Name: "wakes all who wait",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				WaitGroupAdd(&wg, 1, site)
				wait := func() {
					WaitGroupWait(&wg, site)
					log.Add("woken")
				}
				Go(wait, site)
				Go(wait, site)
				WaitGroupDone(&wg, site)
			},
			Departures: 4,
			Want:       []string{"woken woken"},
		},
		{
			Name: "nothing to wait for",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				WaitGroupWait(&wg, site)
				log.Add("waited")
			},
			Want: []string{"waited"},
		},
		{
			Name: "used again",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				for i := range 2 {
					WaitGroupGo(&wg, func() { log.Add("%d", i) }, site)
					WaitGroupWait(&wg, site)
				}
			},
			Departures: 4,
			Want:       []string{"0 1"},
		},
		{
			Name:  "an add that comes too late",
			Races: true,
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				Go(func() { WaitGroupGo(&wg, func() { log.Add("work") }, site) }, site)
				WaitGroupWait(&wg, site)
				log.Add("waited")
			},
			Departures: 4,
			Want:       []string{"waited work", "work waited"},
			Controlled: true, // Go calls it misuse, and may panic
		},
		{
			Name: "one done too many",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				WaitGroupAdd(&wg, 1, site)
				WaitGroupDone(&wg, site)
				recovered(log, func() { WaitGroupDone(&wg, site) })
			},
			Want: []string{"(sync: negative WaitGroup counter)"},
		},
		{
			Name: "one done too few",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				WaitGroupAdd(&wg, 2, site)
				Go(func() { WaitGroupDone(&wg, site) }, site)
				WaitGroupWait(&wg, site)
			},
			Want: []string{"hang"},
		},
		{
			Name: "panic in Go",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				WaitGroupGo(&wg, func() { panic("oh") }, site)
				WaitGroupWait(&wg, site)
				log.Add("waited") // never: a panic must not be overtaken
			},
			Want: []string{"panic: oh"},
		},
	})
}
