package stacks

import (
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
)

// Standard returns the directory of the standard library as the names of its files on stacks begin, with slashes, one of them at
// its end; "" if that is not known.
func Standard() string { return standard }

var standard = func() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(strings.Cut).Pointer()).FileLine(0)
	dir, ok := strings.CutSuffix(filepath.ToSlash(file), "strings/strings.go")
	if !ok {
		return ""
	}
	return dir
}()

// WithoutCalls returns what a test has printed without the lines that are nothing but a place in a source of jostle's: an assertion
// library lists by which calls a failure was come to, as far as package testing, and that is not what calls a test in an execution.
func WithoutCalls(text string) string {
	own := Standard() + "jostle/"
	if !strings.Contains(filepath.ToSlash(text), own) {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		place, ok := strings.CutPrefix(filepath.ToSlash(strings.TrimSpace(line)), own)
		if !ok || !inFile.MatchString(place) {
			b.WriteString(line)
		}
	}
	return b.String()
}

var inFile = regexp.MustCompile(`^\S+\.go:\d+$`)
