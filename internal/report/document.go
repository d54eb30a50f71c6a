package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/contrast"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// DocumentVersion is the version of the format of a Document. What a reader of the one before would take for something
// else gives it another number; what is added does not. docs/report.md says what is in it, docs/report.schema.json exactly.
const DocumentVersion = 1

// A Document is a report as data. It is made of findings alone, so that it is the same wherever it is made: no times, no
// paths of the machine.
type Document struct {
	Version  int        `json:"version"`
	Tool     string     `json:"tool"`         // "jostle" and its version, if that is known
	Go       string     `json:"go,omitempty"` // version that the findings were replayed with
	Findings []*Finding `json:"findings"`
}

// A Finding is what is known of one finding: what its file says, and what its execution was when it was run again. Of one
// that could not be reproduced there are Report, and what stands before it.
type Finding struct {
	Package    string      `json:"package,omitempty"` // import path
	Module     string      `json:"module,omitempty"`
	Test       string      `json:"test,omitempty"`
	Mode       string      `json:"mode,omitempty"` // "controlled" or "live"
	Race       bool        `json:"race,omitempty"` // with the race detector
	File       string      `json:"file,omitempty"` // that replays it
	Replay     string      `json:"replay,omitempty"`
	Cause      string      `json:"cause,omitempty"` // the same for every schedule that leads there
	Root       string      `json:"root,omitempty"`  // the same for all findings that one change would end, as far as can be seen
	FoundBy    string      `json:"foundBy,omitempty"`
	Reproduced *Reproduced `json:"reproduced,omitempty"`
	Departures []Departure `json:"departures,omitempty"` // of the schedule from the plain run

	Verdict  string `json:"verdict"`            // one word
	Rule     int    `json:"rule,omitempty"`     // 1 to 4; 0 for none
	RuleText string `json:"ruleText,omitempty"` // the rule in a few words
	Headline string `json:"headline"`           // what happened, half a sentence
	Evidence string `json:"evidence,omitempty"` // on what the verdict rests
	Advice   string `json:"advice,omitempty"`   // what to change
	At       *Place `json:"at,omitempty"`       // the line of the module that it is about
	Report   string `json:"report,omitempty"`   // as the terminal shows it
	Output   string `json:"output,omitempty"`   // what the test printed
	Input    string `json:"input,omitempty"`    // what the body of a fuzz target was given, as Go source

	Knot      []uint32    `json:"knot,omitempty"`      // goroutines of which each waits for the next
	Cycle     bool        `json:"cycle,omitempty"`     // the last of them waits for the first
	Others    []uint32    `json:"others,omitempty"`    // stuck as well
	Left      []uint32    `json:"left,omitempty"`      // by a test that failed by its own word
	Lost      *Event      `json:"lost,omitempty"`      // the wake-up that was missed
	Fault     *Event      `json:"fault,omitempty"`     // what the network did by the schedule, to which goroutine's operation, and where
	Canceled  *Event      `json:"canceled,omitempty"`  // where the schedule cancelled a context, who made it, and where
	Panicked  string      `json:"panicked,omitempty"`  // what was panicked with
	Unordered []Unordered `json:"unordered,omitempty"` // plain accesses of the same memory that nothing orders
	Closed    *Event      `json:"closed,omitempty"`    // of a panic at a closed channel: who closed it
	Who       string      `json:"who,omitempty"`       // goroutine that panicked or stalled
	Stack     string      `json:"stack,omitempty"`     // of a panic, or of what stalled
	Races     []Race      `json:"races,omitempty"`     // what the race detector says

	Run
	Locks   *LockOrder `json:"locks,omitempty"`   // who takes which lock while holding which
	Passing *Run       `json:"passing,omitempty"` // the nearest run that passes, or else the plain one, to a little beyond where they part
	Parts   int        `json:"parts,omitempty"`   // number of the first step that is another one there

	Difference *Difference `json:"difference,omitempty"` // from the nearest run that passes
	Inevitable *Inevitable `json:"inevitable,omitempty"` // since when no continuation passes

	Sources []Source `json:"sources,omitempty"` // lines around every place
}

// Reproduced says how often an execution was run again, and what came of it.
type Reproduced struct {
	Of    int    `json:"of"`             // times
	Times int    `json:"times"`          // it ended by the finding's cause
	Same  int    `json:"same"`           // of these, by the very same steps
	Note  string `json:"note,omitempty"` // why not every time
}

