package goroutines

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
)

func TestCalledBy(t *testing.T) {
	const mod = "/go/pkg/mod/"
	var (
		errgroup = Call{"golang.org/x/sync/errgroup.(*Group).Go.func1", mod + "golang.org/x/sync@v0.22.0/errgroup/errgroup.go", 81}
		test     = Call{"example.com/a.TestA.func1", "/src/a/a_test.go", 9}
		helper   = Call{"example.com/a.helper", "/src/a/a.go", 3}
		pool     = Call{"example.com/conc/pool.(*Pool).worker", mod + "example.com/conc@v0.3.0/pool/pool.go", 40}
		catcher  = Call{"example.com/conc/panics.(*Catcher).Try", mod + "example.com/conc@v0.3.0/panics/panics.go", 23}
		group    = Call{"example.com/conc.(*WaitGroup).Go.func1", mod + "example.com/conc@v0.3.0/waitgroup.go", 30}
		once     = Call{"sync.(*Once).doSlow", "/go/src/sync/once.go", 78}
		user     = Call{"example.com/used.(*T).Run.func1", mod + "example.com/used@v1.0.0/t.go", 12}
		vendored = Call{"golang.org/x/sync/errgroup.(*Group).Go.func1", "/src/a/vendor/golang.org/x/sync/errgroup/errgroup.go", 81}
		at       = func(c Call) *trace.Site { return &trace.Site{File: c.File, Line: int32(c.Line - 3), Func: "f"} }
	)
	for _, tt := range []struct {
		name         string
		calls        []Call // the outermost first
		site         *trace.Site
		first, given string
	}{
		{"a literal of the program", []Call{test, helper}, at(test), test.Func, ""},
		{"through a library", []Call{errgroup, test, helper}, at(errgroup), errgroup.Func, test.Func},
		{"through a library, the go statement unknown", []Call{errgroup, test, helper}, nil, errgroup.Func, test.Func},
		{"through a vendored library", []Call{vendored, test}, at(vendored), vendored.Func, test.Func},
		{"through packages of one module", []Call{group, catcher, pool, test}, at(group), group.Func, test.Func},
		{"a pool without work", []Call{group, catcher, pool}, at(group), group.Func, ""},
		{"a library through another", []Call{errgroup, user, test}, at(errgroup), errgroup.Func, user.Func},
		{"the standard library between", Outermost([]Call{test, once, errgroup}), at(errgroup), errgroup.Func, test.Func},
		{"a rewritten go statement", []Call{{"example.com/a.f", "/src/a/a.go", 3}, helper}, &trace.Site{File: "/src/a/a.go", Line: 3, Func: "example.com/a.f"}, helper.Func, ""},
		{"nothing", nil, at(test), "", ""},
	} {
		first, given := CalledBy(tt.calls, tt.site)
		assert.Equal(t, tt.first, first, tt.name)
		assert.Equal(t, tt.given, given, tt.name)
	}
}

func TestShortFunc(t *testing.T) {
	for _, tt := range [][2]string{
		{"example.com/a/b.TestA.func1", "TestA.func1"},
		{"gopkg.in/yaml%2ev3.(*parser).parse.func2", "(*parser).parse.func2"},
		{"net/http.(*Server).Serve", "(*Server).Serve"},
		{"example.com/a.F[...].func1", "F[...].func1"},
		// As the source calls it.
		{"s.handlers[i/2].run", "s.handlers[i/2].run"},
		{"wg.Done", "wg.Done"},
		{"fn", "fn"},
		{"", ""},
	} {
		assert.Equal(t, tt[1], ShortFunc(tt[0]), tt[0])
	}
}

func TestInPackage(t *testing.T) {
	for fn, want := range map[string]string{
		"main.main":                                "main.main",
		"example.com/pool.(*Pool).Go.func1":        "pool.(*Pool).Go.func1",
		"github.com/thejerf/suture/v4.TestA.func1": "suture.TestA.func1",
		"github.com/thejerf/suture/v14.(*S).Serve": "suture.(*S).Serve",
		"k8s.io/api/core/v1beta1.F":                "v1beta1.F",
		"example.com/v.F":                          "v.F",
		"v4.F":                                     "v4.F",
		"github.com/eclipse/paho%2emqtt%2egolang.(*client).Connect": "paho.mqtt.golang.(*client).Connect",
		"gopkg.in/yaml%2ev3.(*parser).parse.func2":                  "yaml.v3.(*parser).parse.func2",
	} {
		assert.Equal(t, want, InPackage(fn), fn)
	}
}

func TestPackageOf(t *testing.T) {
	for fn, want := range map[string]string{
		"example.com/pool.(*Pool).Go.func1":            "example.com/pool",
		"gopkg.in/yaml%2ev3.(*parser).parse":           "gopkg.in/yaml.v3",
		"github.com/eclipse/paho%2emqtt%2egolang.F[…]": "github.com/eclipse/paho.mqtt.golang",
		"main.main": "main",
	} {
		assert.Equal(t, want, PackageOf(fn), fn)
	}
}
