package instrument

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle"
)

// What instrumented code calls lies in the place of packages of the standard library, so that no go.mod has to say anything
// of it.
const (
	inStd      = "jostle"                        // what this module is called there
	thirdParty = inStd + "/internal/third_party" // below it is what others have written, under its own path
)

// beside returns the path in the standard library of a package of this module. The one that harness forwards to may not be below a
// folder internal there: tests import it, too.
func beside(rel string) string {
	if rel == forwardedTo {
		rel = path.Base(rel)
	}
	return inStd + "/" + rel
}

// runtimeFiles returns the files to add to a GOROOT, by their slash-separated paths in it: the runtime's own and those of
// others that it needs.
func (c *Config) runtimeFiles(ctx context.Context) (map[string][]byte, error) {
	files := map[string][]byte{}
	needed := map[string]bool{} // import paths of others' packages
	for name, content := range jostle.Sources() {
		if err := addRuntime(files, path.Join(beside(path.Dir(name)), path.Base(name)), content, needed); err != nil {
			return nil, err
		}
	}
	for len(needed) > 0 {
		more := map[string]bool{}
		for importPath := range needed {
			sources, err := c.thirdParty(ctx, importPath)
			if err != nil {
				return nil, err
			}
			for name, content := range sources {
				if err := addRuntime(files, path.Join(thirdParty, importPath, name), content, more); err != nil {
					return nil, err
				}
			}
		}
		needed = more
	}
	return files, nil
}

// addRuntime adds a file of a package in the place of one of the standard library, and notes what it imports of others.
func addRuntime(files map[string][]byte, name string, content []byte, needed map[string]bool) error {
	name = path.Join("src", name)
	if !strings.HasSuffix(name, ".go") {
		files[name] = content
		return nil
	}
	moved, err := moveImports(name, content, func(importPath string) string {
		if rest, ok := strings.CutPrefix(importPath, jostle.Module+"/"); ok {
			return beside(rest)
		}
		if first, _, _ := strings.Cut(importPath, "/"); !strings.Contains(first, ".") {
			return importPath
		}
		needed[importPath] = true
		return path.Join(thirdParty, importPath)
	})
	files[name] = moved
	return err
}

// moveImports returns the text of a Go file with other import paths, line for line the same.
func moveImports(name string, src []byte, to func(importPath string) string) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("read the imports of a file of jostle's own: %w", err)
	}
	var out bytes.Buffer
	last := 0
	slices.SortFunc(f.Imports, func(a, b *ast.ImportSpec) int { return int(a.Path.Pos() - b.Path.Pos()) })
	for _, i := range f.Imports {
		importPath, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		from, end := fset.Position(i.Path.Pos()).Offset, fset.Position(i.Path.End()).Offset
		out.Write(src[last:from])
		if i.Name == nil && path.Base(importPath) != path.Base(to(importPath)) {
			return nil, fmt.Errorf("%s: the import of %s would have another name", name, importPath)
		}
		out.WriteString(strconv.Quote(to(importPath)))
		last = end
	}
	out.Write(src[last:])
	return out.Bytes(), nil
}
