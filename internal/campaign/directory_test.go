package campaign

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/session"
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

// Tests of one package that use the same port do not meet each other, as they do not with go test. One that finds it taken by
// somebody else fails.
func TestTheSamePort(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	source := fmt.Sprintf(`
func use(t *testing.T) {
	l, err := net.Listen("tcp", %q)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	l.Close()
}

func TestFirst(t *testing.T)  { use(t) }
func TestSecond(t *testing.T) { use(t) }
func TestThird(t *testing.T)  { use(t) }
`, other.Addr())
	var printed strings.Builder
	c := Config{Schedules: 1, Parallel: 3, Env: os.Environ(), Print: func(_, text string, _ time.Duration) { printed.WriteString(text) }}
	b := build(t, source, "net", "time")
	got, err := Run(t.Context(), c, []Binary{b})
	require.NoError(t, err)
	assert.True(t, got.Failed)
	assert.Equal(t, 3, strings.Count(printed.String(), "--- FAIL: "), printed.String())
	require.NoError(t, other.Close())
	printed.Reset()
	got, err = Run(t.Context(), c, []Binary{b})
	require.NoError(t, err)
	assert.False(t, got.Failed, printed.String())
}

// What says that an address is in use is what may have been the other test's doing: the end of a process, or a finding.
func TestTaken(t *testing.T) {
	const text = "listen tcp :80: bind: address already in use"
	found := []session.Event{{Kind: session.Began, Text: text}, {Kind: session.Found, Text: "assertion\n" + text}}
	assert.True(t, (&run{exit: 1, output: text}).taken())
	assert.True(t, (&run{events: found}).taken())
	assert.False(t, (&run{events: found[:1]}).taken())
	assert.False(t, (&run{output: text}).taken(), "it passes: it has looked for another port")
	assert.False(t, (&run{exit: 1, output: "no"}).taken())
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
