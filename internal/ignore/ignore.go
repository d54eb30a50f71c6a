// Package ignore reads what people say is not a finding: in comments of the code, and in a file beside the findings of a package for
// code that they cannot edit.
package ignore

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/finding"
)

// Kinds are the findings that can be ignored: those that are explained by where goroutines block, and the rules that these break.
var Kinds = []string{"deadlock", "leak", "lost-wake-up", "1", "2", "3", "4"}

// Words reads what a comment says: one of Kinds, and a reason.
func Words(text string) (kind, reason string, err error) {
	kind, reason, err = first(text)
	if err == nil && reason == "" {
		err = fmt.Errorf("it does not say why: write a reason after %s", strconv.Quote(kind))
	}
	return kind, reason, err
}

func first(text string) (kind, rest string, err error) {
	kind, rest = cut(text)
	switch {
	case kind == "":
		return "", "", fmt.Errorf("it does not say what: one of %s, and a reason", strings.Join(Kinds, ", "))
	case !slices.Contains(Kinds, kind):
		return "", "", fmt.Errorf("%s is no rule and no verdict that can be ignored: these are %s", strconv.Quote(kind), strings.Join(Kinds, ", "))
	}
	return kind, rest, nil
}

// cut returns the first word of a text, and the others with one space between.
func cut(text string) (word, rest string) {
	words := append(strings.Fields(text), "") // there may be none
	return words[0], strings.TrimSpace(strings.Join(words[1:], " "))
}

// A Line is one of a package's file.
type Line struct {
	Kind   string // one of Kinds
	Func   string // the function that it is about, as reports call it
	Reason string
	N      int // of the line, from 1
}

// Path returns the name of the file of the package in a directory.
func Path(dir string) string { return filepath.Join(dir, filepath.FromSlash(finding.Dir), "ignore") }

// Read returns what the file of the package in a directory says; nothing if there is none. An error names the line, and says how it
// should be.
func Read(dir string) ([]Line, error) {
	content, err := os.ReadFile(Path(dir))
	switch {
	case finding.Absent(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read what is to be ignored: %w", err)
	}
	var out []Line
	n := 0
	for text := range strings.Lines(string(content)) {
		n++
		if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
			continue
		}
		l, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w; a line is `leak example.com/pkg.(*Pool).worker it serves all tests`", Path(dir), n, err)
		}
		l.N = n
		out = append(out, l)
	}
	return out, nil
}

func parse(text string) (l Line, err error) {
	var rest string
	if l.Kind, rest, err = first(text); err != nil {
		return l, err
	}
	switch l.Func, l.Reason = cut(rest); {
	case l.Func == "":
		return l, fmt.Errorf("it does not say which function: write its name after %s, as reports have it, and a reason", strconv.Quote(l.Kind))
	case l.Reason == "":
		return l, fmt.Errorf("it does not say why: write a reason after %s", strconv.Quote(l.Func))
	}
	return l, nil
}
