package program

import (
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// InLibrary reports whether a file, as the runtime names it, is of the standard library or of a module that is not worked on.
func InLibrary(file string) bool {
	standard := stacks.Standard()
	return standard != "" && strings.HasPrefix(filepath.ToSlash(file), standard) || moduleOf(file) != ""
}

// ShortFunc returns a function's name without its package, and what the source calls a function as it is.
func ShortFunc(name string) string {
	dir, base := path.Split(name)
	if _, fn, ok := strings.Cut(base, "."); ok && (Has(name) || dir != "" && !strings.ContainsAny(dir, "([")) {
		return fn
	}
	return name
}

// OfLibrary reports whether a sync point is in a module that is not worked on: in the module cache, whose directories have a
// version, or vendored.
func OfLibrary(s *trace.Site) bool { return moduleOf(s.File) != "" }

// moduleOf returns the folder of the module in the module cache that a file belongs to, or if it is vendored that of its
// package; "" for any other file.
func moduleOf(file string) string {
	if i := strings.Index(file, "@v"); i >= 0 {
		if j := strings.IndexByte(file[i:], '/'); j >= 0 {
			return file[:i+j]
		}
	}
	if strings.Contains(file, "/vendor/") {
		return path.Dir(file)
	}
	return ""
}

// IsLiteral reports whether a function, as the runtime names it, is a literal, or in one.
func IsLiteral(fn string) bool { return strings.Contains(fn, ".func") }

// depth returns how many literals a function's name, as the runtime has it, is within.
func depth(fn string) int {
	_, literals, ok := strings.Cut(fn, ".func")
	if !ok {
		return 0
	}
	return 1 + strings.Count(literals, ".")
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

// root is the folder of this module, as it is in stacks.
var root = func() string {
	_, file, _, _ := runtime.Caller(0)
	return path.Dir(path.Dir(path.Dir(file)))
}()

// InPackage returns what people call a function, given as runtime.FuncForPC names it: with the last element of its package's path, but
// not one that only says a major version. Of github.com/thejerf/suture/v4.New that is suture.New.
func InPackage(fn string) string {
	dir, base := path.Split(fn)
	last, rest, ok := strings.Cut(base, ".")
	if n, isNumber := strings.CutPrefix(last, "v"); ok && dir != "" && isNumber && n != "" && strings.Trim(n, "0123456789") == "" {
		return path.Base(dir) + "." + rest
	}
	return base
}
