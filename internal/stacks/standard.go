package stacks

import (
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// Standard returns the directory of the standard library as the names of its files on stacks begin, with slashes, one of them at
// its end; "" if that is not known.
func Standard() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(strings.Cut).Pointer()).FileLine(0)
	dir, ok := strings.CutSuffix(filepath.ToSlash(file), "strings/strings.go")
	if !ok {
		return ""
	}
	return dir
}
