package instrument

import (
	"path/filepath"

	"github.com/jostle-dev/jostle/instrument/patch"
)

// change finds the files of units that are changed by hand although they are not of the standard library.
func (b *build) change() error {
	b.byHand = map[string][]byte{}
	for _, u := range b.units {
		if u.Standard || b.unfit[u.ImportPath] {
			continue
		}
		files, err := patch.Package(u.ImportPath, u.Dir, b.refused)
		if err != nil {
			return err
		}
		for name, text := range files {
			b.byHand[filepath.Join(u.Dir, name)] = text
		}
	}
	return nil
}

// unfitting notes the packages that are changed by hand and with which something is wrong. It reports whether there are any: then they are
// to be done without the changes.
func (c *checker) unfitting() bool {
	found := false
	for _, s := range c.order {
		if len(s.errors) == 0 || c.unfit[s.of()] {
			continue
		}
		for _, name := range s.names {
			if c.byHand[name] != nil {
				c.unfit[s.of()], found = true, true
			}
		}
	}
	return found
}
