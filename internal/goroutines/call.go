package goroutines

import (
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Call is a function on a goroutine's stack, and where it is there.
type Call struct {
	Func string // as runtime.FuncForPC names it
	File string
	Line int
}

// BegunWith returns the function that a goroutine was begun with at a go statement, if that is one of the source's; else "".
func BegunWith(c Call, s *trace.Site) string {
	name := c.source()
	if c.ours() || c.at(s, name) || !program.Has(name) && (program.IsLiteral(name) || strings.HasPrefix(name, "reflect.")) {
		return "" // package context's, say: the source has a better name for it
	}
	return name
}

// CalledBy returns the function that a goroutine has begun with, and the outermost one of another module than that of its go
// statement; "" for what is not on its stack, which is given from the outermost call on. s may be nil if it is not known.
func CalledBy(calls []Call, s *trace.Site) (first, given string) {
	home := ""
	if s != nil {
		home = program.ModuleOf(s.File)
	}
	for i, c := range calls {
		name := c.source()
		if c.at(s, name) || s == nil && i == 0 && len(calls) > 1 && depth(c.Func) > depth(name) {
			continue // the literal that a rewritten go f(x) begins with
		}
		if first == "" {
			if first = name; s == nil {
				home = program.ModuleOf(c.File)
			}
			continue
		}
		if program.ModuleOf(c.File) != home {
			return first, name
		}
	}
	return first, ""
}

// RunBy returns the function by which a goroutine outside of executions is called, from its stack as the runtime prints it;
// "" if there is only the standard library on it.
func RunBy(stack string) string { return runBy(CallsOn(stack)) }

// RunByCallers is RunBy for a goroutine's callers, from the innermost on.
func RunByCallers(pcs []uintptr) string { return runBy(callsAt(pcs)) }

func runBy(calls []Call) string {
	first, given := CalledBy(calls, nil)
	if given != "" && program.IsLiteral(first) && program.ModuleOf(calls[0].File) != "" {
		first = given
	}
	return ShortFunc(first)
}

// at reports whether c, which the source calls name, is the go statement s itself.
func (c *Call) at(s *trace.Site, name string) bool {
	return s != nil && s.Func == name && int(s.Line) == c.Line && s.File == c.File
}

// source returns the function under the name that the source gives it. The runtime counts the literals of rewritten code, and
// those of functions that were inlined, and not those of the source: they are told by their lines.
func (c *Call) source() string {
	if program.Has(c.Func) && !program.IsLiteral(c.Func) {
		return c.Func
	}
	if f := program.FuncAt(program.FuncsOf(c.File), c.Line); f != nil {
		return f.Name
	}
	return c.Func
}

// CallsOn returns the calls on a stack as the runtime prints it, from the outermost on.
func CallsOn(stack string) []Call {
	var calls []Call
	lines := strings.Split(stack, "\n")
	for i := 1; i+1 < len(lines); i += 2 {
		end := strings.LastIndexByte(lines[i], '(')
		if strings.HasPrefix(lines[i], "created by ") || end < 0 {
			break
		}
		c := Call{Func: lines[i][:end]}
		at, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		if j := strings.LastIndexByte(at, ':'); j >= 0 {
			c.File = at[:j]
			c.Line, _ = strconv.Atoi(at[j+1:])
		}
		calls = append(calls, c)
	}
	return Outermost(calls)
}

// callsAt returns the calls that a goroutine is in, from the outermost on. pcs are its callers, from the innermost on.
func callsAt(pcs []uintptr) []Call {
	if len(pcs) == 0 {
		return nil
	}
	var calls []Call
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		calls = append(calls, Call{Func: f.Function, File: f.File, Line: f.Line})
		if !more {
			return Outermost(calls)
		}
	}
}

// Outermost turns calls round, and leaves out those of ours and of the standard library.
func Outermost(calls []Call) []Call {
	slices.Reverse(calls)
	return slices.DeleteFunc(calls, func(c Call) bool { return c.ours() || c.std() })
}

// std reports whether c is a function of the standard library, whichever Go it belongs to.
func (c *Call) std() bool {
	dir, base := path.Split(c.Func)
	pkg, _, _ := strings.Cut(base, ".")
	pkg = dir + pkg
	host, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(host, ".") && !program.Has(c.Func) && strings.HasSuffix("/src/"+path.Dir(c.File), "/src/"+pkg)
}

// ours reports whether c is a function of ours, which may have been inlined into one of the program's.
func (c *Call) ours() bool {
	return stacks.Ours(c.Func) || strings.HasPrefix(c.File, root+"/perturb/") && !strings.HasSuffix(c.File, "_test.go")
}
