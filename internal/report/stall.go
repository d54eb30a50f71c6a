package report

import (
	"path/filepath"
	"strings"

	"github.com/jostle-dev/jostle/internal/verdict"
)

const unreached = ", where no schedule reaches"

// Stalled says in a sentence, without a full stop, what the goroutine of a stall does that no schedule reaches, and in which
// line of the code under test. dir is the directory of the package under test, base that from which the reader opens files.
func Stalled(v *verdict.Verdict, dir, base string) string {
	s := v.Who + " " + stalling(v)
	if in := library(v, dir); in != "" {
		s += " in " + in
	}
	if at := Where(v, dir); at != "" {
		s += " at " + filepath.ToSlash(ScreenName(base, filepath.Join(dir, filepath.FromSlash(at))))
	}
	return s + unreached
}

// stalling says what a goroutine does, from what the runtime says of it.
func stalling(v *verdict.Verdict) string {
	switch {
	case strings.Contains(v.Stack, "._Cfunc_"):
		return "runs C code"
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

// library returns the function outside of the module under test that its code has called last; "" if there is none.
func library(v *verdict.Verdict, dir string) string {
	module := newFiles(dir).root
	called := ""
	for _, c := range callsOf(v.Stack) {
		file, _, ok := cutLine(c.at)
		if !ok {
			continue
		}
		if _, ok := below(module, file); ok {
			break
		}
		if i := strings.LastIndexByte(c.fn, '('); i > 0 { // its arguments
			called = c.fn[:i]
		}
	}
	return called
}
