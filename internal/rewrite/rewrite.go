// Package rewrite turns the synchronisation operations of one type-checked Go file into calls of package perturb.
//
// The text is edited, not printed anew: every token keeps its line, so that stack traces, panics, breakpoints and
// compiler messages speak of the original. An operation whose meaning could not be kept exactly is left as it is, and
// noted.
package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// nativestackPath is the package by which package perturb prints stacks, for programs that do.
const nativestackPath = perturbPath + "/nativestack"

// perturbPath is the package that the rewritten code calls. It lies beside the standard library.
const perturbPath = "jostle/perturb"

// Input is one file of a type-checked package.
type Input struct {
	Fset *token.FileSet
	File *ast.File // parsed with comments
	Src  []byte
	Name string // absolute path of the original, for Site.File
	// PkgPath is the import path as the runtime prints it in function names: "main" for commands.
	PkgPath string
	Pkg     *types.Package
	Info    *types.Info // Types, Defs, Uses, Selections, Implicits, FileVersions
	// CalledAs is the file that the output says it is, for a copy that is built under another path; else "".
	CalledAs string
	// Language is what the file's module is written in, "go1.16" say; "" is what Info has, or else the newest.
	Language string
	// Tests makes the test functions of the file executions where that is asked for.
	Tests bool
	// Embedded are the Go files that the package embeds and that are rewritten, by their slash-separated paths below its directory. The
	// own text of each is in a file beside it.
	Embedded []string
	// Changed is set if Src is not what the file has: then there is an output even if nothing is rewritten.
	Changed bool
}

// Output is what became of a file.
type Output struct {
	Src     []byte         // nil: there was nothing to rewrite
	Points  map[string]int // sync points by what they are: "send", "lock", …
	Native  []Note         // what was left as it is
	Ignores []Ignore
}

// A Note is an operation that was left native.
type Note struct {
	Pos    token.Position
	Op     string
	Reason string
}

// File rewrites a file. It fails only for a file that it cannot read, or with a comment for it that means nothing: a package
// must have been type-checked without errors.
func File(in Input) (*Output, error) {
	if in.Fset.File(in.File.Pos()) == nil {
		return nil, fmt.Errorf("rewrite %s: the file is not in the file set", in.Name)
	}
	r := &rewriter{
		Input: in,
		edits: edits{src: in.Src},
		file:  in.Fset.File(in.File.FileStart),
		out:   &Output{Points: map[string]int{}},

		directives: lineDirectives(in.Src),
	}
	r.names = newNames(in.File)
	r.sites = newSites(in)
	r.relations = newRelations()
	if importsC(in.File) {
		r.note(in.File.Name, "file", "cgo files are left native")
		return r.out, nil
	}
	if err := r.readIgnores(); err != nil {
		return nil, err
	}
	r.findAliases()
	r.findFlows()
	r.readReleases()
	r.walk()
	r.embeds()
	promoted := r.promoted()
	if r.sites.empty() && !r.usesTesthook && !r.usesPerturb && !r.redirects && !r.Changed && promoted == "" {
		return r.out, nil
	}
	return r.out, r.finish(promoted)
}

type rewriter struct {
	Input
	edits
	file *token.File
	out  *Output

	directives []lineDirective

	names names
	sites sites

	relations relations
	releases  releases

	dropped      map[*types.PkgName][]string // uses of imported packages that are no longer in the text, by what was used
	usesTesthook bool
	usesPerturb  bool // although there may be no sync point
	printsStacks bool
	redirects    bool // a variable gets the own text of a file that is rewritten
	saysFailure  bool // a test says in it that it fails
	aliases      map[types.Object]ast.Expr
	done         map[ast.Node]bool // rewritten as part of something else, or to be left alone
}

func importsC(f *ast.File) bool {
	for _, i := range f.Imports {
		if i.Path.Value == `"C"` {
			return true
		}
	}
	return false
}

func (r *rewriter) at(p token.Pos) int { return r.file.Offset(p) }

func (r *rewriter) line(p token.Pos) int { return r.file.PositionFor(p, false).Line }

