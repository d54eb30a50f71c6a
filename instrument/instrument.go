// Package instrument rewrites packages so that their synchronisation operations pass through package perturb, and tells
// the go command where the rewritten copies are. It never touches the originals.
//
// What can be edited (the main module, local replacements, a vendor tree) is laid over the originals by go build's
// -overlay. What lies in the module cache cannot be, and is copied: a go.mod for -modfile replaces these modules by
// their copies. Both are passed on in GOFLAGS, so every command of go builds from them.
package instrument

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/manifest"
	"github.com/jostle-dev/jostle/internal/rewrite"
)

// Config says what to instrument.
type Config struct {
	Dir        string   // where the patterns are resolved, "" for the working directory
	Patterns   []string // of packages, as go list has them
	BuildFlags []string // that decide which files are built: -tags=…, -race
	Exclude    []string // packages to leave as they are, and all below them, as GOPRIVATE has them
	Env        []string // of the go command, nil for the process's own
	CacheDir   string   // "" for $JOSTLE_CACHE, or else a folder in the user's cache directory
}

// Result is an instrumented build.
type Result struct {
	Env      map[string]string // what to set for the go command: GOFLAGS and the manifest
	Overlay  string            // the file that GOFLAGS has for -overlay
	Roots    []Root            // the packages that the patterns name and that build
	Broken   []Broken          // the packages that they name and that do not
	Packages []Package         // all that were looked at, by import path
}

// A Root is a package that the patterns name.
type Root struct {
	ImportPath string
	Module     string // path, and version if it has one
	Dir        string
	TestFiles  []string // absolute
}

// A Broken package is one that the patterns name and that does not build, or something that it needs.
type Broken struct {
	ImportPath string // or a pattern that names no package
	Text       string // the words of the go command, or of the type checker
}

// Err returns a *BuildError that says what does not build; nil if everything does.
func (r *Result) Err() error {
	var texts []string
	for _, b := range r.Broken {
		if !slices.Contains(texts, b.Text) { // several may need the same
			texts = append(texts, b.Text)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return &BuildError{strings.Join(texts, "\n")}
}

// A Package says what became of one.
type Package struct {
	ImportPath string
	Files      int            // that were looked at
	Points     map[string]int // sync points by kind
	Native     []string       // what was left as it is: position, operation, reason
	Ignores    []Ignore
}

// An Ignore is a comment //jostle:ignore in a package: findings of a kind are none there.
type Ignore struct {
	File string // absolute
	Line int
	What string // a verdict in a word, or the number of a rule
}

const jostle = "github.com/jostle-dev/jostle"

// own are the packages that instrumented code calls, and the one that tests are written with. They and what they import stay as they are.
var own = []string{jostle + "/perturb", jostle + "/perturb/testhook", jostle + "/harness"}

// Prepare instruments the packages that c names and all that they need, but the standard library and what the
// instrumented code itself calls. Nothing is done twice: rewritten packages are kept in the cache by their content.
//
// Packages that do not build are left out, and named in the result with the go command's or the type checker's words. It
// returns a *BuildError if the go command cannot list the packages. Several processes may use the same cache. What was not
// used for 30 days is removed from it.
func Prepare(ctx context.Context, c Config) (*Result, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	if err := cachedir.Use(ctx, c.CacheDir); err != nil {
		return nil, err
	}
	env, err := c.goEnv(ctx, "GOWORK", "GOMOD", "GOMODCACHE", "GOVERSION", "GOFLAGS", "GOOS", "GOARCH", "CGO_ENABLED")
	if err != nil {
		return nil, err
	}
	if err := c.clean(env); err != nil {
		return nil, err
	}
	gomods, err := c.mainModules(env)
	if err != nil {
		return nil, err
	}
	also, err := tools(gomods)
	if err != nil {
		return nil, err
	}
	pkgs, err := c.list(ctx, c.Patterns, "-e", "-test")
	if err != nil {
		return nil, err
	}
	ours, err := c.list(ctx, slices.Concat(own, also))
	if err != nil {
		return nil, err
	}
	b := &build{Config: c, env: env, pkgs: merge(pkgs, ours)}
	b.embedded = embedded(b.pkgs)
	if len(b.pkgs) == len(ours) {
		return nil, fmt.Errorf("no packages match %s", strings.Join(c.Patterns, " "))
	}
	b.listedBroken()
	for { // each time without what has turned out not to build
		if err := b.hash(); err != nil {
			return nil, err
		}
		switch more, err := b.rewrite(ctx); {
		case err != nil:
			return nil, err
		case !more:
			return b.assemble()
		}
	}
}

func (c *Config) complete() error {
	if c.Env == nil {
		c.Env = os.Environ()
	}
	if c.CacheDir == "" {
		c.CacheDir = os.Getenv("JOSTLE_CACHE")
	}
	if c.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no place for rewritten sources: set JOSTLE_CACHE to a directory: %w", err)
		}
		c.CacheDir = filepath.Join(dir, "jostle")
	}
	return nil
}

