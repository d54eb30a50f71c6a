package rewrite_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"

	"github.com/jostle-dev/jostle/internal/rewrite"
)

var update = flag.Bool("update", false, "write the golden files anew")

// load type-checks one file of this directory's module against the export data of what it imports. Its content is src if that is
// not nil.
func load(t testing.TB, name string, src []byte) *packages.Package {
	t.Helper()
	cfg := &packages.Config{
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
		Fset: token.NewFileSet(),
	}
	if src != nil {
		cfg.Overlay = map[string][]byte{name: src}
	}
	pkgs, err := packages.Load(cfg, "file="+name)
	require.NoError(t, err)
	require.Len(t, pkgs, 1)
	return pkgs[0]
}

func rewritten(t testing.TB, name string) *rewrite.Output {
	t.Helper()
	src, err := os.ReadFile(name)
	require.NoError(t, err)
	pkg := load(t, name, nil)
	require.Empty(t, pkg.Errors)
	out, err := rewrite.File(rewrite.Input{
		Fset: pkg.Fset, File: pkg.Syntax[0], Src: src, Name: name, PkgPath: pkg.Name, Pkg: pkg.Types, Info: pkg.TypesInfo,
	})
	require.NoError(t, err)
	return out
}

// Comments that say what is no finding are read with what they are about: a function, their line, the next one, a select.
func TestIgnores(t *testing.T) {
	const src = `package p

import "sync"

//jostle:ignore leak it stays
func (q *queue[T]) run() { <-q.c }

func main() { var mu sync.Mutex
	mu.Lock() //jostle:ignore 2	two words
	//jostle:ignore deadlock, no: lost-wake-up
	// jostle:ignore leak is no directive
	//jostle:ignored leak neither
	//jostle:ignore deadlock known
	mu.Lock()
	c := make(chan int)
	select {
	case <-c:
	case c <- 1: //jostle:ignore lost-wake-up why not
	}
}

type queue[T any] struct{ c chan T }
`
	_, err := rewriteSource(t, src)
	require.ErrorContains(t, err, `x.go:10:2: //jostle:ignore: "deadlock," is no rule and no verdict that can be ignored`)

	out, err := rewriteSource(t, strings.Replace(src, "deadlock, no:", "1", 1))
	require.NoError(t, err)
	assert.Equal(t, []rewrite.Ignore{
		{What: "leak", Line: 5, Func: "p.(*queue[...]).run", Reason: "it stays"},
		{What: "2", Line: 9, At: 9, Reason: "two words"},
		{What: "1", Line: 10, At: 11, Reason: "lost-wake-up"},
		{What: "deadlock", Line: 13, At: 14, Reason: "known"},
		{What: "lost-wake-up", Line: 18, At: 16, Reason: "why not"},
	}, out.Ignores)
	assert.Contains(t, string(out.Src), `{What: "deadlock", File: "/x.go", Line: 13, At: 14, Func: ""},`)

	_, err = rewriteSource(t, "package p\n\nfunc f(c chan int) {\n\t<-c //jostle:ignore\n}\n")
	require.ErrorContains(t, err, "x.go:4:6: //jostle:ignore: it does not say what: one of deadlock, leak")
	_, err = rewriteSource(t, "package p\n\nfunc f(c chan int) {\n\t<-c //jostle:ignore leak \n}\n")
	require.ErrorContains(t, err, `it does not say why: write a reason after "leak"`)

	// Without another sync point, it is registered all the same.
	out, err = rewriteSource(t, "package p\n\n//jostle:ignore leak it stays\nfunc f(g func()) { g() }\n")
	require.NoError(t, err)
	assert.Contains(t, string(out.Src), `Func: "p.f"`)
}

// A sync point that may block knows which context is at hand there: the innermost variable that is one, or else has one in a field.
func TestContextAtHand(t *testing.T) {
	out, err := rewriteSource(t, `package p

import "context"

type server struct{ ctx context.Context; in chan int }

func (s *server) field() { <-s.in }

func (s *server) param(ctx context.Context) {
	go func() { s.in <- 1 }()
	<-s.in
	select { case <-s.in: }
}

func none(in, out chan int) {
	out <- <-in
	later, cancel := context.WithCancel(context.Background())
	defer cancel()
	in <- 1
	_ = later
}
`)
	require.NoError(t, err)
	var at []string
	for _, m := range regexp.MustCompile(`Line: (\d+), .*?Name: "(send|receive|select)", .*?Key: \w+(?:, After: \d)?(?:, Context: "([^"]*)")?`).FindAllStringSubmatch(string(out.Src), -1) {
		at = append(at, m[1]+" "+m[2]+" "+m[3])
	}
	assert.Equal(t, []string{
		"7 receive s.ctx", "10 send ctx", "11 receive ctx", "12 select ctx", "16 receive ", "16 send ", "19 send later",
	}, at)
}

