package instrument

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/jostle-dev/jostle/instrument/patch"
	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/goenv"
	"github.com/jostle-dev/jostle/internal/rewrite"
)

// A rewrittenPackage is a unit as the cache keeps it.
type rewrittenPackage struct {
	Files []rewrittenFile
	dir   string
}

type rewrittenFile struct {
	Name    string           // in the package's directory
	Copy    string           `json:",omitempty"` // in the cache's folder; "" if there was nothing to rewrite
	Points  map[string]int   `json:",omitempty"`
	Native  []string         `json:",omitempty"`
	Ignores []rewrite.Ignore `json:",omitempty"`
}

const packageName = "package.json"

// missing returns those of the units that are not in the cache.
func (b *build) missing(units []*unit) (missing []*unit) {
	for _, u := range units {
		if u.done = b.cached(u.key); u.done == nil {
			missing = append(missing, u)
		}
	}
	return missing
}

// rewrite makes sure that every unit that is not of the standard library is in the cache. It reports whether some do not build: then the others are to be done
// without them.
func (b *build) rewrite(ctx context.Context) (broken bool, err error) {
	missing := b.missing(slices.DeleteFunc(slices.Clone(b.units), func(u *unit) bool { return u.Standard }))
	if len(missing) == 0 {
		return false, nil
	}
	c, err := b.check(ctx, missing, false)
	if err != nil {
		return false, err
	}
	if c.unfitting() || b.typesBroken(c.order) {
		return true, nil
	}
	return false, c.rewrite(missing)
}

func (b *build) cached(key string) *rewrittenPackage {
	dir := filepath.Join(b.CacheDir, "package", key)
	content, err := os.ReadFile(filepath.Join(dir, packageName))
	if err != nil {
		return nil
	}
	p := &rewrittenPackage{dir: dir}
	if json.Unmarshal(content, p) != nil {
		return nil
	}
	cachedir.Used(dir)
	return p
}

// rewrite rewrites units, several at a time.
func (c *checker) rewrite(units []*unit) error {
	files := c.files()
	errs := make([]error, len(units))
	var all sync.WaitGroup
	for i, u := range units {
		all.Go(func() {
			c.limit <- struct{}{}
			defer func() { <-c.limit }()
			errs[i] = c.rewriteUnit(u, files)
		})
	}
	all.Wait()
	return cmp.Or(errs...)
}

// plain returns a source without what editors leave in it and Go ignores: a byte order mark, which may stand at the very
// beginning only, and carriage returns before line breaks, which the ends of literals would be miscounted for.
func plain(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	return bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
}

// trimmed reports whether -trimpath is set: the go command then says itself which module a copied file belongs to.
func (b *build) trimmed() bool {
	flags := slices.Concat(goenv.SplitFlags(b.flags), b.BuildFlags)
	i := slices.IndexFunc(flags, func(f string) bool { return strings.HasPrefix(strings.TrimLeft(f, "-"), "trimpath") })
	return i >= 0 && !strings.HasSuffix(flags[i], "=false")
}

// files returns the sources that files were type-checked in, by name. A file that belongs to a package and to its variant for
// tests means the same in both.
func (c *checker) files() map[string]*source {
	m := map[string]*source{}
	for _, s := range c.order {
		for _, name := range s.names {
			if s.whole {
				m[name] = s
			}
		}
	}
	return m
}

func (c *checker) rewriteUnit(u *unit, files map[string]*source) error {
	if wrong := c.wrongWith(u); u.Standard && wrong != "" {
		if late := patch.Late(u.ImportPath); slices.ContainsFunc(late, func(group string) bool { return c.wrong[group] == "" }) {
			return &wronglyChanged{u.ImportPath, wrong}
		}
		u.done = u.noteUntyped(wrong)
		return nil
	}
	done := &rewrittenPackage{}
	stored := map[string][]byte{}
	for _, name := range u.files {
		rf := rewrittenFile{Name: filepath.Base(name)}
		in := files[name]
		switch {
		case in == nil:
			rf.Native = []string{name + ": file: cgo files are left native"}
		case c.embedded[name] && !c.apart[name]:
			rf.Native = []string{name + ": file: its text is embedded in the program"}
		}
		if len(rf.Native) > 0 {
			done.Files = append(done.Files, rf)
			continue
		}
		path := runtimePath(in.path())
		if in.Name == "main" {
			path = "main"
		}
		out, err := rewrite.File(rewrite.Input{
			Fset: c.fset, File: c.parsed[name].file, Src: c.parsed[name].src, Name: c.original(name), PkgPath: path, Pkg: in.types, Info: in.info,
			CalledAs: c.calledAs(u.listed, name), Tests: u.root, Language: u.language(), Embedded: c.embeds(u), Changed: c.byHand[name] != nil,
		})
		if err != nil {
			return err
		}
		rf.Points, rf.Ignores = out.Points, out.Ignores
		for _, n := range out.Native {
			rf.Native = append(rf.Native, fmt.Sprintf("%s: %s: %s", n.Pos, n.Op, n.Reason))
		}
		if out.Src != nil {
			rf.Copy = rf.Name
			stored[rf.Copy] = out.Src
		}
		done.Files = append(done.Files, rf)
	}
	content, err := json.Marshal(done)
	if err != nil {
		return err
	}
	stored[packageName] = content
	if done.dir, err = c.store("package", u.key, stored); err != nil {
		return err
	}
	u.done = done
	return nil
}

// runtimePath returns an import path as the runtime prints it in the names of functions, so that what comes behind the next
// dot is the function (cmd/internal/objabi.PathToPrefix).
func runtimePath(path string) string {
	var b strings.Builder
	slash := strings.LastIndexByte(path, '/')
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c == '.' && i > slash || c == '%' || c == '"' || c >= 0x7F {
			fmt.Fprintf(&b, "%%%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
