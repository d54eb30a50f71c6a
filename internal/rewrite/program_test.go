package rewrite_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	fuzzheaders "github.com/AdaLogics/go-fuzz-headers"
)

// A program is Go source that is grown from bytes: each byte is a choice, absent bytes choose what comes first, the
// simplest. Whatever the bytes are, it type-checks.
//
// Expressions come from grammar, statements from the methods below. In both, what a text stands for is marked:
//
//	{ch}        an expression of type ch
//	«ch»        the type
//	@time.After a name of an imported package, however it is imported
//	#len        a predeclared name, which something else may have taken
//	¦           perhaps a line break or a comment
//	{block}     statements of a function without results
//	{body:int}  statements of a function that returns an int
type program struct {
	choices *fuzzheaders.ConsumeFuzzer
	old     bool              // in the language before generics
	imports map[string]string // how each package is imported: under a name, or "."
	taken   string            // a predeclared name that an import has
	scopes  [][]declared
	results []string // of the enclosing functions, "" for none
	chans   []channel
	used    map[string]bool // packages, and declarations that are there already
	n       int             // names so far
	size    int             // holes so far
	depth   int
}

// declared is a variable of a type of the grammar, or a name that means something else.
type declared struct{ name, typ string }

// A channel is a type of the grammar.
type channel struct {
	typ, elem string
	send      bool
	recv      bool
}

// typeTexts are the types, which are written like this or by an alias.
var typeTexts = map[string]string{
	"int": "#int", "i64": "#int64", "bool": "#bool", "truth": "truth", "cel": "celsius", "dur": "@time.Duration",
	"any": "interface{}", "err": "#error", "fn": "func()", "fnD": "func(@time.Duration)", "fnB": "func() #bool", "fnI": "func() #int",
	"ch": "chan #int", "rch": "<-chan #int", "sch": "chan<- #int", "stream": "stream", "chA": "chan interface{}", "chF": "chan func()",
	"chC": "chan chan #int", "chT": "chan truth", "chD": "<-chan @time.Duration", "chS": "chan struct{}", "ch64": "chan #int64", "none": "struct{}",
	"mu": "*@sync.Mutex", "rw": "*@sync.RWMutex", "wg": "*@sync.WaitGroup", "once": "*@sync.Once", "cond": "*@sync.Cond",
	"pool": "*@sync.Pool", "lck": "@sync.Locker", "ai": "*@atomic.Int64", "mp": "*@sync.Map", "tm": "*@time.Timer", "tk": "*@time.Ticker",
	"ctx": "@context.Context", "deep": "*deep", "tick": "<-chan @time.Time", "now": "@time.Time", "ints": "[]#int", "dict": "map[#int]#int",
}

