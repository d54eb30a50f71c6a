package input

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	fuzzheaders "github.com/AdaLogics/go-fuzz-headers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type (
	Outer struct{ X uint8 }
	inner struct {
		Y uint8
		z []byte
	}
	kinds struct {
		Outer
		inner
		Int    int
		Int8   int8
		Uint16 uint16
		Uint   uint
		F32    float32
		Bool   bool
		lower  string
		Fixed  [2]uint8
		Deep   [][]uint8
		Rows   [][]struct{ A, B uint8 }
		By     map[string][]bool
		At     **uint8
		Sub    struct{ In struct{ Name string } }
		Err    error
		Last   uint8
	}
	tree struct {
		L, R *tree
		Kids []tree
		By   map[uint8]tree
		Name string
	}
)

// allKinds are bytes for each field of kinds, in order.
var allKinds = slices.Concat(
	[]byte{1}, []byte{2}, // X, Y
	[]byte{3}, []byte{0xFF}, []byte{1, 2, 1}, []byte{0, 0, 0, 0, 0, 0, 1, 2, 1}, []byte{0x3F, 0x80, 0, 0, 1}, // numbers
	[]byte{1}, []byte{4, 5}, // Bool, Fixed
	[]byte{2, 2, 6, 7, 1, 8}, []byte{2, 1, 1, 2, 1, 3, 4}, // Deep, Rows
	[]byte{2, 1, 'k', 2, 1, 0, 0, 1, 1}, []byte{1, 1, 9}, []byte{2, 'a', 'b'}, // By, At, Sub
	[]byte{10},
)

func wantKinds() kinds {
	nine := new(uint8)
	*nine = 9
	want := kinds{
		Outer: Outer{X: 1}, inner: inner{Y: 2}, Int: 3, Int8: -1, Uint16: 0x102, Uint: 0x102, F32: 1, Bool: true, Fixed: [2]uint8{4, 5},
		Deep: [][]uint8{{6, 7}, {8}}, Rows: [][]struct{ A, B uint8 }{{{1, 2}}, {{3, 4}}},
		By: map[string][]bool{"k": {true, false}, "": {true}}, At: &nine, Last: 10,
	}
	want.Sub.In.Name = "ab"
	return want
}

func fill[In any](data []byte) (in In) {
	Split(Join(nil, data, reflect.TypeFor[In]()), &in)
	return in
}

// Every kind is filled. Bytes that end early leave the rest zero, and nothing before it changes.
func TestSplitKinds(t *testing.T) {
	want, all := wantKinds(), fill[kinds](allKinds)
	assert.Equal(t, want, all)
	assert.Empty(t, all.lower+string(all.z), "not exported")
	assert.Equal(t, kinds{}, fill[kinds](nil))
	whole := reflect.ValueOf(want)
	for n := range allKinds {
		short := reflect.ValueOf(fill[kinds](allKinds[:n]))
		cut := false
		for _, f := range reflect.VisibleFields(whole.Type()) {
			if !f.IsExported() || f.Anonymous || whole.FieldByIndex(f.Index).IsZero() {
				continue
			}
			got := short.FieldByIndex(f.Index)
			switch same := reflect.DeepEqual(got.Interface(), whole.FieldByIndex(f.Index).Interface()); {
			case cut:
				assert.True(t, got.IsZero(), "%s of %d bytes", f.Name, n)
			case !same:
				cut = true
			}
		}
		assert.True(t, cut, n)
	}
}

// An element for which there are no bytes is not there, whatever the length says.
func TestSplitEnds(t *testing.T) {
	type in struct {
		Names []string
		By    map[uint8]uint8
	}
	assert.Equal(t, in{Names: []string{"a", "b"}}, fill[in]([]byte{7, 1, 'a', 15, 'b'}))
	assert.Equal(t, in{By: map[uint8]uint8{1: 2, 3: 0}}, fill[in]([]byte{0, 7, 1, 2, 3}))
}

// A byte that says how many there are moves what follows it. Any other changes the one value that it is in.
func TestSplitChangesOne(t *testing.T) {
	data := []byte{7, 1, 2, 'a', 'b', 2, 'c', 'd', 2, 1, 'e', 1, 'f', 1, 3, 4, 1, 5}
	lengths := []int{2, 5, 8, 9, 11, 13, 16}
	before := reflect.ValueOf(fill[splitInput](data))
	for i := range data {
		if slices.Contains(lengths, i) {
			continue
		}
		changed := slices.Clone(data)
		changed[i] ^= 1
		after, n := reflect.ValueOf(fill[splitInput](changed)), 0
		for field := range before.NumField() {
			if !reflect.DeepEqual(before.Field(field).Interface(), after.Field(field).Interface()) {
				n++
			}
		}
		assert.Equal(t, 1, n, "fields that byte %d changes", i)
	}
}

