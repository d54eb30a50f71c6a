package rewrite

import (
	"fmt"
	"go/ast"
)

// names are the identifiers that the rewriting adds. None of them occurs in the file.
type names struct {
	used     map[string]bool
	perturb  string
	testhook string
	n        int
}

func newNames(f *ast.File) names {
	ns := names{used: map[string]bool{}}
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			ns.used[id.Name] = true
		}
		return true
	})
	ns.perturb = "jostleperturb"
	for ns.used[ns.perturb] {
		ns.perturb += "_"
	}
	ns.testhook = "jostletesthook"
	for ns.used[ns.testhook] {
		ns.testhook += "_"
	}
	return ns
}

// fresh returns an unused name that begins with prefix.
func (ns *names) fresh(prefix string) string {
	for {
		name := fmt.Sprintf("jostle%s%d", prefix, ns.n)
		ns.n++
		if !ns.used[name] {
			return name
		}
	}
}