// grammar has the productions of each type. Before all of them comes a variable.
var grammar = map[string][]string{
	"int": {
		"1", "{int} +¦ {int}", "<-¦{ch}", "(<-{rch})", "<-<-{chC}", "#len({ch})", "({int})", "{fnI}()", "#int({i64})", "{ints}[{int}&1]",
		"func() #int { {body:int} }()", "add({int},¦ {int})", "generic[#int]({int})", "generic({int})", "{dict}[<-{ch}]",
		"func(x, y #int) #int { <-{ch}; return x }({int}, {int})", "(<-{chA}).(#int)", "struct{ x #int }{<-{ch}}.x", "{int} << ({int} & 7)",
	},
	"i64": {
		"2", "#int64({int})", "{ai}.Load()", "{ai}.¦Add({i64})", "({ai}.Swap)({i64})", "<-{ch64}", "@atomic.LoadInt64(#new(#int64))",
		"@atomic.AddInt64(¦#new(#int64), {i64})", "1 <<¦ ({int} & 7)", "@atomic.AddInt64(pointed())", "(*@atomic.Int64).Add({ai}, {i64})",
		"{ai}.Swap(1 << {fnI}())", "{ai}.Add(1<<({int}&3) + 1)", "{deep}.n.Add({i64})",
	},
	"bool": {
		"1 == 1", "#true", "{int} <¦ {int}", "!{bool}", "{bool} && {bool}", "{mu}.TryLock()", "{rw}.TryRLock()", "({deep}.TryLock)()", "{tm}.Stop()",
		"{tm}.Reset({dur})", "{ai}.CompareAndSwap({i64}, {i64})", "{err} == #nil", "{fnB}()", "func() #bool { _, x := <-{ch}; return x }()",
		"(*@time.Timer).Reset({tm}, {dur})", "{fn} != #nil", "@context.AfterFunc({ctx}, {fn})()", "#bool({truth})", "{mp}.CompareAndSwap({any}, {any}, {any})",
	},
	"truth": {"{int} == {int}", "truth({bool})", "<-{chT}", "{truth} || {int} < {int}", "!{truth}"},
	"cel":   {"1.5", "<-{stream}", "celsius(#int({int}))"},
	"dur":   {"1", "{dur} *¦ 2", "@time.Millisecond", "<-{chD}", "@time.Duration({int})"},
	"none":  {"struct{}{}", "<-{chS}"},
	"now":   {"@time.Now()", "<-{tick}", "<-{tm}.C"},
	"any": {
		"{int}", "{fn}", "#nil", "{mu}", "<-{chA}", "{bool}", "{ch}", "{fnD}", "(*@sync.Mutex).Lock", "@sync.Locker.Unlock", "(*@sync.RWMutex).TryRLock",
		"@context.WithCancel", "@context.WithTimeoutCause", "{ai}.Add", "@atomic.AddInt64", "@sync.OnceValue[#int]", "@time.AfterFunc", "@time.After",
		"(*@time.Timer).Reset", "(@time.NewTimer)", "{pool}.Get()", "{pool}.Put", "{wg}.Add", "{wg}.Go", "{once}.Do", "(*@atomic.Int64).Load", "{mp}.Range",
		"{deep}.n.Load", "{deep}.RWMutex.RUnlock", "@sync.OnceFunc", "{now}", "{i64}", "@iter.Pull[#int]", "(*deep).TryLock", "[]interface{}{{any}, {any}}",
		"map[interface{}]func(){{any}: {fn}}", "struct{ f func() }{f: {fn}}",
	},
	"err":  {"{ctx}.Err()", "@context.Cause({ctx})", "(<-{chA}).(#error)"},
	"ints": {"[]#int{1, {int}}", "#append([]#int{<-{ch}}, {int})"},
	"dict": {"map[#int]#int{}", "map[#int]#int{<-{ch}: {int}}"},
	"fn": {
		"func() { {block} }", "{mu}.Unlock", "({mu}.¦Lock)", "{lck}.Lock", "{wg}.Done", "{wg}.Wait", "{cond}.Signal", "@runtime.Gosched", "<-{chF}",
		"@sync.OnceFunc({fn})", "{tk}.Stop", "{deep}.Unlock", "{deep}.RUnlock", "(func())({fn})", "func() { defer {fn}(); <-{ch} }", "{mp}.Clear",
		"func() func() { {body:fn} }()", "{deep}.Mutex.Lock",
	},
	"fnD": {"@time.Sleep", "(@time.Sleep)", "{tk}.Reset", "func(@time.Duration) { {block} }"},
	"fnB": {"{mu}.TryLock", "{tm}.Stop", "func() #bool { return {bool} }", "{deep}.TryRLock"},
	"fnI": {"func() #int { {body:int} }", "@sync.OnceValue({fnI})", "@sync.OnceValue[#int]({fnI})"},
	"ch": {
		"#make(chan #int, {int})", "func() chan #int { {body:ch} }()", "<-{chC}", "(chan #int)(#nil)", "{deep}.c", "({ch})",
		"[]chan #int{{ch}}[0]", "map[#int]chan #int{{int}: {ch}}[{int}]",
	},
	"rch":    {"{ch}", "(<-chan #int)({ch})", "(«rch»)({ch})"},
	"sch":    {"{ch}", "(chan<- #int)({ch})"},
	"stream": {"#make(stream, {int})", "stream(#nil)"},
	"chA":    {"#make(«chA», 1)"},
	"chF":    {"#make(«chF», 1)"},
	"chC":    {"#make(«chC», 1)"},
	"chT":    {"#make(«chT», 1)"},
	"chD":    {"#make(chan @time.Duration, 1)"},
	"chS":    {"#make(«chS»)", "#make(chan struct{}, <-{ch})"},
	"ch64":   {"#make(«ch64», 1)"},
	"tick":   {"@time.After({dur})", "@time.Tick({dur})", "{tk}.C", "{tm}.C", "(@time.After)({dur})"},
	"mu":     {"#new(@sync.Mutex)", "&{deep}.Mutex", "&@sync.Mutex{}", "(&(*{mu}))", "func() *@sync.Mutex { <-{ch}; return {mu} }()"},
	"rw":     {"#new(@sync.RWMutex)", "&{deep}.RWMutex"},
	"wg":     {"#new(@sync.WaitGroup)", "&{deep}.WaitGroup"},
	"once":   {"#new(@sync.Once)", "&{deep}.once"},
	"cond":   {"@sync.NewCond({lck})"},
	"pool":   {"&@sync.Pool{}", "&@sync.Pool{New: func() interface{} { return {any} }}"},
	"lck":    {"{mu}", "{rw}.RLocker()", "{rw}", "{deep}", "@sync.Locker({mu})", "{cond}.L"},
	"ai":     {"#new(@atomic.Int64)", "&{deep}.n"},
	"mp":     {"#new(@sync.Map)"},
	"tm":     {"@time.NewTimer({dur})", "@time.AfterFunc({dur},¦ {fn})", "@time.AfterFunc(paired())", "(@time.AfterFunc)({dur}, {fn})"},
	"tk":     {"@time.NewTicker({dur})"},
	"ctx": {
		"@context.Background()", "first(@context.WithCancel({ctx}))", "first(@context.WithTimeout({ctx}, {dur}))",
		"first(@context.WithTimeoutCause({ctx}, {dur}, {err}))", "first(@context.WithCancelCause({ctx}))",
	},
	"deep": {"#new(deep)", "&deep{base: #new(base)}", "func() *deep { {body:deep} }()", "&[]deep{{}}[{int}&0]"},
}

