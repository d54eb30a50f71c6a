package instrument

import (
	"slices"
	"strings"
)

// listedBroken notes which packages go list cannot load: their files or what they import is not there, or cannot be parsed.
func (b *build) listedBroken() {
	b.broken = map[string]string{}
	for _, p := range b.pkgs {
		owner := b.listed[p.owner()]
		if text := p.wrong(); text != "" && owner != nil && owner.named {
			b.breaks(owner.ImportPath, text)
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

// builtFrom returns what the tests of packages are built from, by import path with the variant that go list names. A package without
// tests is built from itself.
func (b *build) builtFrom(roots ...*listed) map[string]bool {
	built := map[string]bool{}
	for _, root := range roots {
		if tests := root.ImportPath + ".test"; b.listed[tests] != nil {
			b.reach(tests, built)
		} else {
			b.reach(root.ImportPath, built)
		}
	}
	return built
}

// reach adds a package, by its import path with the variant that go list names, and what it imports.
func (b *build) reach(id string, reached map[string]bool) {
	p := b.listed[id]
	if p == nil || reached[id] {
		return
	}
	reached[id] = true
	if p.path() == harnessPath {
		return // what forwards needs nothing of what stands there
	}
	for _, i := range p.Imports {
		b.reach(i, reached)
	}
}

// roots returns the packages whose tests are to be built.
func (b *build) roots() (roots []*listed) {
	for _, p := range b.pkgs {
		if b.tested(p) {
			roots = append(roots, p)
		}
	}
	return roots
}

// typesBroken notes which packages that the patterns name do not build, as the type checker sees it, and reports whether
// there are any.
func (b *build) typesBroken(checked []*source) bool {
	checked = slices.DeleteFunc(slices.Clone(checked), func(s *source) bool { return len(s.errors) == 0 })
	if len(checked) == 0 {
		return false
	}
	more := false
	for _, root := range b.roots() {
		built := b.builtFrom(root)
		for _, s := range checked {
			if built[s.ImportPath] {
				b.breaks(root.ImportPath, strings.Join(s.errors, "\n"))
				more = true
			}
		}
	}
	return more
}
