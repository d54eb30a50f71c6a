package patch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// An edit puts text into a declaration, in the place of what stands there or at its beginning.
type edit struct {
	file  string // below src
	in    string // a function "chansend", a method "timer.stop" of a type or a pointer to it, or a struct
	find  string // an expression or a statement as Go text, however it is laid out; "" for the beginning of the body
	put   string // on one line
	times int    // how often it stands there; 0 means once
}

// apply returns a file with edits, which are not in each other's places. Every line stays where it is. The error says where an anchor
// is not.
func apply(file string, src []byte, edits []edit) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	var puts []put
	for _, e := range edits {
		found, err := e.places(f, src, at)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			puts = append(puts, put{s, e.put})
		}
	}
	slices.SortFunc(puts, func(a, b put) int { return a.from - b.from })
	return replace(src, puts), nil
}

// places returns where the edit is to be made in a file.
func (e edit) places(f *ast.File, src []byte, at func(token.Pos) int) ([]span, error) {
	body := declared(f, e.in)
	if body == nil {
		return nil, fmt.Errorf("%s has no %s", e.file, e.in)
	}
	if e.find == "" {
		return []span{{at(body.begin), at(body.begin)}}, nil
	}
	found := e.matches(src, body.node, at)
	if want := max(e.times, 1); len(found) != want {
		return nil, fmt.Errorf("%s of %s has %q %d times and not %d times", e.in, e.file, e.find, len(found), want)
	}
	return found, nil
}

type span struct{ from, to int }

// A put is text for a place.
type put struct {
	span
	text string
}

// A body is where a declaration can be edited.
type body struct {
	node  ast.Node
	begin token.Pos // after the brace
}

// declared returns the body of a function, a method or a struct; nil if the file does not declare it.
func declared(f *ast.File, name string) *body {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body != nil && funcName(d) == name {
				return &body{d.Body, d.Body.Lbrace + 1}
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if t, ok := s.(*ast.TypeSpec); ok && t.Name.Name == name {
					if st, ok := t.Type.(*ast.StructType); ok {
						return &body{st, st.Fields.Opening + 1}
					}
				}
			}
		}
	}
	return nil
}

// funcName returns the name of a function, after that of its receiver's type if it has one.
func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return ""
}

// matches returns where the expressions and statements below node are that have the tokens of e.find.
func (e edit) matches(src []byte, node ast.Node, at func(token.Pos) int) (found []span) {
	want := tokens([]byte(e.find))
	ast.Inspect(node, func(n ast.Node) bool {
		switch n.(type) {
		case ast.Expr, ast.Stmt:
			s := span{at(n.Pos()), at(n.End())}
			if !slices.Contains(found, s) && slices.Equal(tokens(src[s.from:s.to]), want) {
				found = append(found, s)
			}
		}
		return true
	})
	return found
}

// tokens returns the tokens of Go text without comments and line breaks.
func tokens(src []byte) (out []string) {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", -1, len(src)), src, nil, 0)
	for {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return out
		case tok == token.SEMICOLON:
		case lit != "":
			out = append(out, lit)
		default:
			out = append(out, tok.String())
		}
	}
}

// replace puts each text in its place, with as many line breaks after it as it takes away.
func replace(src []byte, puts []put) []byte {
	var out bytes.Buffer
	last := 0
	for _, p := range puts {
		out.Write(src[last:p.from])
		out.WriteString(p.text)
		out.WriteString(strings.Repeat("\n", bytes.Count(src[p.from:p.to], []byte("\n"))))
		last = p.to
	}
	out.Write(src[last:])
	return out.Bytes()
}