// calls are what can stand as a statement, and behind go and defer.
var calls = []string{
	"{fn}()", "{mu}.Lock()", "{mu}.¦Unlock()", "({mu}.Unlock)()", "{rw}.RLock()", "{lck}.Lock()", "{lck}.Unlock()", "{wg}.Add({int})", "{wg}.Done()", "{wg}.Wait()",
	"{wg}.Go({fn})", "{once}.Do({fn})", "{cond}.Wait()", "{cond}.Broadcast()", "@time.Sleep({dur})", "(@time.Sleep)(¦{dur})", "{fnD}({dur})",
	"{ai}.Store({i64})", "{ai}.Add({i64})", "{mp}.Store({any}, {any})", "{mp}.Store(anys())", "{mp}.Range(func(key, value interface{}) #bool { {body:bool} })",
	"@time.AfterFunc({dur}, {fn})", "@time.AfterFunc(paired())", "(*@sync.Mutex).Lock({mu})", "@sync.Locker.Unlock({lck})", "interface{ Lock(); Unlock() }.Lock({lck})",
	"@atomic.StoreInt64(#new(#int64), {i64})", "@atomic.StoreInt64(pointed())", "{tk}.Reset({dur})", "{tk}.Stop()", "@context.AfterFunc({ctx}, {fn})",
	"{deep}.Lock()", "{deep}.RUnlock()", "{deep}.Done()", "@runtime.Gosched()", "{pool}.Put({any})", "{pool}.Get()", "#close({ch})", "(#close)({chA})", "#close({stream})",
	"func(x #int, ys ...#int) { {block} }(¦{int}, {int}, {int})", "func(xs ...#int) {}({ints}...)", "func(ch «ch») { {block} }({ch})", "take({i64}, {truth}, {any})",
	"take(1<<({int}&7)+1, !({int} == {int}), {int} < {int})", "take(taken())", "generic[#int]({int})", "generic({int})", "#println({int}, {bool})", "#panic({any})", "func() #int { return {int} }()",
	"(func() { {block} })()", "func() { {block} }()", "func(f func()) {}({fn})", "{deep}.method({int})", "deep.method(*{deep}, {int})", "(*deep).pointer({deep}, {ch})",
	"interface{ pointer(chan #int) }({deep}).pointer({ch})", "{ctx}.Done()", "#copy({ints}, {ints})", "#delete({dict}, {int})", "[]func(){{fn}}[{int}&0]()",
}

// helpers are declarations that productions use.
var helpers = []struct{ name, text string }{
	{"truth", "type truth #bool"},
	{"celsius", "type celsius #float64"},
	{"stream", "type stream chan celsius"},
	{"base", "type base struct{ @sync.Mutex }"},
	{"deep", "type deep struct { *base; readers; @sync.WaitGroup; once @sync.Once; n @atomic.Int64; c chan #int }\n" +
		"func (d deep) method(#int) {}\nfunc (d *deep) pointer(c chan #int) { c <- 1 }"},
	{"readers", "type readers = inner"},
	{"inner", "type inner struct{ innermost }"},
	{"innermost", "type innermost struct { @sync.RWMutex; c chan #int }"},
	{"add", "func add(x, y #int) #int { return x + y }"},
	{"generic", "func generic[T #any](x T) T { return x }"},
	{"first", "func first[A, B #any](a A, b B) A { return a }"},
	{"pointed", "func pointed() (*#int64, #int64) { return #new(#int64), 1 }"},
	{"paired", "func paired() (@time.Duration, func()) { return 0, func() {} }"},
	{"anys", "func anys() (x, y interface{}) { return }"},
	{"taken", "func taken() (#int64, truth, interface{}) { return 1, 1 == 1, 1 }"},
	{"take", "func take(x #int64, t truth, a interface{}) {}"},
}