// text returns a node as the source has it.
func (r *rewriter) text(n ast.Node) string { return string(r.Src[r.at(n.Pos()):r.at(n.End())]) }

// rendered returns a node with what was done to it.
func (r *rewriter) rendered(n ast.Node) string { return r.render(r.at(n.Pos()), r.at(n.End())) }

// moved returns a node to be put at a place that has the line number of at, and so that it keeps its own.
func (r *rewriter) moved(n ast.Node, at token.Pos) string {
	if r.sameLine(n.Pos(), n.End(), at) {
		return r.rendered(n)
	}
	return r.lineMark(n.Pos()) + r.rendered(n)
}

// lines returns what is put where src[from:to] stood, so that what comes behind it keeps its line.
func (r *rewriter) lines(from, to int) string {
	breaks := r.edits.lines(from, to)
	if slices.ContainsFunc(r.directives, func(d lineDirective) bool { return from <= d.from && d.to <= to }) {
		return breaks + r.lineMark(r.file.Pos(to))
	}
	return breaks
}

// note notes an operation that stays native, once, whoever finds it.
func (r *rewriter) note(n ast.Node, op, reason string) {
	note := Note{Pos: r.Fset.Position(n.Pos()), Op: op, Reason: reason}
	if !slices.Contains(r.out.Native, note) {
		r.out.Native = append(r.out.Native, note)
	}
}

// walk rewrites every node, the inner ones first.
func (r *rewriter) walk() {
	r.dropped, r.done = map[*types.PkgName][]string{}, map[ast.Node]bool{}
	var stack []ast.Node
	ast.Inspect(r.File, func(n ast.Node) bool {
		if n != nil {
			if r.isOff(n) {
				r.note(n, "declaration", "it says "+off)
				return false
			}
			stack = append(stack, n)
			r.relate(n)
			r.sites.enter(n)
			r.entered(n)
			r.findReleases(n)
			r.claim(n)
			return true
		}
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r.node(top)
		r.sites.leave(top)
		return true
	})
}

// off is a comment that leaves a declaration as it is.
const off = "//jostle:off"

func (r *rewriter) isOff(n ast.Node) bool {
	var doc *ast.CommentGroup
	switch n := n.(type) {
	case *ast.FuncDecl:
		doc = n.Doc
	case *ast.GenDecl:
		doc = n.Doc
	}
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		word, _, _ := strings.Cut(c.Text, " ")
		return word == off
	})
}

// claim marks the parts of a statement that are rewritten with the statement and not for themselves.
func (r *rewriter) claim(n ast.Node) {
	switch n := n.(type) {
	case *ast.SelectStmt:
		if reason := r.selectStaysNative(n); reason != "" {
			r.note(n, "select", reason)
			r.done[n] = true
		}
		for _, c := range n.Body.List {
			r.claimComm(c.(*ast.CommClause).Comm)
		}
	case *ast.GoStmt:
		r.done[n.Call] = true
	case *ast.DeferStmt:
		r.done[n.Call] = true
	case *ast.CallExpr: // what is called is no value
		r.done[ast.Unparen(n.Fun)] = true
	case *ast.IndexExpr:
		r.claimInstantiated(n.X)
	case *ast.IndexListExpr:
		r.claimInstantiated(n.X)
	case *ast.SelectorExpr:
		r.done[n.Sel] = true
	}
}

// claimInstantiated marks a function that is instantiated: with its type arguments it is called, or a value.
func (r *rewriter) claimInstantiated(x ast.Expr) {
	if r.isInstantiation(x) {
		r.done[ast.Unparen(x)] = true
	}
}

func (r *rewriter) claimComm(s ast.Stmt) {
	if s == nil {
		return
	}
	r.done[s] = true
	if recv := commRecv(s); recv != nil {
		r.done[recv] = true
	}
}

