package verdict

import (
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
)

var (
	// Of the runtime's fatal errors those of package sync are panics to everybody but the runtime.
	panics    = regexp.MustCompile(`(?m)^(?:panic: |(fatal error: sync: ))`)
	recovered = regexp.MustCompile(` \[recovered(, repanicked)?\]`)
	signal    = regexp.MustCompile(`\n\[signal .*\]`)
	goexit    = regexp.MustCompile(`\nruntime\.goexit\(.*\n\t.*`) // printed with GOTRACEBACK=system
)

// ReadPanic returns the verdict on a process that a panic has ended, by what it has printed; nil if it was something else.
func ReadPanic(output string) *Verdict {
	at := panics.FindStringSubmatchIndex(output)
	if at == nil {
		return nil
	}
	text := output[at[1]:]
	if at[2] >= 0 {
		text = output[at[2]:]
	}
	value, stacks, ok := strings.Cut(text, "\n\ngoroutine ")
	if !ok {
		return nil
	}
	value, _, _ = strings.Cut(value, "\n\tpanic: ") // by what was deferred
	stack, _, _ := strings.Cut("goroutine "+stacks, "\n\n")
	stack = goexit.ReplaceAllString(stack, "")
	v := &Verdict{
		Kind: Panic, Value: signal.ReplaceAllString(recovered.ReplaceAllString(value, ""), ""), Stack: cleanStack(stack),
		Evidence: "a panic that nothing recovered, and that has ended the process", Who: "a goroutine",
	}
	if m := header.FindStringSubmatch(stack); m != nil {
		v.Who = strings.TrimSpace("g" + m[1] + " " + goroutines.RunBy("\n"+v.Stack))
	}
	return v
}
