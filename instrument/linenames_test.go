package instrument

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJoinsLineNames(t *testing.T) {
	for version, want := range map[string]bool{
		"go1.25.12": false, "go1.26": false, "go1.26.8 X:nosynctest": false, "go1.26.8-custom": false, "devel go1.26-abcdef Mon Nov 30": false,
		"go1.27rc1": true, "go1.27.1": true, "go1.27-devel_abcdef": true, "devel go1.28-abcdef Mon Nov 30": true, "go2.0": true, "devel +abcdef": true,
	} {
		assert.Equal(t, want, joinsLineNames(version), version)
	}
}

// What a copy says it is, and what a relative name in it says, are what the compiler would have made of both in the original.
func TestNamesInCopies(t *testing.T) {
	main := &listed{ImportPath: "m/p", Dir: "/m/p", Module: &moduleInfo{Path: "m"}}
	dependency := &listed{ImportPath: "d/p", Dir: "/mod/d@v1/p", Module: &moduleInfo{Path: "d", Version: "v1"}}
	tests := []struct {
		name, version, flags string
		pkg                  *listed
		called               string
		beside, above        string // what becomes of a/y.go and ../y.go
	}{
		{"before 1.27", "go1.26.8", "", main, "", "a/y.go", "../y.go"},
		{"before 1.27, trimmed", "go1.26.8", "-trimpath", main, "", "a/y.go", "../y.go"},
		{"before 1.27, dependency", "go1.26.8", "", dependency, "/mod/d@v1/p/x.go", "a/y.go", "../y.go"},
		{"before 1.27, dependency, trimmed", "go1.26.8", "-trimpath", dependency, "d@v1/p/x.go", "a/y.go", "../y.go"},
		{"main module", "go1.27.1", "", main, "", "/m/p/a/y.go", "/m/y.go"},
		{"trimmed", "go1.27.1", "-trimpath", main, "", "/m/p/a/y.go", "/m/y.go"},
		{"dependency", "go1.27.1", "", dependency, "/mod/d@v1/p/x.go", "/mod/d@v1/p/a/y.go", "/mod/d@v1/y.go"},
		{"dependency, trimmed", "go1.27.1", "-trimpath", dependency, "x.go", "a/y.go", "/mod/d@v1/y.go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &build{env: map[string]string{"GOVERSION": tt.version, "GOMODCACHE": "/mod"}, flags: tt.flags}
			file := tt.pkg.Dir + "/x.go"
			assert.Equal(t, tt.called, b.calledAs(tt.pkg, file))
			text := b.anchored(file, []byte("package p\n//line a/y.go:1\n//line ../y.go:1\n//line /y.go:1\n//line :1\n"))
			assert.Equal(t, "package p\n//line "+tt.beside+":1\n//line "+tt.above+":1\n//line /y.go:1\n//line :1\n", string(text))
		})
	}
}
