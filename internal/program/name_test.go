package program

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/stacks"
)

func TestModuleOf(t *testing.T) {
	for file, want := range map[string]string{
		"/go/pkg/mod/example.com/a@v1.0.0/b/c.go": "/go/pkg/mod/example.com/a@v1.0.0",
		"/src/a/vendor/example.com/b/c.go":        "/src/a/vendor/example.com/b",
		"/src/a/b/c.go":                           "",
		"/src/vendored/c.go":                      "",
		"/src/a@v1":                               "",
		"":                                        "",
	} {
		assert.Equal(t, want, ModuleOf(file), file)
		assert.Equal(t, want != "", InLibrary(file), file)
	}
	assert.True(t, InLibrary(stacks.Standard()+"net/http/server.go"))
}

func TestIsLiteral(t *testing.T) {
	for fn, want := range map[string]bool{"m.f.func1": true, "m.(*T).f.func2.1": true, "m.f": false, "m.function": true, "func": false, "": false} {
		assert.Equal(t, want, IsLiteral(fn), fn)
	}
}