func (r *rewriter) node(n ast.Node) {
	if r.done[n] {
		return
	}
	switch n := n.(type) {
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			r.receive(n)
		}
	case *ast.SendStmt:
		r.send(n)
	case *ast.RangeStmt:
		r.rangeOver(n)
	case *ast.SelectStmt:
		r.selects(n)
	case *ast.GoStmt:
		r.goes(n)
	case *ast.DeferStmt:
		r.defers(n)
	case *ast.CallExpr:
		r.fails(n)
		r.call(n)
	case *ast.SelectorExpr, *ast.Ident, *ast.IndexExpr, *ast.IndexListExpr:
		r.value(n.(ast.Expr))
	case *ast.DeclStmt:
		r.declaresOnce(n)
	case *ast.FuncDecl:
		r.resource(n)
		r.testFunction(n)
		r.exampleFunction(n)
	}
}

// finish adds what the calls need: the import, on the line of the package clause, and the sites, at the end, with further
// declarations.
func (r *rewriter) finish(decls string) error {
	end := r.at(r.File.Name.End())
	if !r.sites.empty() || r.usesPerturb || r.usesTesthook || decls != "" {
		r.after(end, fmt.Sprintf("; import %s %q", r.names.perturb, perturbPath))
	}
	if r.printsStacks {
		r.after(end, fmt.Sprintf("; import _ %q", nativestackPath))
	}
	if r.usesTesthook {
		r.after(end, fmt.Sprintf("; import %s %q", r.names.testhook, testhookPath))
	}
	var b strings.Builder
	b.WriteByte('\n')
	for _, use := range r.unused() {
		fmt.Fprintf(&b, "\nvar _ %s\n", use)
	}
	b.WriteString(decls)
	if !r.sites.empty() {
		fmt.Fprintf(&b, "\nvar _ = %s.Instrumented(%s[:])\n", r.names.perturb, r.sites.name)
		r.sites.write(&b, r.names.perturb)
	}
	if !r.sites.empty() || r.usesTesthook || r.saysFailure { // a test may call what has sync points, or begins a bubble
		r.relations.write(&b, r.names.perturb, r.sites.name, r.Name)
	}
	r.writeIgnores(&b)
	r.after(len(r.Src), b.String())
	head := ""
	if r.needsLanguage() {
		line, err := r.raiseLanguage()
		if err != nil {
			return fmt.Errorf("rewrite %s: %w", r.Name, err)
		}
		head = line
	}
	if r.CalledAs != "" {
		head += LineDirective(r.CalledAs)
	} else if head != "" {
		head += "//line :1:1\n" // of the same file
	}
	r.out.Src = []byte(head + r.render(0, len(r.Src)))
	return nil
}

// typeOf is a type of those packages whose functions may be generic: to name such a function takes type arguments.
var typeOf = map[string]string{"sync": "Mutex", "iter": "Seq[struct{}]", "runtime": "Error"}

// unused returns declarations, without their names, that use the imports which the rewritten text would not use any more.
func (r *rewriter) unused() []string {
	if len(r.dropped) == 0 {
		return nil
	}
	left := map[*types.PkgName]int{}
	for id, obj := range r.Info.Uses {
		if r.Fset.File(id.Pos()) != r.file {
			continue
		}
		if p, ok := obj.(*types.PkgName); ok {
			left[p]++
		}
	}
	var out []string
	for _, spec := range r.File.Imports {
		p := r.pkgName(spec)
		if p == nil || len(r.dropped[p]) == 0 {
			continue
		}
		use := "= %s" + r.dropped[p][0]
		if t := typeOf[p.Imported().Path()]; t != "" {
			use = "%s" + t
		}
		switch {
		case p.Name() == ".":
			out = append(out, fmt.Sprintf(use, ""))
		case left[p] == len(r.dropped[p]):
			out = append(out, fmt.Sprintf(use, p.Name()+"."))
		}
	}
	return out
}

// pkgName returns the object that an import declares.
func (r *rewriter) pkgName(spec *ast.ImportSpec) *types.PkgName {
	var obj types.Object
	if spec.Name != nil {
		obj = r.Info.Defs[spec.Name]
	} else {
		obj = r.Info.Implicits[spec]
	}
	p, _ := obj.(*types.PkgName)
	return p
}