// A variable is the same in the package that declares it, which is read from source, and in others, which may know it from
// export data.
func TestVariableOfAnotherPackage(t *testing.T) {
	_, imports := fromSource()
	const path = "example.com/first"
	src := "package first\n\nvar C = make(chan int)\n\ntype T struct{ b, D chan int }\n\nfunc F(t T, c chan bool) { <-C; <-t.D; <-c }\n"
	first, err := checkAs(path, token.NewFileSet(), imports, []byte(src), "")
	require.NoError(t, err)
	var data bytes.Buffer
	require.NoError(t, gcexportdata.Write(&data, first.Fset, first.Pkg))
	fset := token.NewFileSet()
	exported, err := gcexportdata.Read(&data, fset, map[string]*types.Package{}, path)
	require.NoError(t, err)
	src = "package x\n\nimport \"example.com/first\"\n\nfunc f(t first.T, c chan bool) { <-first.C; <-t.D; first.F(t, c) }\n"
	second, err := checkAs("example.com/second", fset, only{exported}, []byte(src), "")
	require.NoError(t, err)
	var outs []string
	for _, in := range []rewrite.Input{first, second} {
		out, err := rewrite.File(in)
		require.NoError(t, err)
		outs = append(outs, string(out.Src))
	}
	receives := regexp.MustCompile(`Name: "receive", Expr: "[\w.]*(\w)", Var: (\w+)`).FindAllStringSubmatch(outs[0], -1)
	require.Len(t, receives, 3)
	for _, m := range receives { // two are received from, and one is what an argument flows to
		assert.Contains(t, outs[1], m[2], m[1])
	}
}

// Which context a function cancels is known of a local variable that is assigned nothing else.
func TestCancelled(t *testing.T) {
	out, err := rewriteSource(t, `package p

import "context"

type job struct{ stop context.CancelFunc }

func own(ctx context.Context) {
	_, cancel := context.WithCancel(ctx)
	cancel()
	defer func() { cancel() }()
}

func two(ctx context.Context) {
	_, cancel := context.WithCancel(ctx)
	_, cancel = context.WithCancel(ctx)
	cancel()
}

func later(ctx context.Context) {
	var cancel context.CancelFunc
	_, cancel = context.WithCancel(ctx)
	cancel()
}

func param(ctx context.Context, cancel context.CancelFunc) {
	if cancel == nil {
		_, cancel = context.WithCancel(ctx)
	}
	cancel()
}

func pointer(ctx context.Context, set func(*context.CancelFunc)) {
	_, cancel := context.WithCancel(ctx)
	set(&cancel)
	cancel()
}

func ranged(ctx context.Context, others []context.CancelFunc) {
	_, cancel := context.WithCancel(ctx)
	for _, cancel = range others {
		cancel()
	}
}

func field(j *job) { j.stop() }
`)
	require.NoError(t, err)
	of := map[string]string{}
	for _, m := range regexp.MustCompile(`Name: "p\.([\w.]+)".*Cancelled: \[\]int32\{([^}]*)\}`).FindAllStringSubmatch(string(out.Src), -1) {
		of[m[1]] = m[2]
	}
	assert.Equal(t, map[string]string{
		"own": "8", "own.func1": "8", "two": "0, 0", "later": "21, 21", "param": "0, 0, 0", "pointer": "0, 0", "ranged": "0, 0", "field": "0",
	}, of)
}

// A parcel is a local variable with a channel in it, which the function has made and sends, or receives, and puts nothing else into.
func TestParcels(t *testing.T) {
	out, err := rewriteSource(t, `package p

type request struct {
	n    int
	done chan error
}

type server struct{ queue chan *request }

func (s *server) ask() {
	r := request{done: make(chan error, 1)}
	s.queue <- &r
	<-r.done
}

func (s *server) answered() {
	done := make(chan error)
	s.queue <- &request{done: done}
	<-done
}

func (s *server) again(done chan error) { s.queue <- &request{done: done} }

func (s *server) pass(r *request) { s.queue <- r }

func (s *server) replaced(done chan error) {
	r := &request{done: make(chan error)}
	r.n, r.done = 1, done
	s.queue <- r
}

func (s *server) given(fill func(*request)) {
	var r request
	r = request{done: make(chan error)}
	fill(&r)
	s.queue <- &r
}

func (s *server) serve(quit chan bool) {
	var r *request
	for r == nil {
		select {
		case r = <-s.queue:
		case <-quit:
		}
	}
	r.done <- nil
	for r := range s.queue {
		r.done <- nil
	}
}

func (s *server) either(first *request) {
	r, ok := <-s.queue
	if !ok {
		r = first
	}
	r.done <- nil
}

func (s *server) literal() {
	r := <-s.queue
	go func() {
		r = nil
		q := <-s.queue
		q.done <- nil
	}()
	r.done <- nil
}

func (s *server) same(r *request) {
	for {
		r := <-s.queue
		r.done <- nil
	}
}

func numbers(c chan int) { c <- <-c }
`)
	require.NoError(t, err)
	of := map[string][]string{}
	for _, m := range regexp.MustCompile(`Name: "p\.([^"]+)".*, Parcels: \[\]\w+\.Parcel\{(.*)\}\}`).FindAllStringSubmatch(string(out.Src), -1) {
		for _, p := range regexp.MustCompile(`Name: "(\w*)", Channel: 0x\w+, Sent: (\w+)`).FindAllStringSubmatch(m[2], -1) {
			of[m[1]] = append(of[m[1]], p[1]+" "+p[2])
		}
	}
	assert.Equal(t, map[string][]string{
		"(*server).ask": {"r true"}, "(*server).answered": {"done true"}, "(*server).again": {" true"}, "(*server).pass": {" true"},
		"(*server).replaced": {" true"}, "(*server).given": {" true"}, "(*server).serve": {"r false"}, "(*server).literal.func1": {"q false"},
	}, of)
}

