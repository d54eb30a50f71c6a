package engine

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Code that looks at stacks, a leak detector say, must see what it would see without us: its own goroutines, waiting for
// what they wait for, and none of ours.

// NativeStacks returns the calling goroutine's stack, and then if all is set those of all others, as runtime.Stack would
// print them if nothing were instrumented and no execution active.
func NativeStacks(all bool) string {
	self := Self()
	if !all {
		buf := make([]byte, 4<<10)
		for {
			if n := runtime.Stack(buf, false); n < len(buf) || n >= maxStacks {
				return native(string(buf[:n]), self, true)
			}
			buf = make([]byte, 2*len(buf))
		}
	}
	tasks := map[uint64]*Task{}
	if self != nil { // it has the token, and may look
		for _, t := range self.x.tasks {
			tasks[addressOf(t)] = t
		}
	}
	var out []string
	for i, s := range begunStacks(tasks) {
		t := taskOf(s, tasks)
		if t == nil && ours(s) || t != nil && t.state == trace.Ended || stacks.Calls(s, "internal/worker.(*testAttempt).main") {
			continue
		}
		out = append(out, native(s, t, i == 0))
	}
	return strings.Join(out, "\n\n") + "\n"
}

// begunStacks returns the stacks of all goroutines of the process, each of which says which of the tasks it is, if it is one, or which
// go statement has started it: a goroutine that has just been started does so only when it has come to run, or to wait.
func begunStacks(tasks map[uint64]*Task) []string {
	for range mostLooks {
		all := Stacks()
		if !slices.ContainsFunc(all, func(s string) bool { return beginning(s, tasks) }) {
			return all
		}
		runtime.Gosched()
	}
	return Stacks() // what does not come to wait is of an execution that was given up, and runs on
}

// mostLooks bounds how often begunStacks looks again.
const mostLooks = 10_000

// beginning reports whether a stack is of a goroutine that the engine or perturb has started and that does not say yet which one it
// is: Go's scheduler has not run it, or has interrupted it before it has called what says so, or where Go does not know the arguments
// of that, which it prints with a question mark.
func beginning(stack string, tasks map[uint64]*Task) bool {
	by, _ := stacks.Inside(creator(stack))
	return (strings.HasPrefix(by, "perturb.") || by == "internal/engine.(*Task).start") &&
		onItsWay.MatchString(stack) && !saysWho.MatchString(stack) && taskOf(stack, tasks) == nil && startedAt(stack) == nil
}

var (
	onItsWay = regexp.MustCompile(`^goroutine \d+ [^\n]*\[(running|runnable|preempted)\b`)
	saysWho  = regexp.MustCompile(`/internal/engine\.(\(\*Task\)\.\w+\(|RunStarted\(0x[0-9a-f]+\??, )0x[0-9a-f]+[,)]`)
)

// taskOf returns which of the tasks, by address, a stack is of; nil if it is of none.
func taskOf(stack string, tasks map[uint64]*Task) *Task {
	for _, m := range taskFrame.FindAllStringSubmatch(stack, -1) {
		p, _ := strconv.ParseUint(m[1], 16, 64)
		if t := tasks[p]; t != nil {
			return t
		}
	}
	return nil
}

func addressOf(t *Task) uint64 {
	p, _ := strconv.ParseUint(strings.TrimPrefix(fmt.Sprintf("%p", t), "0x"), 16, 64)
	return p
}

// taskFrame is a call whose receiver is the task that the goroutine is.
var taskFrame = regexp.MustCompile(`/internal/engine\.\(\*Task\)\.\w+\(0x([0-9a-f]+)`)

// RunStarted runs f on a goroutine that the go statement s has started outside of executions. The call says so on the goroutine's stack.
//
//go:noinline
func RunStarted(f func(), s *trace.Site) {
	f()
	runtime.KeepAlive(s)
}

