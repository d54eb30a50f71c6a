package verdict

import (
	"strings"

	"github.com/jostle-dev/jostle/internal/stacks"
)

// cleanStack returns a goroutine's stack as the runtime prints it, without its first line and without frames of ours.
// What was called after a panic, while it was looked at, goes too.
func cleanStack(stack string) string {
	_, rest, _ := strings.Cut(strings.TrimSpace(stack), "\n")
	lines := strings.Split(rest, "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		frame := lines[i : i+1]
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "\t") {
			frame = lines[i : i+2]
			i++
		}
		if strings.HasPrefix(frame[0], "panic(") {
			out = out[:0]
		}
		if !isOwn(frame[0]) {
			out = append(out, frame...)
		}
	}
	return strings.Join(out, "\n")
}

// isOwn reports whether a line of a stack is a call of ours, or of the runtime's panic: those stand in every stack and explain nothing.
func isOwn(call string) bool {
	if creator, ok := strings.CutPrefix(call, "created by "); ok {
		_, ours := stacks.Inside(creator)
		return ours
	}
	return stacks.Ours(call) || strings.HasPrefix(call, "runtime/debug.Stack(") || strings.HasPrefix(call, "panic(")
}
