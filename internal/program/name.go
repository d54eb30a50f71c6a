package program

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// InLibrary reports whether a file, as the runtime names it, is of the standard library or of a module that is not worked on.
func InLibrary(file string) bool { return stacks.InStandard(file) || ModuleOf(file) != "" }

// OfLibrary reports whether a sync point is in a module that is not worked on: in the module cache, whose directories have a
// version, or vendored.
func OfLibrary(s *trace.Site) bool { return ModuleOf(s.File) != "" }

// ModuleOf returns the folder of the module in the module cache that a file belongs to, or if it is vendored that of its
// package; "" for any other file.
func ModuleOf(file string) string {
	version, vendored, folder := false, false, 0
	for i := range len(file) {
		switch rest := file[i:]; {
		case file[i] == '/' && version:
			return file[:i]
		case file[i] == '/':
			vendored = vendored || stacks.Begins(rest, "/vendor/")
			folder = i
		case stacks.Begins(rest, "@v"):
			version = true
		}
	}
	if vendored {
		return file[:folder]
	}
	return ""
}

// IsLiteral reports whether a function, as the runtime names it, is a literal, or in one.
func IsLiteral(fn string) bool {
	for i := range len(fn) {
		if stacks.Begins(fn[i:], ".func") {
			return true
		}
	}
	return false
}

// functions is what is known of the functions of the process.
var functions = sync.OnceValue(func() (p struct {
	files map[string][]Function
	funcs map[string]bool
}) {
	p.files, p.funcs = map[string][]Function{}, map[string]bool{}
	for _, f := range files {
		p.files[f.Name] = f.Funcs
		for _, fn := range f.Funcs {
			p.funcs[fn.Name] = true
		}
	}
	return p
})

// Has reports whether there is an instrumented function with a name.
func Has(fn string) bool { return functions().funcs[fn] }

// FuncsOf returns the functions of an instrumented file.
func FuncsOf(file string) []Function { return functions().files[file] }
