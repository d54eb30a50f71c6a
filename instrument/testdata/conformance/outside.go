package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// Partners in code that is not rewritten: package reflect, context, time, os/signal.
var outside = []enginetest.Program{
	{
		Name: "reflection at the other end",
		Body: func(log *enginetest.Log) {
			in, out := make(chan int), make(chan int)
			go func() {
				v, _ := reflect.ValueOf(in).Recv()
				reflect.ValueOf(out).Send(reflect.ValueOf(int(v.Int()) + 1))
				reflect.ValueOf(out).Close()
			}()
			in <- 1
			log.Add("%d", <-out)
			_, ok := <-out
			log.Add("%t", ok)
		},
		Departures: 2,
		Want:       []string{"2 false"},
	},
	{
		Name: "reflect.Select at the other end",
		Body: func(log *enginetest.Log) {
			a, b, done := make(chan int), make(chan string), make(chan int)
			go func() {
				defer close(done)
				cases := []reflect.SelectCase{
					{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(a)},
					{Dir: reflect.SelectSend, Chan: reflect.ValueOf(b), Send: reflect.ValueOf("b")},
				}
				i, v, _ := reflect.Select(cases)
				a <- i
				_ = v
				i, _, _ = reflect.Select(cases)
				a <- i
			}()
			a <- 7
			log.Add("%d", <-a)
			select {
			case s := <-b:
				log.Add("%s", s)
			case <-done:
			}
			log.Add("%d", <-a)
			<-done
		},
		Departures: 1,
		Want:       []string{"0 b 1"},
	},
	{
		Name: "a buffer filled by reflection",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 2)
			v := reflect.ValueOf(c)
			v.Send(reflect.ValueOf(1))
			c <- 2
			log.Add("%t", v.TrySend(reflect.ValueOf(3)))
			log.Add("%d", <-c)
			x, ok := v.TryRecv()
			log.Add("%d %t", x.Int(), ok)
		},
		Want: []string{"false 1 2 true"},
	},
	{
		Name: "a function that native code calls",
		Body: func(log *enginetest.Log) {
			c := make(chan int, 3)
			reflect.ValueOf(func() { c <- 1 }).Call(nil)
			var mu sync.Mutex
			slices.SortFunc([]int{1, 2}, func(a, b int) int { mu.Lock(); defer mu.Unlock(); c <- a; return a - b })
			log.Add("%d", len(c))
		},
		Departures: 1,
		Want:       []string{"2"},
	},
	{
		Name: "contexts and timers in one select",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			n := 0
			for tick := time.Tick(800 * time.Millisecond); ; n++ {
				select {
				case <-ctx.Done():
					log.Add("%d", n)
					return
				case <-tick:
				}
			}
		},
		Virtual: true, Departures: 2,
		Want: []string{"2"},
	},
	{
		Name: "pipes",
		Body: func(log *enginetest.Log) {
			r, w := io.Pipe()
			done := make(chan int)
			go func() {
				defer close(done)
				for s := bufio.NewScanner(r); s.Scan(); {
					log.Add("%s", s.Text())
				}
			}()
			fmt.Fprintln(w, "a")
			fmt.Fprintln(w, "b")
			w.Close()
			<-done
		},
		Departures: 1,
		Want:       []string{"a b"},
	},
	{
		Name: "signals that do not come",
		Body: func(log *enginetest.Log) {
			c := make(chan os.Signal, 1)
			signal.Notify(c, os.Interrupt)
			defer signal.Stop(c)
			select {
			case <-c:
			default:
				log.Add("none")
			}
		},
		Want: []string{"none"},
	},
}