// An only is an importer of one package.
type only struct{ pkg *types.Package }

func (o only) Import(string) (*types.Package, error) { return o.pkg, nil }

// fromSource returns an importer that reads packages from source, and the positions of what is in them. It reads each once, for all
// tests, and without cgo, which is slow and changes nothing that is imported here.
var fromSource = sync.OnceValues(func() (*token.FileSet, types.Importer) {
	build.Default.CgoEnabled = false
	fset := token.NewFileSet()
	return fset, importer.ForCompiler(fset, "source", nil)
})

// rewriteSource rewrites a file /x.go of package p.
func rewriteSource(t testing.TB, src string) (*rewrite.Output, error) {
	t.Helper()
	fset, imports := fromSource()
	file, err := parser.ParseFile(fset, "/x.go", src, parser.ParseComments)
	require.NoError(t, err)
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, FileVersions: map[*ast.File]string{},
	}
	pkg, err := (&types.Config{Importer: imports}).Check("p", fset, []*ast.File{file}, info)
	require.NoError(t, err)
	return rewrite.File(rewrite.Input{Fset: fset, File: file, Src: []byte(src), Name: "/x.go", PkgPath: "p", Pkg: pkg, Info: info})
}

func absolute(t testing.TB, name string) string {
	t.Helper()
	abs, err := filepath.Abs(name)
	require.NoError(t, err)
	return abs
}

// The rewritten text is pinned, and it must compile.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			name := absolute(t, file)
			out := rewritten(t, name)
			assert.Empty(t, load(t, name, atHome(out.Src)).Errors, string(out.Src))

			var b strings.Builder
			b.Write(out.Src)
			for _, n := range out.Native {
				b.WriteString("\n// native: " + filepath.Base(n.Pos.String()) + ": " + n.Op + ": " + n.Reason)
			}
			got := numbered(strings.ReplaceAll(b.String(), filepath.Dir(name)+"/", ""))
			golden := strings.TrimSuffix(file, ".go") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

var hash = regexp.MustCompile(`(Key: )?0x[0-9a-f]{9,}`)

// numbered returns a rewritten text with numbers for variables. Their hashes have the lines on which the standard library declares
// them, which are not the same in every Go. Keys stay: they are in files that people keep.
func numbered(text string) string {
	seen := map[string]string{}
	return hash.ReplaceAllStringFunc(text, func(h string) string {
		if strings.HasPrefix(h, "Key: ") {
			return h
		}
		if seen[h] == "" {
			seen[h] = fmt.Sprintf("v%d", len(seen)+1)
		}
		return seen[h]
	})
}

// What a program prints does not change, nor do the lines that it sees of itself.
func TestSameMeaning(t *testing.T) {
	files, err := filepath.Glob("testdata/run/*/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			name := absolute(t, file)
			out := rewritten(t, name)
			assert.Empty(t, out.Native)
			overlay := filepath.Join(t.TempDir(), "overlay.json")
			copied := filepath.Join(t.TempDir(), "rewritten.go")
			require.NoError(t, os.WriteFile(copied, atHome(out.Src), 0o644))
			content, err := json.Marshal(map[string]any{"Replace": map[string]string{name: copied}})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(overlay, content, 0o644))

			assert.Equal(t, run(t, name), run(t, "-overlay="+overlay, name))
		})
	}
}

