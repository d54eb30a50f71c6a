// Package failing has tests that say that they fail, in all the ways in which that is written.
package failing

import "testing"

type my struct{ testing.TB }
type sub struct {
	*testing.T
	n int
}
type tb interface {
	Errorf(string, ...any)
	FailNow()
}
type logger interface {
	Errorf(string, ...any)
	Infof(string, ...any)
}

func f(t *testing.T, m my, s *sub, x tb, l logger, err error) {
	t.Fatal(err.Error(), func() string { t.Errorf("a"); return "" }())
	m.Fatalf("%d", 1)
	(s).Error("x")
	s.T.Fail()
	x.Errorf("a")
	x.FailNow()
	l.Errorf("no")
	g(t)
	defer t.Fatal("x")
	h := t.Fatal
	h()
	t.
		Error(
			"long")
}
func g[T testing.TB](t T) { t.Helper(); t.Fatal() }
