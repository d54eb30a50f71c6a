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
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/jostle-dev/jostle"
	"github.com/jostle-dev/jostle/instrument/patch"
	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/goenv"
	"github.com/jostle-dev/jostle/internal/manifest"
)

// Config says what to instrument.
type Config struct {
	Dir        string   // where the patterns are resolved, "" for the working directory
	Patterns   []string // of packages, as go list has them
	BuildFlags []string // that decide which files are built: -tags=…, -race
	Exclude    []string // packages to leave as they are, and all below them, as GOPRIVATE has them
	Env        []string // of the go command, nil for the process's own
	CacheDir   string   // "" for that of cachedir.Dir

	Progress func(text string) // is told what takes long; may be nil
}

// Result is an instrumented build.
type Result struct {
	Env       map[string]string // what to set for the go command
	Go        string            // the go command itself, which PATH in Env has first
	Command   string            // how people call jostle here: as a tool of their module if they made it one
	Overlay   string            // the file that GOFLAGS has for -overlay
	Cache     string            // where it was all kept
	FuzzCache string            // where the go command keeps the inputs of fuzz targets, by import path
	Roots     []Root            // the packages that the patterns name and that build
	Broken    []Broken          // the packages that they name and that do not
	Packages  []Package         // all that were looked at, by import path

	Refused []patch.Refusal // what of the standard library of this Go could not be put under control

	user   []string // environment
	goroot string   // the user's
}

// A Root is a package that the patterns name.
type Root struct {
	ImportPath string
	Module     string // path, and version if it has one
	Dir        string
	TestFiles  []string // absolute
	OldTimers  bool     // its tests use timers, and by its module's settings their channels would be those of before Go 1.23

	folder string // in the cache
	flags  string // of the build
}

// Note keeps some words about the package as it is now, with all that its tests are built from and the flags of the build.
func (r Root) Note(words string) {
	_ = os.WriteFile(r.note(words), nil, 0o644) // without it Noted says no
}

// Noted reports whether Note was called with these words since something of that has changed.
func (r Root) Noted(words string) bool {
	return exists(r.note(words))
}

