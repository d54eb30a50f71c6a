package instrument_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/jostle-dev/jostle/instrument"
)

// A prepared module has the files of an archive.
type preparedModule struct {
	*testing.T
	dir    string
	config instrument.Config
}

// newPrepared makes a module check.example of files.
func newPrepared(t *testing.T, files string) *preparedModule {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.mod"), "module check.example\n\ngo 1.25.0\n\nrequire golang.org/x/sync v0.22.0\n")
	sum, err := os.ReadFile("../go.sum")
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.sum"), string(sum))
	for _, f := range txtar.Parse([]byte(files)).Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	return &preparedModule{T: t, dir: dir, config: instrument.Config{
		Dir: dir, Patterns: []string{"./..."}, Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir),
	}}
}

func (m *preparedModule) prepare(patterns ...string) *instrument.Result {
	m.Helper()
	c := m.config
	if len(patterns) > 0 {
		c.Patterns = patterns
	}
	res, err := instrument.Prepare(m.Context(), c)
	require.NoError(m, err)
	return res
}

// test runs tests as they are instrumented.
func (m *preparedModule) test(res *instrument.Result, patterns ...string) {
	m.Helper()
	cmd := exec.Command(res.Go, append([]string{"test", "-vet=off"}, patterns...)...)
	cmd.Dir, cmd.Env = m.dir, append(res.Environ(), "PWD="+m.dir)
	out, err := cmd.CombinedOutput()
	assert.NoError(m, err, "%s", out)
}

// texts returns why packages do not build, by import path below the module.
func texts(m *preparedModule, res *instrument.Result) map[string]string {
	out := map[string]string{}
	for _, b := range res.Broken {
		out[strings.TrimPrefix(b.ImportPath, "check.example/")] = strings.ReplaceAll(b.Text, m.dir+string(filepath.Separator), "")
	}
	return out
}

// To be instrumented, packages are not compiled as they are: neither what is rewritten nor what that imports.
func TestNothingIsCompiled(t *testing.T) {
	const files = `
-- p/p.go --
package p

import "check.example/lib"

func F() { lib.F() }
-- p/p_test.go --
package p

import (
	"testing"

	"check.example/excluded"
)

func Test(t *testing.T) { F(); excluded.F() }
-- p/x_test.go --
package p_test

import (
	"testing"

	"check.example/p"
)

func TestX(t *testing.T) { p.F() }
-- lib/lib.go --
package lib

import "golang.org/x/sync/errgroup"

func F() { new(errgroup.Group).Wait() }
-- excluded/excluded.go --
package excluded

func F() {}
`
	m := newPrepared(t, strings.ReplaceAll(files, "func F()", "// Now "+strconv.FormatInt(time.Now().UnixNano(), 10)+" this was never compiled.\nfunc F()"))
	m.config.Exclude = []string{"check.example/excluded"}
	res := m.prepare("./p")
	require.NoError(t, res.Err())
	cmd := exec.Command("go", "list", "-test", "-f", "{{if .Stale}}not compiled: {{end}}{{.ImportPath}}", "./p", "./lib", "./excluded")
	cmd.Dir, cmd.Env = m.dir, m.config.Env
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(string(out)), "\n"), 6)
	for line := range strings.Lines(string(out)) {
		assert.True(t, strings.HasPrefix(line, "not compiled: "), line)
	}
	m.test(res, "./p")
}

