package goroutines

import (
	"net/url"
	"path"
	"runtime"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
)

// ShortFunc returns a function's name without its package, and what the source calls a function as it is.
func ShortFunc(name string) string {
	dir, base := path.Split(name)
	if _, fn, ok := strings.Cut(base, "."); ok && (program.Has(name) || dir != "" && !strings.ContainsAny(dir, "([")) {
		return fn
	}
	return name
}

// depth returns how many literals a function's name, as the runtime has it, is within.
func depth(fn string) int {
	_, literals, ok := strings.Cut(fn, ".func")
	if !ok {
		return 0
	}
	return 1 + strings.Count(literals, ".")
}

// root is the folder of this module, as it is in stacks.
var root = func() string {
	_, file, _, _ := runtime.Caller(0)
	return path.Dir(path.Dir(path.Dir(file)))
}()

// InPackage returns what people call a function, given as runtime.FuncForPC names it: with the last element of its package's path, but
// not one that only says a major version. Of github.com/thejerf/suture/v4.New that is suture.New.
func InPackage(fn string) string {
	dir, last, rest, ok := apart(fn)
	if !ok {
		return last
	}
	if n, isNumber := strings.CutPrefix(last, "v"); dir != "" && isNumber && n != "" && strings.Trim(n, "0123456789") == "" {
		last = path.Base(dir)
	}
	return last + "." + rest
}

// Imported returns a function's name, given as runtime.FuncForPC has it, with the path of its package as it is imported.
func Imported(fn string) string {
	dir, last, rest, ok := apart(fn)
	if !ok {
		return fn
	}
	return dir + last + "." + rest
}

// PackageOf returns the path by which the package of a function is imported, given as runtime.FuncForPC names it.
func PackageOf(fn string) string {
	dir, last, _, _ := apart(fn)
	return dir + last
}

// apart returns the path of a function's package, without its last element and that element, and the name in it. In the last element
// the linker has each dot as %2e. ok is false if there is no dot after the path: then the last element is all that is left.
func apart(fn string) (dir, last, rest string, ok bool) {
	dir, base := path.Split(fn)
	last, rest, ok = strings.Cut(base, ".")
	if plain, err := url.PathUnescape(last); ok && err == nil {
		last = plain
	}
	return dir, last, rest, ok
}
