package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"hash/fnv"
	"path/filepath"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// sites collects the sync points of a file, and knows in which function each stands.
type sites struct {
	in       Input
	name     string // of the variable
	list     []site
	seen     map[string]int          // how often function, operation and operand came together so far
	funcs    []function              // enclosing
	literals map[*ast.FuncLit]string // those that the walk has come by, as the runtime names them
}

type site struct {
	operand
	line, col int
	fn        string
	key       uint64
	cases     []operand // of a select
	starts    string    // in a goroutine, see trace.Site
	context   string    // at hand there, see trace.Site
}

// An operand is what an operation works on.
type operand struct {
	operation
	expr     string
	variable uint64
	after    trace.Following // nothing for what releases nothing
	reads    bool            // an atomic operation that changes nothing
}

type function struct {
	node     ast.Node
	name     string
	literals int // so far
	nested   bool
}

func newSites(in Input) sites {
	return sites{
		in: in, seen: map[string]int{}, literals: map[*ast.FuncLit]string{},
		name: fmt.Sprintf("jostleSites%08x", hash(in.PkgPath, filepath.Base(in.Name))&0xFFFFFFFF),
	}
}

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

func (s *sites) empty() bool { return len(s.list) == 0 }

// enter and leave follow the walk into functions, and name them as the runtime does (cmd/compile/internal/ir/func.go).
func (s *sites) enter(n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		s.funcs = append(s.funcs, function{node: n, name: s.in.PkgPath + "." + declName(n)})
	case *ast.FuncLit:
		outer := s.fn()
		outer.literals++
		name := fmt.Sprintf("%s.func%d", outer.name, outer.literals)
		if outer.nested {
			name = fmt.Sprintf("%s.%d", outer.name, outer.literals)
		}
		s.literals[n] = name
		s.funcs = append(s.funcs, function{node: n, name: name, nested: true})
	}
}

func (s *sites) leave(n ast.Node) {
	if len(s.funcs) > 0 && s.funcs[len(s.funcs)-1].node == n {
		s.funcs = s.funcs[:len(s.funcs)-1]
	}
}

// fn returns the innermost function; outside of all that is the package's init.
func (s *sites) fn() *function {
	if len(s.funcs) == 0 {
		s.funcs = append(s.funcs, function{name: s.in.PkgPath + ".init"})
	}
	return &s.funcs[len(s.funcs)-1]
}

func declName(d *ast.FuncDecl) string {
	name := d.Name.Name
	if d.Type.TypeParams != nil {
		name += "[...]"
	}
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return name
	}
	t := ast.Unparen(d.Recv.List[0].Type)
	star := false
	if p, ok := t.(*ast.StarExpr); ok {
		star, t = true, ast.Unparen(p.X)
	}
	generic := ""
	switch g := t.(type) {
	case *ast.IndexExpr:
		t, generic = g.X, "[...]"
	case *ast.IndexListExpr:
		t, generic = g.X, "[...]"
	}
	recv := "?"
	if id, ok := t.(*ast.Ident); ok {
		recv = id.Name
	}
	if star {
		return "(*" + recv + generic + ")." + name
	}
	return recv + generic + "." + name
}

// maxExpr bounds the operand that a site keeps.
const maxExpr = 60

func newOperand(op operation, expr string, variable uint64) operand {
	expr = strings.Join(strings.Fields(expr), " ")
	if r := []rune(expr); len(r) > maxExpr {
		expr = string(r[:maxExpr-1]) + "…"
	}
	return operand{operation: op, expr: expr, variable: variable}
}

// on declares what kind of object it is on, if that is known.
func (o operand) on() string {
	if o.kind == 0 {
		return ""
	}
	return fmt.Sprintf(", Kind: %d", o.kind)
}

// follows declares what may come after the operation, if it is anything.
func (o operand) follows() string {
	if o.after == trace.Nothing {
		return ""
	}
	return fmt.Sprintf(", After: %d", o.after)
}

// add makes a site for an operation at p, and returns the argument that stands for it.
func (s *sites) add(p token.Pos, o operand, cases ...operand) string {
	pos := s.in.Fset.File(p).PositionFor(p, false)
	fn := s.fn().name
	id := fn + "\x00" + o.name + "\x00" + o.expr
	for _, c := range cases {
		id += "\x00" + c.expr
	}
	s.seen[id]++
	s.list = append(s.list, site{
		operand: o, line: pos.Line, col: pos.Column, fn: fn, cases: cases,
		key: hash(id, fmt.Sprint(s.seen[id])),
	})
	switch o.op {
	case trace.OpSend, trace.OpRecv, trace.OpSelect:
		s.list[len(s.list)-1].context = s.context(p)
	}
	return fmt.Sprintf("&%s[%d]", s.name, len(s.list)-1)
}

// starts is add for an operation that starts a function in a goroutine.
func (s *sites) starts(p token.Pos, o operand, function string) string {
	arg := s.add(p, o)
	s.list[len(s.list)-1].starts = function
	return arg
}

// context returns an expression for a context that code at p may use: the innermost variable in a function that is one, or else has one in a
// field; "" if there is none.
func (s *sites) context(p token.Pos) string {
	field := ""
	for scope := s.in.Pkg.Scope().Innermost(p); scope != nil && scope != s.in.Pkg.Scope(); scope = scope.Parent() {
		for _, name := range scope.Names() {
			v, ok := scope.Lookup(name).(*types.Var)
			if !ok || name == "_" || v.Pos() >= p {
				continue
			}
			if isContext(v.Type()) {
				return name
			}
			st, ok := deref(v.Type()).Underlying().(*types.Struct)
			for i := 0; ok && field == "" && i < st.NumFields(); i++ {
				if f := st.Field(i); isContext(f.Type()) && (f.Exported() || f.Pkg() == s.in.Pkg) {
					field = name + "." + f.Name()
				}
			}
		}
	}
	return field
}

// write declares the sites. They are constants, so that the linker lays them out and nothing runs at start.
func (s *sites) write(b *strings.Builder, perturb string) {
	fmt.Fprintf(b, "\nvar %s = [...]%s.Site{\n", s.name, perturb)
	for _, e := range s.list {
		fmt.Fprintf(b, "\t{File: %q, Line: %d, Col: %d, Func: %q, Op: %d%s, Name: %q, Expr: %q, Var: %#x, Key: %#x", s.in.Name, e.line, e.col, e.fn, e.op, e.on(), e.name, e.expr, e.variable, e.key)
		b.WriteString(e.follows())
		if e.elsewhere {
			b.WriteString(", Elsewhere: true")
		}
		if e.reads {
			b.WriteString(", Looks: true")
		}
		if e.starts != "" {
			fmt.Fprintf(b, ", Starts: %q", e.starts)
		}
		if e.context != "" {
			fmt.Fprintf(b, ", Context: %q", e.context)
		}
		if len(e.cases) > 0 {
			fmt.Fprintf(b, ", Cases: []%s.SiteCase{", perturb)
			for _, c := range e.cases {
				fmt.Fprintf(b, "{Op: %d, Expr: %q, Var: %#x%s}, ", c.op, c.expr, c.variable, c.follows())
			}
			b.WriteString("}")
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
}
