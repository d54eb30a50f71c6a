// Package nativestack prints stacks as the code under test is to see them: without jostle.
package nativestack

import (
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Code that looks at stacks, a leak detector say, must see what it would see without us: its own goroutines, waiting for
// what they wait for, and none of ours.

func init() { engine.Native = printer{} }

type printer struct{}

// Stack returns the calling goroutine's stack, and then if all is set those of all others, as runtime.Stack would
// print them if nothing were instrumented and no execution active.
func (printer) Stack(all bool) string {
	self := engine.Self()
	if !all {
		return native(string(engine.Dump(false)), self, true)
	}
	tasks := map[uint64]*engine.Task{}
	if self != nil { // it has the token, and may look
		for _, t := range self.Execution().Tasks() {
			tasks[uint64(t.Identity().Address)] = t
		}
	}
	var out []string
	for i, s := range begunStacks(tasks) {
		t := taskOf(s, tasks)
		if t == nil && ours(s) || t != nil && t.State() == trace.Ended || goroutines.Calls(s, "internal/worker.(*testAttempt).main") {
			continue
		}
		out = append(out, native(s, t, i == 0))
	}
	return strings.Join(out, "\n\n") + "\n"
}

// DebugStack is debug.Stack.
func (p printer) DebugStack() []byte {
	stack := p.Stack(false)
	own, _, _ := strings.Cut(string(debug.Stack()), "DebugStack(")
	_, own, _ = strings.Cut(own[:strings.LastIndexByte(own, '\n')], "\n") // its frame, which native code shows first
	header, frames, _ := strings.Cut(stack, "\n")
	return []byte(header + "\n" + own + "\n" + frames + "\n")
}

// PrintStack is debug.PrintStack.
func (p printer) PrintStack() { _, _ = os.Stderr.Write(p.DebugStack()) }

// begunStacks returns the stacks of all goroutines of the process, each of which says which of the tasks it is, if it is one, or which
// go statement has started it: a goroutine that has just been started does so only when it has come to run, or to wait.
func begunStacks(tasks map[uint64]*engine.Task) []string {
	for range mostLooks {
		all := goroutines.Stacks()
		if !slices.ContainsFunc(all, func(s string) bool { return beginning(s, tasks) }) {
			return all
		}
		runtime.Gosched()
	}
	return goroutines.Stacks() // what does not come to wait is of an execution that was given up, and runs on
}

// mostLooks bounds how often begunStacks looks again.
const mostLooks = 10_000

// beginning reports whether a stack is of a goroutine that the engine or perturb has started and that does not say yet which one it
// is: Go's scheduler has not run it, or has interrupted it before it has called what says so, or where Go does not know the arguments
// of that, which it prints with a question mark.
func beginning(stack string, tasks map[uint64]*engine.Task) bool {
	by, _ := stacks.Inside(goroutines.Creator(stack))
	return (strings.HasPrefix(by, "perturb.") || by == "internal/engine.(*Task).start") &&
		onItsWay.MatchString(stack) && !saysWho.MatchString(stack) && taskOf(stack, tasks) == nil && startedAt(stack) == nil
}

var (
	onItsWay = regexp.MustCompile(`^goroutine \d+ [^\n]*\[(running|runnable|preempted)\b`)
	saysWho  = regexp.MustCompile(`/internal/engine\.(\(\*Task\)\.\w+\(|RunStarted\(0x[0-9a-f]+\??, )0x[0-9a-f]+[,)]`)
)

// taskOf returns which of the tasks, by address, a stack is of; nil if it is of none.
func taskOf(stack string, tasks map[uint64]*engine.Task) *engine.Task {
	for _, m := range taskFrame.FindAllStringSubmatch(stack, -1) {
		p, _ := strconv.ParseUint(m[1], 16, 64)
		if t := tasks[p]; t != nil {
			return t
		}
	}
	return nil
}

// taskFrame is a call whose receiver is the task that the goroutine is.
var taskFrame = regexp.MustCompile(`/internal/engine\.\(\*Task\)\.\w+\(0x([0-9a-f]+)`)

// runFrame is a call of RunStarted.
var runFrame = regexp.MustCompile(`/internal/engine\.RunStarted\(0x[0-9a-f]+\??, 0x([0-9a-f]+)`)

// startedAt returns the go statement that has started a goroutine outside of executions; nil if its stack does not tell: it
// has not come to run, say.
func startedAt(stack string) *trace.Site {
	m := runFrame.FindStringSubmatch(stack)
	if m == nil {
		return nil
	}
	p, _ := strconv.ParseUint(m[1], 16, 64)
	for _, s := range program.Sites() {
		if len(s) == 0 {
			continue
		}
		if from := uint64(uintptr(unsafe.Pointer(&s[0]))); p >= from && (p-from)/uint64(unsafe.Sizeof(s[0])) < uint64(len(s)) {
			return &s[(p-from)/uint64(unsafe.Sizeof(s[0]))]
		}
	}
	return nil
}

// ours reports whether a goroutine is there only for the sake of executions.
func ours(stack string) bool {
	return stacks.Of(goroutines.Creator(stack), "harness", "internal/worker", "internal/engine") || strings.Contains(stack, "testing/synctest.testingSynctestTest(") ||
		goroutines.Calls(stack, "internal/engine.(*Execution).Run", "internal/worker.(*Process).watch")
}

var notNative = regexp.MustCompile(`( \(durable\))?(, synctest bubble \d+)?\]:$`)

// native rewrites one stack. The task that it is of may be nil.
func native(stack string, t *engine.Task, running bool) string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	var b strings.Builder
	header := notNative.ReplaceAllString(lines[0], "]:")
	if t != nil && !running && t.State() != trace.Outside {
		id, _, _ := strings.Cut(header, "[")
		state, frame := t.Waits()
		header = id + "[" + state + "]:"
		if frame != "" {
			pkg, _, _ := strings.Cut(frame, ".")
			frame += "(...)\n\t" + stacks.Standard() + pkg + "/" + pkg + ".go:1 +0x1\n"
		}
		header += "\n" + frame
		b.WriteString(strings.TrimSuffix(header, "\n"))
	} else {
		b.WriteString(header)
	}
	var spawned *trace.Site
	if t != nil {
		spawned = t.Spawned
	} else {
		spawned = startedAt(stack)
	}
	frames := 0
	for i := 1; i < len(lines); i++ {
		creator, created := strings.CutPrefix(lines[i], "created by ")
		switch {
		case created && spawned == nil && stacks.Ours(creator) && !stacks.Of(creator, "perturb"):
			// The body of an execution stands for a test function.
			src := stacks.Standard() + "testing/testing.go:1 +0x1"
			b.WriteString("\ntesting.tRunner(...)\n\t" + src + "\ncreated by testing.(*T).Run in goroutine 1\n\t" + src)
			return b.String()
		case created && spawned != nil:
			goroutine := ""
			if _, by, ok := strings.Cut(creator, " in goroutine "); ok {
				goroutine = " in goroutine " + by
			}
			at := "\n\t" + spawned.File + ":" + strconv.Itoa(int(spawned.Line)) + " +0x1"
			if frames == 0 && t != nil { // it has not come to run yet
				b.WriteString("\n" + notBegun(t, at))
			}
			b.WriteString("\ncreated by " + spawned.Func + goroutine + at)
			return b.String()
		case stacks.Ours(lines[i]) || i+2 < len(lines) && goroutines.Calls(lines[i+2], "internal/engine.RunCall"):
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "\t") {
				i++
			}
		default:
			if !strings.HasPrefix(lines[i], "\t") {
				frames++
			}
			b.WriteString("\n" + lines[i])
		}
	}
	return b.String()
}

// notBegun returns the only frame of a goroutine that has not come to run: the function that it is started with, or the
// compiler's own one if that has arguments. at is the place of the go statement.
func notBegun(t *engine.Task, at string) string {
	if entry := t.Identity().Begun; entry != 0 {
		if f := runtime.FuncForPC(entry); f != nil && !stacks.Ours(f.Name()) {
			file, line := f.FileLine(entry)
			return f.Name() + "()\n\t" + file + ":" + strconv.Itoa(line)
		}
	}
	return t.Spawned.Func + ".gowrap1()" + at
}
