package rewrite_test

import (
	"go/scanner"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/rewrite"
)

// What names a file is renamed, and nothing else.
func TestRenameLines(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"none", "package p // line y.go:1", "package p // line y.go:1"},
		{"at the beginning", "//line y.go:1\npackage p", "//line <y.go>:1\npackage p"},
		{"several", "package p\n//line y.go:1\n//line a b/y.go:2\n", "package p\n//line <y.go>:1\n//line <a b/y.go>:2\n"},
		{"column", "package p\n//line y.go:1:2\n", "package p\n//line <y.go>:1:2\n"},
		{"colon", "package p\n//line C:/y.go:1\n//line 2:3:1\n", "package p\n//line <C:/y.go>:1\n//line <2>:3:1\n"},
		{"inside a line", "package p; var x = /*line y.go:1:2*/ /*line z.go:3*/ 1", "package p; var x = /*line <y.go>:1:2*/ /*line <z.go>:3*/ 1"},
		{"at the end", "package p\n//line y.go:1", "package p\n//line <y.go>:1"},
		{"carriage return", "package p\r\n//line y.go:1\r\n", "package p\r\n//line <y.go>:1\r\n"},
		{"no name", "package p\n//line :1\n//line :1:2\n/*line :1:2*/", "package p\n//line :1\n//line :1:2\n/*line :1:2*/"},
		{"no number", "package p\n//line y.go\n//line y.go:x\n//line y.go:1x", "package p\n//line y.go\n//line y.go:x\n//line y.go:1x"},
		{"not at the beginning of its line", "package p //line y.go:1\n //line y.go:2", "package p //line y.go:1\n //line y.go:2"},
		{"other words", "package p\n//liner y.go:1\n//  line y.go:1\n", "package p\n//liner y.go:1\n//  line y.go:1\n"},
		{"literals", "package p\nconst s = `\n//line y.go:1\n` + \"/*line y.go:2*/\"", "package p\nconst s = `\n//line y.go:1\n` + \"/*line y.go:2*/\""},
		{"in a comment", "package p\n/*\n//line y.go:1\n*/\n//line z.go:1\n", "package p\n/*\n//line y.go:1\n*/\n//line <z.go>:1\n"},
		{"an error before", "package p\n\"\n//line y.go:1\n", "package p\n\"\n//line <y.go>:1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rewrite.RenameLines([]byte(tt.src), func(name string) string { return "<" + name + ">" })
			assert.Equal(t, tt.want, string(got))
		})
	}
}

// FuzzRenameLines: a file in one directory whose names are put into another says of each token what it says in that other
// directory, where go/scanner, as the compiler of Go 1.27, takes relative names to be.
func FuzzRenameLines(f *testing.F) {
	for _, src := range []string{
		"//line y.go:1\npackage p\n//line ../z.go:3:4\nvar x = /*line /a.go:1:1*/ 1 /*line :7:7*/ + /*line b:3*/ 2\r\n//line c.go:9\r\nvar y int\n",
		"package p\n/*line a\nb.go:3*/ var x = `\n//line y.go:1\n`\n//line z.go:1\nvar y, z = `a\n", "/*line y.go:1", "//line y.go:1",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		moved := rewrite.RenameLines(src, func(name string) string {
			if filepath.IsAbs(name) {
				return name
			}
			return filepath.Join("/original", name)
		})
		assert.Equal(t, places("/original/x.go", src), places("/original/x.go", moved))
		for i, p := range places("/copy/x.go", moved) {
			if p.file != "/copy/x.go" {
				assert.Equal(t, places("/original/x.go", src)[i], p)
			}
		}
	})
}

type place struct {
	token string
	file  string
	line  int
}

// places returns where the tokens of a source say that they are.
func places(name string, src []byte) (all []place) {
	fset := token.NewFileSet()
	var s scanner.Scanner
	s.Init(fset.AddFile(name, -1, len(src)), src, nil, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return all
		}
		p := fset.Position(pos)
		all = append(all, place{tok.String() + lit, p.Filename, p.Line})
	}
}
