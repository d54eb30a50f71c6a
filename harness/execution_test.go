package harness

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/perturb"
)

// A goroutine that blocks where no bubble and no engine can see is given up, and the process goes on.
func TestStall(t *testing.T) {
	outer := make(chan int) // made outside the execution, and not instrumented
	r := check(func(T) { <-outer })
	assert.True(t, r.failed)
	assert.Contains(t, r.text, "stall: g1 main")
	assert.Contains(t, r.text, "harness.TestStall.func")
	assert.Contains(t, r.text, "verdict=stall rule=- ")
	close(outer)
	after := check(func(T) { perturb.RuntimeGosched(at(1, "")) })
	assert.False(t, after.failed, after.text)
}

// A context from before can be used in one execution after the other.
func TestContextFromBefore(t *testing.T) {
	ctx, cancel := perturb.ContextWithCancel(context.Background(), at(1, ""))
	defer cancel()
	for range 2 {
		r := check(func(T) {
			_, cancel := perturb.ContextWithCancel(ctx, at(2, ""))
			cancel()
		})
		assert.False(t, r.failed, r.text)
	}
}

// Whoever waits for a socket is seen before a time-out of the socket's, on the real clock, makes it a failure.
func TestSocket(t *testing.T) {
	r := check(func(t T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Skip(err)
		}
		perturb.Go(func() {
			c, err := l.Accept()
			if err == nil {
				_, _ = c.Write([]byte("x"))
			}
		}, at(1, "func"))
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
	assert.Contains(t, r.text, "verdict=stall")

	// Those of it still wait; the next execution, which takes its time at something else, does not.
	first := true
	r = check(func(T) {
		if first {
			first = false
			pause(4 * socketAfter)
		}
	})
	assert.False(t, r.failed, r.text)
}

// What blocks in code left native is part of the proof, with its stack, as long as nothing outside can end it.
func TestNativeBlock(t *testing.T) {
	r := check(func(T) {
		pr, _ := io.Pipe()
		c := make(chan int)
		perturb.Go(func() {
			_, _ = pr.Read(make([]byte, 1))
			perturb.Close(c, at(1, "c"))
		}, at(2, "func"))
		perturb.Recv(c, at(3, "c"))
	})
	assert.True(t, r.failed)
	assert.Contains(t, r.text, "deadlock: ")
	assert.Contains(t, r.text, "io.(*pipe).read")
	assert.Contains(t, r.text, "1 goroutine could not be ended")
}

type splitInput struct {
	Rows uint8
	Wide bool
	Name string
	Keys []byte
	Tags []string
	Of   map[int8]uint8
	At   *struct{ X int8 }
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name  string
		data  []byte
		in    splitInput
		sched []byte
	}{
		{"no bytes", nil, splitInput{}, nil},
		{"no input", []byte{0, 1, 2, 3}, splitInput{}, []byte{1, 2, 3}},
		{"half of what there is, rounded down", []byte{255, 1}, splitInput{}, []byte{1}},
		{"from the end", []byte{255, 1, 7}, splitInput{Rows: 7}, []byte{1}},
		{"one, though two were left", []byte{1, 1, 2, 3, 7}, splitInput{Rows: 7}, []byte{1, 2, 3}},
		{"zero bytes are zero values", []byte{2, 1, 2, 0, 0}, splitInput{}, []byte{1, 2}},
		{"a number", []byte{255, 1, 2, 1, 7}, splitInput{Rows: 7, Wide: true}, []byte{1, 2}},
		{
			"a string takes what it says", []byte{255, 1, 2, 3, 4, 5, 6, 7, 8, 'k', 1, 'b', 'a', 2, 1, 7},
			splitInput{Rows: 7, Wide: true, Name: "ab", Keys: []byte("k")}, []byte{1, 2, 3, 4, 5, 6, 7, 8},
		},
		{"and no more than there is", []byte{255, 1, 2, 3, 4, 'b', 'a', 255, 7}, splitInput{Rows: 7, Wide: true, Name: "b"}, []byte{1, 2, 3, 4}},
		{
			"several", []byte{255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 3, 1, 4, 3, 1, 'b', 1, 'a', 1, 2, 0, 0, 0, 0},
			splitInput{Tags: []string{"a", "b"}, Of: map[int8]uint8{3: 4}, At: &struct{ X int8 }{X: 3}},
			[]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in splitInput
			sched, taken := split(tt.data, &in)
			assert.Equal(t, tt.in, in)
			assert.Equal(t, tt.sched, sched)

			var again splitInput
			joined, _ := split(join(sched, taken, reflect.TypeFor[splitInput]()), &again)
			assert.Equal(t, tt.in, again)
			assert.Equal(t, string(tt.sched), string(joined))
		})
	}

	var none struct{}
	sched, _ := split([]byte{1, 2}, &none)
	assert.Equal(t, []byte{1, 2}, sched)
	assert.Equal(t, []byte{1, 2}, join(sched, nil, reflect.TypeFor[struct{}]()))
}

