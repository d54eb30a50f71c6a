package patch

import (
	"os"
	"path/filepath"
	"slices"
)

// An elsewhere is a package outside of the standard library whose source is that of one in it, and which is changed as that one is.
type elsewhere struct {
	as    *group   // without which there is not what the edits call
	edits [][]edit // for different versions, of files by their names in the package
}

// That a handler runs is not noted: a connection of package h2c is hijacked, and Server.Shutdown does not wait for it.
var packages = map[string]elsewhere{
	"golang.org/x/net/http2": {&httpStreams, [][]edit{
		streams("", "transport.go", "server.go", "internalRoundTrip", ""),
		streams("", "transport.go", "server.go", "roundTrip", ""),
	}},
}

// Package returns the files of a package outside of the standard library that are changed, by their names in its directory. There are
// none if it is no such package, if the changes do not apply to its version, or if what they need of a Go was refused.
func Package(path, dir string, refused []Refusal) (map[string][]byte, error) {
	p, ok := packages[path]
	if !ok || slices.ContainsFunc(refused, func(r Refusal) bool {
		return r.Group == p.as.name || r.Group == network.name
	}) {
		return nil, nil
	}
	for _, edits := range p.edits {
		if files, err := applyIn(dir, edits); files != nil || err != nil {
			return files, err
		}
	}
	return nil, nil
}

// applyIn returns the files of a directory with edits; none if these do not apply.
func applyIn(dir string, edits []edit) (map[string][]byte, error) {
	files, of := map[string][]byte{}, map[string][]edit{}
	for _, e := range edits {
		of[e.file] = append(of[e.file], e)
	}
	for file, edits := range of {
		src, err := os.ReadFile(filepath.Join(dir, file))
		switch {
		case os.IsNotExist(err):
			return nil, nil
		case err != nil:
			return nil, err
		}
		if files[file], err = apply(file, src, edits); err != nil {
			return nil, nil // which says where the version is another one
		}
	}
	return files, nil
}
