package input

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

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
			sched, taken := Split(tt.data, &in)
			assert.Equal(t, tt.in, in)
			assert.Equal(t, tt.sched, sched)

			var again splitInput
			joined, _ := Split(Join(sched, taken, reflect.TypeFor[splitInput]()), &again)
			assert.Equal(t, tt.in, again)
			assert.Equal(t, string(tt.sched), string(joined))
		})
	}

	var none struct{}
	sched, _ := Split([]byte{1, 2}, &none)
	assert.Equal(t, []byte{1, 2}, sched)
	assert.Equal(t, []byte{1, 2}, Join(sched, nil, reflect.TypeFor[struct{}]()))
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
		Split(data, &in)
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
		sched, taken := Split(data, &in)
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
			s, n := Split(changed, &again)
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