// What the type checker objects to breaks the tests that are built from it, and no others. Each says what is nearest to the reason.
func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		files    string
		patterns []string // ./... if nil
		exclude  []string
		broken   map[string]string
		fine     []string
	}{
		"a package, what needs it, and what does not": {
			files: `
-- lib/lib.go --
package lib

func F() int { x := 1; return "x" }
-- needs/needs.go --
package needs

import "check.example/lib"

var X string = lib.F()
-- needs/needs_test.go --
package needs
-- fine/fine_test.go --
package fine
`,
			broken: map[string]string{
				"lib":   "lib/lib.go:3:31: cannot use \"x\" (untyped string constant) as int value in return statement\nlib/lib.go:3:16: declared and not used: x",
				"needs": "lib/lib.go:3:31: cannot use \"x\" (untyped string constant) as int value in return statement\nlib/lib.go:3:16: declared and not used: x",
			},
			fine: []string{"./fine"},
		},
		"two that are needed": {
			files: `
-- lib1/lib.go --
package lib1

var F int = "1"
-- lib2/lib.go --
package lib2

var F int = "2"
-- needs/needs_test.go --
package needs

import (
	_ "check.example/lib1"
	_ "check.example/lib2"
)
-- fine/fine_test.go --
package fine
`,
			patterns: []string{"./needs", "./fine"},
			broken:   map[string]string{"needs": `lib1/lib.go:3:13: cannot use "1" (untyped string constant) as int value in variable declaration`},
			fine:     []string{"./fine"},
		},
		"tests of a package do not break what imports it": {
			files: `
-- lib/lib.go --
package lib

func F() {}
-- lib/lib_test.go --
package lib

var x int = ""
-- xlib/lib.go --
package xlib

func F() {}
-- xlib/lib_test.go --
package xlib_test

var x int = ""
-- needs/needs_test.go --
package needs

import (
	"testing"

	"check.example/lib"
	"check.example/xlib"
)

func Test(*testing.T) { lib.F(); xlib.F() }
`,
			broken: map[string]string{
				"lib":  `lib/lib_test.go:3:13: cannot use "" (untyped string constant) as int value in variable declaration`,
				"xlib": `xlib/lib_test.go:3:13: cannot use "" (untyped string constant) as int value in variable declaration`,
			},
			fine: []string{"./needs"},
		},
		"a package that its tests complete": {
			files: `
-- lib/lib.go --
package lib

func F() int { return helper() }
-- lib/lib_test.go --
package lib

import "testing"

func helper() int { return 1 }

func Test(*testing.T) { F() }
-- needs/needs_test.go --
package needs

import (
	"testing"

	"check.example/lib"
)

func Test(*testing.T) { lib.F() }
`,
			broken: map[string]string{"needs": "lib/lib.go:3:23: undefined: helper"},
			fine:   []string{"./lib"},
		},
		"a package that the tests of another complete": {
			files: `
-- lib/lib.go --
package lib
-- lib/export_test.go --
package lib

var C = make(chan int, 1)
-- lib/lib_test.go --
package lib_test

import (
	"testing"

	"check.example/lib/helper"
)

func Test(*testing.T) { helper.F() }
-- lib/helper/helper.go --
package helper

import "check.example/lib"

func F() { lib.C <- 1; <-lib.C }
`,
			broken: map[string]string{"lib/helper": "lib/helper/helper.go:5:16: undefined: lib.C\nlib/helper/helper.go:5:30: undefined: lib.C"},
			fine:   []string{"./lib"},
		},
		"a cycle of imports": {
			files: `
-- a/a.go --
package a

import _ "check.example/b"
-- b/b.go --
package b

import _ "check.example/a"
-- needs/needs_test.go --
package needs

import _ "check.example/a"
-- fine/fine_test.go --
package fine
`,
			patterns: []string{"./needs", "./fine"},
			broken:   map[string]string{"needs": "import cycle not allowed"},
			fine:     []string{"./fine"},
		},
		"the language of a module": {
			files: `
-- lib/lib.go --
//go:build go1.21

package lib

func F() (n int) { for i := range 3 { n += i }; return n }
`,
			broken: map[string]string{"lib": "lib/lib.go:5:35: cannot range over 3 (untyped int constant): requires go1.22 or later"},
		},
		"an excluded package": {
			files: `
-- lib/lib.go --
package lib

func F() none { return "" }
-- needs/needs_test.go --
package needs

import (
	"testing"

	"check.example/lib"
)

func Test(*testing.T) { lib.F() }
`,
			exclude: []string{"check.example/lib/..."},
			broken:  map[string]string{"needs": "lib/lib.go:3:10: undefined: none", "lib": "lib/lib.go:3:10: undefined: none"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newPrepared(t, c.files)
			m.config.Exclude = c.exclude
			res := m.prepare(c.patterns...)
			assert.Equal(t, c.broken, texts(m, res))
			if len(c.fine) > 0 {
				m.test(res, c.fine...)
			}
		})
	}
}

// What cgo objects to is said in its words, once. What it makes of files is what other files are type-checked with.
func TestCgo(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("cgo needs a C compiler")
	}
	m := newPrepared(t, `
-- bad/bad.go --
package bad

// int f( { }
import "C"

func F() { C.f() }
-- bad/bad_test.go --
package bad

import "testing"

func Test(*testing.T) { F() }
-- good/good.go --
package good

// typedef struct { int x; } s;
import "C"

type S = C.s

var C1 = make(chan C.s, 1)
-- good/more.go --
package good

func F() { C1 <- S{}; <-C1 }
-- good/good_test.go --
package good

import "testing"

func Test(*testing.T) { F() }
-- needs/needs_test.go --
package needs

import (
	"testing"

	"check.example/good"
)

func Test(*testing.T) { good.C1 <- good.S{}; <-good.C1 }
`)
	res := m.prepare()
	broken := texts(m, res)
	require.Len(t, broken, 1)
	assert.Regexp(t, `^# check.example/bad\nbad/bad.go:6:12: could not determine what C.f refers to\n`, broken["bad"])
	assert.NotContains(t, broken["bad"], "undefined")
	points := map[string]map[string]int{}
	for _, p := range res.Packages {
		if p.Standard {
			continue
		}
		points[p.ImportPath] = p.Points
	}
	both := map[string]int{"send": 1, "receive": 1}
	assert.Equal(t, map[string]map[string]int{"check.example/good": both, "check.example/needs": both}, points)
	m.test(res, "./good", "./needs")
}

