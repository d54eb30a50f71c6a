package instrument

import (
	"path/filepath"
	"slices"

	"github.com/jostle-dev/jostle/instrument/patch"
	"github.com/jostle-dev/jostle/internal/rewrite"
)

// A program that embeds a Go file of its own has to see the text that this file has. It can be rewritten all the same: its own text is
// put beside it under another name, and embedded too.

// textApart returns the embedded Go files for which that can be done: what embeds them is rewritten as well, and package embed is changed
// for it.
func (b *build) textApart() map[string]bool {
	apart := map[string]bool{}
	if slices.ContainsFunc(b.refused, func(f patch.Refusal) bool { return f.Group == patch.Embedding }) {
		return apart
	}
	rewritten := map[string]bool{} // packages of which all files are
	for _, u := range b.units {
		if len(u.CgoFiles) > 0 {
			continue
		}
		rewritten[u.ImportPath] = true
		for _, name := range u.files {
			if b.embedded[name] {
				apart[name] = true
			}
		}
	}
	for _, p := range b.pkgs {
		if rewritten[p.of()] {
			continue
		}
		for _, name := range p.embeds() {
			delete(apart, filepath.Join(p.Dir, name))
		}
	}
	return apart
}

// embeds returns the Go files that a unit embeds and that are rewritten, by their slash-separated paths below its directory.
func (b *build) embeds(u *unit) (names []string) {
	for _, name := range u.listed.embeds() {
		if b.apart[filepath.Join(u.Dir, name)] {
			names = append(names, name)
		}
	}
	return names
}

// ownTexts returns the files of a unit the texts of which the program has, by the names that these texts get in its directory.
func (b *build) ownTexts(u *unit) map[string]string {
	texts := map[string]string{}
	for _, name := range u.files {
		if b.apart[name] {
			texts[filepath.Base(name)+rewrite.Unrewritten] = name
		}
	}
	return texts
}
