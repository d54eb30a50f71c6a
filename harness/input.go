package harness

import (
	"reflect"

	fuzzheaders "github.com/AdaLogics/go-fuzz-headers"
)

// split fills in, a pointer, from the front of data and returns what is left of it: the schedule. Data that ends too
// early leaves the rest of in zero, and the schedule empty. Fields that cannot be made from bytes (functions, channels,
// interfaces) stay zero.
func split(data []byte, in any) (schedule []byte) {
	if t := reflect.TypeOf(in).Elem(); t.Kind() == reflect.Struct && t.NumField() == 0 {
		return data
	}
	// The library panics for some lengths that it reads from the data: that is an input which is no input.
	defer func() { _ = recover() }()
	c := fuzzheaders.NewConsumer(data)
	if c.GenerateStruct(in) != nil {
		return nil // not enough bytes
	}
	rest := 0
	for {
		if _, err := c.GetByte(); err != nil {
			return data[len(data)-rest:]
		}
		rest++
	}
}
