package instrument

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/jostle-dev/jostle"
	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/manifest"
	"github.com/jostle-dev/jostle/internal/rewrite"
)

// modules are the units that lie in the module cache, by the path of their module.
type modules map[string][]*unit

func (m modules) add(u *unit) { m[u.Module.Path] = append(m[u.Module.Path], u) }

// inWorkspace reports whether a go.work decides what is built.
func (b *build) inWorkspace() bool { return b.env["GOWORK"] != "" && b.env["GOWORK"] != "off" }

// moduleFile returns the go.mod or go.work that decides what is built.
func (b *build) moduleFile() string {
	switch {
	case b.inWorkspace():
		return b.env["GOWORK"]
	case b.modFlag != "":
		return b.modFlag
	}
	return b.env["GOMOD"]
}

// sumFile returns the go.sum or go.work.sum that belongs to it.
func (b *build) sumFile() string {
	if b.inWorkspace() {
		return b.moduleFile() + ".sum"
	}
	return strings.TrimSuffix(b.moduleFile(), ".mod") + ".sum"
}

// A replacer is a go.mod or a go.work.
type replacer interface {
	AddReplace(oldPath, oldVersion, newPath, newVersion string) error
	DropReplace(oldPath, oldVersion string) error
	Cleanup()
}

// modfile returns the main module's go.mod with each of the modules replaced by its copy.
func (b *build) modfile(m modules) ([]byte, error) {
	name := b.moduleFile()
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse(name, content, nil)
	if err != nil {
		return nil, err
	}
	if err := b.replace(f, f.Replace, m); err != nil {
		return nil, err
	}
	return f.Format()
}

