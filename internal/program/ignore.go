package program

import "strconv"

// An Ignore says that findings of a kind are none where goroutines block in a line of the code, or in a function.
type Ignore struct {
	What  string // a verdict as one word, or the number of a rule
	File  string // of the comment, or the line of a file, that says it, absolute, or ""
	Line  int32
	At    int32  // the line of File that it is about; 0 for none
	Func  string // the function, as runtime.FuncForPC names it, with all function literals in it; "" for none
	Short bool   // Func may be without the directories of its package, or without the package: as reports call it
}

// String returns the place of the comment, or the line, or else the function.
func (i Ignore) String() string {
	if i.File == "" {
		return i.Func
	}
	return i.File + ":" + strconv.Itoa(int(i.Line))
}

var ignores []Ignore

// RegisterIgnores adds those of a file. For initialisers of package variables only.
func RegisterIgnores(i []Ignore) { ignores = append(ignores, i...) }

// Ignores returns those of all instrumented code in the process.
func Ignores() []Ignore { return ignores }