// helper finds the use of a helper.
var helper = func() map[string]*regexp.Regexp {
	m := map[string]*regexp.Regexp{}
	for _, h := range helpers {
		m[h.name] = regexp.MustCompile(`\b` + h.name + `\b`)
	}
	return m
}()

// names that declarations take from others.
var shadowing = []string{
	"time", "sync", "context", "close", "len", "nil", "true", "false", "bool", "panic", "int", "int64", "any", "error", "make", "new", "append", "atomic", "runtime",
	"jostleperturb", "jostleX0", "jostleCase1", "string", "Duration", "Sleep", "Mutex", "mytime",
}

var importPaths = map[string]string{
	"time": "time", "sync": "sync", "atomic": "sync/atomic", "context": "context", "runtime": "runtime", "iter": "iter",
}

var channels = []channel{
	{"ch", "int", true, true}, {"rch", "int", false, true}, {"sch", "int", true, false}, {"stream", "cel", true, true}, {"chA", "any", true, true},
	{"chF", "fn", true, true}, {"chC", "ch", true, true}, {"chT", "truth", true, true}, {"chD", "dur", false, true}, {"chS", "none", true, true},
	{"ch64", "i64", true, true}, {"tick", "now", false, true},
}

// typeParams are channels C of generic functions.
var typeParams = []struct {
	constraint string
	channel
}{
	{"~chan E, E interface{}", channel{"C", "E", true, true}},
	{"chan E | chan<- E, E interface{}", channel{"C", "E", true, false}},
	{"interface{ chan #int | <-chan #int }", channel{"C", "int", false, true}},
	{"chan @time.Duration | chan<- @time.Duration", channel{"C", "dur", true, false}},
	{"~chan map[#int]#int | ~<-chan map[#int]#int", channel{"C", "dict", false, true}},
	{"interface{ stream | <-chan celsius; interface{} }", channel{"C", "cel", false, true}},
	{"~chan<- chan #int | chan chan #int", channel{"C", "ch", true, false}},
	{"interface{ interface{ chan *@sync.Mutex | <-chan *@sync.Mutex } }", channel{"C", "mu", false, true}},
}

// grow returns the program that bytes choose, and the version of the language that it is in.
func grow(bytes []byte) (src, language string) {
	p := &program{choices: fuzzheaders.NewConsumer(bytes), used: map[string]bool{}, imports: map[string]string{}, chans: channels}
	p.scopes = [][]declared{nil}
	p.old = p.choose(8) == 7
	for _, pkg := range []string{"time", "sync", "atomic", "context", "runtime", "iter"} {
		p.imports[pkg] = []string{pkg, pkg, "my" + pkg, "."}[p.choose(4)]
	}
	for _, pkg := range []string{"context", "runtime"} { // both have names of others
		if p.imports[pkg] == "." {
			p.imports[pkg] = pkg
		}
	}
	if taken := []string{"", "len", "true", "close", "panic"}[p.choose(5)]; taken != "" {
		p.imports["time"], p.taken = taken, taken
	}
	var variables, functions strings.Builder
	var globals []declared // no function may use one before all are there: there would be cycles
	for range p.choose(4) {
		typ := p.anyType()
		switch p.choose(3) {
		case 0:
			name := p.fresh()
			fmt.Fprintf(&variables, "var %s %s = %s\n", name, p.typeText(typ), p.expr(typ))
			globals = append(globals, declared{name, typ})
		case 1:
			name := p.fresh()
			fmt.Fprintf(&variables, "var ( %s, _ %s = (%s)(%s), %s )\n", name, p.typeText(typ), p.typeText(typ), p.expr(typ), p.expr(typ))
			globals = append(globals, declared{name, typ})
		default:
			c := p.channel(func(c channel) bool { return c.recv })
			v, ok := p.fresh(), p.fresh()
			fmt.Fprintf(&variables, "var %s, %s = <-%s%s\n", v, ok, p.space(), p.primary(c.typ))
			globals = append(globals, declared{v, c.elem}, declared{ok, "bool"})
		}
	}
	p.scopes[0] = append(p.scopes[0], globals...)
	for range 1 + p.choose(3) {
		functions.WriteString(p.function() + "\n")
	}
	return p.assemble(variables.String() + functions.String())
}

