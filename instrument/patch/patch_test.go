package patch

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goroot returns the root of the Go that the test runs on.
func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

func TestApplyHere(t *testing.T) {
	root := goroot(t)
	files, refused, err := Apply(root, nil)
	require.NoError(t, err)
	require.Empty(t, refused, "every group applies to each Go that jostle is for")
	for name, content := range files {
		_, err := parser.ParseFile(token.NewFileSet(), name, content, parser.SkipObjectResolution)
		require.NoError(t, err, name)
		original, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, bytes.Count(original, []byte("\n")), bytes.Count(content, []byte("\n")), "%s: lines stay where they are", name)
	}
}

// other makes a Go of which one file is not as expected.
func other(t *testing.T, name string, change func(string) string) string {
	t.Helper()
	real, root := goroot(t), t.TempDir()
	for _, p := range changed() {
		from := filepath.Join(real, "src", filepath.FromSlash(p))
		to := filepath.Join(root, "src", filepath.FromSlash(p))
		require.NoError(t, os.MkdirAll(to, 0o755))
		for _, g := range groups {
			for _, e := range g.in(real).edits {
				if filepath.Dir(filepath.FromSlash(e.file)) != filepath.FromSlash(p) {
					continue
				}
				base := filepath.Base(filepath.FromSlash(e.file))
				content, err := os.ReadFile(filepath.Join(from, base))
				require.NoError(t, err)
				if e.file == name {
					content = []byte(change(string(content)))
				}
				require.NoError(t, os.WriteFile(filepath.Join(to, base), content, 0o644))
			}
		}
	}
	return root
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, file string
		change     func(string) string
		why        string
	}{
		{"gone", "runtime/select.go", func(s string) string { return strings.ReplaceAll(s, "func selectgo(", "func selectGo(") }, "runtime/select.go has no selectgo"},
		{"twice", "runtime/rand.go", func(s string) string {
			return strings.Replace(s, "globalRand.state.Init(*seed)", "globalRand.state.Init(*seed); globalRand.state.Init(*seed)", 1)
		}, `randinit of runtime/rand.go has "globalRand.state.Init(*seed)" 2 times and not 1 times`},
		{"other words", "runtime/extern.go", func(s string) string { return strings.ReplaceAll(s, "return defaultGOROOT", "return theGOROOT") },
			`GOROOT of runtime/extern.go has "return defaultGOROOT" 0 times and not 1 times`},
		{"no Go", "os/tempfile.go", func(string) string { return "package" }, "os/tempfile.go:1:8: expected 'IDENT', found 'EOF'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, refused, err := Apply(other(t, c.file, c.change), nil)
			require.NoError(t, err)
			var whys, lost []string
			for _, r := range refused {
				whys = append(whys, r.Why)
				for _, g := range groups {
					if g.name == r.Group {
						lost = append(lost, g.files...)
					}
				}
			}
			require.Contains(t, whys, c.why)
			assert.Less(t, len(refused), len(groups), "the others apply")
			for _, name := range lost {
				assert.NotContains(t, files, "src/"+name, "what only a refused group needs")
			}
		})
	}
}

// A Go that does not have the files of a group may have what is in them elsewhere.
func TestElsewhere(t *testing.T) {
	g := group{edits: []edit{{file: "a/a.go"}}, or: &group{edits: []edit{{file: "b/b.go"}}}}
	for _, have := range []string{"a/a.go", "b/b.go"} {
		root := t.TempDir()
		name := filepath.Join(root, "src", filepath.FromSlash(have))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, nil, 0o644))
		assert.Equal(t, have, g.in(root).edits[0].file)
	}
	assert.Equal(t, []string{"a", "b"}, g.packages())
}

// changed returns the packages that any group changes.
func changed() (paths []string) {
	for _, g := range groups {
		paths = append(paths, g.packages()...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// What is type-checked later needs no compiler before.
func TestLate(t *testing.T) {
	assert.Equal(t, []string{httpConnections.name, httpStreams.name}, Late("net/http"))
	assert.Empty(t, Late("net"))
	assert.NotContains(t, Early(), "net/http")
	assert.Contains(t, Early(), "net")
}

// A file that an earlier group has changed and that a later one is refused for keeps what the earlier has made of it.
func TestRefusedAfterAnother(t *testing.T) {
	root := other(t, "runtime/select.go", func(s string) string { return strings.ReplaceAll(s, "getg().bubble != cas.c.bubble", "false") })
	files, refused, err := Apply(root, nil)
	require.NoError(t, err)
	require.Len(t, refused, 1)
	assert.Equal(t, "adoption", refused[0].Group)
	assert.Contains(t, string(files["src/runtime/select.go"]), "jostleRandn")
	assert.NotContains(t, string(files["src/runtime/select.go"]), "jostleAdopt")
	assert.NotContains(t, files, "src/runtime/chan.go")
}

func TestUnwanted(t *testing.T) {
	files, refused, err := Apply(goroot(t), map[string]string{"adoption": "it does not compile"})
	require.NoError(t, err)
	require.Len(t, refused, 1)
	assert.Equal(t, "adoption", refused[0].Group)
	assert.Equal(t, "it does not compile", refused[0].Why)
	assert.NotContains(t, files, "src/runtime/jostle_adopt.go")
	assert.Contains(t, files, "src/runtime/jostle_names.go")
}

func TestEdit(t *testing.T) {
	const src = "package p\n\ntype s struct {\n\ta int\n}\n\nfunc (x *s) m() {\n\tif x.a == 1 &&\n\t\tx.a != // why\n\t\t\t2 {\n\t\tx.a++\n\t}\n}\n"
	for _, c := range []struct {
		name string
		edit edit
		want string
	}{
		{"the beginning of a method", edit{in: "s.m", put: " f(); "}, strings.Replace(src, "m() {", "m() { f(); ", 1)},
		{"the beginning of a struct", edit{in: "s", put: " b int; "}, strings.Replace(src, "struct {", "struct { b int; ", 1)},
		{"a statement", edit{in: "s.m", find: "x.a ++", put: "g()"}, strings.Replace(src, "x.a++", "g()", 1)},
		{"an expression on several lines", edit{in: "s.m", find: "x.a == 1 && x.a != 2", put: "true"}, strings.Replace(src, "x.a == 1 &&\n\t\tx.a != // why\n\t\t\t2", "true\n\n", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.edit.file = "p.go"
			got, err := apply(c.edit.file, []byte(src), []edit{c.edit})
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

// What Apply returns can be kept under the sum of what it reads: another text of a file is another sum, and so is a file in the way of one
// that is added.
func TestSum(t *testing.T) {
	sum := func(root string) string {
		s, err := Sum(root)
		require.NoError(t, err)
		return s
	}
	same := func(src string) string { return src }
	root := other(t, "runtime/chan.go", same)
	first := sum(root)
	assert.Equal(t, first, sum(root))
	name := filepath.Join(root, "src/runtime/chan.go")
	src, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.Remove(name))
	without := sum(root)
	assert.NotEqual(t, first, without)
	require.NoError(t, os.WriteFile(name, append(src, '\n'), 0o644))
	edited := sum(root)
	assert.NotContains(t, []string{first, without}, edited)
	require.NoError(t, os.WriteFile(filepath.Join(root, "src", adoption.files[0]), nil, 0o644))
	assert.NotEqual(t, edited, sum(root))
}
