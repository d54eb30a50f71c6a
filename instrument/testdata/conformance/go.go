package conformance

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type sink struct {
	c chan string
	n string
}

func (s sink) value(v string)    { s.c <- s.n + v }
func (s *sink) pointer(v string) { s.c <- s.n + v }

type putter interface{ value(string) }

type embeds struct{ *sink }

func put[T any](c chan<- T, vs ...T) {
	for _, v := range vs {
		c <- v
	}
}

func declared(c chan string) { c <- "declared" }

type flag bool

// A pair has results to be passed on.
func pair(c chan string) (chan string, string) { return c, "pair" }

//go:noinline
func stack() []byte {
	buf := make([]byte, 1<<16)
	return buf[:runtime.Stack(buf, false)]
}

//go:noinline
func tells(c chan string) { tellsFrames(c, stack()) }

//go:noinline
func tellsOf(c chan string, stack func() []byte) int {
	tellsFrames(c, stack())
	return 0
}

func tellsFrames(c chan string, stack []byte) { c <- framesOf(string(stack)) }

//go:noinline
func receives(c chan int, _ int) { <-c }

func beginsReceiving(c chan int) { go func() { <-c }() }

// framesOf returns what a stack says of its goroutine, the functions on it without their packages, and by which function it was
// started. The numbers of literals are the compiler's affair.
func framesOf(stack string) string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	_, state, _ := strings.Cut(lines[0], " [")
	state, _, _ = strings.Cut(state, "]")
	var out []string
	for _, l := range lines[1:] {
		if strings.HasPrefix(l, "\t") {
			continue
		}
		by := ""
		if creator, ok := strings.CutPrefix(l, "created by "); ok {
			l, _, _ = strings.Cut(creator, " in ")
			by = "by:"
		} else {
			l = l[:strings.LastIndexByte(l, '(')]
		}
		l = strings.TrimPrefix(l[strings.LastIndexByte(l, '/')+1:], "conformance.")
		if i := strings.Index(l, ".func"); i >= 0 {
			l = l[:i+len(".func")]
		}
		out = append(out, by+l)
	}
	return "[" + state + "] " + strings.Join(out, ",")
}

