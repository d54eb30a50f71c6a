package verdict

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Code is what is known of the program that ran: where it does what to which variable, which variables may hold the same
// object, and which function may run which. It is not changed once it is made, and any goroutine may use it.
type Code struct {
	doers  map[doing][]*trace.Site
	others map[act][]*trace.Site // where it is not known on which variable
	gos    []*trace.Site         // where goroutines are started
	funcs  map[string]*program.Function
	cancel []canceller
	takers map[uint64][]string // functions by what they get
	files  map[string][]program.Function
	after  map[uint64][]uint64 // variables that may hold what this one holds
	back   map[uint64][]uint64 // and those that this one may have it from

	forwards map[uint64]bool // channels on which something is sent that its sender may not have made, see program.Parcel
}

// A canceller is a function that has one which cancels a context.
type canceller struct {
	*program.Function
	file string
}

// of reports whether the i-th line of c that cancels may cancel a context that was made at one of these sites.
func (c *canceller) of(i int, made []*trace.Site) bool {
	if len(made) == 0 || i >= len(c.Cancelled) || c.Cancelled[i] == 0 {
		return true
	}
	return slices.ContainsFunc(made, func(s *trace.Site) bool { return s == nil || s.File == c.file && s.Line == c.Cancelled[i] })
}

// An act is an operation on objects of a kind, see trace.Site.
type act struct {
	op   trace.Op
	kind trace.Kind
}

// A doing is an act on a variable.
type doing struct {
	act
	variable uint64
}

// NewCode reads the sync points of a program, and what is known of its files beside.
func NewCode(sites [][]trace.Site, files []program.File) *Code {
	c := &Code{
		doers: map[doing][]*trace.Site{}, others: map[act][]*trace.Site{}, funcs: map[string]*program.Function{}, files: map[string][]program.Function{},
		takers: map[uint64][]string{}, after: map[uint64][]uint64{}, back: map[uint64][]uint64{},
		forwards: map[uint64]bool{},
	}
	for _, file := range sites {
		for i := range file {
			s := &file[i]
			if s.Starts != "" {
				c.gos = append(c.gos, s)
			}
			if !s.Elsewhere {
				c.does(act{s.Op, s.Kind}, s.Var, s)
			}
			for _, k := range s.Cases {
				c.does(act{k.Op, trace.Chan}, k.Var, s)
			}
		}
	}
	for i := range files {
		f := &files[i]
		c.files[f.Name] = f.Funcs
		for j := range f.Funcs {
			fn := &f.Funcs[j]
			c.funcs[fn.Name] = fn
			if len(fn.Cancels) > 0 {
				c.cancel = append(c.cancel, canceller{fn, f.Name})
			}
			for _, p := range fn.Parcels {
				if p.Sent && p.Name == "" {
					c.forwards[p.Channel] = true
				}
			}
			for _, p := range fn.Params {
				c.takers[p] = append(c.takers[p], fn.Name)
			}
		}
		for j := 0; j+1 < len(f.Flows); j += 2 {
			from, to := f.Flows[j], f.Flows[j+1]
			c.after[from] = append(c.after[from], to)
			c.back[to] = append(c.back[to], from)
		}
	}
	return c
}

// reached returns the functions that may be run from some, with these.
func (c *Code) reached(fns []string) []string {
	return c.closed(fns, func(f *program.Function) []string { return slices.Concat(f.Runs, f.Calls) })
}

func (c *Code) does(a act, variable uint64, s *trace.Site) {
	if variable == 0 && a.op != trace.OpNone {
		c.others[a] = append(c.others[a], s)
	}
	if d := (doing{a, variable}); variable != 0 && !slices.Contains(c.doers[d], s) {
		c.doers[d] = append(c.doers[d], s)
	}
}

