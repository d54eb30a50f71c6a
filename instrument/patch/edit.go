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

// apply returns src with the edit. Every line stays where it is. The error says where the anchor is not.
func (e edit) apply(src []byte) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, e.file, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	body := declared(f, e.in)
	if body == nil {
		return nil, fmt.Errorf("%s has no %s", e.file, e.in)
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	found := []span{{at(body.begin), at(body.begin)}}
	if e.find != "" {
		found = e.matches(src, body.node, at)
		if want := max(e.times, 1); len(found) != want {
			return nil, fmt.Errorf("%s of %s has %q %d times and not %d times", e.in, e.file, e.find, len(found), want)
		}
	}
	return replace(src, found, e.put), nil
}

type span struct{ from, to int }

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

// replace puts text in the place of each of the spans, with as many line breaks after it as it takes away.
func replace(src []byte, at []span, text string) []byte {
	var out bytes.Buffer
	last := 0
	for _, s := range at {
		out.Write(src[last:s.from])
		out.WriteString(text)
		out.WriteString(strings.Repeat("\n", bytes.Count(src[s.from:s.to], []byte("\n"))))
		last = s.to
	}
	out.Write(src[last:])
	return out.Bytes()
}
