// Command generated prints where its parts say that they are: line directives name several files, within statements too.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

// here prints the file and line of its caller and returns v.
func here[T any](v T) T {
	_, file, line, _ := runtime.Caller(1)
	fmt.Println(file, line)
	return v
}

func main() {
	c := make(chan int, 3)
	here(0)
	c <-
//line /lexer/lex.l:7
	here(1)
	here(2)
//line /parser/gram.y:20
	here(3)
	select {
//line /lexer/lex.l:30
	case c <- here(4):
//line /parser/gram.y:25
		here(5)
	}
	here(6)
	select { /*line /lexer/lex.l:40:1*/ case here(c) <- /*line /parser/gram.y:41:1*/ here(7): /*line /lexer/lex.l:42*/ here(8) }
	here(9)
	var wg sync.WaitGroup
	wg.Add(1)
	go func(x, y int) {
		here(x)
		wg.Done()
//line /lexer/lex.l:50
	}(here(10),
//line /parser/gram.y:55
		here(11))
	wg.Wait()
	here(12)
	done := make(chan bool); go func(x int) { close(done) }( /*line /lexer/lex.l:60:1*/ here(13)); <-done; here(14)
	keys := []int{0}
	close(c)
//line /parser/gram.y:70
	for keys[here(0)] = range /*line /lexer/lex.l:75:1*/ here(c) {
		here(15)
	}
//line :80
	time.AfterFunc(here(time.Hour),
//line :90
		here(func() {})).Stop()
	here(16)
//line :95:1
	defer here(func() {})()
//line /parser/gram.y:100
	func() { here(17) }()
}
