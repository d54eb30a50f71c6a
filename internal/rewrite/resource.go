package rewrite

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A resourceUse is what a call of a function means for a resource.
type resourceUse struct {
	what   string // "acquire", "release" or "wait"
	amount string // a parameter or a number; "" is 1
}

// directive begins the comment that says so on a function's declaration.
const directive = "//jostle:resource"

// knownResources are functions of others that mean something for a resource, by package and name.
var knownResources = map[string]map[string]resourceUse{
	"golang.org/x/sync/semaphore": {
		"(*Weighted).Acquire": {"acquire", "n"}, "(*Weighted).TryAcquire": {"acquire", "n"}, "(*Weighted).Release": {"release", "n"},
	},
}

// resource has a function that is declared to acquire or release something say so when it is called.
func (r *rewriter) resource(n *ast.FuncDecl) {
	use, ok := r.resourceUse(n)
	if !ok || n.Body == nil {
		return
	}
	p, reason := r.resourceOf(n)
	var amount string
	if reason == "" {
		amount, reason = r.amountOf(n, use)
	}
	if reason != "" {
		r.note(n.Name, "resource", reason)
		return
	}
	args := fmt.Sprintf("(%s, %s, %q)", p.name, amount, p.of)
	call := r.names.perturb + ".Releasing" + args
	if use.what != "release" {
		name := r.names.fresh("Got")
		got := r.names.perturb + ".NoDefault"
		if use.what == "acquire" {
			got = r.success(n)
		}
		call = fmt.Sprintf("%s := %s.Acquiring%s; defer func() { %s.Done(%s) }()", name, r.names.perturb, args, name, got)
	}
	r.usesPerturb = true
	r.count("resource")
	r.after(r.at(n.Body.Lbrace)+1, " "+call+";")
}

func (r *rewriter) resourceUse(n *ast.FuncDecl) (resourceUse, bool) {
	if n.Doc != nil {
		for _, c := range n.Doc.List {
			word, rest, _ := strings.Cut(c.Text, " ")
			if word != directive {
				continue
			}
			words := strings.Fields(rest)
			if len(words) == 0 || len(words) > 2 || !slices.Contains([]string{"acquire", "release", "wait"}, words[0]) {
				r.note(n.Name, "resource", directive+" is followed by acquire, release or wait, and an amount at most")
				return resourceUse{}, false
			}
			return resourceUse{words[0], strings.Join(words[1:], "")}, true
		}
	}
	use, ok := knownResources[r.Pkg.Path()][declName(n)]
	return use, ok
}

// A resourceParam is the receiver or parameter that is the resource.
type resourceParam struct{ name, of string }

// resourceOf returns the receiver of a method or the first parameter of a function, or why that is no resource.
func (r *rewriter) resourceOf(n *ast.FuncDecl) (p resourceParam, reason string) {
	fields := n.Type.Params
	if n.Recv != nil {
		fields = n.Recv
	}
	if fields.NumFields() == 0 || len(fields.List[0].Names) == 0 || fields.List[0].Names[0].Name == "_" {
		return p, "the resource has no name: it is the receiver, or the first parameter"
	}
	id := fields.List[0].Names[0]
	ptr, ok := types.Unalias(r.Info.Defs[id].Type()).(*types.Pointer)
	if !ok {
		return p, "the resource is no pointer: it is the receiver, or the first parameter"
	}
	of := types.TypeString(ptr.Elem(), func(p *types.Package) string { return p.Name() })
	return resourceParam{id.Name, of}, ""
}

// amountOf returns the expression of how much it is.
func (r *rewriter) amountOf(n *ast.FuncDecl, use resourceUse) (expr, reason string) {
	if use.amount == "" {
		return "1", ""
	}
	if v := constant.MakeFromLiteral(use.amount, token.INT, 0); v.Kind() == constant.Int {
		return use.amount, ""
	}
	for _, field := range n.Type.Params.List {
		for _, id := range field.Names {
			if b, ok := r.Info.Defs[id].Type().Underlying().(*types.Basic); id.Name == use.amount && ok && b.Info()&types.IsInteger != 0 {
				return fmt.Sprintf("%s.Amount(%s)", r.names.perturb, id.Name), ""
			}
		}
	}
	return "", fmt.Sprintf("%q is neither a number nor an integer parameter", use.amount)
}

// success returns the expression that says, when the function returns, whether the caller has got something. Results that
// have no names get some.
func (r *rewriter) success(n *ast.FuncDecl) string {
	always := r.names.perturb + ".WithDefault" // true may mean something else
	results := n.Type.Results
	if results.NumFields() == 0 {
		return always
	}
	last := results.List[len(results.List)-1]
	t := r.Info.TypeOf(last.Type)
	b, isBool := t.Underlying().(*types.Basic)
	isBool = isBool && b.Info()&types.IsBoolean != 0
	isError := types.Identical(t, types.Universe.Lookup("error").Type())
	if !isBool && !isError {
		return always
	}
	name := r.names.fresh("Result")
	switch {
	case len(last.Names) == 0:
		if results.Opening == token.NoPos {
			r.before(r.at(last.Pos()), "("+name+" ")
			r.after(r.at(last.End()), ")")
			break
		}
		for _, f := range results.List[:len(results.List)-1] {
			r.before(r.at(f.Pos()), "_ ")
		}
		r.before(r.at(last.Pos()), name+" ")
	case last.Names[len(last.Names)-1].Name == "_":
		id := last.Names[len(last.Names)-1]
		r.replace(r.at(id.Pos()), r.at(id.End()), name)
	default:
		name = last.Names[len(last.Names)-1].Name
	}
	if isBool {
		return r.names.perturb + ".Is(" + name + ")"
	}
	return r.names.perturb + ".NoError(" + name + ")"
}