// family returns the variables that may hold an object that was seen under vars: it has come from where all of these may
// have it from, and may be wherever that goes.
func (c *Code) family(vars []uint64) []uint64 {
	var origins []uint64
	for _, v := range vars {
		if v == 0 {
			continue
		}
		roots := c.roots(v)
		if origins == nil {
			origins = roots
			continue
		}
		both := slices.DeleteFunc(slices.Clone(origins), func(o uint64) bool { return !slices.Contains(roots, o) })
		if len(both) > 0 {
			origins = both
		}
	}
	out := closure(origins, c.after)
	for _, v := range vars {
		if v != 0 && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// roots returns where what v holds may come from in the end.
func (c *Code) roots(v uint64) []uint64 {
	all := closure([]uint64{v}, c.back)
	first := slices.DeleteFunc(slices.Clone(all), func(w uint64) bool { return len(c.back[w]) > 0 })
	if len(first) == 0 {
		return all
	}
	return first
}

func closure(from []uint64, next map[uint64][]uint64) []uint64 {
	out := slices.Clone(from)
	seen := map[uint64]bool{}
	for _, v := range from {
		seen[v] = true
	}
	for i := 0; i < len(out); i++ {
		for _, w := range next[out[i]] {
			if !seen[w] {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// lines ranges over the functions on a goroutine's stack, the innermost first, and the lines at which it is in them. The
// literal that the rewritten go statement f(x) begins with is none of the source's: it is left out.
func (c *Code) lines(t *trace.TaskState) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		lines := strings.Split(cleanStack(t.Stack), "\n")
		for i := 0; i+1 < len(lines); i++ {
			end := strings.LastIndexByte(lines[i], '(')
			if strings.HasPrefix(lines[i], "\t") || strings.HasPrefix(lines[i], "created by ") || end <= 0 {
				continue
			}
			_, line := position(lines[i+1])
			name := c.function(lines[i][:end], lines[i+1])
			if s := t.Spawned; s != nil && s.Func == name && int(s.Line) == line && i+2 >= len(lines) {
				return
			}
			if !yield(name, line) {
				return
			}
		}
	}
}

// position reads the line below a function's in a stack; the line is 0 if there is none.
func position(place string) (file string, line int) {
	place, _, _ = strings.Cut(strings.TrimSpace(place), " +0x")
	i := strings.LastIndexByte(place, ':')
	if i < 0 {
		return "", 0
	}
	line, err := strconv.Atoi(place[i+1:])
	if err != nil {
		return "", 0
	}
	return place[:i], line
}

// calls returns the functions on a goroutine's stack, the innermost first, under the names that the source gives them.
func (c *Code) calls(t *trace.TaskState) []string {
	var out []string
	for name := range c.lines(t) {
		out = append(out, name)
	}
	return out
}

func (c *Code) closed(fns []string, next func(*program.Function) []string) []string {
	seen := map[string]bool{}
	for _, fn := range fns {
		seen[fn] = true
	}
	for i := 0; i < len(fns); i++ {
		if f := c.funcs[fns[i]]; f != nil {
			for _, n := range next(f) {
				if !seen[n] {
					seen[n] = true
					fns = append(fns, n)
				}
			}
		}
	}
	return fns
}

// function returns the source's name for the function of a frame, and the runtime's own for one that is not known. The
// runtime counts the literals of rewritten code, and those of functions that were inlined, and not those of the source:
// they are told by their lines.
func (c *Code) function(name, place string) string {
	if _, ok := c.funcs[name]; ok && !strings.Contains(name, ".func") {
		return name
	}
	if f := c.enclosing(place); f != nil {
		return f.Name
	}
	return name
}

// Within returns the source's name for the function of a call on a stack, and the line with which it begins; 0 if it is not known.
func (c *Code) Within(name, place string) (fn string, first int) {
	fn = c.function(name, place)
	if f := c.funcs[fn]; f != nil {
		return fn, int(f.From)
	}
	return fn, 0
}

// enclosing returns the innermost function around a place, or nil. The line in which a literal of several lines begins is that of the
// function around it, which calls something with it.
func (c *Code) enclosing(place string) *program.Function {
	file, line := position(place)
	begins := func(f program.Function) bool {
		return int(f.From) == line && f.To > f.From && strings.Contains(f.Name, ".func")
	}
	if slices.ContainsFunc(c.files[file], begins) {
		return program.FuncAt(slices.DeleteFunc(slices.Clone(c.files[file]), begins), line)
	}
	return program.FuncAt(c.files[file], line)
}
