package worker

import (
	"crypto/sha1"
	"fmt"
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/engine"
)

// goTest is how a shell is told to run go test on instrumented sources, in two lines.
func (p *Process) goTest() string {
	if engine.Race {
		return fmt.Sprintf("eval \"$(%s env -race %s)\"\ngo test -race", p.command(), p.thisPackage())
	}
	return fmt.Sprintf("eval \"$(%s env %s)\"\ngo test", p.command(), p.thisPackage())
}

// replayCommand returns how to run one input again: under the name of the corpus file that it comes from, or that the
// fuzzer will write it to. The empty input is a seed and never
// written: it is run with all others.
func (p *Process) replayCommand(name string, data []byte) string {
	if !strings.Contains(name, "/") && len(data) > 0 {
		name += "/" + corpus.FileName(data)
	}
	return fmt.Sprintf("%s -run '%s' %s", p.goTest(), runPattern(name), p.thisPackage())
}

// importCommand returns how to run an input of libFuzzer again, from the file in which libFuzzer keeps it.
func (p *Process) importCommand(target string, data []byte) string {
	return fmt.Sprintf("%s corpus import crash-%x testdata/fuzz/%s\n%s", p.command(), sha1.Sum(data), target, p.replayCommand(target, data))
}

// runPattern returns what -run takes to run one test and nothing else. It may stand in single quotes.
func runPattern(name string) string {
	levels := strings.Split(name, "/")
	for i, l := range levels {
		levels[i] = "^" + strings.ReplaceAll(regexp.QuoteMeta(l), "'", ".") + "$"
	}
	return strings.Join(levels, "/")
}