// atHome returns rewritten code that calls the packages of this repository, which lie beside the standard library elsewhere.
func atHome(src []byte) []byte {
	return bytes.ReplaceAll(src, []byte(`"jostle/`), []byte(`"github.com/jostle-dev/jostle/`))
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command("go", append([]string{"run", "-ldflags=-s -w"}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return string(out)
}

// FuzzRewrite: whatever compiles still compiles, and every identifier of the original stays on its line.
func FuzzRewrite(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*/*.go")
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(src)
	}
	_, imports := fromSource()
	f.Fuzz(func(t *testing.T, src []byte) {
		if in, err := check(imports, src, ""); err == nil {
			checkRewritten(t, imports, in)
		}
	})
}

// FuzzRewriteProgram: so does what is grown from bytes, and all of it compiles.
func FuzzRewriteProgram(f *testing.F) {
	_, imports := fromSource()
	f.Fuzz(func(t *testing.T, bytes []byte) {
		src, language := grow(bytes)
		in, err := check(imports, []byte(src), language)
		require.NoError(t, err, src)
		checkRewritten(t, imports, in)
	})
}

// checkRewritten checks that a rewritten file compiles, that what it declares has the same type as before, and that the
// identifiers of the original are where they were.
func checkRewritten(t *testing.T, imports types.Importer, in rewrite.Input) {
	t.Helper()
	out, err := rewrite.File(in)
	require.NoError(t, err)
	if out.Src == nil {
		return
	}
	again, err := check(imports, atHome(out.Src), in.Language)
	require.NoError(t, err, string(in.Src)+"\n"+string(out.Src))
	for _, name := range in.Pkg.Scope().Names() {
		before, after := in.Pkg.Scope().Lookup(name), again.Pkg.Scope().Lookup(name)
		if assert.NotNil(t, after, name) {
			assert.Equal(t, unnamed(before), unnamed(after))
		}
	}
	may := map[string]bool{} // be fewer
	for _, obj := range in.Info.Uses {
		if p, ok := obj.(*types.PkgName); ok {
			may[p.Name()] = true
		}
	}
	left := identifiers(again)
	for id, n := range identifiers(in) {
		if n > left[id] && !replaced[id.name] && !may[id.name] {
			t.Errorf("%s was %d times on line %d and is %d times\n%s\n%s", id.name, n, id.line, left[id], in.Src, out.Src)
		}
	}
}

// unnamed is types.ObjectString without the names that results may have got.
func unnamed(obj types.Object) string {
	if fn, ok := obj.(*types.Func); ok && fn.Signature().TypeParams() == nil {
		sig := fn.Signature()
		results := make([]*types.Var, sig.Results().Len())
		for i := range results {
			results[i] = types.NewParam(token.NoPos, nil, "", sig.Results().At(i).Type())
		}
		obj = types.NewFunc(token.NoPos, fn.Pkg(), fn.Name(), types.NewSignatureType(nil, nil, nil, sig.Params(), types.NewTuple(results...), sig.Variadic()))
	}
	return types.ObjectString(obj, nil)
}

// check parses and type-checks a file of a package of its own.
func check(imports types.Importer, src []byte, language string) (rewrite.Input, error) {
	return checkAs("x", token.NewFileSet(), imports, src, language)
}

// checkAs does so under the path that the package shall have.
func checkAs(path string, fset *token.FileSet, imports types.Importer, src []byte, language string) (rewrite.Input, error) {
	in := rewrite.Input{Fset: fset, Src: src, Name: "/x.go", PkgPath: path, Language: language}
	var err error
	if in.File, err = parser.ParseFile(in.Fset, in.Name, src, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return in, err
	}
	in.Info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, FileVersions: map[*ast.File]string{},
	}
	cfg := types.Config{Importer: imports, GoVersion: language}
	in.Pkg, err = cfg.Check(path, in.Fset, []*ast.File{in.File}, in.Info)
	return in, err
}

type identifier struct {
	name string
	file string
	line int
}

func identifiers(in rewrite.Input) map[identifier]int {
	m := map[identifier]int{}
	ast.Inspect(in.File, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			p := in.Fset.Position(id.Pos())
			m[identifier{id.Name, p.Filename, p.Line}]++
		}
		return true
	})
	return m
}

// replaced are the identifiers in whose place others stand: names of operations, and of the packages they are from.
var replaced = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(`close time context runtime sync iter _ OnceFunc OnceValue OnceValues Pull Pull2 Get Put
		Lock TryLock Unlock RLock TryRLock RUnlock Store Add Done Wait Go Do Signal Broadcast Stop Reset
		Sleep After AfterFunc NewTimer Tick NewTicker Gosched Now Since Until
		Stack PrintStack GC SetFinalizer AddCleanup debug Err Cause synctest Test Err Cause
		WithCancel WithCancelCause WithTimeout WithTimeoutCause WithDeadline WithDeadlineCause`) {
		m[name] = true
	}
	return m
}()