func (c *Config) where() string {
	if c.Dir != "" {
		return c.Dir
	}
	return "the working directory"
}

// A build is one Prepare.
type build struct {
	Config
	env   map[string]string
	pkgs  []*listed
	units []*unit // in the order of go list: what a package needs comes before it

	embedded map[string]bool   // files whose text the program has, by absolute name
	broken   map[string]string // packages that the patterns name and that do not build, and why
}

// A unit is a package to be rewritten: the files of a directory.
type unit struct {
	*listed
	root  bool // named by the patterns, so its tests are rewritten too
	key   string
	files []string
	done  *rewrittenPackage
}

// hash finds the packages to rewrite, and the key of each: a hash of its files, of what it imports and of this program.
func (b *build) hash() error {
	byPath := map[string]*listed{}
	for _, p := range b.pkgs {
		byPath[p.ImportPath] = p
	}
	kept := map[string]bool{}
	var keep func(path string)
	keep = func(path string) {
		if p := byPath[path]; p != nil && !kept[path] {
			kept[path] = true
			for _, i := range p.Imports {
				keep(i)
			}
		}
	}
	for _, path := range own {
		keep(path)
	}
	base, err := b.baseKey()
	if err != nil {
		return err
	}
	keys := map[string]string{}
	needed := b.needed()
	b.units = nil
	for i, e := range b.Exclude {
		b.Exclude[i] = strings.TrimSuffix(e, "/...")
	}
	for _, p := range b.pkgs {
		if module.MatchPrefixPatterns(strings.Join(b.Exclude, ","), p.ImportPath) {
			continue
		}
		if p.Standard || p.isVariant() || !needed[p.ImportPath] || kept[p.ImportPath] || p.Module != nil && p.Module.Path == jostle && !p.Module.Main {
			continue
		}
		u := &unit{listed: p, root: b.tested(p)}
		u.files = p.files(u.root)
		h := sha256.New()
		fmt.Fprintln(h, base, p.ImportPath, p.Dir, u.root)
		for _, name := range u.files {
			if err := hashFile(h, name); err != nil {
				return err
			}
			if b.embedded[name] {
				fmt.Fprintln(h, "embedded")
			}
		}
		imports := p.Imports
		if u.root {
			imports = slices.Concat(imports, p.TestImports, p.XTestImports)
		}
		for _, i := range imports {
			fmt.Fprintln(h, i, keys[i])
		}
		u.key = hex.EncodeToString(h.Sum(nil)[:16])
		keys[p.ImportPath] = u.key
		b.units = append(b.units, u)
	}
	return nil
}