// workfile returns the go.work, to be put elsewhere, with each of the modules replaced by its copy.
func (b *build) workfile(m modules) ([]byte, error) {
	name := b.moduleFile()
	f, err := parseWork(name)
	if err != nil {
		return nil, err
	}
	for _, u := range slices.Clone(f.Use) {
		if dir := under(filepath.Dir(name), u.Path); dir != u.Path {
			if err := errors.Join(f.DropUse(u.Path), f.AddUse(dir, u.ModulePath)); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range slices.Clone(f.Replace) {
		if dir := under(filepath.Dir(name), r.New.Path); r.New.Version == "" && dir != r.New.Path {
			if err := f.AddReplace(r.Old.Path, r.Old.Version, dir, ""); err != nil {
				return nil, err
			}
		}
	}
	if err := b.replace(f, f.Replace, m); err != nil {
		return nil, err
	}
	return modfile.Format(f.Syntax), nil
}

func parseWork(name string) (*modfile.WorkFile, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.ParseWork(name, content, nil)
}

// under returns path, which is relative to dir, as an absolute one.
func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (b *build) replace(f replacer, have []*modfile.Replace, m modules) error {
	have = slices.Clone(have)
	for _, p := range slices.Sorted(maps.Keys(m)) {
		dir, err := b.copyModule(m[p])
		if err != nil {
			return err
		}
		// Only the version that is built: others may be part of the module graph, where they need what their own go.mod
		// says, and go.sum knows of nothing else. A replacement of the user's own is what was copied.
		version := m[p][0].Module.Version
		for _, r := range have {
			if r.Old.Path == p && (r.Old.Version == "" || r.Old.Version == version) {
				version = r.Old.Version
				if err := f.DropReplace(p, version); err != nil {
					return err
				}
			}
		}
		if err := f.AddReplace(p, version, dir, ""); err != nil {
			return err
		}
	}
	f.Cleanup()
	return nil
}

// copyModule puts a copy of the packages of one module that the build needs in the cache, with rewritten files where
// there are any, and returns its folder.
func (b *build) copyModule(units []*unit) (string, error) {
	mod := units[0].Module
	if mod.Replace != nil {
		mod = mod.Replace
	}
	h := sha256.New()
	fmt.Fprintln(h, mod.Path, mod.Version)
	for _, p := range b.pkgs {
		if p.Module != nil && p.Module.Path == units[0].Module.Path {
			fmt.Fprintln(h, p.ImportPath)
		}
	}
	for _, u := range units {
		fmt.Fprintln(h, u.ImportPath, u.key)
	}
	key := hex.EncodeToString(h.Sum(nil)[:16])
	if dir := filepath.Join(b.CacheDir, "module", key); exists(dir) {
		cachedir.Used(dir)
		return dir, nil
	}
	files := map[string][]byte{"go.mod": []byte("module " + mod.Path + "\n")}
	if content, err := os.ReadFile(mod.GoMod); err == nil {
		files["go.mod"] = content
	}
	for _, u := range units {
		add := func() error { return b.addPackage(files, mod.Dir, u.listed, u) }
		if u.alone {
			add = func() error { return u.addAlone(files, mod.Dir) }
		}
		if err := add(); err != nil {
			return "", err
		}
	}
	// What is not rewritten of the module is needed all the same.
	for _, p := range b.pkgs {
		if p.Module == nil || p.Module.Path != units[0].Module.Path || p.isVariant() {
			continue
		}
		if slices.ContainsFunc(units, func(u *unit) bool { return u.Dir == p.Dir }) {
			continue
		}
		if err := b.addPackage(files, mod.Dir, p, nil); err != nil {
			return "", err
		}
	}
	if slices.ContainsFunc(b.pkgs, func(p *listed) bool {
		return p.Module != nil && p.Module.Path == units[0].Module.Path && len(p.CgoFiles)+len(p.SFiles) > 0
	}) {
		// C and assembly include what they like.
		if err := addTree(files, mod.Dir, "."); err != nil {
			return "", err
		}
	}
	return b.store("module", key, files)
}

// addAlone adds the files of a unit that stand for all files of its package.
func (u *unit) addAlone(files map[string][]byte, root string) error {
	rel, err := filepath.Rel(root, u.Dir)
	if err != nil {
		return err
	}
	for _, f := range u.done.Files {
		content, err := os.ReadFile(filepath.Join(u.done.dir, f.Copy))
		if err != nil {
			return err
		}
		files[filepath.ToSlash(filepath.Join(rel, f.Name))] = content
	}
	return nil
}

func exists(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// addPackage adds everything in a package's directory, and what it embeds from below. u is its unit, nil if it has none.
func (b *build) addPackage(files map[string][]byte, root string, p *listed, u *unit) error {
	rel, err := filepath.Rel(root, p.Dir)
	if err != nil {
		return err
	}
	copies := map[string]string{}
	if u != nil {
		for _, f := range u.done.Files {
			if f.Copy != "" {
				copies[f.Name] = filepath.Join(u.done.dir, f.Copy)
			}
		}
	}
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		return err
	}
	names := slices.Clone(p.EmbedFiles)
	if p.named { // so its tests are run
		names = slices.Concat(names, p.TestEmbedFiles, p.XTestEmbedFiles)
		if err := addTree(files, root, filepath.Join(rel, "testdata")); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != "go.mod" && e.Name() != "go.sum" {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		own, to := filepath.Join(p.Dir, name), filepath.ToSlash(filepath.Join(rel, name))
		if b.apart[own] {
			if files[to+rewrite.Unrewritten], err = os.ReadFile(own); err != nil {
				return err
			}
			if filepath.Base(name) != name {
				continue // it is another package's, which adds it
			}
		}
		from := cmp.Or(copies[name], own)
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if from == own && filepath.Ext(name) == ".go" && (!b.embedded[own] || b.apart[own]) {
			content = b.unrewritten(p, name, content)
		}
		files[to] = content
	}
	return nil
}

// unrewritten returns the text of a Go file in the copy of its package: the original's, under the original's name.
func (b *build) unrewritten(p *listed, name string, content []byte) []byte {
	original := filepath.Join(p.Dir, name)
	if !slices.Contains(p.CgoFiles, name) { // which the compiler sees in a directory of the go command's
		content = b.anchored(original, content)
	}
	if b.trimmed() {
		return content
	}
	return slices.Concat([]byte(rewrite.LineDirective(original)), plain(content))
}

// addTree adds all files below a directory of a module but Go ones, which are of packages that the build does not need. The
// directory need not be there.
func addTree(files map[string][]byte, root, dir string) error {
	return filepath.WalkDir(filepath.Join(root, dir), func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || filepath.Ext(name) == ".go" {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); files[rel] == nil {
			files[rel], err = os.ReadFile(name)
		}
		return err
	})
}

// mainModules returns the go.mod files of the main module, or of those of the workspace.
func (b *build) mainModules() ([]string, error) {
	if b.inWorkspace() {
		work := b.moduleFile()
		f, err := parseWork(work)
		if err != nil {
			return nil, err
		}
		var out []string
		for _, u := range f.Use {
			out = append(out, filepath.Join(under(filepath.Dir(work), u.Path), "go.mod"))
		}
		return out, nil
	}
	if b.env["GOMOD"] == "" || b.env["GOMOD"] == os.DevNull {
		return nil, fmt.Errorf("%s is not in a module: run jostle where a go.mod is", b.where())
	}
	return []string{b.moduleFile()}, nil
}

// command is how people call jostle in the main modules.
func (b *build) command() string {
	if b.pinned {
		return "go tool jostle"
	}
	return manifest.Command
}

// addTools adds the packages of jostle's that the main modules name as tools, and what those need. They are built with the
// copies in place, and must find there what they need.
func (b *build) addTools(ctx context.Context, gomods []string) error {
	var tools []string
	for _, gomod := range gomods {
		content, err := os.ReadFile(gomod)
		if err != nil {
			return err
		}
		f, err := modfile.Parse(gomod, content, nil)
		if err != nil {
			return err
		}
		for _, t := range f.Tool {
			if strings.HasPrefix(t.Path, jostle.Module+"/") {
				tools = append(tools, t.Path)
			}
		}
	}
	if len(tools) == 0 {
		return nil
	}
	b.pinned = slices.Contains(tools, jostle.Module+"/cmd/jostle")
	need, err := b.goCmd.list(ctx, b.BuildFlags, tools)
	b.pkgs = merge(b.pkgs, need)
	return err
}