func (r *Reproduced) String() string {
	switch {
	case r.Times > 0:
		return fmt.Sprintf("reproduced %d of %d times", r.Times, r.Of)
	case r.Note != "":
		return "not reproduced: " + r.Note
	}
	return "not reproduced"
}

// A Departure is a decision of the schedule that is not the plain one.
type Departure struct {
	Text   string `json:"text"`             // who, where, what
	Missed bool   `json:"missed,omitempty"` // the code has changed there: it did not come
}

// A Run is an execution, as far as its trace is kept.
type Run struct {
	Steps       int         `json:"steps"` // that it had
	First       int         `json:"first,omitempty"`
	Leaks       bool        `json:"leaks,omitempty"` // of the nearest run that passes: it leaves goroutines behind, and is no worse
	Preemptions int         `json:"preemptions"`
	Elapsed     string      `json:"elapsed,omitempty"` // virtual time
	Goroutines  []Goroutine `json:"goroutines,omitempty"`
	Objects     []Object    `json:"objects,omitempty"`
	Places      []Place     `json:"places,omitempty"` // of the trace, which has indices into it
	Trace       []Step      `json:"trace,omitempty"`  // steps from First on
	Held        []Span      `json:"held,omitempty"`   // which locks were held when
}

// A Place is a position in the source. File is relative to the root of the module, also in another module of its workspace, or begins
// with another module's path and version, or with GOROOT/src.
type Place struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Function string `json:"function,omitempty"`
	Expr     string `json:"expr,omitempty"`   // what a sync point works on, as the source spells it; of a select its cases
	Select   bool   `json:"select,omitempty"` // it is one
}

// A Goroutine of an execution.
type Goroutine struct {
	ID      uint32   `json:"id"`
	Name    string   `json:"name"`
	Parent  uint32   `json:"parent,omitempty"`
	Started *Place   `json:"started,omitempty"` // its go statement
	Born    int      `json:"born,omitempty"`    // step after which it was started
	State   string   `json:"state"`             // at the end: "ended", "blocked", "outside" (of control), "runnable"
	Doing   string   `json:"doing,omitempty"`   // what it is blocked in
	At      *Place   `json:"at,omitempty"`      // where, in the code under test if it is there
	Inside  *Place   `json:"inside,omitempty"`  // where in a library, if At has called that
	Waits   []Wait   `json:"waits,omitempty"`
	Holds   []Hold   `json:"holds,omitempty"`
	Nil     []string `json:"nil,omitempty"`   // cases of the select that it blocks in whose channels are nil
	Round   bool     `json:"round,omitempty"` // it goes round for ever, woken by timers
	Calls   []Place  `json:"calls,omitempty"` // how it came to where it is stuck, the innermost call first
	Stack   string   `json:"stack,omitempty"` // where the engine does not see what it is blocked in
}

// A Wait is one thing that would let a goroutine go on.
type Wait struct {
	Object uint32     `json:"object"`
	Op     string     `json:"op"`
	Name   string     `json:"name"` // of the object, here
	Needs  string     `json:"needs"`
	Gone   string     `json:"gone,omitempty"`   // of the last of a path: that no goroutine is left to end it, as a sentence without a full stop
	Beside bool       `json:"beside,omitempty"` // it is for a timer or the end of a context, which are beside something else as a rule
	By     []Releaser `json:"by,omitempty"`
	N      int64      `json:"n,omitempty"`    // of a resource: how much
	Fate   *Fate      `json:"fate,omitempty"` // what became of what is waited for
	Code   []Place    `json:"code,omitempty"` // if there is nobody: where the code would do it
}

// A Fate is what became of what a goroutine waits for: another one has it.
type Fate struct {
	Told  string `json:"told"`            // all that is below, as a sentence without a full stop
	Gave  Event  `json:"gave"`            // the send, or the signal
	Got   Event  `json:"got"`             // who received it, or was woken
	Again bool   `json:"again,omitempty"` // and waits there again
	Ended bool   `json:"ended,omitempty"` // or has ended
	Late  bool   `json:"late,omitempty"`  // it was gone before the goroutine that waits for it came there
	Back  *Event `json:"back,omitempty"`  // where it would have sent it back
}