// assemble puts what the declarations need in front of them.
func (p *program) assemble(declarations string) (src, language string) {
	p.scopes = p.scopes[:1]
	for added := true; added; {
		added = false
		for _, h := range helpers {
			if !p.used[h.text] && helper[h.name].MatchString(declarations) {
				p.used[h.text], added = true, true
				declarations += p.fill(h.text) + "\n"
			}
		}
		for _, typ := range slices.Sorted(maps.Keys(typeTexts)) {
			for _, form := range []string{"type alias_%s = %s\n", "var zero_%s %s\n"} {
				if use := fmt.Sprintf(form, typ, typeTexts[typ]); strings.Contains(declarations, strings.Fields(use)[1]) && !p.used[use] {
					p.used[use], added = true, true
					declarations += p.fill(use)
				}
			}
		}
	}
	var b strings.Builder
	if p.old {
		language = "go1.17"
	}
	b.WriteString([]string{"", "//go:build !never\n\n", "// Doc.\n", "/* Doc. */ "}[p.choose(4)] + "package x" + []string{"\n", " // c\n", "; ", " /* c */\n"}[p.choose(4)])
	for _, pkg := range []string{"time", "sync", "atomic", "context", "runtime", "iter"} {
		if !p.used[pkg] {
			continue
		}
		name := p.imports[pkg]
		if name == pkg {
			name = ""
		}
		fmt.Fprintf(&b, "import %s %q%s", name, importPaths[pkg], []string{"\n", "; ", " // c\n"}[p.choose(3)])
	}
	b.WriteString(declarations)
	return b.String(), language
}

// choose returns a number below n.
func (p *program) choose(n int) int {
	b, err := p.choices.GetByte()
	if err != nil || n == 0 {
		return 0
	}
	return int(b) % n
}

func (p *program) fresh() string {
	p.n++
	return fmt.Sprintf("v%d", p.n)
}

// hidden reports whether the program has declared a name at this place.
func (p *program) hidden(name string) bool {
	return slices.ContainsFunc(p.scopes, func(scope []declared) bool {
		return slices.ContainsFunc(scope, func(d declared) bool { return d.name == name })
	})
}

var (
	qualified   = regexp.MustCompile(`@(\w+)\.(\w+)`)
	predeclared = regexp.MustCompile(`#(\w+)`)
	mark        = regexp.MustCompile(`@\w+\.\w+|#\w+|«\w+»|\{[\w:]+\}|¦`)
	generics    = regexp.MustCompile(`\[#int\]\(|\[#int\]$|first\(|OnceValue|generic|@iter`)
)

// can reports whether all names that a text needs mean what they should.
func (p *program) can(text string) bool {
	if p.old && generics.MatchString(text) {
		return false
	}
	for _, m := range qualified.FindAllStringSubmatch(text, -1) {
		if name := p.imports[m[1]]; p.hidden(name) || name == "." && p.hidden(m[2]) {
			return false
		}
	}
	for _, m := range predeclared.FindAllStringSubmatch(text, -1) {
		if m[1] == p.taken || p.hidden(m[1]) {
			return false
		}
	}
	return true
}

// fill replaces what is marked in a text.
func (p *program) fill(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range mark.FindAllStringIndex(text, -1) {
		b.WriteString(text[at:m[0]])
		before, after := text[:m[0]], text[m[1]:]
		at = m[1]
		switch token := text[m[0]:m[1]]; token[0] {
		case '@':
			pkg, name, _ := strings.Cut(token[1:], ".")
			p.used[pkg] = true
			if as := p.imports[pkg]; as != "." {
				name = as + "." + name
			}
			b.WriteString(name)
		case '#':
			b.WriteString(token[1:])
		case '{':
			hole, result, isBody := strings.Cut(token[1:len(token)-1], ":")
			if isBody || hole == "block" {
				b.WriteString(p.body(result))
				break
			}
			e := p.expr(hole)
			open := before == "" || strings.ContainsRune("( ,{¦", rune(before[len(before)-1])) || strings.HasSuffix(before, "¦")
			closed := after == "" || strings.ContainsRune(" ,);:}", rune(after[0])) || strings.HasPrefix(after, "¦")
			if !open || !closed {
				e = operand(e)
			}
			b.WriteString(e)
		default:
			if token == "¦" {
				b.WriteString(p.space())
				break
			}
			b.WriteString(p.typeText(strings.Trim(token, "«»")))
		}
	}
	b.WriteString(text[at:])
	return b.String()
}

var word = regexp.MustCompile(`^\w+$`)

// operand puts an expression in parentheses if it is more than a name.
func operand(e string) string {
	if word.MatchString(e) {
		return e
	}
	return "(" + e + ")"
}

// space is put where a line may end.
func (p *program) space() string {
	return []string{"", "\n", " /* c */ ", " // c\n", " /* c\n c */ ", p.directive()}[p.choose(6)]
}

// directive says that what follows is from elsewhere, and not always from the file that the one before it named.
func (p *program) directive() string {
	return []string{"\n//line y.go:7\n", "\n//line z.go:7\n", " /*line y.go:9:4*/ "}[p.size%3]
}

func (p *program) typeText(typ string) string {
	text, ok := typeTexts[typ]
	if !ok {
		return typ // a type parameter
	}
	if p.can(text) && p.choose(3) == 0 {
		return p.fill(text)
	}
	return "alias_" + typ
}

