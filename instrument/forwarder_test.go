package instrument

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle"
)

// The forwarder has all names of the package that it forwards to, with the same types, and no other. That harness has them too is
// tested in that package.
func TestForwarder(t *testing.T) {
	src, err := forwarder()
	require.NoError(t, err)
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "source", nil)
	harness, err := imports.Import(jostle.Module + "/" + forwardedTo)
	require.NoError(t, err)
	file, err := parser.ParseFile(fset, forwarderName, src, 0)
	require.NoError(t, err, "%s", src)
	cfg := types.Config{Importer: inRepo{imports}}
	forward, err := cfg.Check(harnessPath, fset, []*ast.File{file}, nil)
	require.NoError(t, err, "%s", src)
	var exported []string
	for _, name := range harness.Scope().Names() {
		if ast.IsExported(name) {
			exported = append(exported, name)
		}
	}
	assert.Equal(t, exported, forward.Scope().Names())
	for _, name := range exported {
		is, stands := harness.Scope().Lookup(name), forward.Scope().Lookup(name)
		if _, ok := is.(*types.Func); ok {
			assert.Equal(t, strings.ReplaceAll(is.String(), forwardedTo, "harness"), stands.String())
			continue
		}
		assert.True(t, types.Identical(is.Type(), stands.Type()), name)
	}
}

// inRepo imports what lies beside the standard library from this repository.
type inRepo struct{ types.Importer }

func (r inRepo) Import(path string) (*types.Package, error) {
	if path == beside(forwardedTo) {
		path = jostle.Module + "/" + forwardedTo
	}
	return r.Importer.Import(path)
}