// A Releaser is a goroutine that could end a wait.
type Releaser struct {
	Goroutine uint32 `json:"goroutine"`
	How       string `json:"how"`           // see waitgraph.Evidences
	Because   string `json:"because"`       // "held by g3", "for g2, which did send on in (x.go:19)"
	Did       string `json:"did,omitempty"` // where none is left that can end the wait: what it has to do with that, after its name
	At        *Place `json:"at,omitempty"`
	N         int64  `json:"n,omitempty"`       // of a resource: how much it holds
	Keeping   string `json:"keeping,omitempty"` // why something of a library was not given back, see Hold
	Ended     bool   `json:"ended,omitempty"`
}

// A Hold is what a goroutine has to give back.
type Hold struct {
	Object uint32 `json:"object"`
	Name   string `json:"name"`
	Since  *Place `json:"since,omitempty"`  // where, in the code under test if that has called the library which took it
	Inside *Place `json:"inside,omitempty"` // then: where in the library
	Read   bool   `json:"read,omitempty"`
	N      int64  `json:"n,omitempty"`    // of a resource: how much
	Owed   bool   `json:"owed,omitempty"` // no lock: others wait for something that it has to do
	// Keeping is why something of a library was not given back: "body" of a response, "rows", "transaction" or "connection" of a database,
	// "request" that is being served, "call" where it is not answered, or "unread" where its body was not read.
	Keeping string `json:"keeping,omitempty"`
}

// An Object is a synchronisation object.
type Object struct {
	ID   uint32 `json:"id"`
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"`
}

// A Step is one operation.
type Step struct {
	N         int    `json:"n"` // from 1
	Goroutine uint32 `json:"goroutine"`
	Op        string `json:"op"`
	Object    uint32 `json:"object,omitempty"`
	Place     int    `json:"place"`            // index into Places; -1 for none
	Choice    string `json:"choice,omitempty"` // how the goroutine came to run: "" it went on, "switched", "preempted", "delayed"
	Until     int    `json:"until,omitempty"`  // the step of another goroutine that ended the wait which this was
	Off       *Off   `json:"off,omitempty"`    // with "preempted" and "delayed": the goroutine that the schedule took off for this one
}

// An Off is a goroutine that the schedule took off although it could have gone on.
type Off struct {
	Goroutine uint32 `json:"goroutine"`
	When      string `json:"when"` // "before" the operation, or "after" it
	Op        string `json:"op"`
	Object    uint32 `json:"object,omitempty"`
	Place     int    `json:"place"` // index into Places; -1 for none
}

// A Span is for how long a lock was held.
type Span struct {
	Object    uint32 `json:"object"`
	Goroutine uint32 `json:"goroutine"`
	From      int    `json:"from"`         // step; 0 if before the first that is kept
	To        int    `json:"to,omitempty"` // 0 if to the end
	Read      bool   `json:"read,omitempty"`
}

// An Event is one operation of one goroutine.
type Event struct {
	Goroutine uint32 `json:"goroutine,omitempty"`
	Op        string `json:"op"`
	At        *Place `json:"at,omitempty"`
	Step      int    `json:"step"`
}

