package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A plan is what a tree is to have.
type plan struct {
	root    string           // of the Go
	entries map[string]entry // by path
	paths   []string         // sorted, so that a directory comes before what is in it
	own     map[string][]byte
	links   bool   // directories are links, where they can be
	key     string // of all this
}

// layout is part of each key. It changes with what this package makes of the same Go and the same files.
const layout = "2"

// ours is the time of all files that are not of the Go. It depends on nothing, so that what is there can be compared.
const ours = 1_000_000_000

// newPlan returns what a tree of g with files has. Links says whether directories can be links.
func newPlan(g Go, files map[string][]byte, links bool) (*plan, error) {
	p := &plan{root: filepath.Clean(g.Root), entries: map[string]entry{}, own: map[string][]byte{}, links: links}
	maps.Copy(p.own, files)
	p.own[note] = []byte(p.root + "\n")
	inside := p.inside()
	found, err := scan(p.root, func(root, path string, d fs.DirEntry) (entry, bool, error) {
		return choose(root, path, d, links, inside[path])
	})
	if err != nil {
		return nil, fmt.Errorf("read GOROOT: %w", err)
	}
	for _, e := range found {
		p.entries[e.path] = e
	}
	if err := p.add(inside); err != nil {
		return nil, err
	}
	p.paths = slices.Sorted(maps.Keys(p.entries))
	p.key = p.hash(g)
	return p, nil
}

// in returns where the tree itself is in the directory dir that is made for it. Its path ends in that of the Go, so that the
// name which a file has in the Go is the end of the name that it has in the tree.
func (p *plan) in(dir string) string {
	return filepath.Join(dir, p.root[len(filepath.VolumeName(p.root)):])
}

// inside returns the directories in which files of ours lie, at any depth.
func (p *plan) inside() map[string]bool {
	dirs := map[string]bool{}
	for name := range p.own {
		for dir := path.Dir(name); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
	}
	return dirs
}

// choose says what a tree has for something of the Go; inside, that files of ours are to be below it.
func choose(root, path string, d fs.DirEntry, links, inside bool) (entry, bool, error) {
	info, err := d.Info()
	linked := d.Type()&fs.ModeSymlink != 0
	if linked { // a distribution may have parts of its GOROOT elsewhere
		info, err = os.Stat(native(root, path))
	}
	switch {
	case linked && err != nil: // it leads nowhere, as the lock files of some editors do
		return entry{path: path, kind: link, target: native(root, path)}, links, nil
	case err != nil:
		return entry{}, false, err
	case info.Mode().IsRegular():
		return regular(path, info), true, nil
	case info.IsDir() && (inside || links && copied(path, linked) || !links && needed(path, linked)):
		return entry{path: path, kind: directory}, true, nil
	default:
		return entry{path: path, kind: link, target: native(root, path)}, links, nil
	}
}

// copied says whether a directory is made anew, and does not become a link. A walk over the packages of the standard
// library does not follow links, neither the Go's own nor ours.
func copied(path string, linked bool) bool {
	return path == "src" || !linked && strings.HasPrefix(path, "src/") && path != "src/cmd" && !strings.HasPrefix(path, "src/cmd/")
}

// needed says whether a directory is copied where there are no links: all that the go command or what it runs may look at.
func needed(path string, linked bool) bool {
	top, _, below := strings.Cut(path, "/")
	return slices.Contains([]string{"bin", "lib", "pkg", "src"}, top) && !(linked && below)
}

// add puts our own files, and the directories in which they lie, among the entries.
func (p *plan) add(inside map[string]bool) error {
	for dir := range inside {
		if e, there := p.entries[dir]; there && e.kind != directory {
			return fmt.Errorf("%s is not a directory there, but one of jostle's", dir)
		}
		p.entries[dir] = entry{path: dir, kind: directory}
	}
	for name, content := range p.own {
		if e, there := p.entries[name]; there && e.kind != file {
			return fmt.Errorf("%s is not a file there, but one of jostle's", name)
		}
		p.entries[name] = entry{path: name, kind: file, size: int64(len(content)), mtime: ours}
	}
	return nil
}

// hash returns the plan's key. What is copied of the Go is in it by size and time, so that a Go that was replaced or edited
// where it is becomes another tree; what is linked need not be.
func (p *plan) hash(g Go) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", layout, g.Version, p.root)
	var line []byte
	for _, path := range p.paths {
		e := p.entries[path]
		line = strconv.AppendQuote(line[:0], e.path)
		line = append(line, byte('0'+e.kind))
		line = strconv.AppendQuote(line, e.target)
		line = strconv.AppendInt(line, e.size, 10)
		line = append(line, ' ')
		line = strconv.AppendInt(line, e.exact, 10)
		h.Write(append(line, '\n'))
		if content, own := p.own[e.path]; own {
			h.Write(content)
		}
	}
	version, _, _ := strings.Cut(g.Version, " ")
	return filepath.Base(version) + "-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// differs returns nil if the tree in dir has what the plan says, and else what is not so.
func (p *plan) differs(dir string) error {
	dir = p.in(dir)
	if info, err := os.Lstat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return errors.New("it is not a directory")
	}
	there, err := scan(dir, asIs)
	if err != nil {
		return err
	}
	for _, e := range there {
		if !p.entries[e.path].like(e) {
			return p.difference(there)
		}
	}
	if len(there) < len(p.entries) {
		return p.difference(there)
	}
	return nil
}

// difference says which is the first that differs in what was found. Something does.
func (p *plan) difference(there []entry) error {
	found := map[string]entry{}
	for _, e := range there {
		found[e.path] = e
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if _, belongs := p.entries[path]; !belongs {
			return fmt.Errorf("%s does not belong there", path)
		}
	}
	for _, path := range p.paths {
		switch e, there := found[path]; {
		case !there:
			return fmt.Errorf("%s is missing", path)
		case !e.like(p.entries[path]):
			return fmt.Errorf("%s was changed", path)
		}
	}
	return nil
}