func (p *program) anyType() string {
	all := slices.Sorted(maps.Keys(typeTexts))
	return all[p.choose(len(all))]
}

// channel chooses a channel.
func (p *program) channel(ok func(channel) bool) channel {
	var cs []channel
	for _, c := range p.chans {
		if ok(c) {
			cs = append(cs, c)
		}
	}
	return cs[p.choose(len(cs))]
}

// variables returns those of a type, the nearest first.
func (p *program) variables(typ string) []string {
	var names []string
	seen := map[string]bool{}
	for _, scope := range slices.Backward(p.scopes) {
		for _, d := range slices.Backward(scope) {
			if !seen[d.name] && d.typ == typ && typ != "" {
				names = append(names, d.name)
			}
			seen[d.name] = true
		}
	}
	return names
}

const maxDepth, maxSize = 7, 250

// expr returns an expression of a type.
func (p *program) expr(typ string) string {
	p.size++
	p.depth++
	defer func() { p.depth-- }()
	if p.depth <= maxDepth && p.size <= maxSize && typeTexts[typ] != "" {
		if n := p.choose(1 + len(grammar[typ])); n > 0 && p.can(grammar[typ][n-1]) {
			return p.fill(grammar[typ][n-1])
		}
	}
	vars := p.variables(typ)
	if len(vars) > 0 && p.choose(4) < 3 || typeTexts[typ] == "" {
		return vars[p.choose(len(vars))]
	}
	return "zero_" + typ
}

// primary is an expression of which a part can be taken, or that can follow an operator.
func (p *program) primary(typ string) string { return operand(p.expr(typ)) }

// name chooses the name of a new variable in the innermost scope.
func (p *program) name() string {
	if n := p.choose(2 * len(shadowing)); n > len(shadowing) {
		name := shadowing[n-len(shadowing)]
		inner := p.scopes[len(p.scopes)-1]
		if !slices.ContainsFunc(inner, func(d declared) bool { return d.name == name }) {
			return name
		}
	}
	return p.fresh()
}

func (p *program) declare(name, typ string) {
	last := len(p.scopes) - 1
	p.scopes[last] = append(p.scopes[last], declared{name, typ})
}

// block returns statements in a scope of their own.
func (p *program) block() string {
	p.scopes = append(p.scopes, nil)
	defer func() { p.scopes = p.scopes[:len(p.scopes)-1] }()
	return p.statements()
}

// statements ends in a line of its own or with a statement, never within a comment.
func (p *program) statements() string {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth || p.size > maxSize {
		return ""
	}
	var b strings.Builder
	for range p.choose(4) {
		b.WriteString(p.statement())
		b.WriteString([]string{"\n", "; ", " // c\n", "\n/* c */ ", "; /* c\n c */ ", "\n" + p.directive(), ";;\n"}[p.choose(7)])
	}
	return b.String()
}

// simple is a statement that can stand in the head of others.
func (p *program) simple() string {
	switch p.choose(4) {
	case 0:
		return p.send()
	case 1:
		c := p.channel(func(c channel) bool { return c.recv })
		return "<-" + p.primary(c.typ)
	case 2:
		c := p.channel(func(c channel) bool { return c.recv })
		return "_, _ = (<-" + p.space() + p.primary(c.typ) + ")"
	}
	return p.assignment()
}

func (p *program) send() string {
	c := p.channel(func(c channel) bool { return c.send })
	return p.primary(c.typ) + " <-" + p.space() + " " + p.expr(c.elem)
}

func (p *program) assignment() string {
	typ := p.anyType()
	vars := p.variables(typ)
	if len(vars) == 0 {
		return p.fill("_ = {dict}[{int}]")
	}
	return vars[0] + " = " + p.expr(typ)
}

// head is a simple statement in the head of another one, where no brace may come.
func (p *program) head() string {
	used := maps.Clone(p.used)
	s := p.simple()
	if strings.Contains(s, "{") {
		p.used = used
		return ""
	}
	return s
}

func (p *program) condition() string { return "(" + p.expr("bool") + ")" }

func (p *program) label() string {
	p.n++
	return fmt.Sprintf("L%d", p.n)
}

// call returns a call that can be a statement.
func (p *program) call() string {
	if n := p.choose(len(calls)); p.can(calls[n]) {
		return p.fill(calls[n])
	}
	return "func() {}()"
}