var goes = []enginetest.Program{
	{
		Name: "functions of every kind",
		Body: func(log *enginetest.Log) {
			c := make(chan string)
			s := sink{c, "s"}
			f := func(v string) { c <- v }
			var fs [1]func(string)
			fs[0] = f
			var nilled *sink
			made := func() func(string) { return f }
			for _, start := range []func(){
				func() { go declared(c) },
				func() { go (declared)(c) },
				func() { go s.value("1") },
				func() { go s.pointer("2") },
				func() { go (&s).value("3") },
				func() { go putter(s).value("4") },
				func() { go embeds{&s}.pointer("5") },
				func() { go f("6") },
				func() { go fs[0]("7") },
				func() { go made()("8") },
				func() { go put(c, "9") },
				func() { go put[string](c, []string{"10"}...) },
				func() { go sink.value(s, "11") },
				func() { go (*sink).pointer(&s, "12") },
				func() { v := s.value; go v("13") },
				func() { go func(c chan string, v string) { c <- v }(pair(c)) },
				func() { go func() error { c <- "result"; return nil }() },
				func() { go func(vs ...string) { c <- vs[1] }("a", "variadic") },
				func() { go func(p *sink) { c <- map[bool]string{true: "nil"}[p == nil] }(nilled) },
				func() { go func(p *sink, f func()) { c <- "untyped nil" }(nil, nil) },
			} {
				start()
				log.Add("%s", <-c)
			}
		},
		Departures: 1,
		Want: []string{
			"declared declared s1 s2 s3 s4 s5 6 7 8 9 10 s11 s12 s13 pair result variadic nil untyped nil",
		},
	},
	{
		Name:  "builtins",
		Races: true,
		Body: func(log *enginetest.Log) {
			c, m, to := make(chan int), map[int]int{1: 1}, make([]int, 1)
			go close(c)
			<-c
			go delete(m, 1)
			rest()
			go copy(to, []int{7})
			rest()
			go recover()
			go clear(map[int]int{})
			log.Add("%d %d", len(m), to[0])
		},
		Departures: 1,
		Want:       []string{"0 7"},
		Controlled: true, // nothing orders the writes before the reads but time
	},
	{
		Name: "function and arguments are evaluated by the caller, once and in order",
		Body: func(log *enginetest.Log) {
			c := make(chan string, 1)
			c <- "received"
			fs := map[string]func(string, string){"f": func(a, b string) { c <- a + b }}
			go fs[once(log, "f")](<-c, once(log, "b"))
			log.Add("%s", <-c)
			x := "old"
			done := make(chan struct{})
			go func(v string) { log.Add("%s", v); close(done) }(x)
			x = "new"
			<-done
			s := sink{c, "old"}
			go s.value("")
			s.n = "new"
			log.Add("%s", <-c)
		},
		Departures: 2,
		Want:       []string{"f b receivedb old old"},
	},
	{
		Name: "arguments that are untyped until they are passed",
		Body: func(log *enginetest.Log) {
			c := make(chan any)
			n, a, b := 3, 1, 2
			for _, start := range []func(){
				func() { go func(v int64) { c <- v }(1<<n + 1) },
				func() { go func(v uint8) { c <- v }(^(1 << n)) },
				func() { go func(v flag) { c <- v }(a == b) },
				func() { go func(v flag) { c <- v }(a == b && a < b) },
				func() { go func(v flag) { c <- v }(!(a == b)) },
				func() { go func(v any) { c <- v }(a == b) },
				func() { go func(v any) { c <- v }(1 << n) },
				func() { go func(v float32) { c <- v }(1) },
				func() { go func(v rune) { c <- v }('a') },
			} {
				start()
				v := <-c
				log.Add("%T:%v", v, v)
			}
		},
		Departures: 1,
		Want: []string{
			"int64:9 uint8:247 conformance.flag:false conformance.flag:false conformance.flag:true bool:false int:8 float32:1 int32:97",
		},
	},
	{
		Name: "what goroutines see of their stacks",
		Body: func(log *enginetest.Log) {
			c := make(chan string)
			for _, start := range []func(){
				func() { go tells(c) },
				func() { go func() { tells(c) }() },
				func() { go func(c chan string) { tells(c) }(c) },
				func() {
					go func(c chan string) {
						defer func() { _ = recover() }()
						tells(c)
					}(c)
				},
				func() { go tellsOf(c, debug.Stack) },
			} {
				start()
				log.Add("%s", <-c)
			}
		},
		Departures: 1,
		Want: []string{
			"[running] stack,tells,by:init.func " +
				"[running] stack,tells,init.func,by:init.func " +
				"[running] stack,tells,init.func,by:init.func " +
				"[running] stack,tells,init.func,by:init.func " +
				"[running] debug.Stack,tellsOf,by:init.func",
		},
	},
	{
		Name: "what goroutines see of the stacks of others",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			go receives(c, 1)
			go func() { receives(c, 2) }()
			go func(i int) { receives(c, i) }(3)
			buf := make([]byte, 1<<20)
			var all []string
			for i := 0; i < 1000 && len(all) < 3; i++ { // without the engine, on a busy machine, they take their time
				rest()
				all = all[:0]
				for s := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
					if strings.Contains(s, "receives") && strings.Contains(s, "[chan receive") {
						all = append(all, framesOf(s))
					}
				}
			}
			slices.Sort(all)
			for _, s := range all {
				log.Add("%s", s)
			}
			close(c)
		},
		Departures: 1,
		Want: []string{
			"[chan receive] receives,by:init.func " +
				"[chan receive] receives,init.func,by:init.func " +
				"[chan receive] receives,init.func,by:init.func",
		},
	},
	{
		Name: "a goroutine that was just started has a stack",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			buf := make([]byte, 1<<20)
			for i := range 5 {
				beginsReceiving(c)
				all := string(buf[:runtime.Stack(buf, true)])
				log.Add("%t", strings.Count(all, "conformance.beginsReceiving in goroutine") == i+1)
			}
			close(c)
		},
		Departures: 1,
		Want:       []string{"true true true true true"},
	},
	{
		Name: "a loop's variable is each goroutine's own",
		Body: func(log *enginetest.Log) {
			var got [3]int
			var wg sync.WaitGroup
			for i := range got {
				wg.Add(1)
				go func() { defer wg.Done(); got[i] = i * i }()
			}
			wg.Wait()
			log.Add("%v", got)
		},
		Departures: 2,
		Want:       []string{"[0 1 4]"},
	},
	{
		Name: "who comes first is open",
		Body: func(log *enginetest.Log) {
			go log.Add("a")
			go log.Add("b")
			log.Add("c")
		},
		Want: []string{"a b c", "a c b", "b a c", "b c a", "c a b", "c b a"},
	},
	{
		Name: "under labels",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			n := 0
		again:
			go put(c, n)
			log.Add("%d", <-c)
			if n++; n < 3 {
				goto again
			}
		},
		Departures: 2,
		Want:       []string{"0 1 2"},
	},
	{
		Name: "Goexit in the first goroutine and in another",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			defer close(c)
			go func() {
				<-c
				log.Add("last")
			}()
			done := make(chan int)
			go func() {
				defer close(done)
				defer func() { log.Add("%v", recover()) }()
				runtime.Goexit()
			}()
			<-done
			log.Add("first")
			runtime.Goexit()
		},
		Departures: 3,
		Want:       []string{"<nil> first last"},
	},
	{
		Name: "Gosched promises nothing",
		Body: func(log *enginetest.Log) {
			together(
				func() { log.Add("a"); runtime.Gosched(); log.Add("a") },
				func() { log.Add("b"); runtime.Gosched(); log.Add("b") },
			)
		},
		Want: []string{"a a b b", "a b a b", "a b b a", "b a a b", "b a b a", "b b a a"},
	},
	{
		Name: "the method of nothing",
		Body: func(log *enginetest.Log) {
			var p *sink
			recovered(log, func() { go p.value("") })
			var i putter
			recovered(log, func() { go i.value("") })
		},
		Want: []string{
			"(runtime error: invalid memory address or nil pointer dereference) (runtime error: invalid memory address or nil pointer dereference)",
		},
	},
}
