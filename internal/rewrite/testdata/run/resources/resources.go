// Command resources has functions that say what they mean for a resource: they do what they did.
package main

import (
	"errors"
	"fmt"
	"runtime"
)

type slots struct{ free int }

var errFull = errors.New("full")

//jostle:resource acquire n
func (s *slots) take(n int) error {
	if s.free < n {
		return errFull
	}
	s.free -= n
	return nil
}

//jostle:resource acquire
func (s *slots) try() bool { err := s.take(1); return err == nil }

//jostle:resource release n
func (s *slots) give(n int) { s.free += n; line() }

//jostle:resource wait
func (s *slots) look() (free int) {
	defer func() { free++ }()
	line()
	return s.free
}

//jostle:resource acquire
func (s *slots) fail() (err error) {
	defer func() { err = fmt.Errorf("recovered: %v", recover()) }()
	panic("no")
}

func line() {
	_, _, line, _ := runtime.Caller(1)
	fmt.Println(line)
}

func main() {
	s := &slots{free: 2}
	fmt.Println(s.take(1), s.try(), s.try(), s.take(1), s.fail())
	s.give(2)
	fmt.Println(s.look())
}
