package goenv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// with returns an environment in which variables have values.
func with(environ []string, set map[string]string) []string {
	environ = append([]string{}, environ...)
	for name, value := range set {
		environ = append(environ, name+"="+value)
	}
	return environ
}

var set = map[string]string{"GOROOT": "/tree", "GOTOOLCHAIN": "local", "GOFLAGS": "-tags=x -overlay=/o.json -modfile=/copies/go.mod", "GODEBUG": "asynctimerchan=0"}

func TestRestore(t *testing.T) {
	path := func(dirs ...string) string {
		out := ""
		for i, d := range dirs {
			if i > 0 {
				out += string(filepath.ListSeparator)
			}
			out += d
		}
		return out
	}
	user := []string{"HOME=/home", "PATH=" + path("/usr/bin", "/bin"), "GOFLAGS=-tags=x -modfile=mine.mod", "GOTOOLCHAIN=go1.26.8"}
	tests := []struct {
		name  string
		since map[string]string // set after Change
		want  map[string]string // "" for what is not set
	}{
		{"as it was", nil, map[string]string{
			"HOME": "/home", "PATH": path("/usr/bin", "/bin"), "GOFLAGS": "-tags=x -modfile=mine.mod", "GOTOOLCHAIN": "go1.26.8",
			"GOROOT": "", "GODEBUG": "", Env: ""}},
		{"another Go was chosen", map[string]string{"GOROOT": "/other", "GOTOOLCHAIN": "auto"}, map[string]string{"GOROOT": "/other", "GOTOOLCHAIN": "auto"}},
		{"a flag more", map[string]string{"GOFLAGS": set["GOFLAGS"] + " -trimpath"}, map[string]string{"GOFLAGS": "-modfile=mine.mod -tags=x -trimpath"}},
		{"a directory more, as go test adds one", map[string]string{"PATH": path("/tree/bin", "/opt", "/tree/bin", "/usr/bin")}, map[string]string{"PATH": path("/opt", "/usr/bin")}},
		{"a word that means nothing", map[string]string{Env: "{"}, map[string]string{Env: "", "GOROOT": "/tree"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := with(user, Change(user, set, "/tree/bin", "/go/bin"))
			assert.Equal(t, "/tree", Get(changed, "GOROOT"))
			assert.Equal(t, path("/tree/bin", "/usr/bin", "/bin"), Get(changed, "PATH"))
			restored := Restore(with(changed, tt.since))
			for name, want := range tt.want {
				assert.Equal(t, want, Get(restored, name), name)
			}
			assert.Equal(t, restored, Restore(restored))
		})
	}
}

func TestRestoreOfNothing(t *testing.T) {
	environ := []string{"B=1", "A=2", "PATH=/bin"}
	assert.Equal(t, environ, Restore(environ))
}

func TestRestoreTest(t *testing.T) {
	for name := range Change(nil, set, "/tree/bin", "/go/bin") { // which the test restores
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
	for name, value := range Change(os.Environ(), set, "/tree/bin", "/go/bin") {
		require.NoError(t, os.Setenv(name, value))
	}
	require.NoError(t, RestoreTest())
	for name := range set {
		_, is := os.LookupEnv(name)
		assert.Equal(t, name == "GODEBUG", is, name)
	}
	assert.Equal(t, "/go/bin", os.Getenv("PATH"))
}
