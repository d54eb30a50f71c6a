// Package input makes a value of any type from the bytes of a fuzz target, and leaves a schedule in them.
package input

import (
	"reflect"
	"slices"

	fuzzheaders "github.com/AdaLogics/go-fuzz-headers"
)

// The bytes of a fuzz target hold its input, In, and a schedule. A change of one does not move the other:
//
//	first byte      how many bytes the input may take: 0 none, 255 as many as it likes; half of those that follow at most
//	then            the schedule
//	from the end    the input, its first byte last
//
// What the input does not take belongs to the schedule. Its fields are filled in their order; those for which no bytes are left stay
// zero. A first byte of 0 means a zero In, and no bytes at all that and the plain run. A byte that is inserted or removed moves the rest
// of the input or the rest of the schedule; the other changes at its end at most. If In has no fields, all bytes are schedule.

// unlimited as first byte lets the input take as much as it can.
const unlimited = 255

// Split fills in, a pointer to a zero value, from data. It returns the schedule, and the bytes that in has taken, in the order
// in which it took them.
func Split(data []byte, in any) (schedule, taken []byte) {
	v := reflect.ValueOf(in).Elem()
	if Empty(v.Type()) {
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

// Join returns the bytes of which Split makes this schedule, with zeros at its end as the case may be, and an In of type t that has
// taken these bytes. An In of 255 bytes and more may take more of them.
func Join(schedule, taken []byte, t reflect.Type) []byte {
	if Empty(t) {
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

// Empty reports whether values of a type have nothing to fill.
func Empty(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.NumField() == 0 }

// A filler fills values from bytes until there are no more. How many there are in all does not change what is made of the first ones.
// go-fuzz-headers reads the bytes and makes the numbers and the bools. Its walk through a whole value, GenerateStruct, is not used:
//   - It gives up at a string that is longer than the bytes that are left, as nearly all lengths are. All that follows stays zero.
//   - A []byte takes all bytes that are left.
//   - The elements of a slice are lost if the bytes end in the first ten of them.
//   - No pointer is ever nil: a binary tree has 2^50 of them, even from no bytes.
//   - A zero byte is true, and makes empty slices and maps.
//   - Arrays stay zero, and so do embedded structs of types that are not exported.
//
// Custom functions help only with the arrays: the walk needs a function for every type in the value, and overwrites what it made.
// TestGenerateStruct shows each point. If one fails there after an update, the library may do that part here too.
type filler struct {
	*fuzzheaders.ConsumeFuzzer
	depth int
}

const maxDepth = 100 // of values in values

// fill fills v as far as there are bytes; zero bytes make zero values. What cannot be made from bytes (functions, channels,
// interfaces, what is not exported) is left alone.
func (f filler) fill(v reflect.Value) {
	f.depth++
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case !v.CanSet() || f.depth > maxDepth:
	case v.Kind() == reflect.Bool:
		v.SetBool(f.flag())
	case v.Kind() == reflect.String:
		v.SetString(string(f.text()))
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes(f.text())
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case v.Kind() == reflect.Slice:
		for n := f.elements(); v.Len() < n && !f.done(); {
			v.Set(reflect.Append(v, f.value(v.Type().Elem())))
		}
	case v.Kind() == reflect.Map:
		for n := f.elements(); n > 0 && !f.done(); n-- {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			key := f.value(v.Type().Key())
			v.SetMapIndex(key, f.value(v.Type().Elem()))
		}
	case v.Kind() == reflect.Pointer:
		if f.flag() {
			v.Set(f.value(v.Type().Elem()).Addr())
		}
	default:
		_ = f.GenerateStruct(v.Addr().Interface()) // an error: the bytes have ended in the middle
	}
}

// value returns a value of a type, which can be addressed.
func (f filler) value(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	f.fill(v)
	return v
}

// flag returns whether something is there. A zero byte is no: GetBool reports whether a byte is even.
func (f filler) flag() bool {
	even, err := f.GetBool()
	return err == nil && !even
}

// elements returns how many a slice or a map is to have: up to 7 three times in four, and 56 at most.
func (f filler) elements() int {
	size, _ := f.GetByte()
	return int(size&7) << max(int(size>>4)-12, 0)
}

// text returns the content of a string, nil if there is none: up to 15 bytes half of the time, and 1,920 at most.
func (f filler) text() (content []byte) {
	size, _ := f.GetByte()
	for range int(size&15) << max(int(size>>4)-8, 0) {
		b, err := f.GetByte()
		if err != nil {
			break
		}
		content = append(content, b)
	}
	return content
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
