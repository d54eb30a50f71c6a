package instrument

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// modules are the units that lie in the module cache, by the path of their module.
type modules map[string][]*unit

func (m modules) add(u *unit) { m[u.Module.Path] = append(m[u.Module.Path], u) }

// modfile returns the main module's go.mod with each of the modules replaced by its copy.
func (b *build) modfile(m modules) ([]byte, error) {
	name := b.env["GOMOD"]
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse(name, content, nil)
	if err != nil {
		return nil, err
	}
	var paths []string
	for p := range m {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		dir, err := b.copyModule(m[p])
		if err != nil {
			return nil, err
		}
		// A replacement of the user's own for this module is what was copied.
		for _, r := range slices.Clone(f.Replace) {
			if r.Old.Path == p {
				if err := f.DropReplace(p, r.Old.Version); err != nil {
					return nil, err
				}
			}
		}
		if err := f.AddReplace(p, "", dir, ""); err != nil {
			return nil, err
		}
	}
	f.Cleanup()
	return f.Format()
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
		return dir, nil
	}
	files := map[string][]byte{"go.mod": []byte("module " + mod.Path + "\n")}
	if content, err := os.ReadFile(mod.GoMod); err == nil {
		files["go.mod"] = content
	}
	for _, u := range units {
		if err := addPackage(files, mod.Dir, u.listed, u.done); err != nil {
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
		if err := addPackage(files, mod.Dir, p, nil); err != nil {
			return "", err
		}
	}
	return b.store("module", key, files)
}

func exists(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// addPackage adds everything in a package's directory, and what it embeds from below. done may be nil.
func addPackage(files map[string][]byte, root string, p *listed, done *rewrittenPackage) error {
	rel, err := filepath.Rel(root, p.Dir)
	if err != nil {
		return err
	}
	copies := map[string]string{}
	if done != nil {
		for _, f := range done.Files {
			if f.Copy != "" {
				copies[f.Name] = filepath.Join(done.dir, f.Copy)
			}
		}
	}
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		return err
	}
	names := slices.Clone(p.EmbedFiles)
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != "go.mod" && e.Name() != "go.sum" {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		from := copies[name]
		if from == "" {
			from = filepath.Join(p.Dir, name)
		}
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(filepath.Join(rel, name))] = content
	}
	return nil
}

// tools returns the packages of jostle's that are tools of the module. They are built in the module with the copies in
// place, and must find there what they need. A module that does not know jostle at all is an error.
func (c *Config) tools(gomod string) ([]string, error) {
	content, err := os.ReadFile(gomod)
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseLax(gomod, content, nil)
	if err != nil {
		return nil, err
	}
	required := f.Module != nil && f.Module.Mod.Path == jostle
	for _, r := range f.Require {
		required = required || r.Mod.Path == jostle
	}
	if !required {
		return nil, fmt.Errorf("%s does not require jostle, which instrumented code calls. Add it: go get -tool %s/cmd/jostle", gomod, jostle)
	}
	var out []string
	for _, t := range f.Tool {
		if strings.HasPrefix(t.Path, jostle+"/") {
			out = append(out, t.Path)
		}
	}
	return out, nil
}
