package rewrite

import (
	"fmt"
	"go/build/constraint"
	"go/version"
	"strings"
)

// The calls that are put in have their type arguments inferred, which a module that says go 1.17 or less does not have.
// A build constraint raises the language of one file; to 1.21, the least that it can raise it to, in which loops still
// mean what they meant before.
const language = "go1.21"

// needsLanguage reports whether the file is written in a language too old for what is put in.
func (r *rewriter) needsLanguage() bool {
	v := r.Info.FileVersions[r.File]
	if v == "" {
		v = r.Language
	}
	return v != "" && version.Compare(v, "go1.18") < 0
}

// raiseLanguage adds to the file's build constraint, or returns a line that is one.
func (r *rewriter) raiseLanguage() (line string, err error) {
	var old constraint.Expr
	for _, group := range r.File.Comments {
		if group.Pos() > r.File.Package {
			break
		}
		for _, c := range group.List {
			if constraint.IsGoBuild(c.Text) {
				x, err := constraint.Parse(c.Text)
				if err != nil {
					return "", err
				}
				r.replace(r.at(c.Pos()), r.at(c.End()), fmt.Sprintf("//go:build (%s) && %s", x, language))
				return "", nil
			}
			if constraint.IsPlusBuild(c.Text) {
				x, err := constraint.Parse(c.Text)
				if err != nil {
					return "", err
				}
				if old != nil {
					x = &constraint.AndExpr{X: old, Y: x}
				}
				old = x
				// Without its marker it is a comment like any other: two kinds of constraints must not disagree.
				r.replace(r.at(c.Pos()), r.at(c.End()), strings.Replace(c.Text, "+build", "build:", 1))
			}
		}
	}
	if old != nil {
		return fmt.Sprintf("//go:build (%s) && %s\n\n", old, language), nil
	}
	return fmt.Sprintf("//go:build %s\n\n", language), nil
}
