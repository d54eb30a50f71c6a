package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"strconv"
	"strings"
)

// Unrewritten is what follows the name of a Go file in that of a file with its own text, if a program embeds that and the
// file itself is rewritten. Package embed, as it is changed for that, shows the one under the name of the other.
const Unrewritten = ".unrewritten"

const embedDirective = "//go:embed"

// embeds has variables of the file get the own text of Go files that are rewritten. What a pattern embeds of a directory is there by itself.
func (r *rewriter) embeds() {
	if len(r.Embedded) == 0 {
		return
	}
	for _, group := range r.File.Comments {
		for _, c := range group.List {
			rest, ok := strings.CutPrefix(c.Text, embedDirective)
			if !ok || strings.TrimLeft(rest, " \t") == rest {
				continue
			}
			into := r.variableAfter(c.End())
			if into == nil {
				continue
			}
			var names []string
			for _, p := range patterns(rest) {
				names = append(names, r.embeddedBy(p)...)
			}
			if len(names) == 0 {
				continue
			}
			text := embedDirective
			if isEmbedFS(into.Type()) {
				text = c.Text // of other files too
			}
			for _, name := range names {
				// The only one of what patterns mean that may be in a name of a Go file.
				text += " " + strconv.Quote(strings.ReplaceAll(name, "[", "[[]")+Unrewritten)
			}
			r.replace(r.at(c.Pos()), r.at(c.End()), text)
			r.redirects = true
		}
	}
}

// variableAfter returns the variable of the package that is the first declared after a place.
func (r *rewriter) variableAfter(p token.Pos) types.Object {
	for _, d := range r.File.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR || d.End() < p {
			continue
		}
		for _, s := range d.Specs {
			if s.Pos() > p {
				return r.Info.Defs[s.(*ast.ValueSpec).Names[0]]
			}
		}
	}
	return nil
}

// embeddedBy returns the Go files with a text of their own that a pattern names.
func (r *rewriter) embeddedBy(pattern string) (names []string) {
	for _, name := range r.Embedded {
		if ok, err := path.Match(strings.TrimPrefix(pattern, "all:"), name); ok && err == nil {
			names = append(names, name)
		}
	}
	return names
}

// patterns returns the patterns of a go:embed directive.
func patterns(text string) (out []string) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		word, err := strconv.QuotedPrefix(text)
		if err == nil && text[0] != '\'' {
			text = text[len(word):]
			word, _ = strconv.Unquote(word)
		} else {
			word = strings.Fields(text)[0]
			text = text[len(word):]
		}
		out = append(out, word)
	}
	return out
}

func isEmbedFS(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "embed" && n.Obj().Name() == "FS"
}
