package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
