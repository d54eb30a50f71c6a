package report

import (
	"path/filepath"
	"strings"

	"github.com/jostle-dev/jostle/internal/verdict"
)

const unreached = ", where no schedule reaches"

// Stalled says in a sentence, without a full stop, what the goroutine of a stall does that no schedule reaches, and in which
// line: of the code under test, or if the goroutine is in none, of the library that is nearest to what it waits for. dir is the
// directory of the package under test, base that from which the reader opens files.
func Stalled(v *verdict.Verdict, dir, base string) string {
	s := v.Who + " " + stalling(v)
	at, inModule := "", newFiles(dir).own
	if own := Where(v, dir); own != "" {
		at = filepath.ToSlash(ScreenName(base, filepath.Join(dir, filepath.FromSlash(own))))
	} else if c, ok := caller(v, inLibrary); ok {
		at, inModule = c.at, inLibrary
	}
	if called := calledBy(v, inModule); called != "" {
		s += " in " + called
	}
	if at != "" {
		s += " at " + at
	}
	return s + unreached
}

// stalling says what a goroutine does, from what the runtime says of it.
func stalling(v *verdict.Verdict) string {
	switch {
	case strings.Contains(v.Stack, "._Cfunc_"):
		return "runs C code"
	case strings.Contains("\n"+v.Stack, "\nos.(*Process)."):
		return "waits for a child process"
	case v.State == "IO wait" && strings.Contains("\n"+v.Stack, "\nnet.("):
		return "waits for a socket"
	case v.State == "IO wait":
		return "waits for a file or a pipe"
	case v.State == "syscall":
		return "is in a system call"
	case v.State == "running" || v.State == "runnable":
		return "is busy"
	case v.State != "":
		return "waits"
	default: // there are several, or its stack is not known
		return "blocks or is busy"
	}
}

// inLibrary reports whether a file, as the runtime names it, is not one of Go itself, which may lie in the module cache too.
func inLibrary(file string) bool {
	return filepath.IsAbs(file) && goroot != "" && !strings.HasPrefix(filepath.ToSlash(file), goroot)
}

// caller returns the innermost call on a stall's stack in a file that is wanted.
func caller(v *verdict.Verdict, wanted func(file string) bool) (call, bool) {
	for _, c := range callsOf(v.Stack) {
		if file, _, ok := cutLine(c.at); ok && wanted(file) {
			return c, true
		}
	}
	return call{}, false
}

// calledBy returns the function that the code in the files that are wanted has called last; "" if there is none.
func calledBy(v *verdict.Verdict, wanted func(file string) bool) string {
	called := ""
	for _, c := range callsOf(v.Stack) {
		file, _, ok := cutLine(c.at)
		if !ok {
			continue
		}
		if wanted(file) || strings.HasPrefix(c.fn, "created by ") {
			break
		}
		if i := strings.LastIndexByte(c.fn, '('); i > 0 { // its arguments
			called = c.fn[:i]
		}
	}
	return called
}
