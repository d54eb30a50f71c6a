// Package patch changes the few functions of the standard library that rewriting cannot change: those of package runtime,
// and those that other packages reach below it. It changes copies, for a tree (package toolchain), and never a Go itself.
//
// A change is an edit of one line. It is anchored on the syntax tree: on a function and on what stands in it. What edits call
// is in files of their own (_std). Changes that need each other are a group. A group whose anchors are not all there, as in a
// Go that jostle does not know yet, is refused as a whole: then that Go does what it always did, and the caller says so.
package patch

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A group is a set of changes that make sense together only.
type group struct {
	name  string
	loss  string // what is so without it, as a sentence
	edits []edit
	files []string // that are added, by their names below _std
	// late is set if its packages are not to be compiled before all else only to see whether the changes compile: large ones, which are
	// type-checked when they are rewritten, and those in which nothing is changed.
	late bool
	or   *group // edits and files for a Go that does not have the files to be edited; nil if there is no such Go
}

// variants returns the edits and files of g for different Gos.
func (g *group) variants() []*group {
	if g.or == nil {
		return []*group{g}
	}
	return []*group{g, g.or}
}

// in returns the edits and files of g for the Go at root.
func (g *group) in(root string) *group {
	if g.or != nil && slices.ContainsFunc(g.edits, func(e edit) bool { return !exists(root, path.Join("src", e.file)) }) {
		return g.or
	}
	return g
}

func (g *group) packages() (paths []string) {
	for _, v := range g.variants() {
		for _, e := range v.edits {
			paths = append(paths, path.Dir(e.file))
		}
	}
	return paths
}

// groups has one of each file of this package that has a table.
var groups = []group{randomness, adoption, clocks, bubbles, names, accesses, network, descriptors, serial, gates, fuzzer, callers, httpConnections, httpStreams, sqlConnections, pipes, embedding}

// A Refusal says that a group does not apply to a Go.
type Refusal struct {
	Group string // its name
	Why   string // the place and what is not as expected
	Loss  string // what that means for tests, as a sentence
}

func (r Refusal) String() string {
	return fmt.Sprintf("the standard library of this Go is not as expected (%s): %s", r.Why, r.Loss)
}

// Groups returns the names of all groups.
func Groups() (names []string) {
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

//go:embed all:_std
var added embed.FS

// Apply returns the files that stand for those of the Go at root, or are added to it, by their slash-separated paths below root. A
// group that does not apply is left out and returned as a refusal; so is one for which wrong says why it is not wanted, by its name.
// The error is that of reading a file that is there.
func Apply(root string, wrong map[string]string) (map[string][]byte, []Refusal, error) {
	files := map[string][]byte{}
	var refused []Refusal
	for _, g := range groups {
		var changed map[string][]byte
		why, err := wrong[g.name], error(nil)
		if why == "" {
			changed, why, err = g.in(root).apply(root, files)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("change the standard library: %w", err)
		}
		if why != "" {
			refused = append(refused, Refusal{g.name, why, g.loss})
			continue
		}
		maps.Copy(files, changed)
	}
	return files, refused, nil
}

// apply returns what g makes of the files of a Go and of those that were changed already. Why is "" if it applies.
func (g *group) apply(root string, before map[string][]byte) (changed map[string][]byte, why string, err error) {
	changed = map[string][]byte{}
	edits := map[string][]edit{}
	for _, e := range g.edits {
		edits[e.file] = append(edits[e.file], e)
	}
	for _, file := range slices.Sorted(maps.Keys(edits)) {
		name := path.Join("src", file)
		src, done := before[name]
		if !done {
			src, err = os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			switch {
			case os.IsNotExist(err):
				return nil, file + " is not there", nil
			case err != nil:
				return nil, "", err
			}
		}
		if changed[name], err = apply(file, src, edits[file]); err != nil {
			return nil, err.Error(), nil
		}
	}
	for _, name := range g.files {
		content, err := fs.ReadFile(added, path.Join("_std", name))
		if err != nil {
			return nil, "", err
		}
		if name = path.Join("src", name); exists(root, name) {
			return nil, name + " is there already", nil
		}
		changed[name] = []byte(strings.ReplaceAll(string(content), "{{goroot}}", filepath.ToSlash(root)))
	}
	return changed, "", nil
}

// Sum returns a hash of all of the Go at root that decides what Apply returns.
func Sum(root string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, root)
	read := map[string]bool{}
	for _, g := range variants() {
		for _, e := range g.edits {
			if read[e.file] {
				continue
			}
			read[e.file] = true
			content, err := os.ReadFile(filepath.Join(root, "src", filepath.FromSlash(e.file)))
			if err != nil && !os.IsNotExist(err) {
				return "", err
			}
			fmt.Fprintln(h, e.file, err == nil, len(content))
			h.Write(content)
		}
		for _, name := range g.files {
			fmt.Fprintln(h, name, exists(root, path.Join("src", name)))
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// variants returns those of all groups.
func variants() (all []*group) {
	for _, g := range groups {
		all = append(all, g.variants()...)
	}
	return all
}

func exists(root, name string) bool {
	_, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil
}

// Early returns the import paths of the packages that are to be compiled before anything else, to see whether what groups change in
// them does, sorted.
func Early() (paths []string) {
	for _, g := range groups {
		if !g.late {
			paths = append(paths, g.packages()...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Late returns the names of the groups that change a package which is type-checked when it is rewritten, and not compiled before.
func Late(path string) (names []string) {
	for _, g := range groups {
		if g.late && slices.Contains(g.packages(), path) {
			names = append(names, g.name)
		}
	}
	return names
}
