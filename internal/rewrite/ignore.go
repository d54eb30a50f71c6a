package rewrite

import (
	"bytes"
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/ignore"
)

// ignoreComment begins a comment that says which findings are none: //jostle:ignore leak it lives as long as the process
const ignoreComment = "//jostle:ignore"

// An Ignore is such a comment. It is about the sync points of one line, or about a function.
type Ignore struct {
	What   string // of ignore.Kinds
	Line   int    // of the comment
	At     int    // the line that it is about; 0 if it is about a function
	Func   string // as the runtime names it
	Reason string
}

// readIgnores reads the comments of the file. A comment stands in the line that it is about, or alone before it. What is
// wrong with one is an error, but in code that nobody here can edit.
func (r *rewriter) readIgnores() error {
	for _, g := range r.File.Comments {
		for _, c := range g.List {
			rest, ok := strings.CutPrefix(c.Text, ignoreComment)
			if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
				continue // another word
			}
			i, err := r.readIgnore(c, rest)
			switch {
			case err == nil:
				r.out.Ignores = append(r.out.Ignores, i)
				r.usesPerturb = true
			case r.CalledAs == "":
				return fmt.Errorf("%s: %s: %w", r.file.PositionFor(c.Pos(), false), ignoreComment, err)
			}
		}
	}
	return nil
}

func (r *rewriter) readIgnore(c *ast.Comment, text string) (Ignore, error) {
	i := Ignore{Line: r.line(c.Pos())}
	var err error
	if i.What, i.Reason, err = ignore.Words(text); err != nil {
		return i, err
	}
	i.At = i.Line
	start := r.at(r.file.LineStart(i.Line))
	if len(bytes.TrimSpace(r.Src[start:r.at(c.Pos())])) == 0 {
		i.At++
	}
	ast.Inspect(r.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Doc != nil && slices.Contains(n.Doc.List, c) || r.line(n.Pos()) == i.At {
				i.Func = r.PkgPath + "." + declName(n)
			}
		case *ast.SelectStmt:
			for _, clause := range n.Body.List {
				if r.line(clause.Pos()) == i.At {
					i.At = r.line(n.Pos()) // where the sync point is
				}
			}
		}
		return true
	})
	if i.Func != "" {
		i.At = 0
	}
	return i, nil
}

// writeIgnores declares them.
func (r *rewriter) writeIgnores(b *strings.Builder) {
	if len(r.out.Ignores) == 0 {
		return
	}
	fmt.Fprintf(b, "\nvar _ = %s.Ignored([]%[1]s.Ignore{\n", r.names.perturb)
	for _, i := range r.out.Ignores {
		fmt.Fprintf(b, "\t{What: %q, File: %q, Line: %d, At: %d, Func: %q},\n", i.What, r.Name, i.Line, i.At, i.Func)
	}
	b.WriteString("})\n")
}