func (r Root) note(words string) string {
	return filepath.Join(r.folder, "note-"+keyOf([]byte(words+"\n"+r.flags)))
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
	Standard   bool           // it belongs to the standard library
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

// Prepare instruments the packages that c names and all that they need. What the instrumented code calls it puts beside the
// standard library, in a copy in the cache: no go.mod has to require anything for it. Nothing is done twice: rewritten
// packages are kept in the cache by their content.
//
// Packages that do not build are left out, and named in the result with the go command's or the type checker's words. What only
// the compiler or the linker objects to is not seen here: the instrumented build fails too. Prepare returns a *BuildError if the go
// command cannot list the packages. Several processes may use the same cache. What was not used for 30 days is removed from it.
func Prepare(ctx context.Context, c Config) (*Result, error) {
	for wrong := map[string]string{}; ; {
		res, err := prepare(ctx, c, wrong)
		var w *wronglyChanged
		if !errors.As(err, &w) {
			return res, err
		}
		for _, group := range patch.Late(w.path) { // once more, without these changes
			wrong[group] = w.why
		}
	}
}

// A wronglyChanged is an error of the type checker in a package of the standard library that has been changed by hand.
type wronglyChanged struct{ path, why string }

func (w *wronglyChanged) Error() string { return w.path + ": " + w.why }

func prepare(ctx context.Context, c Config, wrong map[string]string) (*Result, error) {
	b := &build{Config: c, wrong: wrong, listed: map[string]*listed{}, sums: map[string]manifest.Sum{}, unfit: map[string]bool{}}
	if err := b.complete(); err != nil {
		return nil, err
	}
	if err := cachedir.Use(ctx, b.CacheDir); err != nil {
		return nil, err
	}
	if err := b.selectGo(ctx); err != nil {
		return nil, err
	}
	gomods, err := b.mainModules()
	if err != nil {
		return nil, err
	}
	if err := b.list(ctx); err != nil {
		return nil, err
	}
	if err := b.addTools(ctx, gomods); err != nil {
		return nil, err
	}
	b.pkgs = merge(b.pkgs, onlyForTests(b.pkgs))
	for _, p := range b.pkgs {
		b.listed[p.ImportPath] = p
	}
	b.embedded = embedded(b.pkgs)
	b.below = map[string]bool{}
	b.reach(perturbPath, b.below)
	b.listedBroken()
	for { // each time without what has turned out not to build
		if err := b.collect(); err != nil {
			return nil, err
		}
		if err := b.rewriteStandard(ctx); err != nil {
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
	c.Env = goenv.Restore(c.Env) // instrumenting the instrumented would go round in circles
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	c.Exclude = slices.Clone(c.Exclude)
	for i, e := range c.Exclude {
		c.Exclude[i] = strings.TrimSuffix(e, "/...")
	}
	if c.CacheDir != "" {
		return nil
	}
	var err error
	c.CacheDir, err = cachedir.Dir()
	return err
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
	env     map[string]string // what the user's go env says
	flags   string            // the user's GOFLAGS, but for what follows
	modFlag string            // the go.mod that they have for -modfile; ""
	goroot  string            // the user's
	refused []patch.Refusal   // what does not apply to it
	wrong   map[string]string // by group of changes: what the type checker has against it
	tree    string            // the GOROOT with the runtime in it
	goCmd   goCommand         // of that
	isAlone bool              // no other process compiles for the same build cache
	pinned  bool              // the command jostle is a tool of a main module
	pkgs    []*listed
	listed  map[string]*listed // by import path, with the variant that go list names
	built   map[string]bool    // what the tests that build are built from, by the same
	below   map[string]bool    // what instrumented code itself stands on, by import path
	units   []*unit            // in the order of go list

	sums       map[string]manifest.Sum
	stdOverlay string // the file that says where the rewritten files of the standard library are, "" if there are none

	embedded map[string]bool   // files whose text the program has, by absolute name
	apart    map[string]bool   // those of them that are rewritten all the same: their own text is beside them
	byHand   map[string][]byte // files of packages outside of the standard library that are changed by hand, by absolute name
	unfit    map[string]bool   // such packages that the type checker has something against
	broken   map[string]string // packages that the patterns name and that do not build, and why
}

// A unit is a package to be rewritten: the files of a directory.
type unit struct {
	*listed
	root     bool      // named by the patterns, so its tests are rewritten too
	variants []*listed // that are type-checked to rewrite it
	alone    bool      // what stands in done is the whole package
	key      string
	files    []string
	done     *rewrittenPackage
}

// hasTests reports whether the tests of a unit are to be built.
func (u *unit) hasTests() bool { return u.root && len(u.TestGoFiles)+len(u.XTestGoFiles) > 0 }

// collect finds the packages to rewrite, and the key of each in the cache.
func (b *build) collect() error {
	keys := b.keys()
	b.built = b.builtFrom(b.roots()...)
	variants := map[string][]*listed{}
	for _, p := range b.pkgs {
		if b.built[p.ImportPath] {
			variants[p.of()] = append(variants[p.of()], p)
		}
	}
	b.units = nil
	for _, p := range b.pkgs {
		if p.isVariant() || len(variants[p.ImportPath]) == 0 || p.ours() || p.Standard && !b.rewritesStandard(p) {
			continue
		}
		if module.MatchPrefixPatterns(strings.Join(b.Exclude, ","), p.ImportPath) {
			continue
		}
		u := &unit{listed: p, root: b.tested(p) && !p.Standard, variants: forRewriting(variants[p.ImportPath])}
		u.files = p.files(u.root)
		b.units = append(b.units, u)
	}
	b.apart = b.textApart()
	if err := b.change(); err != nil {
		return err
	}
	for _, u := range b.units {
		var err error
		if u.key, err = keys.of(u); err != nil {
			return err
		}
	}
	return nil
}

// list asks the go command for the packages that the patterns name, for all that they and their tests need, and for what
// instrumented code calls.
func (b *build) list(ctx context.Context) (err error) {
	b.pkgs, err = b.goCmd.list(ctx, b.BuildFlags, append(slices.Clip(b.Patterns), perturbPath), "-e", "-test")
	if err != nil {
		return err
	}
	named := false
	for _, p := range b.pkgs {
		p.named = p.named && p.ImportPath != perturbPath
		named = named || p.named
	}
	if !named {
		return fmt.Errorf("no packages match %s", strings.Join(b.Patterns, " "))
	}
	return nil
}

// forRewriting returns those of the variants of a package that say what all of its files mean: as it is compiled for its own tests, with
// what is compiled of it for others, or as it is compiled for the first others.
func forRewriting(variants []*listed) (out []*listed) {
	for _, p := range variants {
		if p.ForTest == "" || p.ForTest == p.of() {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		out = variants[:1]
	}
	return out
}

// assemble puts the rewritten packages together to a build.
func (b *build) assemble() (*Result, error) {
	overlay := overlay{}
	copies := modules{}
	m := manifest.Manifest{Version: ownVersion(), Command: b.command(), Dirs: map[string]string{}}
	res := &Result{Command: m.Command, Go: b.goCmd.path, Cache: b.CacheDir, FuzzCache: filepath.Join(b.env["GOCACHE"], "fuzz"), Refused: b.refused, user: b.Env, goroot: b.goroot}
	for _, u := range b.units {
		pkg := Package{ImportPath: u.ImportPath, Standard: u.Standard, Files: len(u.done.Files), Points: map[string]int{}}
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
			r := Root{ImportPath: u.ImportPath, Module: u.Module.String(), Dir: u.Dir, OldTimers: b.oldTimers(u), folder: u.done.dir, flags: fmt.Sprint(b.BuildFlags, b.flags, b.modFlag)}
			for _, name := range slices.Concat(u.TestGoFiles, u.XTestGoFiles) {
				r.TestFiles = append(r.TestFiles, filepath.Join(u.Dir, name))
			}
			res.Roots = append(res.Roots, r)
		}
		if b.inModuleCache(u.Dir) {
			copies.add(u)
			continue
		}
		if err := u.layOver(overlay); err != nil {
			return nil, err
		}
		if u.Standard {
			continue
		}
		if err := overlay.lay(u.Dir, b.ownTexts(u)); err != nil {
			return nil, err
		}
		var err error
		if m.Dirs[u.Dir], err = manifest.HashDir(u.Dir, b.sum); err != nil {
			return nil, err
		}
	}
	if err := b.forward(overlay, copies); err != nil {
		return nil, err
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
	res.Env = b.variables(dir, len(copies) > 0)
	return res, nil
}

// An overlay says which files stand for which, as go build's -overlay has it; "" for a file that is not to be there.
type overlay map[string]string

// text returns the overlay as a file for -overlay.
func (o overlay) text() ([]byte, error) {
	return json.MarshalIndent(map[string]any{"Replace": o}, "", "\t")
}

// layOver lays the rewritten files of a unit over its own.
func (u *unit) layOver(o overlay) error {
	over := map[string]string{}
	for _, f := range u.done.Files {
		if f.Copy != "" {
			over[f.Name] = filepath.Join(u.done.dir, f.Copy)
		}
	}
	return o.lay(u.Dir, over)
}

// lay lays files, by their names in a directory, over those of that directory. It may be a link: the go command may be run at either place.
func (o overlay) lay(dir string, over map[string]string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	for name, file := range over {
		o[filepath.Join(dir, name)] = file
		o[filepath.Join(real, name)] = file
	}
	return nil
}

// variables returns what to set for the go command so that it builds from what writeBuild has written to dir.
func (b *build) variables(dir string, copies bool) map[string]string {
	flags := []string{b.flags, goenv.Quote("-overlay=" + filepath.Join(dir, overlayName))}
	if b.race() {
		for _, f := range RaceFlags {
			flags = append(flags, goenv.Quote(f))
		}
	}
	set := b.treeVariables()
	switch {
	case copies && b.inWorkspace():
		set["GOWORK"] = filepath.Join(dir, "go.work")
	case copies:
		flags = append(flags, goenv.Quote("-modfile="+filepath.Join(dir, "go.mod")))
	case b.modFlag != "":
		flags = append(flags, goenv.Quote("-modfile="+b.modFlag))
	}
	set["GOFLAGS"] = strings.TrimSpace(strings.Join(flags, " "))
	set["GODEBUG"] = debugSettings(goenv.Get(b.Env, "GODEBUG"))
	env := goenv.Change(b.Env, set, filepath.Join(b.tree, "bin"), filepath.Join(b.goroot, "bin"))
	env[manifest.Env] = filepath.Join(dir, manifestName)
	return env
}

// ownVersion returns the version of jostle in this program.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, d := range append(info.Deps, &info.Main) {
		if d.Path == jostle.Module {
			return d.Version
		}
	}
	return ""
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
func (b *build) writeBuild(overlay overlay, copies modules, m manifest.Manifest) (string, error) {
	files := map[string][]byte{}
	var err error
	if files[overlayName], err = overlay.text(); err != nil {
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
		if files[sumName], err = os.ReadFile(b.sumFile()); err != nil && !os.IsNotExist(err) {
			return "", err
		}
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return b.store("build", hex.EncodeToString(h.Sum(nil)[:16]), files)
}
