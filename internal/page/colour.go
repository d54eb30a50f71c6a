package page

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode/utf16"

	"github.com/jostle-dev/jostle/internal/report"
)

// A span is a part of a line of source that is of some colour.
type span struct {
	At    int    `json:"at"` // where it begins and how long it is, as JavaScript counts
	N     int    `json:"n"`
	Class string `json:"class"` // "comment", "string", "keyword" or "literal"
}

// colours returns the spans of all lines of all sources of the findings, by finding, source and line.
func colours(findings []*report.Finding) [][][][]span {
	out := make([][][][]span, len(findings))
	for i, f := range findings {
		out[i] = make([][][]span, len(f.Sources))
		for j, s := range f.Sources {
			out[i][j] = coloured(s.Lines)
		}
	}
	return out
}

// coloured returns the spans of lines that follow each other in a file of Go. Where they begin or end within a comment or a literal of several
// lines, each line is looked at by itself.
func coloured(lines []string) [][]span {
	if out, ok := scanned(lines); ok {
		return out
	}
	var out [][]span
	for i := range lines {
		alone, _ := scanned(lines[i : i+1])
		out = append(out, alone[0])
	}
	return out
}

// scanned is coloured for what can be read as Go; ok is false if it cannot.
func scanned(lines []string) (out [][]span, ok bool) {
	ok = true
	src := []byte(strings.Join(lines, "\n"))
	file := token.NewFileSet().AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, func(token.Position, string) { ok = false }, scanner.ScanComments)
	out = make([][]span, len(lines))
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return out, ok
		}
		class := classOf(tok, text)
		if class == "" {
			continue
		}
		at := file.Position(pos)
		n, from := at.Line-1, at.Column-1
		for i, part := range strings.Split(text, "\n") {
			if i > 0 {
				n, from = n+1, 0
			}
			if n < len(lines) && from <= len(lines[n]) && part != "" {
				out[n] = append(out[n], span{units(lines[n][:from]), units(part), class})
			}
		}
	}
}

// classOf returns what the page calls the kind of a token; "" for one without a colour.
func classOf(tok token.Token, text string) string {
	switch {
	case tok == token.COMMENT:
		return "comment"
	case tok == token.STRING || tok == token.CHAR:
		return "string"
	case tok.IsKeyword():
		return "keyword"
	case tok.IsLiteral() && tok != token.IDENT:
		return "literal"
	case text == "nil" || text == "true" || text == "false" || text == "iota":
		return "literal"
	}
	return ""
}

// units returns how long a text is in JavaScript.
func units(s string) int { return len(utf16.Encode([]rune(s))) }
