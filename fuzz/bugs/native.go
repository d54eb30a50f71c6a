package bugs

import "reflect"

// reflected sends on a channel that nobody receives from, where no schedule reaches.
func reflected() {
	c := make(chan string)
	go func() { reflect.ValueOf(c).Send(reflect.ValueOf("hello")) }()
}
