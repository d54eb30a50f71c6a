package instrument

import "slices"

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
			if path == harnessPath {
				return // what forwards needs nothing of what stands there
			}
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
func (b *build) typesBroken(pkgs []*checked) (bool, error) {
	var blocked []*checked // by others
	more := false
	for _, p := range pkgs {
		if len(p.missing) > 0 {
			blocked = append(blocked, p)
			continue
		}
		found, err := b.typeBreaks(p)
		if err != nil {
			return false, err
		}
		more = more || found
	}
	if more {
		return true, nil // which may be why the others are blocked
	}
	for _, p := range blocked {
		found, err := b.typeBreaks(p)
		if err != nil {
			return false, err
		}
		more = more || found
	}
	return more, nil
}

// typeBreaks notes which packages one breaks in which something is wrong.
func (b *build) typeBreaks(p *checked) (found bool, err error) {
	text := p.text()
	if text == "" {
		return false, nil
	}
	at := owner(p.pkgPath(), p.ForTest)
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
	if _, known := b.broken[at]; !found && !known {
		return false, &BuildError{text}
	}
	return found, nil
}
