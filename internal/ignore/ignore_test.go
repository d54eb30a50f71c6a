package ignore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	none, err := Read(dir)
	require.NoError(t, err)
	assert.Empty(t, none)

	require.NoError(t, os.MkdirAll(filepath.Dir(Path(dir)), 0o755))
	write := func(text string) { require.NoError(t, os.WriteFile(Path(dir), []byte(text), 0o644)) }
	write("# what stays\n\nleak example.com/m/pool.(*Pool[...]).work.func1  it serves   all tests\r\n\t2 (*store).get known, issue 17")
	lines, err := Read(dir)
	require.NoError(t, err)
	assert.Equal(t, []Line{
		{Kind: "leak", Func: "example.com/m/pool.(*Pool[...]).work.func1", Reason: "it serves all tests", N: 3},
		{Kind: "2", Func: "(*store).get", Reason: "known, issue 17", N: 4},
	}, lines)

	for text, want := range map[string]string{
		"hang m.f why":           `ignore:1: "hang" is no rule and no verdict that can be ignored: these are deadlock, leak, lost-wake-up, 1, 2, 3, 4; a line is `,
		"# a\nleak":              `ignore:2: it does not say which function: write its name after "leak", as reports have it, and a reason; a line is `,
		"leak m.f why\nleak m.g": `ignore:2: it does not say why: write a reason after "m.g"; a line is `,
	} {
		write(text)
		_, err := Read(dir)
		require.ErrorContains(t, err, want)
	}
}
