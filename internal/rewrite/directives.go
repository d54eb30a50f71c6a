package rewrite

import (
	"bytes"
	"cmp"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// LineDirective returns what, put before a file's text, makes it say that it is the named one. It may stand before build
// constraints, and is not taken for a doc comment.
func LineDirective(name string) string { return fmt.Sprintf("//line %s:1\n", name) }

// RenameLines returns a Go source in which the line directives name files as rename says. The source need not be without
// errors. Every line stays the same but for such a name. What names no file, as //line :7:1 does, stays too.
func RenameLines(src []byte, rename func(name string) string) []byte {
	var out []byte
	at := 0
	for _, d := range lineDirectives(src) {
		if d.from == d.to {
			continue
		}
		out = append(out, src[at:d.from]...)
		out = append(out, rename(string(src[d.from:d.to]))...)
		at = d.to
	}
	return append(out, src[at:]...)
}

// A lineDirective says that the source after it is from elsewhere: src[from:to] is the name of a file, or nothing.
type lineDirective struct {
	from, to int
	column   bool // it has one
}

// lineDirectives returns the line directives of a source, which need not be without errors.
func lineDirectives(src []byte) (all []lineDirective) {
	if !bytes.Contains(src, []byte("//line ")) && !bytes.Contains(src, []byte("/*line ")) {
		return nil
	}
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(file, src, nil, scanner.ScanComments)
	for {
		pos, tok, _ := s.Scan()
		switch tok {
		case token.EOF:
			return all
		case token.COMMENT:
			if d, ok := readDirective(src, file.Offset(pos)); ok {
				all = append(all, d)
			}
		}
	}
}

// readDirective reads the comment at an offset. It reports whether that is a line directive.
func readDirective(src []byte, at int) (d lineDirective, ok bool) {
	const word = "//line "
	comment, end := src[at:], "*/"
	if bytes.HasPrefix(comment, []byte("//")) {
		end = "\n"
		if at > 0 && src[at-1] != '\n' {
			return d, false
		}
	}
	if !bytes.HasPrefix(comment[1:], []byte("/line ")) && !bytes.HasPrefix(comment[1:], []byte("*line ")) {
		return d, false
	}
	text, _, _ := bytes.Cut(comment[len(word):], []byte(end))
	if text, ok = cutNumber(bytes.TrimSuffix(text, []byte("\r"))); !ok {
		return d, false
	}
	name, column := cutNumber(text) // else that was the line
	if !column {
		name = text
	}
	from := at + len(word)
	return lineDirective{from, from + len(name), column}, true
}

// cutNumber returns a text without the :7 that it ends in.
func cutNumber(text []byte) (before []byte, ok bool) {
	i := bytes.LastIndexByte(text, ':')
	if i < 0 {
		return text, false
	}
	_, err := strconv.ParseUint(string(text[i+1:]), 10, 0)
	return text[:i], err == nil
}

// called returns the file that the source says it is at an offset; "" where a directive has neither a name nor a column.
func (r *rewriter) called(at int) string {
	name := cmp.Or(r.CalledAs, r.Name)
	for _, d := range r.directives {
		switch {
		case d.from > at:
			return name
		case d.from < d.to || !d.column:
			name = string(r.Src[d.from:d.to])
		}
	}
	return name
}

// sameLine reports whether all is on one line, and no directive says that it is not.
func (r *rewriter) sameLine(all ...token.Pos) bool {
	first, last := slices.Min(all), slices.Max(all)
	return r.line(first) == r.line(last) && !slices.ContainsFunc(r.directives, func(d lineDirective) bool {
		return r.at(first) < d.from && d.from < r.at(last)
	})
}

// lineMark is a comment after which the compiler goes on counting from p.
func (r *rewriter) lineMark(p token.Pos) string {
	pos := r.file.PositionFor(p, true)
	name := ""
	if len(r.directives) > 0 {
		if name = r.called(r.at(p)); name == "" {
			return fmt.Sprintf("/*line :%d*/", pos.Line) // which is of no file
		}
	}
	if strings.Contains(name, "*/") {
		name = "" // a comment cannot say it: what stands before has to be of the same file
	}
	// After a line directive without a column no positions have one; but a directive without a column would forget the file.
	return fmt.Sprintf("/*line %s:%d:%d*/", name, pos.Line, max(pos.Column, 1))
}
