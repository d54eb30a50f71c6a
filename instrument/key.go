package instrument

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/jostle-dev/jostle"
	"github.com/jostle-dev/jostle/internal/manifest"
)

// rewriter is what a program that rewrites code is known by: its sources, and the Go that parses and type-checks for it. So programs that
// were built apart, as a tool of two modules say, find what the others have rewritten.
var rewriter = sync.OnceValue(func() string {
	files := jostle.Rewriter()
	maps.Copy(files, jostle.Sources())
	files["go.sum"] = jostle.GoSum
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version())
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintln(h, name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
})

// A keyring hashes what the rewriting of packages depends on.
type keyring struct {
	*build
	base  string            // all do on this
	types map[string]string // by import path
}

func (b *build) keys() *keyring {
	base := fmt.Sprintln(rewriter(), b.tree, b.env["GOOS"], b.env["GOARCH"], b.env["CGO_ENABLED"], b.trimmed())
	return &keyring{build: b, base: base, types: map[string]string{}}
}

// ofTypes returns a hash of all that the types of a package depend on: its files without those of tests, its language, and the same of
// what it imports. The files of the standard library are those of the tree, of which tags and flags select some.
func (k *keyring) ofTypes(path string) (string, error) {
	p := k.listed[path]
	if p == nil || k.types[path] != "" {
		return k.types[path], nil
	}
	h := sha256.New()
	fmt.Fprintln(h, k.base, p.ImportPath, p.Dir, p.language())
	if p.Standard {
		fmt.Fprintln(h, p.files(false))
	} else if err := k.hashFiles(h, p.files(false)); err != nil {
		return "", err
	}
	if err := k.hashImports(h, p.Imports); err != nil {
		return "", err
	}
	k.types[path] = hex.EncodeToString(h.Sum(nil))
	return k.types[path], nil
}

// of returns the key of a unit: a hash of all that its rewritten files depend on. Tags and flags select files, also of the standard library, and
// that is all that they do to them.
func (k *keyring) of(u *unit) (string, error) {
	types, err := k.ofTypes(u.ImportPath)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, k.base, u.ImportPath, types, u.root, k.embeds(u))
	if u.root {
		if err := k.hashFiles(h, u.files); err != nil {
			return "", err
		}
		if err := k.hashImports(h, slices.Concat(u.TestImports, u.XTestImports)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func (k *keyring) hashImports(h hash.Hash, paths []string) error {
	for _, path := range paths {
		types, err := k.ofTypes(path)
		if err != nil {
			return err
		}
		fmt.Fprintln(h, path, types)
	}
	return nil
}

func (k *keyring) hashFiles(h hash.Hash, names []string) error {
	for _, name := range names {
		if err := k.hashFile(h, name); err != nil {
			return err
		}
		if k.embedded[name] && !k.apart[name] {
			fmt.Fprintln(h, "embedded")
		}
		if k.byHand[name] != nil {
			fmt.Fprintln(h, "changed")
		}
	}
	return nil
}

func (b *build) hashFile(h hash.Hash, name string) error {
	sum, err := b.sum(name)
	fmt.Fprintf(h, "%s %x\n", filepath.Base(name), sum)
	return err
}

// sum returns the hash of a file, which is read once.
func (b *build) sum(name string) (sum manifest.Sum, err error) {
	sum, ok := b.sums[name]
	if !ok {
		if sum, err = manifest.SumFile(name); err == nil {
			b.sums[name] = sum
		}
	}
	return sum, err
}
