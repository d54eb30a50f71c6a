package campaign

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jostle-dev/jostle/internal/search"
)

// through names the file that says how far a test's orders have been gone through. It is of one test binary and bound: another program
// has other orders.
func (t *test) through() string {
	h := sha256.New()
	fmt.Fprintf(h, "%x %s %d %v", t.pkg.program(), t.name, t.c.Through.Preemptions, t.sockets != "")
	return filepath.Join(t.c.Through.Dir, fmt.Sprintf("%x", h.Sum(nil)[:16]), "exploration")
}

// goesThrough tells how far a test's orders have been gone through, and removes the file if there are no others.
func (t *test) goesThrough() {
	t.does(t.sum.String())
	if t.over() {
		_ = os.RemoveAll(filepath.Dir(t.through()))
	}
}

// unseen reports whether orders of the test are left that were not seen.
func (t *test) unseen() bool {
	return t.c.Through != nil && t.end != onlyOne && t.end != skips && t.why.kind != unreached && (t.mode != together || !t.sum.Over || t.sum.Chance)
}

// seen says in a line what of a test's orders was seen.
func (t *test) seen() string {
	switch {
	case t.end == onlyOne:
		return "the only order has no finding"
	case t.sum.Over && len(t.confirmed) == 0 && !t.sum.Chance:
		return "no finding in " + t.sum.String()
	case t.sum == search.Sum{}:
		return "its orders were not gone through"
	}
	return t.sum.String()
}
