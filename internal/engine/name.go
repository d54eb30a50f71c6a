package engine

import (
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/stacks"
)

// A goroutine is called by the function that it runs, as the runtime prints it and the source has it: the one that its go
// statement starts. A function literal of a library that runs what it is given (an errgroup's, a pool's) tells nothing:
// then it is the outermost function on the goroutine's stack that belongs to another module.

// A Call is a function on a goroutine's stack, and where it is there.
type Call struct {
	Func string // as runtime.FuncForPC names it
	File string
	Line int
}

// Title is what people call the task: its number and its name.
func (t *Task) Title() string { return strings.TrimSpace(fmt.Sprintf("g%d %s", t.ID, t.Name())) }

// Name returns the function that t runs, without its package, or the title that t was given: that of a test, say.
func (t *Task) Name() string {
	if c := t.calls; c != nil && c.title != "" {
		return c.title
	}
	return t.nameWith("")
}

// named is Name for a task with a stack, as the runtime prints it; it stays called so.
func (t *Task) named(stack string) string {
	if t.calls == nil {
		return t.Name()
	}
	if t.calls.title == "" {
		t.calls.title = t.nameWith(stack)
	}
	return t.calls.title
}

// nameWith is Name for a task without a title.
func (t *Task) nameWith(stack string) string {
	s := t.Spawned
	if s == nil {
		return ""
	}
	var looks [][]Call
	if stack != "" {
		looks = [][]Call{callsOn(stack)}
	} else if t.calls != nil {
		looks = t.calls.seen()
	}
	own := s.Starts
	if !known(own) {
		own = t.begun()
	}
	var given []string
	for _, calls := range looks {
		first, g := CalledBy(calls, s)
		if own == "" {
			own = first
		}
		if g != "" && !slices.Contains(given, g) {
			given = append(given, g)
		}
	}
	if own == "" {
		own = s.Starts
	}
	if len(given) == 1 && s.OfLibrary() && isLiteral(own) {
		own = given[0]
	}
	return ShortFunc(own)
}

// begun returns the function that t was begun with, if that is one of the source's; else "".
func (t *Task) begun() string {
	if t.entry == 0 {
		return ""
	}
	f := runtime.FuncForPC(t.entry)
	if f == nil {
		return ""
	}
	file, line := f.FileLine(t.entry)
	c := Call{strings.TrimSuffix(f.Name(), "-fm"), file, line}
	name := c.source()
	if c.ours() || c.at(t.Spawned, name) || !known(name) && (isLiteral(name) || strings.HasPrefix(name, "reflect.")) {
		return "" // package context's, say: the source has a better name for it
	}
	return name
}

// CalledBy returns the function that a goroutine has begun with, and the outermost one of another module than that of its go
// statement; "" for what is not on its stack, which is given from the outermost call on. s may be nil if it is not known.
func CalledBy(calls []Call, s *Site) (first, given string) {
	home := ""
	if s != nil {
		home = moduleOf(s.File)
	}
	for i, c := range calls {
		name := c.source()
		if c.at(s, name) || s == nil && i == 0 && len(calls) > 1 && depth(c.Func) > depth(name) {
			continue // the literal that a rewritten go f(x) begins with
		}
		if first == "" {
			if first = name; s == nil {
				home = moduleOf(c.File)
			}
			continue
		}
		if moduleOf(c.File) != home {
			return first, name
		}
	}
	return first, ""
}

// RunBy returns the function by which a goroutine outside of executions is called, from its stack as the runtime prints it;
// "" if there is only the standard library on it.
func RunBy(stack string) string {
	calls := callsOn(stack)
	first, given := CalledBy(calls, nil)
	if given != "" && isLiteral(first) && moduleOf(calls[0].File) != "" {
		first = given
	}
	return ShortFunc(first)
}

// at reports whether c, which the source calls name, is the go statement s itself.
func (c *Call) at(s *Site, name string) bool {
	return s != nil && s.Func == name && int(s.Line) == c.Line && s.File == c.File
}

// source returns the function under the name that the source gives it. The runtime counts the literals of rewritten code, and
// those of functions that were inlined, and not those of the source: they are told by their lines.
func (c *Call) source() string {
	if known(c.Func) && !isLiteral(c.Func) {
		return c.Func
	}
	if f := FuncAt(program().files[c.File], c.Line); f != nil {
		return f.Name
	}
	return c.Func
}

// FuncAt returns the innermost of a file's functions that has a line, or nil.
func FuncAt(funcs []Function, line int) *Function {
	var best *Function
	for i := range funcs {
		f := &funcs[i]
		if int(f.From) <= line && line <= int(f.To) && (best == nil || f.To-f.From <= best.To-best.From) {
			best = f
		}
	}
	return best
}

// ShortFunc returns a function's name without its package, and what the source calls a function as it is.
func ShortFunc(name string) string {
	dir, base := path.Split(name)
	if _, fn, ok := strings.Cut(base, "."); ok && (known(name) || dir != "" && !strings.ContainsAny(dir, "([")) {
		return fn
	}
	return name
}

