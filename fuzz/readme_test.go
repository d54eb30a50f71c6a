package fuzz

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var replayed = regexp.MustCompile(`go test -run '(\S+)'`)

// The finding that the README begins with is what its own replay command prints, with nothing but steps left out.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	ok(t, err)
	_, block, _ := strings.Cut(string(readme), "```")
	block, _, _ = strings.Cut(block, "```")
	pattern := replayed.FindStringSubmatch(block)
	if pattern == nil {
		t.Fatal("no replay command in the first block")
	}

	out, err := exec.Command(os.Args[0], "-test.v", "-test.run", pattern[1]).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rest := strings.Split(cached.ReplaceAllString(string(out), "/home/me/go/pkg/mod/"), "\n")
	for line := range strings.Lines(strings.TrimSpace(block)) {
		line = strings.TrimSpace(line)
		for len(rest) > 0 && strings.TrimSpace(rest[0]) != line {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			t.Fatalf("not printed, or not there: %s", line)
		}
	}
}
