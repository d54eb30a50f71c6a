package harness

import (
	"reflect"
	"slices"

	fuzzheaders "github.com/AdaLogics/go-fuzz-headers"
)

// The bytes of a fuzz target hold its input, In, and a schedule, in such a way that a change of one does not move the other:
//
//	first byte      how many bytes the input may take: 0 none, 255 as many as it likes; half of those that follow at most
//	then            the schedule
//	from the end    the input, its first byte last
//
// What the input does not take is schedule. Its fields are filled in their order; those for which no bytes are left stay zero.
// So the first byte as 0 is a zero In, no bytes at all are that and the plain run, and bytes that are inserted or taken out
// move the rest of the input or of the schedule, whichever they belong to, and of the other change at most what stands at its
// end. An In without fields takes nothing, and all bytes are schedule.

// unlimited as first byte lets the input take as much as it can.
const unlimited = 255

// split fills in, a pointer to a zero value, from data. It returns the schedule, and the bytes that in has taken, in the order
// in which it took them.
func split(data []byte, in any) (schedule, taken []byte) {
	v := reflect.ValueOf(in).Elem()
	if empty(v.Type()) {
		return data, nil
	}
	if len(data) == 0 {
		return nil, nil
	}
	limit, rest := int(data[0]), data[1:]
	if limit == unlimited {
		limit = len(rest)
	}
	limit = min(limit, len(rest)/2)
	taken = slices.Clone(rest[len(rest)-limit:])
	slices.Reverse(taken)
	f := filler{ConsumeFuzzer: fuzzheaders.NewConsumer(taken)}
	f.fill(v)
	taken = taken[:limit-f.left()]
	return rest[:len(rest)-len(taken)], taken
}

// join returns the bytes of which split makes this schedule, with zeros at its end as the case may be, and an In of type t that has
// taken these bytes. An In of 255 bytes and more may take more of them.
func join(schedule, taken []byte, t reflect.Type) []byte {
	if empty(t) {
		return schedule
	}
	data := append([]byte{byte(min(len(taken), unlimited))}, schedule...)
	for range len(taken) - len(schedule) {
		data = append(data, 0)
	}
	for _, b := range slices.Backward(taken) {
		data = append(data, b)
	}
	return data
}

// empty reports whether values of a type have nothing to fill.
func empty(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.NumField() == 0 }

// A filler fills values from bytes: numbers, texts and pointers as go-fuzz-headers makes them. What is made of several goes
// on with the next where one could not be made.
type filler struct {
	*fuzzheaders.ConsumeFuzzer
	depth int
}

// As go-fuzz-headers has them.
const (
	maxElements = 50 // of a slice or a map
	maxDepth    = 100
)

// fill fills v as far as there are bytes. What cannot be made from bytes (functions, channels, interfaces, what is not exported) is
// left alone.
func (f filler) fill(v reflect.Value) {
	f.depth++
	switch {
	case f.depth > maxDepth:
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case !v.CanSet() || f.done():
	case v.Kind() == reflect.Bool:
		b, _ := f.GetByte() // GetBool has 0 as true
		v.SetBool(b&1 != 0)
	case v.Kind() == reflect.String:
		b, _ := f.GetBytes() // GetString has nothing but an error for nearly all lengths
		v.SetString(string(b))
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		b, _ := f.GetBytes()
		v.SetBytes(slices.Clone(b))
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case v.Kind() == reflect.Slice:
		v.SetZero()
		for n := f.length(); v.Len() < n && !f.done(); {
			v.Set(reflect.Append(v, f.value(v.Type().Elem())))
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for n := f.length(); n > 0 && !f.done(); n-- {
			key := f.value(v.Type().Key())
			v.SetMapIndex(key, f.value(v.Type().Elem()))
		}
	default:
		f.library(v)
	}
}

// library has the library fill v. It panics for some lengths that it reads from the bytes: that is a value which is none.
func (f filler) library(v reflect.Value) {
	defer func() {
		if recover() != nil {
			v.SetZero()
		}
	}()
	_ = f.GenerateStruct(v.Addr().Interface()) // an error: the bytes have ended in the middle
}

// value returns a value of a type.
func (f filler) value(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	f.fill(v)
	return v
}

// length returns how many elements a slice or a map is to have.
func (f filler) length() int {
	n, _ := f.GetInt()
	return n % maxElements
}

// done reports whether there are no bytes left.
func (f filler) done() bool {
	c := *f.ConsumeFuzzer
	_, err := c.GetByte()
	return err != nil
}

// left returns how many bytes are left, and takes them.
func (f filler) left() (n int) {
	for ; ; n++ {
		if _, err := f.GetByte(); err != nil {
			return n
		}
	}
}
