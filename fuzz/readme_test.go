package fuzz

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var replayed = regexp.MustCompile(`go test -run '(\S+)'`)

// The finding that the README begins with is what its own replay command prints, with nothing but steps left out.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	blocks := strings.Split(string(readme), "```")
	require.Greater(t, len(blocks), 1)
	block := blocks[1]
	pattern := replayed.FindStringSubmatch(block)
	require.NotNil(t, pattern, "no replay command in the first block")

	out, err := exec.Command(os.Args[0], "-test.v", "-test.run", pattern[1]).CombinedOutput()
	require.NoError(t, err, "%s", out)
	rest := strings.Split(cached.ReplaceAllString(string(out), "/home/me/go/pkg/mod/"), "\n")
	for line := range strings.Lines(strings.TrimSpace(block)) {
		line = strings.TrimSpace(line)
		for len(rest) > 0 && strings.TrimSpace(rest[0]) != line {
			rest = rest[1:]
		}
		require.NotEmpty(t, rest, "not printed, or not there: %s", line)
	}
}