func (t *tree) nodes() int {
	if t == nil {
		return 0
	}
	n := 1 + t.L.nodes() + t.R.nodes()
	for _, k := range t.Kids {
		n += k.nodes()
	}
	for _, k := range t.By {
		n += k.nodes()
	}
	return n
}

// A type without end has an end in an input: each byte makes a bounded number of values. The same bytes make the same value.
func TestSplitIsBounded(t *testing.T) {
	const size, most = 4096, 56
	for b := range 256 {
		for _, data := range [][]byte{bytes.Repeat([]byte{byte(b)}, size), bytes.Repeat([]byte{byte(b), 0, 1}, size/3)} {
			data := append([]byte{unlimited}, data...)
			var in, again tree
			Split(data, &in)
			Split(data, &again)
			require.LessOrEqual(t, in.nodes(), most*size, b)
			require.Equal(t, in.nodes(), again.nodes(), b)
			require.True(t, reflect.DeepEqual(in, again), b)
		}
	}
}

// However many bytes there are, nothing is so deep that the stack ends.
func TestSplitIsNotDeep(t *testing.T) {
	in := fill[tree](bytes.Repeat([]byte{1}, 1<<20))
	n := 0
	for at := in.L; at != nil; at = at.L {
		n++
	}
	assert.Equal(t, maxDepth/2, n, "a pointer and what it points to are two")
}

// What GenerateStruct makes of a whole input, and why filler walks through it instead.
func TestGenerateStruct(t *testing.T) {
	type text struct {
		S    string
		Last uint8
	}
	type content struct {
		B    []byte
		Last uint8
	}
	type rows struct{ R [][1]uint8 }
	type several struct {
		inner
		Flag  bool
		At    *uint8
		Fixed [1]uint8
		By    map[uint8]uint8
		List  []uint16
	}
	generate := func(in any, data ...byte) error { return fuzzheaders.NewConsumer(data).GenerateStruct(in) }

	t.Run("a string that is too long", func(t *testing.T) {
		var in text
		require.Error(t, generate(&in, 0, 0, 1, 0, 'a', 'b', 7))
		assert.Zero(t, in)
	})
	t.Run("a []byte", func(t *testing.T) {
		var in content
		require.Error(t, generate(&in, 0, 0, 1, 0, 'a', 'b', 7))
		assert.Equal(t, content{B: []byte{'a', 'b', 7}}, in)
	})
	t.Run("a slice in which the bytes end", func(t *testing.T) {
		var in struct{ List []uint16 }
		require.Error(t, generate(&in, 0, 0, 0, 3, 1, 1, 1, 2))
		assert.Zero(t, in)
	})
	t.Run("zeros", func(t *testing.T) {
		var in several
		require.NoError(t, generate(&in, make([]byte, 40)...))
		assert.Equal(t, several{Flag: true, At: new(uint8), By: map[uint8]uint8{}, List: []uint16{}}, in)
	})
	t.Run("arrays and embedded structs", func(t *testing.T) {
		var in several
		_ = generate(&in, bytes.Repeat([]byte{1}, 40)...)
		assert.NotNil(t, in.At)
		assert.Zero(t, in.Fixed)
		assert.Zero(t, in.inner)
		var list rows
		require.NoError(t, generate(&list, 0, 0, 0, 1, 9))
		assert.Equal(t, rows{R: make([][1]uint8, 1)}, list)
	})
	t.Run("a pointer to the same type", func(t *testing.T) {
		type list struct{ Next *list }
		var in list
		require.NoError(t, generate(&in))
		n := 0
		for at := &in; at.Next != nil; at = at.Next {
			n++
		}
		assert.Equal(t, 50, n, "of 100 levels a pointer and what it points to are two")
	})
	t.Run("custom functions", func(t *testing.T) {
		custom := func(functions ...any) (in text, err error) {
			f := fuzzheaders.NewConsumer([]byte{0, 0, 0, 1, 'a', 7})
			f.AddFuncs(functions)
			err = f.GenerateWithCustom(&in)
			return in, err
		}
		ours := func(s *string, _ fuzzheaders.Continue) error { *s = "ours"; return nil }
		_, err := custom(ours)
		require.Error(t, err, "the struct has no custom function")
		in, err := custom(ours, func(*text, fuzzheaders.Continue) error { return nil }, func(*uint8, fuzzheaders.Continue) error { return nil })
		require.NoError(t, err)
		assert.Equal(t, text{S: "a", Last: 7}, in)
	})
}
