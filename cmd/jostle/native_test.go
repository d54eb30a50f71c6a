package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What go vet -json says of a package, of it with its tests, and of its tests in a package of their own is all about that
// package. One that it has looked at and found nothing in is not named.
func TestVetted(t *testing.T) {
	const said = `# example.com/a
{
	"example.com/a": {"printf": [{"posn": "a.go:3:1", "message": "wrong type"}]}
}
# example.com/b
{}
# example.com/c [example.com/c.test]
{"example.com/c [example.com/c.test]": {"tests": [{"posn": "c_test.go:3:1", "message": "malformed"}]}}
# example.com/d_test [example.com/d.test]
{"example.com/d_test [example.com/d.test]": {"bool": {"error": "it could not"}}}
{"example.com/a": {"bool": []}, "example.com/e": {}}
`
	assert.ElementsMatch(t, []string{"example.com/a", "example.com/c", "example.com/d"}, vetted([]byte(said)))
	assert.Empty(t, vetted(nil))
	assert.Empty(t, vetted([]byte("go: no such thing\n")))
}

// The end of a package that does not build names the build that has failed, as the end of go test -json does.
func TestFailedIn(t *testing.T) {
	const needed, whole, other = `{"ImportPath":"example.com/b","Action":"build-fail"}
`, `{"ImportPath":"example.com/a [example.com/a.test]","Action":"build-fail"}
`, `{"ImportPath":"example.com/c","Action":"build-output","Output":"\"Action\":\"build-fail\""}
`
	for _, tt := range []struct{ name, events, want string }{
		{"what it needs", other + needed, "example.com/b"},
		{"its tests, and what they need", needed + whole, "example.com/a [example.com/a.test]"},
		{"the first of what it needs", needed + strings.ReplaceAll(needed, "/b", "/c"), "example.com/b"},
		{"nothing", other, ""},
		{"text", "# example.com/a\na.go:1:1: no\n", ""},
	} {
		assert.Equal(t, tt.want, failedIn(tt.events, "example.com/a"), tt.name)
	}

	var out bytes.Buffer
	p := &printer{stdout: &out, json: true, line: newStatusLine(io.Discard, true)}
	p.unbuilt(t.Context(), "example.com/a", "FAIL\texample.com/a [build failed]\n", "example.com/b")
	require.NoError(t, p.err)
	assert.Regexp(t, `\{"Time":"[^"]+","Action":"fail","Package":"example.com/a","Elapsed":0,"FailedBuild":"example.com/b"\}\n$`, out.String())
	assert.Contains(t, out.String(), `"Action":"output","Package":"example.com/a","Output":"FAIL\texample.com/a [build failed]\n"`)
}
