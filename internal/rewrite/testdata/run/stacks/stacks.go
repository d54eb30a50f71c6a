// Stacks prints what goroutines see of themselves and of each other: the frames are those of the source.
package main

import (
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

var (
	said  = make(chan string)
	wait  = make(chan int)
	mu    sync.Mutex
	ready sync.WaitGroup
)

//go:noinline
func own() string {
	buf := make([]byte, 1<<16)
	return string(buf[:runtime.Stack(buf, false)])
}

//go:noinline
func say(int) { said <- own() }

//go:noinline
func sayAll(is ...int) int {
	for _, i := range is {
		say(i)
	}
	return 0
}

type named struct{ n int }

//go:noinline
func (n *named) say(s string) { said <- s + string(debug.Stack()) }

//go:noinline
func (n named) blocks(i int) int {
	ready.Done()
	return i + <-wait
}

//go:noinline
func plain() { say(1) }

//go:noinline
func nested(f func(int)) {
	go f(1)
}

func show(stack string) {
	fmt.Println(clean(stack))
	fmt.Println()
}

// clean leaves out numbers, addresses, and how the compiler calls what has no name.
func clean(stack string) string {
	stack = regexp.MustCompile(`\S*/`).ReplaceAllString(stack, "")
	stack = regexp.MustCompile(`\(0x.*\)|\(\.\.\.\)|\(\{.*\)| \+0x[0-9a-f]+`).ReplaceAllString(stack, "()")
	return regexp.MustCompile(`goroutine \d+|(func|gowrap)\d+(\.\d+)*`).ReplaceAllString(strings.TrimSpace(stack), "N")
}

func main() {
	show(own())
	go plain()
	show(<-said)
	go say(1)
	show(<-said)
	go sayAll([]int{1}...)
	show(<-said)
	go func() { say(1) }()
	show(<-said)
	go func(i int) { say(i) }(1)
	show(<-said)
	go func(i int) {
		func() { say(i) }()
	}(1)
	show(<-said)
	go (&named{}).say("")
	show(<-said)
	go (*named).say(&named{}, "")
	show(<-said)
	nested(say)
	show(<-said)
	nested(func(i int) { go say(i) })
	show(<-said)
	func() { go func() { go say(2) }() }()
	show(<-said)

	// All: those that wait are there with what they wait for.
	ready.Add(3)
	go named{}.blocks(1)
	go func() { named{1}.blocks(2) }()
	go func(n named, i int) { n.blocks(i) }(named{1}, 2)
	ready.Wait()
	buf := make([]byte, 1<<20)
	var all []string
	for {
		all = strings.Split(strings.TrimSpace(string(buf[:runtime.Stack(buf, true)])), "\n\n")
		waiting := 0
		for _, s := range all {
			if strings.Contains(s, "[chan receive]:") {
				waiting++
			}
		}
		if waiting == 3 {
			break
		}
		runtime.Gosched()
	}
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.Contains(s, "blocks") })
	for i := range all {
		all[i] = clean(all[i])
	}
	slices.Sort(all)
	fmt.Println(strings.Join(all, "\n\n"))
}
