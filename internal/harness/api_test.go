package harness

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// public is the package that people import.
const public = "../../harness"

// People read the documentation of one package and run the code of the other: both have the same names, with the same types and
// comments. Generics are written the same, too.
func TestAPI(t *testing.T) {
	want := sources(t, public).api(t)
	require.NotEmpty(t, want)
	assert.Equal(t, want, sources(t, ".").api(t))
}

// The verdicts have the same values.
func TestVerdicts(t *testing.T) {
	want := map[string]Verdict{"Deadlock": Deadlock, "Leak": Leak, "LostWakeup": LostWakeup, "Panic": Panic, "Assertion": Assertion,
		"Livelock": Livelock, "DataRace": DataRace, "Stall": Stall}
	p := sources(t, public)
	cfg := types.Config{Importer: importer.Default()}
	pkg, err := cfg.Check("harness", p.fset, p.files, nil)
	require.NoError(t, err)
	got := map[string]Verdict{}
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && c.Exported() {
			v, _ := constant.Uint64Val(c.Val())
			got[name] = Verdict(v)
		}
	}
	assert.Equal(t, want, got)
}

// Main passes the flags of a binary that is not instrumented to one that is: both have them, and explain them alike.
func TestFlags(t *testing.T) {
	const ours = "jostle."
	want := map[string]string{}
	flag.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, ours) {
			want[f.Name] = f.Usage
		}
	})
	require.NotEmpty(t, want)
	got := map[string]string{}
	for _, f := range sources(t, public).files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			if name := text(call.Args[0]); strings.HasPrefix(name, ours) {
				got[name] = text(call.Args[2])
			}
			return true
		})
	}
	assert.Equal(t, want, got)
}

// text returns what a literal of a string says, "" for anything else.
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

// A source is a package as it is written, without its tests.
type source struct {
	fset  *token.FileSet
	files []*ast.File
}

func sources(t *testing.T, dir string) source {
	t.Helper()
	p := source{fset: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		f, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if f.Name.Name == "harness" && !strings.HasSuffix(name, "_test.go") {
			p.files = append(p.files, f)
		}
	}
	return p
}

// api returns the exported declarations with their comments, sorted. Bodies are left out, and the values of constants.
func (p source) api(t *testing.T) (out []string) {
	t.Helper()
	add := func(doc *ast.CommentGroup, decl ast.Node) {
		var b bytes.Buffer
		require.NoError(t, format.Node(&b, token.NewFileSet(), decl))
		out = append(out, doc.Text()+b.String())
	}
	for _, f := range p.files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && receiverIsExported(d) {
					add(d.Doc, &ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type})
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						if s.Name.IsExported() {
							add(d.Doc, &ast.GenDecl{Tok: d.Tok, Specs: []ast.Spec{s}})
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							if n.IsExported() {
								out = append(out, fmt.Sprintf("%s%s %s %s%s", d.Doc.Text(), d.Tok, n.Name, s.Doc.Text(), s.Comment.Text()))
							}
						}
					}
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// receiverIsExported reports whether people see the methods of what a function is a method of, if it is one.
func receiverIsExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	name, ok := d.Recv.List[0].Type.(*ast.Ident)
	return ok && name.IsExported()
}
