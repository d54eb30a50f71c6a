// Package jostle carries the sources of what instrumented code calls, so that the command jostle can put them beside the
// standard library of the Go that builds the code under test (package instrument). Nobody else needs it. It is at the root
// because go:embed reaches downwards only.
package jostle

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

// A pattern takes tests as well, which Sources leaves out.
//
//go:embed perturb/*.go perturb/nativestack/*.go perturb/testhook/*.go
//go:embed internal/access/*.go
//go:embed internal/contrast/*.go
//go:embed internal/corpus/*.go
//go:embed internal/descriptor/*.go
//go:embed internal/engine/*.go internal/engine/*.s
//go:embed internal/explain/*.go internal/explain/topics.md
//go:embed internal/finding/*.go
//go:embed internal/goenv/*.go
//go:embed internal/goroutines/*.go
//go:embed internal/harness/*.go
//go:embed internal/ignore/*.go
//go:embed internal/input/*.go
//go:embed internal/libfuzzer/*.go internal/libfuzzer/*.s
//go:embed internal/literal/*.go
//go:embed internal/manifest/*.go
//go:embed internal/network/*.go
//go:embed internal/predict/*.go
//go:embed internal/program/*.go
//go:embed internal/report/*.go
//go:embed internal/schedule/*.go
//go:embed internal/search/*.go
//go:embed internal/session/*.go
//go:embed internal/stacks/*.go
//go:embed internal/strategy/*.go
//go:embed internal/trace/*.go
//go:embed internal/verdict/*.go
//go:embed internal/waitgraph/*.go
//go:embed internal/worker/*.go
var sources embed.FS

// Besides the sources, what package instrument is built from.
//
//go:embed instrument/*.go instrument/patch/*.go instrument/toolchain/*.go
//go:embed all:instrument/patch/_std
//go:embed internal/cachedir/*.go
//go:embed internal/rewrite/*.go
var rewriter embed.FS

// GoMod and GoSum are this module's own: they say which versions of others' code belong to the sources, and what is in them.
var (
	//go:embed go.mod
	GoMod []byte
	//go:embed go.sum
	GoSum []byte
)

// Module is the path of this module: import paths in the sources begin with it.
const Module = "github.com/jostle-dev/jostle"

// Sources returns the files that packages perturb, testhook and harness and what they need of this module are built from, for
// all systems, without tests, by their slash-separated names in the module.
func Sources() map[string][]byte { return read(sources) }

// Rewriter returns, in the same way, those that package instrument and what it needs of this module are built from, but for those that
// Sources returns. All of them together say how code is rewritten.
func Rewriter() map[string][]byte { return read(rewriter) }

// read returns the files but tests.
func read(files embed.FS) map[string][]byte {
	out := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		out[path.Clean(name)], err = files.ReadFile(name)
		return err
	})
	if err != nil {
		panic(err) // of files that are part of the program
	}
	return out
}
