package campaign

import (
	"fmt"
	"hash/fnv"
	"os"
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/schedule"
)

// crash is the verdict on an execution that ends its process.
const crash = "crash"

// fatal is how the runtime begins to say that a process ends.
var fatal = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime: goroutine stack exceeds|signal: |SIG).*$`)

// crashText returns what the runtime says of the end of a process, or else the last lines of its output.
func crashText(output string) string {
	if at := fatal.FindStringIndex(output); at != nil {
		output = output[at[0]:]
		const most = 40
		lines := strings.SplitAfterN(output, "\n", most+1)
		return strings.Join(lines[:min(most, len(lines))], "")
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return "it exited, and had printed last:\n" + strings.Join(lines[max(0, len(lines)-10):], "\n")
}

func crashReport(output string) string {
	return crash + ": the execution ended its process\n\n" + crashText(output)
}

// crashCause identifies a crash by what the runtime says first, and where.
func crashCause(output string) uint64 {
	h := fnv.New64a()
	text := crashText(output)
	fmt.Fprint(h, crash, varying.ReplaceAllString(firstLine(text), "#"))
	for line := range strings.Lines(text) {
		// The first frame of the code itself; those before it are the runtime's.
		if fn, _, ok := strings.Cut(line, "("); ok && strings.Contains(fn, ".") && !strings.HasPrefix(line, "\t") && !internal.MatchString(fn) {
			fmt.Fprint(h, fn)
			break
		}
	}
	return h.Sum64()
}

var (
	varying  = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)
	internal = regexp.MustCompile(`^(runtime|internal|testing|panic|created by|github\.com/jostle-dev/jostle/(perturb|harness|internal))\b`)
)

// readRecord reads the departures of an execution that has ended its process. The last line may have been cut off.
func readRecord(name string) (schedule.Keyed, error) {
	content, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return nil, nil // it came to none
	}
	if err != nil {
		return nil, err
	}
	text := string(content)
	return schedule.ParseKeyed(text[:strings.LastIndexByte(text, '\n')+1])
}
