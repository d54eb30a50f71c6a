// Package trace has the words for what happens in an execution, as data: where a sync point stands in the source (Site), what is done there
// (Op) and on what (Kind), each Step, and how the execution stood at its end (Snapshot). The engine writes it; predictions, verdicts and
// reports are made from it. The package knows nothing of what runs, and is compiled into each test binary.
package trace

import "strconv"

// A Site is one sync point in the source of the code under test. The rewriter emits it as static data, so that a sync
// point costs the instrumented code one address.
type Site struct {
	File string // original file, absolute
	Line int32
	Col  int32
	Func string // enclosing function, as runtime.FuncForPC names it
	Op   Op     // what is done
	Kind Kind   // to what; 0 for nothing, or if it is known by an interface only
	Name string // "send", "receive", "close", "select", "go", or that of the function of package perturb: for people and for Key
	Expr string // operand as the source has it: "s.mu", "out", the function a go statement starts
	Var  uint64 // the variable or field that the operand is; 0 if unknown
	Key  uint64 // stable under edits elsewhere in the file: hash of Func, Name, Expr and occurrence

	// Starts is the function that a go statement, or a call in its place, starts in a goroutine: as runtime.FuncForPC names
	// it, or if it is not known before the program runs, as the source calls it. "" for other operations.
	Starts string

	Context string // a context that code there could use, as it would call it: "ctx", "s.ctx"; "" if none is at hand

	After Following // of what releases something; of a select its cases have it
	Looks bool      // an atomic operation that changes nothing

	// Elsewhere says that there a function is made which does the operation, wherever it is called: the cancel function of a context,
	// one of sync.OnceFunc and its like, or mu.Unlock as a value.
	Elsewhere bool

	Cases []SiteCase // of a select, in source order without the default

	Library bool `json:"-"` // it is in a module that is not worked on

	Passed uint32 `json:"-"` // how often, in a live run; it changes while goroutines run
}

// A SiteCase is one communication of a select.
type SiteCase struct {
	Op   Op // OpSend or OpRecv
	Expr string
	Var  uint64

	After Following
}

// A Following is what may come after an operation that releases something, before the goroutine's next sync point.
type Following uint8

const (
	Nothing Following = iota // that others could tell
	Returns                  // the function returns to code that is not known
	Plain                    // a plain load or store that others may see, or a call of code that is not known
)

// String returns "file:line:col", or "-" for the nil Site that stands for operations of the harness itself.
func (s *Site) String() string {
	if s == nil {
		return "-"
	}
	return s.File + ":" + strconv.Itoa(int(s.Line)) + ":" + strconv.Itoa(int(s.Col))
}

// StableKey returns the key, or 0 for the nil Site.
func (s *Site) StableKey() uint64 {
	if s == nil {
		return 0
	}
	return s.Key
}

// InTest reports whether the Site is in a file of tests.
func (s *Site) InTest() bool {
	const end = "_test.go"
	at := len(s.File) - len(end)
	return at >= 0 && s.File[at:] == end
}

// Key returns the key of a Site that no file has: of a function, of what is done, and of what tells apart those that do it there. It is
// the hash that the keys of files are, FNV-1a.
func Key(function string, op Op, which string) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range [...]string{function, "\x00", op.String(), "\x00", which} {
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
	}
	return h
}
