package instrument

import (
	"context"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// Packages of the standard library are rewritten like any others, but for what instrumented code itself stands on: package
// perturb and what it imports. These are read as they are compiled; what is above them is type-checked from its sources when some of it
// is to be rewritten, and read as it is compiled with the copies in place when all of it is in the cache.

// perturbPath is what rewritten code imports.
const perturbPath = inStd + "/perturb"

// nativeStandard are the packages above perturb that are left as they are, and all below them.
var nativeStandard = strings.Join([]string{
	inStd,
	"crypto/internal",   // it runs before package runtime is set up, or checks itself
	"fmt",               // the memory that its pools give out is seen by no caller; and jostle itself uses it
	"internal/coverage", // it is part of the build's own measurements
	"internal/fuzz",     // it is part of the fuzzer
	"internal/poll",     // each of its operations is one sync point, and its waits are the engine's: see package internal/descriptor
	"internal/syscall",  // what it notes of the kernel stays as it is
	"internal/sysinfo",  // package testing needs it
	"internal/testenv",  // only the tests of a Go use it
	"internal/testlog",  // package testing needs it
	"internal/trace",    // it is part of the build's own measurements
	"os/signal",         // signals come from outside
	"plugin",            // the linker has to know it
	"regexp",            // as fmt
	"runtime",           // it is below all else
	"strings",           // as fmt: what a Replacer does once is seen by no caller
	"testing",           // it runs the executions
	"unique",            // its goroutines belong to the garbage collector
}, ",")

// nativeAlone is left as it is too, but not what is below it: what is open in the process is closed by finalizers and cleanups, which must
// run although the execution is over that has set them.
const nativeAlone = "os"

// rewritesStandard reports whether a package of the standard library is one to be rewritten.
func (b *build) rewritesStandard(p *listed) bool {
	return !b.below[p.ImportPath] && p.ImportPath != nativeAlone && !module.MatchPrefixPatterns(nativeStandard, p.ImportPath)
}

// rewriteStandard makes sure that the units of the standard library are in the cache, and says in an overlay where they are. One
// that this program cannot type-check stays as it is.
func (b *build) rewriteStandard(ctx context.Context) error {
	var units []*unit
	for _, u := range b.units {
		if u.Standard {
			units = append(units, u)
		}
	}
	if len(b.missing(units)) > 0 {
		if err := b.alone(ctx, func() error { return b.rewriteMissing(ctx, units) }); err != nil {
			return err
		}
	}
	over := overlay{}
	for _, u := range units {
		if err := u.layOver(over); err != nil {
			return err
		}
	}
	if len(over) == 0 {
		return nil
	}
	content, err := over.text()
	if err != nil {
		return err
	}
	dir, err := b.store("build", keyOf(content), map[string][]byte{overlayName: content})
	b.stdOverlay = filepath.Join(dir, overlayName)
	return err
}

// rewriteMissing rewrites those units of the standard library that are not in the cache.
func (b *build) rewriteMissing(ctx context.Context, units []*unit) error {
	missing := b.missing(units)
	if len(missing) == 0 {
		return nil // another process was quicker
	}
	b.Progress("rewriting the standard library of " + b.env["GOVERSION"] + " (once)")
	c, err := b.check(ctx, missing, true)
	if err != nil {
		return err
	}
	return c.rewrite(missing)
}

// original returns the name that a file of the tree has in the user's Go, and other names as they are.
func (b *build) original(name string) string {
	if rest, ok := strings.CutPrefix(name, b.tree+string(filepath.Separator)); ok {
		return filepath.Join(b.goroot, rest)
	}
	return name
}

// wrongWith returns the first thing that the type checker has against a unit, "" if it has nothing.
func (c *checker) wrongWith(u *unit) string {
	for _, p := range u.variants {
		if s := c.sources[p.ImportPath]; s != nil && len(s.errors) > 0 {
			return s.errors[0]
		}
	}
	return ""
}

// noteUntyped has the files of a unit of the standard library stay as they are, as this program cannot type-check them.
func (u *unit) noteUntyped(wrong string) *rewrittenPackage {
	done := &rewrittenPackage{}
	for _, name := range u.files {
		done.Files = append(done.Files, rewrittenFile{
			Name: filepath.Base(name), Native: []string{name + ": file: its package cannot be type-checked: " + wrong},
		})
	}
	return done
}
