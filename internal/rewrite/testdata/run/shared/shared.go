//go:build go1.21

// Command shared is written in a language in which the variable of a loop is one for all rounds.
package main

import "fmt"

func main() {
	c := make(chan int, 3)
	c <- 1
	c <- 2
	close(c)
	var fs []func() int
	var last *int
	for v := range c {
		last = &v
		fs = append(fs, func() int { v *= 10; return v })
	}
	// It keeps its value when the channel is closed.
	fmt.Println(*last, fs[0](), fs[1]())
}
