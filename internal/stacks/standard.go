package stacks

import (
	"reflect"
	"runtime"
	"unicode/utf8"
)

// Standard returns the directory of the standard library as the names of its files on stacks begin, with slashes, one of them at
// its end; "" if that is not known.
func Standard() string { return standard }

var standard = func() string {
	const name = "unicode/utf8/utf8.go"
	file, _ := runtime.FuncForPC(reflect.ValueOf(utf8.ValidString).Pointer()).FileLine(0)
	if dir := len(file) - len(name); dir > 0 && file[dir:] == name {
		return file[:dir]
	}
	return ""
}()

// InStandard reports whether a file is one of the standard library.
func InStandard(file string) bool {
	if standard == "" || len(file) < len(standard) {
		return false
	}
	for i := range len(standard) {
		if c := file[i]; c != standard[i] && !(c == '\\' && standard[i] == '/') {
			return false
		}
	}
	return true
}
