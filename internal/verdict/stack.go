package verdict

import "strings"

const module = "github.com/jostle-dev/jostle/"

// ownFrames are the functions of ours, and of the runtime's panic, that stand in every stack and explain nothing.
var ownFrames = []string{
	"runtime/debug.Stack(", "panic(", module + "internal/engine.", module + "perturb.", module + "harness.(*scope).",
	"created by " + module,
}

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

func isOwn(call string) bool {
	for _, f := range ownFrames {
		if strings.HasPrefix(call, f) {
			return true
		}
	}
	return false
}