// baseKey is what all keys depend on: this program, the Go version and the build flags.
func (b *build) baseKey() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, rewrite.Version, b.env["GOVERSION"], b.env["GOOS"], b.env["GOARCH"], b.env["CGO_ENABLED"], b.BuildFlags, b.env["GOFLAGS"])
	self, err := os.Executable()
	if err == nil {
		err = hashFile(h, self)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

func hashFile(h hash.Hash, name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	fmt.Fprintf(h, "%s %x\n", filepath.Base(name), sum)
	return nil
}

// assemble puts the rewritten packages together to a build.
func (b *build) assemble() (*Result, error) {
	overlay := map[string]string{}
	copies := modules{}
	m := manifest.Manifest{Dirs: map[string]string{}, Work: b.env["GOWORK"]}
	res := &Result{Env: map[string]string{}}
	for _, u := range b.units {
		pkg := Package{ImportPath: u.ImportPath, Files: len(u.done.Files), Points: map[string]int{}}
		for _, f := range u.done.Files {
			for k, n := range f.Points {
				pkg.Points[k] += n
			}
			pkg.Native = append(pkg.Native, f.Native...)
			for _, i := range f.Ignores {
				pkg.Ignores = append(pkg.Ignores, Ignore{filepath.Join(u.Dir, f.Name), i.Line, i.What})
			}
		}
		res.Packages = append(res.Packages, pkg)
		if u.root {
			r := Root{ImportPath: u.ImportPath, Module: u.Module.String(), Dir: u.Dir}
			for _, name := range slices.Concat(u.TestGoFiles, u.XTestGoFiles) {
				r.TestFiles = append(r.TestFiles, filepath.Join(u.Dir, name))
			}
			res.Roots = append(res.Roots, r)
		}
		if b.inModuleCache(u.Dir) {
			copies.add(u)
			continue
		}
		real, err := filepath.EvalSymlinks(u.Dir) // the go command may be run there
		if err != nil {
			return nil, err
		}
		for _, f := range u.done.Files {
			if f.Copy != "" {
				overlay[filepath.Join(u.Dir, f.Name)] = filepath.Join(u.done.dir, f.Copy)
				overlay[filepath.Join(real, f.Name)] = filepath.Join(u.done.dir, f.Copy)
			}
		}
		if m.Dirs[u.Dir], err = manifest.HashDir(u.Dir); err != nil {
			return nil, err
		}
	}
	for _, p := range b.pkgs {
		if text, ok := b.broken[p.ImportPath]; ok && p.named && !p.isVariant() {
			res.Broken = append(res.Broken, Broken{p.ImportPath, text})
		}
	}
	dir, err := b.writeBuild(overlay, copies, m)
	if err != nil {
		return nil, err
	}
	res.Overlay = filepath.Join(dir, overlayName)
	flags := []string{b.env["GOFLAGS"], quote("-overlay=" + res.Overlay)}
	if b.race() {
		flags = append(flags, quote(RaceFlag))
	}
	switch {
	case len(copies) > 0 && b.inWorkspace():
		res.Env["GOWORK"] = filepath.Join(dir, "go.work")
	case len(copies) > 0:
		flags = append(flags, quote("-modfile="+filepath.Join(dir, "go.mod")))
	}
	res.Env["GOFLAGS"] = strings.TrimSpace(strings.Join(flags, " "))
	res.Env[manifest.Env] = filepath.Join(dir, manifestName)
	return res, nil
}

func (b *build) inModuleCache(dir string) bool {
	rel, err := filepath.Rel(b.env["GOMODCACHE"], dir)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

const (
	overlayName  = "overlay.json"
	manifestName = "manifest.json"
)

// writeBuild writes what the go command is told, under a name that depends on all of it.
func (b *build) writeBuild(overlay map[string]string, copies modules, m manifest.Manifest) (string, error) {
	files := map[string][]byte{}
	var err error
	if files[overlayName], err = json.MarshalIndent(map[string]any{"Replace": overlay}, "", "\t"); err != nil {
		return "", err
	}
	if files[manifestName], err = json.MarshalIndent(m, "", "\t"); err != nil {
		return "", err
	}
	if len(copies) > 0 {
		name, text := "go.mod", b.modfile
		if b.inWorkspace() {
			name, text = "go.work", b.workfile
		}
		if files[name], err = text(copies); err != nil {
			return "", err
		}
		sumName := map[string]string{"go.mod": "go.sum", "go.work": "go.work.sum"}[name]
		sum, err := os.ReadFile(filepath.Join(filepath.Dir(b.moduleFile()), sumName))
		if err != nil && !os.IsNotExist(err) {
			return "", err
		}
		files[sumName] = sum
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return b.store("build", hex.EncodeToString(h.Sum(nil)[:16]), files)
}
