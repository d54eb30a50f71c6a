package instrument

import (
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// listedBroken notes which packages go list cannot load: their files or what they import is not there, or cannot be parsed.
func (b *build) listedBroken() {
	b.broken = map[string]string{}
	named := map[string]bool{}
	for _, p := range b.pkgs {
		named[p.ImportPath] = named[p.ImportPath] || p.named
	}
	for _, p := range b.pkgs {
		if text := p.wrong(); text != "" && named[p.owner()] {
			b.breaks(p.owner(), text)
		}
	}
}

// breaks notes that a package that the patterns name does not build. What was noted first is nearest to the reason.
func (b *build) breaks(importPath, text string) {
	if b.broken[importPath] == "" {
		b.broken[importPath] = text
	}
}

// tested reports whether the tests of a package are to be rewritten.
func (b *build) tested(p *listed) bool {
	_, broken := b.broken[p.ImportPath]
	return p.named && !broken && !p.isVariant()
}

// needed returns the packages that tests need which build.
func (b *build) needed() map[string]bool {
	needed := map[string]bool{}
	for _, p := range b.pkgs {
		if b.tested(p) {
			b.reach(p, needed)
		}
	}
	return needed
}

// reach adds what the tests of a package need, and the package itself.
func (b *build) reach(root *listed, reached map[string]bool) {
	byPath := map[string]*listed{}
	for _, p := range b.pkgs {
		byPath[p.ImportPath] = p
	}
	var add func(path string)
	add = func(path string) {
		if p := byPath[path]; p != nil && !reached[path] {
			reached[path] = true
			for _, i := range p.Imports {
				add(i)
			}
		}
	}
	add(root.ImportPath)
	for _, i := range slices.Concat(root.TestImports, root.XTestImports) {
		add(i)
	}
}

// typesBroken notes which packages that the patterns name do not build, as the type checker sees it, and reports whether
// there are any. Its error is about something that none of them needs.
func (b *build) typesBroken(pkgs []*packages.Package) (bool, error) {
	more := false
	for _, p := range pkgs {
		text := typeErrors(p)
		if text == "" {
			continue
		}
		at := owner(p.PkgPath, p.ForTest)
		found := false
		for _, root := range b.pkgs {
			if !b.tested(root) {
				continue
			}
			reached := map[string]bool{}
			b.reach(root, reached)
			if root.ImportPath == at || p.ForTest == "" && reached[at] {
				b.breaks(root.ImportPath, text)
				found = true
			}
		}
		_, known := b.broken[at]
		if more = more || found; !found && !known {
			return false, &BuildError{text}
		}
	}
	return more, nil
}

// typeErrors returns what the type checker says of a package or, if it was not asked because something is wrong before that,
// what the go command says. The other of the two would be the same once more.
func typeErrors(p *packages.Package) string {
	var checked, listed []string
	for _, e := range p.Errors {
		text := &checked
		if e.Kind != packages.TypeError && e.Kind != packages.ParseError {
			text = &listed
		}
		if line := strings.TrimPrefix(e.Error(), "-: "); !slices.Contains(*text, line) {
			*text = append(*text, line)
		}
	}
	if len(checked) > 0 {
		return strings.Join(checked, "\n")
	}
	return strings.Join(listed, "\n")
}
