package goroutines

import (
	"bytes"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// maxStacks bounds the text of all goroutines' stacks.
const maxStacks = 8 << 20

// Stacks returns the stacks of all goroutines of the process as the runtime prints them, one string a goroutine.
func Stacks() []string {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= maxStacks {
			return split(buf[:n])
		}
	}
}

// split returns the stacks in what the runtime prints of all goroutines.
func split(dump []byte) []string { return strings.Split(string(bytes.TrimSpace(dump)), "\n\n") }

// StackOf returns a task's stack among stacks, or "" if it is not there. The runtime prints the arguments of calls, and with
// them the task whose life the goroutine is.
func StackOf(t trace.TaskState, stacks []string) string {
	address := "(0x" + strconv.FormatUint(uint64(t.Address), 16)
	for _, s := range stacks {
		if strings.Contains(s, "(*Task).run"+address) || strings.Contains(s, "(*Task).Runs"+address) {
			return s
		}
	}
	return ""
}

// Creator returns the function that has started the goroutine of a stack; "" if the stack does not say.
func Creator(stack string) string {
	_, by, _ := strings.Cut(stack, "\ncreated by ")
	by, _, _ = strings.Cut(by, "\n")
	by, _, _ = strings.Cut(by, " in goroutine")
	return by
}

// InBubble reports whether the goroutine of a stack lives in a testing/synctest bubble.
func InBubble(stack string) bool {
	header, _, _ := strings.Cut(stack, "\n")
	return strings.Contains(header, "synctest bubble")
}

// Calls reports whether one of these functions of jostle, which are named without the module, is on a stack as the runtime prints it.
func Calls(stack string, functions ...string) bool {
	for line := range strings.Lines(stack) {
		name, ok := stacks.Inside(line)
		if !ok {
			continue
		}
		for _, f := range functions {
			if args, ok := strings.CutPrefix(name, f); ok && strings.HasPrefix(args, "(") {
				return true
			}
		}
	}
	return false
}

// WithoutCalls returns what a test has printed without the lines that are nothing but a place in a source of jostle's: an assertion
// library lists by which calls a failure was come to, as far as package testing, and that is not what calls a test in an execution.
func WithoutCalls(text string) string {
	own := stacks.Standard() + "jostle/"
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