func (p *program) statement() string {
	p.size++
	switch p.choose(20) {
	case 0:
		return p.send()
	case 1:
		return p.simple()
	case 2, 3:
		return p.call()
	case 4, 5:
		return "go" + []string{" ", " /* c */ ", "\t"}[p.choose(3)] + p.call()
	case 6:
		return "defer " + p.call()
	case 7, 8:
		return p.declaration()
	case 9, 10:
		return p.selects()
	case 11, 12:
		return p.loop()
	case 13:
		return "if " + p.head() + "; " + p.condition() + " { " + p.block() + " } else if " + p.condition() + " { " + p.block() + " }"
	case 14:
		return "for ; " + p.condition() + "; " + p.head() + " { " + p.block() + " }"
	case 15:
		head := p.head()
		if p.choose(2) == 0 {
			return "switch " + head + "; (" + p.expr("int") + ") { case " + p.expr("int") + ": " + p.block() + "; default: " + p.block() + " }"
		}
		x := "(" + p.typeText("any") + ")(" + p.expr("any") + ")"
		first, v := p.typeText("ch"), p.name()
		p.scopes = append(p.scopes, []declared{{v, "ch"}})
		defer func() { p.scopes = p.scopes[:len(p.scopes)-1] }()
		return "switch " + head + "; " + v + " := (" + x + ").(type) { case " + first + ": _ = " + v + "; " + p.statements() + "; default: _ = " + v + " }"
	case 16:
		l := p.label()
		if p.choose(2) == 0 {
			return l + ":" + p.space() + "\n{ " + p.block() + " }; if " + p.condition() + " { goto " + l + " }"
		}
		return "if " + p.condition() + " { goto " + l + " }; { " + p.block() + " }; " + l + ": " + p.labelled()
	case 17:
		return "{ " + p.block() + " }"
	case 18:
		if result := p.results[len(p.results)-1]; result != "" {
			return "if " + p.condition() + " { return " + p.expr(result) + " }"
		}
		return "if " + p.condition() + " { return }"
	}
	return p.assignment()
}

// labelled is what a label is put before.
func (p *program) labelled() string {
	switch p.choose(5) {
	case 0:
		return p.send()
	case 1:
		return "go " + p.call()
	case 2:
		return p.selects()
	case 3:
		return p.loop()
	}
	return "{}"
}

func (p *program) declaration() string {
	switch p.choose(4) {
	case 0:
		typ := p.anyType()
		text, e := p.typeText(typ), p.expr(typ)
		name := p.name()
		p.declare(name, typ)
		return fmt.Sprintf("var %s %s = %s; _ = %s", name, text, e, name)
	case 1:
		typ := p.anyType()
		text, e := p.typeText(typ), p.expr(typ)
		name := p.name()
		p.declare(name, typ)
		return fmt.Sprintf("%s := (%s)(%s); _ = %s", name, text, e, name)
	case 2:
		c := p.channel(func(c channel) bool { return c.recv })
		e := p.primary(c.typ)
		form := []string{"%s, %s := <-%s; _, _ = %[1]s, %[2]s", "var %s, %s = (<-%s); _, _ = %[1]s, %[2]s"}[p.choose(2)]
		v := p.name()
		p.declare(v, c.elem)
		ok := p.name()
		p.declare(ok, "bool")
		return fmt.Sprintf(form, v, ok, e)
	}
	name := p.name()
	p.declare(name, "")
	return []string{"type " + name + " struct{}", "const " + name + " = 1"}[p.choose(2)]
}

func (p *program) loop() string {
	c := p.channel(func(c channel) bool { return c.recv })
	ch := "(" + p.expr(c.typ) + ")"
	p.scopes = append(p.scopes, nil)
	defer func() { p.scopes = p.scopes[:len(p.scopes)-1] }()
	var clause, use string
	switch p.choose(5) {
	case 0:
		v := p.name()
		p.declare(v, c.elem)
		clause, use = v+" :=", "_ = "+v+"; "
	case 1:
	case 2:
		clause = "_ ="
	case 3:
		if vars := p.variables(c.elem); len(vars) > 0 {
			clause = vars[0] + " ="
		}
	case 4:
		if c.elem == "int" {
			clause = "(" + p.expr("ints") + ")[" + p.space() + p.expr("int") + "] ="
		}
	}
	label, jump := "", ""
	if p.choose(2) == 1 {
		l := p.label()
		label = l + ": "
		jump = "if " + p.condition() + " { " + []string{"continue ", "break ", "goto "}[p.choose(3)] + l + " }; "
	}
	if p.choose(3) == 1 {
		jump += "if " + p.condition() + " { " + []string{"continue", "break"}[p.choose(2)] + " }; "
	}
	return label + "for " + clause + " range " + ch + " {" + p.space() + use + jump + p.block() + "}"
}

