package rewrite

import (
	"go/ast"
	"go/types"
)

// declaresOnce has local variables noted that are a sync.Once: those of a function that makes a variable of a package are the process's.
func (r *rewriter) declaresOnce(n *ast.DeclStmt) {
	decl, ok := n.Decl.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range decl.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, id := range v.Names {
			if obj, ok := r.Info.Defs[id].(*types.Var); ok && id.Name != "_" && types.TypeString(types.Unalias(obj.Type()), nil) == "sync.Once" {
				r.after(r.at(n.End()), "; "+r.names.perturb+".OnceDeclared(&"+id.Name+")")
				r.usesPerturb = true
			}
		}
	}
}
