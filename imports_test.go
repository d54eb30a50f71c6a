package jostle_test

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle"
)

// needs are all packages outside of the standard library that a package may be built from, for those that are compiled into each test
// binary or must know nothing of what runs.
var needs = map[string][]string{
	"internal/access":     nil,
	"internal/stacks":     nil,
	"internal/trace":      nil,
	"internal/waitgraph":  nil, // it is about numbers
	"internal/contrast":   {"internal/trace"},
	"internal/program":    {"internal/stacks", "internal/trace"},
	"internal/goroutines": {"internal/program", "internal/stacks", "internal/trace"},
	"internal/verdict":    {"internal/goroutines", "internal/program", "internal/stacks", "internal/trace", "internal/waitgraph"},
	"internal/engine":     {"internal/access", "internal/program", "internal/stacks", "internal/trace"},
}

// neverImport has, by package, which others it does not import itself; ... stands for all packages, and for all below a folder.
var neverImport = []struct {
	of   string
	what []string
}{
	{"internal/report", []string{"internal/engine", "internal/worker", "internal/campaign", "internal/search", "internal/strategy"}},
	{"internal/page", []string{"internal/engine", "internal/worker", "internal/campaign"}},
	{"internal/worker", []string{"internal/campaign", "instrument/..."}},
	{"internal/campaign", []string{"internal/worker", "instrument/..."}},
	{"perturb/...", []string{"internal/verdict", "internal/report", "internal/strategy", "internal/search"}},
	{"...", []string{"cmd/..."}},
}

// What each package knows of the others, as docs/architecture.md has it.
func TestImports(t *testing.T) {
	type known struct{ imports, all []string }
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}\t{{join .Imports \" \"}}\t{{join .Deps \" \"}}", "./...").Output()
	require.NoError(t, err)
	inModule := func(path string) string { return strings.TrimPrefix(path, jostle.Module+"/") }
	packages := map[string]known{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, f, 3)
		names := func(s string) (out []string) {
			for _, p := range strings.Fields(s) {
				if strings.Contains(p, ".") && !strings.HasPrefix(p, "vendor/") {
					out = append(out, inModule(p))
				}
			}
			return out
		}
		packages[inModule(f[0])] = known{names(f[1]), names(f[2])}
	}
	for name, may := range needs {
		require.Contains(t, packages, name)
		assert.Subset(t, append(may, ""), append(packages[name].all, ""), "%s is built from more than it may be", name)
	}
	for _, rule := range neverImport {
		of := slices.DeleteFunc(slices.Sorted(maps.Keys(packages)), func(p string) bool { return !isIn(p, rule.of) })
		assert.NotEmpty(t, of, rule.of)
		for _, p := range of {
			for _, i := range packages[p].imports {
				assert.False(t, slices.ContainsFunc(rule.what, func(w string) bool { return isIn(i, w) }), "%s imports %s", p, i)
			}
		}
	}
}

// tooLarge are packages of the standard library that an execution must not stand on. What it stands on cannot be rewritten: these have
// operations that goroutines wait for, or import packages that do. To put words together is for what looks at an execution afterwards.
var tooLarge = []string{
	"bufio", "bytes", "fmt", "hash/...", "internal/poll", "io/...", "os/...", "path/...", "regexp/...", "runtime/debug", "strings",
}

// What runs in an execution is small, so that all that programs wait for in the standard library can be rewritten.
func TestCone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./perturb").Output()
	require.NoError(t, err)
	for _, p := range strings.Fields(string(out)) {
		assert.False(t, slices.ContainsFunc(tooLarge, func(w string) bool { return isIn(p, w) }), "package perturb stands on %s", p)
	}
}

// isIn reports whether a package is one of a pattern of neverImport.
func isIn(name, pattern string) bool {
	folder, below := strings.CutSuffix(pattern, "...")
	return name == strings.TrimSuffix(folder, "/") || below && strings.HasPrefix(name, folder)
}
