package campaign

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Tests of one package that make files of the same names do not meet each other, as they do not with go test.
func TestFilesOfTheSameName(t *testing.T) {
	const source = `
func use(t *testing.T) {
	if err := os.Mkdir("state", 0o777); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if err := os.Remove("state"); err != nil {
		t.Fatal(err)
	}
}

func TestFirst(t *testing.T)  { use(t) }
func TestSecond(t *testing.T) { use(t) }
func TestThird(t *testing.T)  { use(t) }
`
	var printed strings.Builder
	c := Config{Schedules: 1, Parallel: 3, Env: os.Environ(), Print: func(_, text string, _ time.Duration) { printed.WriteString(text) }}
	got, err := Run(t.Context(), c, []Binary{build(t, source, "time")})
	require.NoError(t, err)
	assert.False(t, got.Failed, printed.String())
}

// What is kept of findings is not a file of the tests.
func TestFindingsAreNoFiles(t *testing.T) {
	d := &directory{path: t.TempDir()}
	s := &test{}
	assert.False(t, s.in(d, func() { require.NoError(t, os.MkdirAll(d.path+"/testdata/jostle", 0o777)) }))
	assert.False(t, s.in(d, func() { require.NoError(t, os.WriteFile(d.path+"/testdata/jostle/x", nil, 0o666)) }))
	assert.True(t, s.in(d, func() { require.NoError(t, os.WriteFile(d.path+"/x", nil, 0o666)) }))
	assert.False(t, s.in(d, func() { require.NoError(t, os.Remove(d.path+"/x")) }), "it was alone")
}