// A Difference is what an execution does in another order than the nearest one that passes.
type Difference struct {
	Told    []string `json:"told"` // all that is below, in sentences
	Orders  []Order  `json:"orders,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
}

// An Order is two operations on one object of which First comes before Then in the run that passes, and does not in this one.
type Order struct {
	Object uint32 `json:"object,omitempty"` // 0: a variable that atomic operations are done on
	First  Deed   `json:"first"`
	Then   Deed   `json:"then"`
}

// A Deed is an operation of a goroutine in two runs.
type Deed struct {
	Goroutine uint32 `json:"goroutine"`
	Op        string `json:"op"`
	At        *Place `json:"at,omitempty"`
	Here      int    `json:"here,omitempty"`    // its step in this run; 0: the goroutine does not come to it
	There     int    `json:"there,omitempty"`   // likewise, in the run that passes
	Blocked   bool   `json:"blocked,omitempty"` // here it does not come to an end
}

// A Choice is a select that takes a different case in the run that passes.
type Choice struct {
	Goroutine uint32 `json:"goroutine"`
	At        *Place `json:"at,omitempty"`
	Here      Case   `json:"here"`
	There     Case   `json:"there"`
}

// A Case is what became of a select.
type Case struct {
	Step    int    `json:"step"`
	Op      string `json:"op,omitempty"` // "": the default, or it blocks
	Object  uint32 `json:"object,omitempty"`
	Blocked bool   `json:"blocked,omitempty"`
}

// An Inevitable says since when no continuation of an execution was seen to pass.
type Inevitable struct {
	Told  string `json:"told"`           // as a sentence without a full stop
	Step  int    `json:"step,omitempty"` // the first after the decision that led there; 0: no schedule passes
	Tried int    `json:"tried"`          // continuations, of which none passes
	All   bool   `json:"all,omitempty"`  // there are no others
}

// A Race is a report of the race detector.
type Race struct {
	Accesses []Access `json:"accesses"`
}

// An Access is one of those that race.
type Access struct {
	What  string  `json:"what"` // "write", "previous read"
	By    string  `json:"by"`
	Stack []Place `json:"stack,omitempty"` // the innermost call first
	// Hidden is set if the function that did the access is not on the stack. The first one that is not Go's own has called it.
	Hidden bool `json:"hidden,omitempty"`
}

// A LockOrder is a graph: which lock was taken while which was held.
type LockOrder struct {
	Locks []Object   `json:"locks"`
	Edges []LockEdge `json:"edges"`
}

// A LockEdge says that Goroutine took the lock To while it held From.
type LockEdge struct {
	From      uint32 `json:"from"`
	To        uint32 `json:"to"`
	Goroutine uint32 `json:"goroutine"`
	Held      *Place `json:"held,omitempty"`     // where it had taken From
	Acquired  *Place `json:"acquired,omitempty"` // where it took To, or waits for it
	Cycle     bool   `json:"cycle,omitempty"`    // of the circle of this finding
}

// A Source is a window of a file.
type Source struct {
	File  string   `json:"file"`
	First int      `json:"first"` // number of the first line
	Lines []string `json:"lines"`
}

// Bounds on what a Document takes of an execution.
const (
	maxTrace   = 10_000 // steps
	maxCalls   = 12     // of a goroutine
	maxEdges   = 300    // of locks
	around     = 4      // lines around a place
	beyond     = 40     // steps of the plain run after those that are the same
	maxSources = 5_000  // lines
)

// NewFinding returns v as data. What is known only of the finding's file is for the caller to add.
func NewFinding(v *verdict.Verdict, o Options) *Finding {
	var whole strings.Builder
	_ = Text(&whole, v, o) // a strings.Builder takes everything
	b := &builder{files: newFiles(o.Dir), text: &text{v: v, unclear: unclear(v), sources: map[string][]string{}, whole: map[string]bool{}}, v: v}
	b.text.o.Dir, b.text.o.Full, b.text.o.Story, b.text.o.Program = b.files.root, true, o.Story, o.Program
	f := &Finding{
		Input: o.Input, Replay: o.Replay, Verdict: v.Kind.Word(), Rule: int(v.Rule), RuleText: ruleText[v.Rule],
		Headline: b.text.what(b.text.name), Evidence: v.Evidence, Report: b.files.portable(whole.String()), Cycle: v.Cycle,
		Panicked: v.Value, Who: v.Who, Stack: b.stack(v.Stack),
	}
	if v.Found() {
		f.Advice, f.Root = b.text.change(), fmt.Sprintf("%016x", v.Root())
	}
	for _, g := range v.Knot {
		f.Knot = append(f.Knot, g.ID)
	}
	for _, g := range v.Others {
		f.Others = append(f.Others, g.ID)
	}
	for _, g := range v.Left {
		f.Left = append(f.Left, g.ID)
	}
	if l := v.Lost; l != nil {
		f.Lost = &Event{l.Task, l.Op.String(), b.place(l.Site), l.Step}
	}
	if c := v.Closed; c != nil {
		f.Closed = b.event(*c)
	}
	for _, c := range b.text.conflicts() {
		f.Unordered = append(f.Unordered, Unordered{b.touch(c.First), b.touch(c.Second)})
	}
	if c := v.Cancelled; c != nil {
		f.Canceled = &Event{c.Task, trace.OpCancel.String(), b.place(c.Site), c.Step}
	}
	if e := v.Faulted; e != nil {
		f.Fault = &Event{e.Task, e.Op.String(), b.place(e.At), e.Step}
	}
	for _, r := range v.Races {
		f.Races = append(f.Races, b.race(r))
	}
	f.Run = b.run()
	f.Locks = b.locks(&f.Run)
	f.story(b, o.Story)
	f.Sources = b.files.sources()
	return f
}

// An Unordered is two plain accesses of the same memory that nothing orders: the goroutine of the second was about to do it when the first
// came.
type Unordered struct {
	First  *Event `json:"first"`
	Second *Event `json:"second"`
}

func (b *builder) touch(a trace.Touch) *Event {
	return &Event{a.Task, a.Op.String(), b.place(a.Site), a.Step}
}

// story puts what other executions say next to the finding.
func (f *Finding) story(b *builder, s *Story) {
	if s == nil {
		return
	}
	f.Difference, f.Inevitable = b.difference(s), &Inevitable{Step: s.Step, Tried: s.Tried, All: s.All, Told: b.text.unpassed(s)}
	if s.Passing == nil {
		return
	}
	passing := &builder{files: b.files, text: &text{v: s.Passing, unclear: map[uint32]bool{}}, v: s.Passing}
	passing.text.o = b.text.o
	run := passing.run()
	run.Leaks = s.Passing.Kind == verdict.Leak
	f.beside(run)
}

// Beside puts the plain run next to the finding, if that passes, nothing nearer is known, and there is something to compare.
func (f *Finding) Beside(plain *Finding) {
	if plain.Verdict == "pass" && f.Passing == nil {
		f.beside(plain.Run)
		f.Sources = merge(append(f.Sources, plain.Sources...))
	}
}

// beside puts a run that passes next to the finding, up to a little beyond where they part.
func (f *Finding) beside(run Run) {
	if f.First != 1 || run.First != 1 {
		return
	}
	n := 0
	for n < min(len(f.Trace), len(run.Trace)) && f.same(f.Trace[n], &run, run.Trace[n]) {
		n++
	}
	f.Parts = n + 1
	run.Trace = run.Trace[:min(n+beyond, len(run.Trace))]
	last := uint32(0)
	for _, s := range run.Trace {
		last = max(last, s.Goroutine)
	}
	run.Goroutines = slices.DeleteFunc(run.Goroutines, func(g Goroutine) bool { return g.ID > last })
	run.Held = slices.DeleteFunc(run.Held, func(s Span) bool { return s.From > len(run.Trace) })
	f.Passing = &run
}

func (f *Finding) same(s Step, other *Run, t Step) bool {
	if s.Goroutine != t.Goroutine || s.Op != t.Op || s.Object != t.Object || (s.Place < 0) != (t.Place < 0) {
		return false
	}
	return s.Place < 0 || f.Places[s.Place] == other.Places[t.Place]
}

// RuleText returns a rule in a few words, "" for one that does not exist.
func RuleText(rule int) string { return ruleText[verdict.Rule(rule)] }

// Portable returns a text with the files in it called what a report calls them.
func Portable(dir, text string) string { return newFiles(dir).portable(text) }

// FileName returns what a report calls a file of the module that dir is in.
func FileName(dir, file string) string { return newFiles(dir).name(file) }

// WriteJSON writes the document.
func (d *Document) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	return e.Encode(d)
}

// A builder makes a Finding of a verdict.
type builder struct {
	v     *verdict.Verdict
	text  *text
	files *files

	places []Place
	index  map[*trace.Site]int
}

func (b *builder) event(e verdict.Event) *Event {
	return &Event{e.Task, e.Op.String(), b.place(e.Site), e.Step}
}

func (b *builder) difference(s *Story) *Difference {
	d := &Difference{Told: b.text.contrast(s)}
	for _, o := range s.Difference.Orders {
		d.Orders = append(d.Orders, Order{Object: o.Object, First: b.deed(o.First), Then: b.deed(o.Then)})
	}
	for _, c := range s.Difference.Choices {
		d.Choices = append(d.Choices, Choice{Goroutine: c.Task, At: b.place(c.Site), Here: caseOf(c.Here), There: caseOf(c.There)})
	}
	if len(d.Told) == 0 && d.Choices == nil {
		return nil
	}
	return d
}

func (b *builder) deed(o contrast.Operation) Deed {
	return Deed{Goroutine: o.Task, Op: o.Op.String(), At: b.place(o.Site), Here: o.Here, There: o.There, Blocked: o.Blocked}
}

func caseOf(c contrast.Case) Case {
	out := Case{Step: c.Step, Object: c.Object, Blocked: c.Blocked}
	if c.Op != trace.OpNone {
		out.Op = c.Op.String()
	}
	return out
}

func (b *builder) fate(f *verdict.Fate) *Fate {
	if f == nil {
		return nil
	}
	out := &Fate{Told: b.text.became(f), Gave: *b.event(f.Gave), Got: *b.event(f.Got), Again: f.Again, Ended: f.Ended, Late: f.Late}
	if f.Back != nil {
		out.Back = b.event(*f.Back)
	}
	return out
}

func (b *builder) place(s *trace.Site) *Place {
	if s == nil {
		return nil
	}
	fn := goroutines.InPackage(s.Func)
	expr := s.Expr
	if len(s.Cases) > 0 {
		var cases []string
		for _, c := range s.Cases {
			cases = append(cases, c.Op.String()+" "+c.Expr)
		}
		expr = strings.Join(cases, " | ")
	}
	return &Place{b.files.seen(s.File, int(s.Line)), int(s.Line), fn, expr, len(s.Cases) > 0}
}

// runtimePlace is place for a position as the runtime prints it; nil if it is none.
func (b *builder) runtimePlace(p, fn string) *Place {
	file, line, ok := cutLine(p)
	if !ok {
		return nil
	}
	return &Place{File: b.files.seen(file, line), Line: line, Function: goroutines.InPackage(fn)}
}

// indexOf returns the index of a sync point among the places of the trace.
func (b *builder) indexOf(s *trace.Site) int {
	if s == nil {
		return -1
	}
	i, ok := b.index[s]
	if !ok {
		i = len(b.places)
		b.index[s] = i
		b.places = append(b.places, *b.place(s))
	}
	return i
}

// addresses are arguments in a stack.
var addresses = regexp.MustCompile(`\((?:0x|\{)[0-9a-f?, {}x.]*\)`)

// stack makes the paths in a stack what they are elsewhere, and leaves out addresses.
func (b *builder) stack(s string) string {
	return b.files.portable(addresses.ReplaceAllString(s, "(...)"))
}

func (b *builder) race(r verdict.RaceReport) Race {
	var out Race
	for _, a := range r.Accesses {
		access := Access{What: a.What, By: a.By, Hidden: a.Hidden}
		for _, f := range a.Frames {
			if p := b.runtimePlace(f.Place, f.Func); p != nil {
				access.Stack = append(access.Stack, *p)
			}
		}
		out.Accesses = append(out.Accesses, access)
	}
	return out
}

var choices = map[trace.Choice]string{trace.Switched: "switched", trace.Preempted: "preempted", trace.Delayed: "delayed"}

func (b *builder) off(o *trace.Off) *Off {
	if o == nil {
		return nil
	}
	when := "before"
	if o.After {
		when = "after"
	}
	return &Off{Goroutine: o.Task, When: when, Op: o.Op.String(), Object: o.Object, Place: b.indexOf(o.Site)}
}

func (b *builder) run() Run {
	v := b.v
	steps := v.Steps[max(0, len(v.Steps)-maxTrace):]
	r := Run{Steps: v.Total, Preemptions: v.Preemptions, Elapsed: rounded(v.Elapsed).String()}
	if len(steps) > 0 {
		r.First = v.Total - len(steps) + 1
	}
	b.index = map[*trace.Site]int{}
	used, ran := map[uint32]bool{}, map[uint32]bool{}
	for i, s := range steps {
		r.Trace = append(r.Trace, Step{
			N: r.First + i, Goroutine: s.Task, Op: s.Op.String(), Object: s.Object, Place: b.indexOf(s.Site),
			Choice: choices[s.Choice], Until: int(s.Until), Off: b.off(s.Off),
		})
		used[s.Object], ran[s.Task] = true, true
		if s.Off != nil {
			used[s.Off.Object], ran[s.Off.Task] = true, true
		}
	}
	r.Held = held(v.Tasks, steps, r.First)
	for _, g := range b.goroutines(ran) {
		r.Goroutines = append(r.Goroutines, g)
		for _, w := range g.Waits {
			used[w.Object] = true
		}
		for _, h := range g.Holds {
			used[h.Object] = true
		}
	}
	for _, s := range r.Held {
		used[s.Object] = true
	}
	for _, o := range v.Objects {
		if used[o.ID] {
			r.Objects = append(r.Objects, Object{o.ID, o.Kind.String(), v.ObjectName(o.ID)})
		}
	}
	r.Places = b.places
	return r
}

var states = map[trace.State]string{trace.Enabled: "runnable", trace.Blocked: "blocked", trace.Outside: "outside", trace.Ended: "ended"}

// goroutines returns those that ran, or are left, or have started one of them.
func (b *builder) goroutines(ran map[uint32]bool) []Goroutine {
	v := b.v
	stuck := map[uint32]verdict.Goroutine{}
	for _, g := range slices.Concat(v.Knot, v.Others, v.Left) {
		stuck[g.ID] = g
		ran[g.ID] = true
	}
	if len(v.Tasks) == 0 { // a live run: nothing else is known
		var out []Goroutine
		for _, id := range slices.Sorted(maps.Keys(stuck)) {
			out = append(out, b.stuck(Goroutine{ID: id, Name: stuck[id].Name, State: "blocked"}, stuck[id]))
		}
		return out
	}
	for _, t := range slices.Backward(v.Tasks) {
		if t.State != trace.Ended {
			ran[t.ID] = true
		}
		if ran[t.ID] {
			ran[t.Parent] = true
		}
	}
	var out []Goroutine
	for _, t := range v.Tasks {
		if !ran[t.ID] {
			continue
		}
		name := strings.TrimPrefix(v.NameOf(t.ID), fmt.Sprintf("g%d ", t.ID))
		g := Goroutine{ID: t.ID, Name: name, Parent: t.Parent, Started: b.place(t.Spawned), Born: t.Born, State: states[t.State]}
		if s, ok := stuck[t.ID]; ok {
			g = b.stuck(g, s)
			for _, c := range verdict.Calls(t.Stack) {
				if p := b.runtimePlace(c.Place, c.Func); p != nil && len(g.Calls) < maxCalls && !strings.HasPrefix(p.File, "GOROOT/") {
					g.Calls = append(g.Calls, *p)
				}
			}
		} else if t.State != trace.Ended {
			g.At = b.place(cmp.Or(t.Site, t.Last))
		}
		out = append(out, g)
	}
	return out
}

// stuck adds what is known of one that can never go on.
func (b *builder) stuck(g Goroutine, s verdict.Goroutine) Goroutine {
	t := b.text
	g.Doing, g.At, g.Stack, g.Nil, g.Round = t.doing(s), b.place(s.Site), b.stack(s.Stack), s.Nil, s.Round != nil
	if u := s.User(); u != nil {
		g.At, g.Inside = b.runtimePlace(u.Place, u.Func), g.At
	}
	if s.Place != "" {
		g.At = b.runtimePlace(s.Place, s.Name)
	}
	for _, w := range s.Waits {
		wait := Wait{Object: w.Object.ID, Op: w.Op.String(), Name: t.object(w.Object), Needs: t.partner(w), N: w.N, Fate: b.fate(w.Fate)}
		alone := !b.v.Cycle && b.v.Lost == nil && len(b.v.Knot) > 0 && b.v.Knot[len(b.v.Knot)-1].ID == s.ID
		for _, r := range w.By {
			by := Releaser{Goroutine: r.Task, How: r.How.String(), Because: t.because(r, w), At: b.place(r.Site), N: r.N, Keeping: keepings[r.Keeping].word, Ended: r.Ended}
			if alone {
				by.Did = t.could(r)
			}
			wait.Beside = wait.Beside || r.How.Row().Beside
			wait.By = append(wait.By, by)
		}
		if alone && len(w.By) > 0 && w.Fate == nil {
			wait.Gone = t.nobodyTo(s, w)
		}
		for _, site := range w.Code {
			wait.Code = append(wait.Code, *b.place(site))
		}
		g.Waits = append(g.Waits, wait)
	}
	for _, h := range s.Holds {
		holds := Hold{Object: h.Object.ID, Name: t.object(h.Object), Since: b.place(h.Site), Read: h.Read, N: h.N, Owed: h.Owed, Keeping: keepings[h.Keeping].word}
		if h.User != nil {
			holds.Since, holds.Inside = b.runtimePlace(h.User.Place, h.User.Func), holds.Since
		}
		g.Holds = append(g.Holds, holds)
	}
	return g
}