// RunCall calls the literal that a rewritten go statement has in the place of its call. The call says on the goroutine's stack that
// the function it calls is not one of the source's.
//
//go:noinline
func RunCall(f func()) {
	f()
	runtime.KeepAlive(f)
}

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
	return stacks.Of(creator(stack), "harness", "internal/worker", "internal/engine") || strings.Contains(stack, "testing/synctest.testingSynctestTest(") ||
		stacks.Calls(stack, "internal/engine.(*Execution).Run", "internal/worker.(*Process).watch")
}

var notNative = regexp.MustCompile(`( \(durable\))?(, synctest bubble \d+)?\]:$`)

// native rewrites one stack. The task that it is of may be nil.
func native(stack string, t *Task, running bool) string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	var b strings.Builder
	header := notNative.ReplaceAllString(lines[0], "]:")
	if t != nil && !running && t.state != trace.Outside {
		id, _, _ := strings.Cut(header, "[")
		state, frame := t.wait()
		header = id + "[" + state + "]:"
		if frame != "" {
			pkg, _, _ := strings.Cut(frame, ".")
			frame += fmt.Sprintf("(...)\n\t%s%s/%s.go:1 +0x1\n", stacks.Standard(), pkg, pkg)
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
			fmt.Fprintf(&b, "\ntesting.tRunner(...)\n\t%s\ncreated by testing.(*T).Run in goroutine 1\n\t%s", src, src)
			return b.String()
		case created && spawned != nil:
			goroutine := ""
			if _, by, ok := strings.Cut(creator, " in goroutine "); ok {
				goroutine = " in goroutine " + by
			}
			at := fmt.Sprintf("\n\t%s:%d +0x1", spawned.File, spawned.Line)
			if frames == 0 && t != nil { // it has not come to run yet
				fmt.Fprintf(&b, "\n%s", t.notBegun(at))
			}
			fmt.Fprintf(&b, "\ncreated by %s%s%s", spawned.Func, goroutine, at)
			return b.String()
		case stacks.Ours(lines[i]) || i+2 < len(lines) && stacks.Calls(lines[i+2], "internal/engine.RunCall"):
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
func (t *Task) notBegun(at string) string {
	if t.entry != 0 {
		if f := runtime.FuncForPC(t.entry); f != nil && !stacks.Ours(f.Name()) {
			file, line := f.FileLine(t.entry)
			return fmt.Sprintf("%s()\n\t%s:%d", f.Name(), file, line)
		}
	}
	return t.Spawned.Func + ".gowrap1()" + at
}

// wait returns how the runtime describes what t waits for, and the function of package sync in which it does.
func (t *Task) wait() (state, function string) {
	if t.standing() != trace.Blocked {
		return "runnable", ""
	}
	kind := trace.Kind(0)
	if len(t.waits) > 0 {
		kind = t.waits[0].Object.Kind
	}
	switch t.op {
	case trace.OpSend:
		state = "chan send"
	case trace.OpRecv:
		state = "chan receive"
	case trace.OpSelect:
		state = "select"
		if len(t.waits) == 0 {
			state = "select (no cases)"
		}
		return state, ""
	case trace.OpSleep:
		return "sleep", "time.Sleep"
	case trace.OpWait:
		return "sync.WaitGroup.Wait", "sync.(*WaitGroup).Wait"
	case trace.OpCondWait:
		return "sync.Cond.Wait", "sync.(*Cond).Wait"
	case trace.OpLock:
		if kind == trace.RWMutex {
			return "sync.RWMutex.Lock", "sync.(*RWMutex).Lock"
		}
		return "sync.Mutex.Lock", "sync.(*Mutex).Lock"
	case trace.OpRLock:
		return "sync.RWMutex.RLock", "sync.(*RWMutex).RLock"
	case trace.OpOnce:
		return "sync.Mutex.Lock", "sync.(*Once).doSlow"
	case trace.OpRead, trace.OpWrite, trace.OpAccept, trace.OpDial:
		return "IO wait", "internal/poll.runtime_pollWait"
	default:
		return t.op.String(), ""
	}
	if len(t.waits) == 0 {
		state += " (nil chan)"
	}
	return state, ""
}
