package instrument

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle"
)

// The forwarder has all names of package harness, with the same types, and no other.
func TestForwarder(t *testing.T) {
	src, err := forwarder()
	require.NoError(t, err)
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "source", nil)
	harness, err := imports.Import(harnessPath)
	require.NoError(t, err)
	file, err := parser.ParseFile(fset, forwarderName, src, 0)
	require.NoError(t, err, "%s", src)
	cfg := types.Config{Importer: beside{imports}}
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
			assert.Equal(t, is.String(), stands.String())
			continue
		}
		assert.True(t, types.Identical(is.Type(), stands.Type()), name)
	}
}

// beside imports what lies beside the standard library from this repository.
type beside struct{ types.Importer }

func (b beside) Import(path string) (*types.Package, error) {
	if path == inStd+"/harness" {
		path = jostle.Module + "/harness"
	}
	return b.Importer.Import(path)
}