// A package that only external tests import, and that imports what they test, is instrumented too.
func TestOnlyForTests(t *testing.T) {
	m := newPrepared(t, `
-- p/p.go --
package p

var C = make(chan int, 1)
-- p/export_test.go --
package p
-- p/p_test.go --
package p_test

import (
	"testing"

	"check.example/p/first"
)

func Test(*testing.T) { first.F() }
-- p/first/first.go --
package first

import "check.example/p/second"

func F() { second.F() }
-- p/second/second.go --
package second

import "check.example/p"

func F() { p.C <- 1; <-p.C }
`)
	res := m.prepare("./p")
	require.NoError(t, res.Err())
	points := map[string]int{}
	for _, p := range res.Packages {
		if p.Standard {
			continue
		}
		points[strings.TrimPrefix(p.ImportPath, "check.example/")] = p.Points["send"]
	}
	assert.Equal(t, map[string]int{"p": 0, "p/first": 0, "p/second": 1}, points)
	m.test(res, "./p")
}

// Rewritten tests fit what they import, also what imports the package they test: an edit there is an edit of what they mean.
func TestEditOfWhatTestsImport(t *testing.T) {
	const helper = "package helper\n\nimport (\n\t\"sync\"\n\n\t_ \"check.example/p\"\n)\n\nvar Mu sync.Mutex\n"
	m := newPrepared(t, `
-- p/p.go --
package p
-- p/p_test.go --
package p_test

import (
	"testing"

	"check.example/helper"
)

func Test(*testing.T) { helper.Mu.Lock(); helper.Mu.Unlock() }
`)
	for _, typ := range []string{"Mutex", "RWMutex"} {
		write(t, filepath.Join(m.dir, "helper/helper.go"), strings.ReplaceAll(helper, "Mutex", typ))
		res := m.prepare()
		require.NoError(t, res.Err())
		m.test(res, "./p")
	}
}

// What is rewritten for one build serves in all others that have the same files. What is noted of a package is noted of one build.
func TestFlagsRewriteNothing(t *testing.T) {
	m := newPrepared(t, `
-- p/p.go --
package p

import (
	"sync"

	_ "check.example/tagged"
	_ "golang.org/x/sync/errgroup"
)

var Mu sync.Mutex

func F() { Mu.Lock(); Mu.Unlock() }
-- p/p_test.go --
package p

import "testing"

func Test(*testing.T) { F() }
-- tagged/tagged.go --
package tagged

func F() { close(make(chan int)) }
-- tagged/more.go --
//go:build more

package tagged

func G() { close(make(chan int)) }
`)
	copies := func(goflags string, flags ...string) map[string]string {
		m.config.BuildFlags = flags
		m.config.Env = append(m.config.Env, "GOFLAGS="+goflags)
		res := m.prepare("./p")
		require.Len(t, res.Roots, 1)
		assert.False(t, res.Roots[0].Noted("read"), "of the build with these flags")
		res.Roots[0].Note("read")
		assert.True(t, res.Roots[0].Noted("read"))
		content, err := os.ReadFile(res.Overlay)
		require.NoError(t, err)
		var files struct{ Replace map[string]string }
		require.NoError(t, json.Unmarshal(content, &files))
		maps.DeleteFunc(files.Replace, func(name, _ string) bool { return !strings.HasPrefix(name, m.dir) })
		return files.Replace
	}
	first := copies("")
	require.Len(t, first, 3)
	for _, flag := range []string{"-ldflags=-s", "-gcflags=-N", "-tags=none"} {
		assert.Equal(t, first, copies("", flag), flag)
	}
	assert.Equal(t, first, copies("-ldflags=-w"))
	more := copies("", "-tags=more")
	require.Len(t, more, 4)
	for _, name := range []string{"p/p.go", "p/p_test.go", "tagged/tagged.go"} {
		assert.NotEqual(t, first[filepath.Join(m.dir, name)], more[filepath.Join(m.dir, name)], "%s: the package tagged is another", name)
	}
}
