package perturb_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	. "github.com/jostle-dev/jostle/perturb"
)

// tokens is a semaphore that says what it does.
type tokens struct {
	c   chan struct{}
	say *Resource
}

func newTokens(n int) *tokens { return &tokens{make(chan struct{}, n), NewResource("tokens")} }

func (k *tokens) acquire() {
	k.say.Wait(1)
	To(k.c, site).Send(struct{}{})
	k.say.Acquire(1)
}

func (k *tokens) release() {
	Recv(k.c, site)
	k.say.Release(1)
}

// What goroutines say of a resource is who waits for whom; how the resource is made does not matter.
func TestResource(t *testing.T) {
	for _, tt := range []struct {
		name string
		body func(*enginetest.Log)
		want string
	}{
		{"held at a receive", func(*enginetest.Log) {
			k, c := newTokens(1), make(chan int)
			Go(func() {
				for {
					To(c, site).Send(1)
					k.acquire()
				}
			}, site)
			k.acquire()
			Recv(c, site)
			Recv(c, site)
		}, "deadlock (rule 1)\nmain holds 1, waits receive\nother waits acquire"},
		{"two in both orders", func(*enginetest.Log) {
			a, b := newTokens(1), newTokens(1)
			Go(func() { b.acquire(); rest(); a.acquire() }, site)
			a.acquire()
			rest()
			b.acquire()
		}, "deadlock (rule 2)\nmain holds 1, waits acquire\nother holds 1, waits acquire"},
		{"more than there is", func(*enginetest.Log) {
			k := newTokens(1)
			k.acquire()
			k.acquire()
		}, "deadlock (rule 1)\nmain holds 1, waits acquire"},
		{"none of it", func(*enginetest.Log) {
			k := newTokens(1)
			k.say.Acquire(0)
			k.acquire()
			k.acquire()
		}, "deadlock (rule 1)\nmain holds 1, waits acquire"},
		{"ended with it", func(*enginetest.Log) {
			k := newTokens(1)
			Go(k.acquire, site)
			rest()
			k.acquire()
		}, "deadlock (rule 1)\nmain waits acquire"},
		{"given back by another", func(*enginetest.Log) {
			k := newTokens(1)
			k.acquire()
			Go(k.release, site)
			k.acquire()
			k.release()
		}, "pass"},
		{"given up", func(*enginetest.Log) {
			k := newTokens(1)
			k.say.Wait(1)
			k.say.GiveUp()
			Recv(make(chan int), site)
		}, "deadlock (rule 4)\nmain waits receive"},
		{"by a function that fails", func(*enginetest.Log) {
			k := newTokens(1)
			func() { Acquiring(k, 3, "k").Done(NoError(errors.New("full"))) }()
			func() { Acquiring(k, 2, "k").Done(Is(true)) }()
			func() { Releasing(k, 1, "k") }()
			Recv(make(chan int), site)
		}, "deadlock (rule 4)\nmain holds 1, waits receive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, snap := plain(t, 10_000, tt.body)
			v := verdict.Of(snap, nil)
			got := v.String()
			for _, g := range v.Knot {
				line := map[bool]string{true: "\nmain ", false: "\nother "}[g.ID == 1]
				for _, h := range g.Holds {
					line += fmt.Sprintf("holds %d, ", h.N)
				}
				got += line + "waits " + g.Op.String()
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// Whoever says something of a resource outside of an execution says it to nobody.
func TestResourceOutside(t *testing.T) {
	r := NewResource("r")
	r.Wait(1)
	r.Acquire(1)
	r.Release(2)
	r.GiveUp()
	Acquiring(r, 1, "r").Done(true)
	Releasing(r, 1, "r")
	log, snap := plain(t, 1000, func(log *enginetest.Log) { log.Add("ran") })
	require.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Equal(t, "ran", log)
}