// OfLibrary reports whether a sync point is in a module that is not worked on: in the module cache, whose directories have a
// version, or vendored.
func (s *Site) OfLibrary() bool { return moduleOf(s.File) != "" }

// moduleOf returns the folder of the module in the module cache that a file belongs to, or if it is vendored that of its
// package; "" for any other file.
func moduleOf(file string) string {
	if i := strings.Index(file, "@v"); i >= 0 {
		if j := strings.IndexByte(file[i:], '/'); j >= 0 {
			return file[:i+j]
		}
	}
	if strings.Contains(file, "/vendor/") {
		return path.Dir(file)
	}
	return ""
}

func isLiteral(fn string) bool { return strings.Contains(fn, ".func") }

// depth returns how many literals a function's name, as the runtime has it, is within.
func depth(fn string) int {
	_, literals, ok := strings.Cut(fn, ".func")
	if !ok {
		return 0
	}
	return 1 + strings.Count(literals, ".")
}

// program is what is known of the functions of the process.
var program = sync.OnceValue(func() (p struct {
	files map[string][]Function
	funcs map[string]bool
}) {
	p.files, p.funcs = map[string][]Function{}, map[string]bool{}
	for _, f := range files {
		p.files[f.Name] = f.Funcs
		for _, fn := range f.Funcs {
			p.funcs[fn.Name] = true
		}
	}
	return p
})

// known reports whether there is an instrumented function with a name.
func known(fn string) bool { return program().funcs[fn] }

// codeOf returns the address of a function's code; 0 for nil.
func codeOf(f func()) uintptr {
	if f == nil {
		return 0
	}
	return **(**uintptr)(unsafe.Pointer(&f))
}

// A calls is what is known of how a task is called beside its go statement.
type calls struct {
	title string
	looks []uintptr // stacks at the first sync points, each from the innermost call on and with a 0 at its end
	n     int       // how many
}

const (
	maxLooks  = 4
	maxDepth  = 64 // beyond it, it is not seen what a goroutine has begun with
	keptCalls = 16 // the outermost ones
)

// callsOf returns what a new task has to take notes of: nil if its go statement says how it is called.
func callsOf(s *Site) *calls {
	if known(s.Starts) && !(isLiteral(s.Starts) && s.OfLibrary()) {
		return nil
	}
	return new(calls)
}

// look notes the calling goroutine's stack at one of its first sync points.
func (c *calls) look() {
	if c.n == maxLooks || c.title != "" {
		return
	}
	c.n++
	var buf [maxDepth]uintptr
	n := runtime.Callers(3, buf[:])
	if n == maxDepth {
		return
	}
	c.looks = append(append(c.looks, buf[max(n-keptCalls, 0):n]...), 0)
}

// seen returns the stacks of look, each from the outermost call on.
func (c *calls) seen() (out [][]Call) {
	for rest := c.looks; len(rest) > 0; {
		end := slices.Index(rest, 0)
		var calls []Call
		for frames := runtime.CallersFrames(rest[:end]); ; {
			f, more := frames.Next()
			calls = append(calls, Call{f.Function, f.File, f.Line})
			if !more {
				break
			}
		}
		out, rest = append(out, outermost(calls)), rest[end+1:]
	}
	return out
}

// callsOn returns the calls on a stack as the runtime prints it, from the outermost on.
func callsOn(stack string) []Call {
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
			_, _ = fmt.Sscan(at[j+1:], &c.Line)
		}
		calls = append(calls, c)
	}
	return outermost(calls)
}

// outermost turns calls round, and leaves out those of ours and of the standard library.
func outermost(calls []Call) []Call {
	slices.Reverse(calls)
	return slices.DeleteFunc(calls, func(c Call) bool { return c.ours() || c.std() })
}

// std reports whether c is a function of the standard library, whichever Go it belongs to.
func (c *Call) std() bool {
	dir, base := path.Split(c.Func)
	pkg, _, _ := strings.Cut(base, ".")
	pkg = dir + pkg
	host, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(host, ".") && !known(c.Func) && strings.HasSuffix("/src/"+path.Dir(c.File), "/src/"+pkg)
}

// root is the folder of this module, as it is in stacks.
var root = func() string {
	_, file, _, _ := runtime.Caller(0)
	return path.Dir(path.Dir(path.Dir(file)))
}()

// ours reports whether c is a function of ours, which may have been inlined into one of the program's.
func (c *Call) ours() bool {
	return stacks.Ours(c.Func) || strings.HasPrefix(c.File, root+"/perturb/") && !strings.HasSuffix(c.File, "_test.go")
}

// InPackage returns what people call a function, given as runtime.FuncForPC names it: with the last element of its package's path, but
// not one that only says a major version. Of github.com/thejerf/suture/v4.New that is suture.New.
func InPackage(fn string) string {
	dir, base := path.Split(fn)
	last, rest, ok := strings.Cut(base, ".")
	if n, isNumber := strings.CutPrefix(last, "v"); ok && dir != "" && isNumber && n != "" && strings.Trim(n, "0123456789") == "" {
		return path.Base(dir) + "." + rest
	}
	return base
}