// Every field of an input gets something else than zero from some bytes, whatever stands before it.
func TestSplitReachesAll(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	reached := map[string]int{}
	for range 1000 {
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		var in splitInput
		split(data, &in)
		for _, f := range reflect.VisibleFields(reflect.TypeOf(in)) {
			if v := reflect.ValueOf(in).FieldByIndex(f.Index); !v.IsZero() && (v.Kind() != reflect.Map && v.Kind() != reflect.Slice || v.Len() > 0) {
				reached[f.Name]++
			}
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[splitInput]()) {
		assert.Greater(t, reached[f.Name], 50, f.Name)
	}

}

// Nothing in the bytes makes a panic, whatever the type; a schedule has its share of them; and a change to one of the two leaves
// the other as it was, but for its end.
func FuzzSplit(f *testing.F) {
	type input struct {
		S    string
		B    []byte
		M    map[string]int
		P    *struct{ X, Y int64 }
		F    func()
		Any  any
		Many [][]string
		Tree []struct{ Kids [][2]*int }
	}
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, uint16(2), byte(1))
	f.Add(bytes.Repeat([]byte{1, 2, 3, 4}, 50), uint16(7), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at uint16, b byte) {
		var in input
		sched, taken := split(data, &in)
		if len(sched)+len(taken) > len(data) || len(sched) < len(data)/2 {
			t.Fatalf("of %d bytes %d are schedule and %d input", len(data), len(sched), len(taken))
		}
		if len(data) < 2 {
			return
		}
		i := 1 + int(at)%(len(data)-1)
		for _, changed := range [][]byte{
			slices.Concat(data[:i], []byte{b}, data[i+1:]), slices.Concat(data[:i], []byte{b}, data[i:]), slices.Concat(data[:i], data[i+1:]),
		} {
			var again input
			s, n := split(changed, &again)
			if i > len(sched) { // a byte of the input's
				if common := min(len(s), len(sched)) - 1; common > 0 && !bytes.Equal(s[:common], sched[:common]) {
					t.Fatalf("the schedule was % x, and is % x", sched, s)
				}
				continue
			}
			if len(taken)+16 < min(len(data), len(changed))/2 && data[0] == unlimited && !reflect.DeepEqual(in, again) {
				t.Fatalf("the input was %#v, and is %#v", in, again)
			}
			if common := min(len(n), len(taken)) - 1; common > 0 && !bytes.Equal(n[:common], taken[:common]) {
				t.Fatalf("the input was % x, and is % x", taken, n)
			}
		}
	})
}

// A schedule is whatever bytes there are: a mebibyte of 0xFF is one, and the empty one is the plain run. The same bytes
// give the same execution.
func TestAnySchedule(t *testing.T) {
	body := func(T) {
		c := make(chan int)
		for i := range 4 {
			perturb.Go(func() { perturb.To(c, at(1, "c")).Send(i) }, at(2, "func"))
		}
		for range 4 {
			perturb.Recv(c, at(3, "c"))
		}
	}
	r := newRunner(t, config{})
	for _, data := range [][]byte{nil, bytes.Repeat([]byte{0xFF}, 1<<20), bytes.Repeat([]byte{6, 0x2A, 0x51}, 20)} {
		first := r.run(schedule.NewReader(data), body)
		assert.False(t, first.Found())
		for range 50 {
			assert.Equal(t, first.Hash, r.run(schedule.NewReader(data), body).Hash)
		}
	}
}
