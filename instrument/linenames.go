package instrument

import (
	"go/version"
	"path/filepath"
	"strings"

	"github.com/jostle-dev/jostle/instrument/toolchain"
	"github.com/jostle-dev/jostle/internal/rewrite"
)

// anchored returns the text of a Go file in which line directives name, wherever it is put, what they name in the original:
// for the compiler of Go 1.27 and later a relative name is one in the directory of the file. Before, it stays relative.
func (b *build) anchored(name string, src []byte) []byte {
	if !joinsLineNames(b.env["GOVERSION"]) {
		return src
	}
	dir := filepath.Dir(name)
	return rewrite.RenameLines(src, func(name string) string {
		if filepath.IsAbs(name) || b.trimsCopies(dir) && filepath.IsLocal(name) {
			return name
		}
		return filepath.Join(dir, name)
	})
}

// calledAs returns the name that the compiler shall know the copy of a file by; "" if it need not be told, because the file is
// laid over the original. What is laid over a file of a tree is called what the user's Go calls it: the build cache has it for
// all trees of that Go.
func (b *build) calledAs(p *listed, name string) string {
	base := filepath.Base(name)
	switch {
	case p.Standard && !b.trimmed():
		return b.original(name)
	case !b.inModuleCache(p.Dir):
		return ""
	case !b.trimmed():
		return name
	case joinsLineNames(b.env["GOVERSION"]):
		return base // in the copy's directory, which the go command trims
	default: // as the go command trims it
		return p.Module.String() + strings.TrimPrefix(p.ImportPath, p.Module.Path) + "/" + base
	}
}

// trimsCopies reports whether the go command itself makes names in the copy of a directory those of its module. What is laid
// over an original is no copy to it: it trims the original's directory.
func (b *build) trimsCopies(dir string) bool { return b.trimmed() && b.inModuleCache(dir) }

// joinsLineNames reports whether the compiler of a Go version takes a relative name in a line directive to be in the directory
// of the file. A version that cannot be read is taken for a new one.
func joinsLineNames(goversion string) bool {
	lang := toolchain.Language(goversion)
	return lang == "" || version.Compare(lang, "go1.27") >= 0
}
