package instrument

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/jostle-dev/jostle/internal/cachedir"
)

// A standard is the standard library as the go command compiles it. Many goroutines may use it.
type standard struct {
	fset     *token.FileSet
	listed   map[string]*exported // by import path; nil until the go command has been asked
	mu       sync.Mutex
	packages map[string]*types.Package
}

// An exported package is one that the go command has made something of.
type exported struct {
	ImportPath      string
	Export          string   // file with the export data
	CompiledGoFiles []string // those that cgo has made are absolute
	Error           *listError
}

// builtWith are packages of the standard library that instrumented tests are built from though no test imports them. They are compiled with
// those that are imported, before the build, when no other process compiles them.
var builtWith = []string{perturbPath, perturbPath + "/nativestack", perturbPath + "/testhook", "testing/internal/testdeps"}

// list has the go command compile the packages that were asked for, unless it has them.
func (s *standard) list(ctx context.Context, b *build) error {
	if s.known(b) {
		return nil
	}
	return b.alone(ctx, func() error {
		if s.known(b) { // another process was quicker
			return nil
		}
		pkgs, err := b.made(ctx, "-export", "ImportPath,Export,Error", slices.Sorted(maps.Keys(s.listed)))
		if err != nil {
			return err
		}
		files := b.exportFiles()
		for _, p := range pkgs {
			s.listed[p.ImportPath] = p
			if p.Error == nil {
				files[p.ImportPath] = p.Export
			}
		}
		b.keepExportFiles(files)
		return nil
	})
}

// known reports whether the packages that were asked for are all there since an earlier time, and notes where. The go command would take
// a tenth of a second to say so.
func (s *standard) known(b *build) bool {
	files := b.exportFiles()
	for path := range s.listed {
		file := files[path]
		if file == "" || !exists(file) { // the go command removes what was not used for some days
			return false
		}
		s.listed[path] = &exported{ImportPath: path, Export: file}
	}
	return true
}

const exportsKind = "exports"

// exportsKey is what all depends on that the go command writes to export files of the standard library.
func (b *build) exportsKey() string {
	said := []string{b.tree, b.stdOverlay, b.flags}
	for _, name := range []string{"GOCACHE", "GOEXPERIMENT", "GOOS", "GOARCH", "CGO_ENABLED"} {
		said = append(said, b.env[name])
	}
	return keyOf(fmt.Appendf(nil, "%q", append(said, b.BuildFlags...)))
}

// exportFiles returns the files with the export data of packages of the standard library that were made before, by import path.
func (b *build) exportFiles() map[string]string {
	files := map[string]string{}
	content, err := cachedir.Read(b.CacheDir, exportsKind, b.exportsKey())
	if err == nil {
		_ = json.Unmarshal(content, &files)
	}
	return files
}

// keepExportFiles keeps what exportFiles returns from now on. If it cannot be kept, the go command is asked again.
func (b *build) keepExportFiles(files map[string]string) {
	content, err := json.Marshal(files)
	if err == nil {
		_ = cachedir.Write(b.CacheDir, exportsKind, b.exportsKey(), content)
	}
}

// made has the go command make something of packages and returns what became of each. What cannot be made has an error.
func (b *build) made(ctx context.Context, flag, fields string, paths []string) ([]*exported, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	args := slices.Concat([]string{"list", "-e", "-pgo=off", flag, "-json=" + fields}, b.BuildFlags)
	if b.stdOverlay != "" {
		args = append(args, "-overlay="+b.stdOverlay)
	}
	if b.race() {
		args = append(args, RaceFlags...)
	}
	args = append(append(args, "--"), paths...)
	out, err := b.goCmd.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	return decode[exported](out)
}

// decode reads what go list prints, one value after the other.
func decode[T any](out []byte) (all []*T, err error) {
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(T)
		if err := d.Decode(p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		all = append(all, p)
	}
}

// load returns a package of the standard library.
func (s *standard) load(path string) (*types.Package, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.packages[path]; p != nil && p.Complete() {
		return p, nil
	}
	switch e := s.listed[path]; {
	case e == nil:
		return nil, fmt.Errorf("go list does not say that %s is imported here", path)
	case e.Export != "":
		return s.read(path, e.Export)
	case e.Error != nil:
		return nil, e.Error
	}
	return nil, fmt.Errorf("the go command has no export data of %s", path)
}

func (s *standard) read(path, file string) (*types.Package, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return gcexportdata.Read(r, s.fset, s.packages, path)
}

// translateCgo has the go command run cgo for the packages with cgo files. What it makes of them is type-checked in their place.
func (c *checker) translateCgo(ctx context.Context) error {
	generated := map[string]*exported{}
	for _, s := range c.order {
		if len(s.CgoFiles) > 0 {
			generated[s.path()] = nil
		}
	}
	pkgs, err := c.made(ctx, "-compiled", "ImportPath,CompiledGoFiles,Error", slices.Sorted(maps.Keys(generated)))
	if err != nil {
		return err
	}
	for _, p := range pkgs {
		generated[p.ImportPath] = p
	}
	for _, s := range c.order {
		if g := generated[s.path()]; g != nil {
			s.addGenerated(g)
		}
	}
	return nil
}

func (s *source) addGenerated(g *exported) {
	if g.Error != nil {
		s.noCgo = true
		s.wrong(strings.TrimSpace(g.Error.Error()))
	}
	for _, name := range g.CompiledGoFiles {
		// Files of other languages are there too. In the build cache names have no extension.
		if ext := filepath.Ext(name); filepath.IsAbs(name) && (ext == "" || ext == ".go") {
			s.names = append(s.names, name)
		}
	}
}
