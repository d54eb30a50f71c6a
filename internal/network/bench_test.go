package network_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/perturb"
)

// rounds are the ping-pongs of a benchmark's iteration.
const rounds = 3000

// execute runs body as an execution. The benchmark itself stays outside of the bubble, whose clock stands still.
func execute(body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		synctest.Test(new(testing.T), func(*testing.T) {
			new(engine.Execution).Run(schedule.NewReader(nil), engine.Limits{Steps: 1 << 60}, synctest.Wait, body)
		})
	}()
	<-done
}

// BenchmarkCost runs 3,000 ping-pongs over a TCP connection and, as the yardstick, over a pair of channels. x/channels is how many times as
// long the connection takes; it is meant to stay below 2.
func BenchmarkCost(b *testing.B) {
	var conn, channels time.Duration
	took := func(body func()) time.Duration {
		began := time.Now()
		execute(body)
		return time.Since(began)
	}
	for b.Loop() {
		channels += took(pingPongChannels)
		conn += took(pingPongConn)
	}
	b.ReportMetric(float64(conn)/float64(channels), "x/channels")
}

func pingPongChannels() {
	ping, pong := make(chan byte), make(chan byte)
	perturb.Go(func() {
		for range rounds {
			perturb.To(pong, site).Send(perturb.Recv(ping, site))
		}
	}, site)
	for i := range rounds {
		perturb.To(ping, site).Send(byte(i))
		perturb.Recv(pong, site)
	}
}

func pingPongConn() {
	n := network.Current()
	l, err := n.Listen(network.TCP, ip("127.0.0.1", 0), false, 1)
	if err != nil {
		panic(err)
	}
	perturb.Go(func() {
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		var p [1]byte
		for range rounds {
			if _, err := c.Read(p[:]); err != nil {
				panic(err)
			}
			if _, err := c.Write(p[:]); err != nil {
				panic(err)
			}
		}
	}, site)
	c := n.NewConn(network.TCP)
	if err := c.Connect(l.Local()); err != nil {
		panic(err)
	}
	var p [1]byte
	for range rounds {
		if _, err := c.Write(p[:]); err != nil {
			panic(err)
		}
		if _, err := c.Read(p[:]); err != nil {
			panic(err)
		}
	}
}