func (p *program) selects() string {
	var b strings.Builder
	label := ""
	if p.choose(3) == 1 {
		label = p.label()
		b.WriteString(label + ":" + p.space())
	}
	b.WriteString("select {")
	b.WriteString([]string{"", "\n", " // c\n", " /* c */ "}[p.choose(4)])
	breaks := false
	fallback := p.choose(6)
	clauses := p.choose(4)
	for i := range clauses {
		if i == fallback {
			b.WriteString("default: " + p.block() + "\n")
		}
		p.scopes = append(p.scopes, nil)
		b.WriteString("case" + []string{" ", "\n", " /* c */ "}[p.choose(3)] + p.communication())
		if label != "" && i == 0 {
			breaks = true
			b.WriteString(" if " + p.condition() + " { " + []string{"break ", "goto "}[p.choose(2)] + label + " }; ")
		}
		b.WriteString(p.statements() + "\n")
		p.scopes = p.scopes[:len(p.scopes)-1]
	}
	b.WriteString("}")
	if label != "" && !breaks {
		b.WriteString("; if " + p.condition() + " { goto " + label + " }")
	}
	return b.String()
}

// communication is what is between case and the statements behind it, in whose scope is what it declares.
func (p *program) communication() string {
	end := ":" + p.space()
	if p.choose(3) == 0 {
		return p.send() + end
	}
	c := p.channel(func(c channel) bool { return c.recv })
	recv := "<-" + p.space() + p.primary(c.typ)
	if p.choose(4) == 3 {
		recv = "(" + recv + ")"
	}
	switch p.choose(5) {
	case 1:
		v := p.name()
		p.declare(v, c.elem)
		return v + " := " + recv + end + " _ = " + v + "; "
	case 2:
		v := p.name()
		p.declare(v, c.elem)
		ok := p.name()
		p.declare(ok, "bool")
		return v + ", " + ok + " := " + recv + end + " _, _ = " + v + ", " + ok + "; "
	case 3:
		if vars := p.variables(c.elem); len(vars) > 0 {
			return vars[0] + " = " + recv + end
		}
	case 4:
		if c.elem == "int" {
			return p.primary("ints") + "[" + p.space() + p.expr("int") + "], _ = " + recv + end
		}
	}
	return recv + end
}

// function declares one.
func (p *program) function() string {
	result := []string{"", "int", "fn"}[p.choose(3)]
	kind := p.choose(4)
	if p.old {
		kind %= 2
	}
	var head string
	scope := []declared{{"c", "ch"}}
	p.chans = channels
	p.n++
	switch kind {
	case 0:
		head = fmt.Sprintf("func f%d(c %s, xs ...%s)", p.n, p.typeText("ch"), p.typeText("int"))
		scope = append(scope, declared{"xs", "ints"})
	case 1:
		head = fmt.Sprintf("func (d *deep) m%d(c %s)", p.n, p.typeText("ch"))
		scope = append(scope, declared{"d", "deep"})
	case 2:
		t := typeParams[p.choose(len(typeParams))]
		if !p.can(t.constraint) {
			t = typeParams[0]
		}
		value := t.elem
		if value != "E" {
			value = p.typeText(value)
		}
		head = fmt.Sprintf("func f%d[C %s](c C, v %s)", p.n, p.fill(t.constraint), value)
		scope = []declared{{"c", "C"}, {"v", t.elem}}
		p.chans = append([]channel{t.channel}, channels...)
	case 3:
		locker := "interface{ Lock(); Unlock() }"
		if p.can("@sync.Locker") {
			locker = p.fill("@sync.Locker")
		}
		head = fmt.Sprintf("func f%d[L %s](c %s, l L)", p.n, locker, p.typeText("ch"))
	}
	if result != "" {
		head += " " + p.typeText(result)
	}
	p.scopes = append(p.scopes, scope)
	defer func() { p.scopes = p.scopes[:len(p.scopes)-1] }()
	locks := ""
	if kind == 3 {
		locks = "l.Lock(); defer l.Unlock(); _ = l.Lock\n"
	}
	return head + " {" + p.space() + locks + p.body(result) + "\n}"
}

// body returns the statements of a function.
func (p *program) body(result string) string {
	p.scopes, p.results = append(p.scopes, nil), append(p.results, result)
	defer func() {
		p.scopes, p.results = p.scopes[:len(p.scopes)-1], p.results[:len(p.results)-1]
	}()
	return p.statements() + p.end(result)
}

// end is the last statement of a function: in one with a result, it must be one that ends it.
func (p *program) end(result string) string {
	if result == "" {
		return ""
	}
	p.depth++ // an endless loop of ends must end
	defer func() { p.depth-- }()
	switch p.choose(5) {
	case 1:
		return "select {}"
	case 2:
		return "for { " + p.block() + "}"
	case 3:
		return "select { case <-" + p.primary("ch") + ": return " + p.expr(result) + "; case " + p.send() + ": for {} }"
	case 4:
		if p.can("#panic") {
			return p.fill("#panic({any})")
		}
	}
	return "return " + p.expr(result)
}
