package bank

import (
	"os"
	"sync"
	"testing"
)

func TestTransfer(t *testing.T) {
	var a, b Account
	var wg sync.WaitGroup
	wg.Go(func() { Transfer(&a, &b, 1) })
	wg.Go(func() { Transfer(&b, &a, 2) })
	wg.Wait()
}

func TestFeed(t *testing.T) {
	f := &Feed{out: make(chan string)}
	go func() {
		f.Publish("one")
		f.Publish("two")
	}()
	for range 2 {
		<-f.out
		f.Published()
	}
}

func TestSignal(t *testing.T) {
	var mu sync.Mutex
	ready := sync.NewCond(&mu)
	go func() { ready.Signal() }()
	mu.Lock()
	ready.Wait()
	mu.Unlock()
}

func TestClosed(t *testing.T) {
	c := make(chan int, 1)
	go func() { c <- 1 }()
	go func() { close(c) }()
	<-c
}

func TestExits(t *testing.T) {
	c := make(chan int, 2)
	go func() { c <- 1 }()
	go func() { c <- 2 }()
	if <-c == 2 {
		os.Exit(7)
	}
}
