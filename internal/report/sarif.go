package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/explain"
	"github.com/jostle-dev/jostle/internal/trace"
)

// WriteSARIF writes the document as SARIF 2.1.0, which code scanning services and editors read. base is where the root of the
// module lies in its repository, "" if that is the same: there are the files of the results.
//
// What several tests have found, for one cause, is one result. It has the rule jostle/VERDICT and, as a property, the one of the four
// that is broken. Its code flow has a thread flow for each goroutine of the explanation; the execution order of their locations is
// the numbers of the steps.
func (d *Document) WriteSARIF(w io.Writer, base string) error {
	s := sarifWriter{base: base, rules: map[string]int{}}
	driver := sarifDriver{Name: "jostle", InformationURI: "https://github.com/jostle-dev/jostle", Rules: s.descriptors()}
	_, driver.Version, _ = strings.Cut(d.Tool, " ")
	run := sarifRun{
		Tool:                  sarifTool{driver},
		OriginalURIBaseIDs:    sarifBases,
		Results:               []sarifResult{},
		ColumnKind:            "utf16CodeUnits",
		DefaultSourceLanguage: "go",
	}
	for _, same := range byCause(d.Findings) {
		run.Results = append(run.Results, s.result(same))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	return e.Encode(sarifLog{"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// The parts of the format that are used. Section numbers are those of its specification.
type (
	sarifLog struct { // 3.13
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct { // 3.14
		Tool                  sarifTool                `json:"tool"`
		OriginalURIBaseIDs    map[string]sarifArtifact `json:"originalUriBaseIds"`
		Results               []sarifResult            `json:"results"`
		ColumnKind            string                   `json:"columnKind"`
		DefaultSourceLanguage string                   `json:"defaultSourceLanguage"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct { // 3.19
		Name           string            `json:"name"`
		Version        string            `json:"version,omitempty"`
		InformationURI string            `json:"informationUri"`
		Rules          []sarifDescriptor `json:"rules"`
	}
	sarifDescriptor struct { // 3.49
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
		FullDescription  sarifMessage `json:"fullDescription"`
		Help             sarifMessage `json:"help"`
	}
	sarifMessage struct { // 3.11
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifArtifact struct { // 3.4
		URI         string        `json:"uri,omitempty"`
		URIBaseID   string        `json:"uriBaseId,omitempty"`
		Description *sarifMessage `json:"description,omitempty"`
	}
	sarifResult struct { // 3.27
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifMessage      `json:"message"`
		Locations           []sarifLocation   `json:"locations,omitempty"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		CodeFlows           []sarifCodeFlow   `json:"codeFlows,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
		Properties          map[string]any    `json:"properties,omitempty"`
	}
	sarifLocation struct { // 3.28
		ID       int            `json:"id,omitempty"`
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifMessage  `json:"message,omitempty"`
	}
	sarifPhysical struct { // 3.29
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifRegion struct { // 3.30
		StartLine int           `json:"startLine"`
		Snippet   *sarifMessage `json:"snippet,omitempty"`
	}
	sarifLogical struct { // 3.33
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
	sarifCodeFlow struct { // 3.36
		Message     sarifMessage      `json:"message"`
		ThreadFlows []sarifThreadFlow `json:"threadFlows"`
	}
	sarifThreadFlow struct { // 3.37
		ID        string              `json:"id"`
		Message   sarifMessage        `json:"message"`
		Locations []sarifFlowLocation `json:"locations"`
	}
	sarifFlowLocation struct { // 3.38
		Location       sarifLocation `json:"location"`
		ExecutionOrder int           `json:"executionOrder"`
		Importance     string        `json:"importance"`
	}
)

// Where the files of a report are, as bases of their URIs.
const (
	sarifSource  = "SRCROOT"
	sarifModules = "GOMODCACHE"
	sarifGoroot  = "GOROOT"
)

var sarifBases = map[string]sarifArtifact{
	sarifSource:  {Description: &sarifMessage{Text: "The root of the repository."}},
	sarifModules: {Description: &sarifMessage{Text: "The cache of other modules, as go env GOMODCACHE has it."}},
	sarifGoroot:  {Description: &sarifMessage{Text: "The Go installation, as go env GOROOT has it."}},
}

type sarifWriter struct {
	base  string
	rules map[string]int // by id
}

const sarifPrefix = "jostle/"

func (s *sarifWriter) descriptors() []sarifDescriptor {
	var out []sarifDescriptor
	for i, t := range explain.All() {
		id := sarifPrefix + t.Name
		s.rules[id] = i
		what, _, _ := strings.Cut(t.Text, "\n\n")
		out = append(out, sarifDescriptor{
			ID: id, ShortDescription: sarifMessage{Text: upper(t.Short) + "."}, FullDescription: sarifMessage{Text: strings.Join(strings.Fields(what), " ")},
			Help: sarifMessage{Text: t.Text, Markdown: t.Text},
		})
	}
	return out
}

// sarifWords bounds what a result has of what a test says.
const sarifWords = 300

// sarifStepsShown bounds the steps of a goroutine in a code flow: the last ones are kept.
const sarifStepsShown = 100

// byCause groups findings by their cause, in the order of the first of each. One that was reproduced comes before those of its group
// that were not.
func byCause(all []*Finding) [][]*Finding {
	at := map[string]int{}
	var groups [][]*Finding
	for _, f := range all {
		i, ok := at[f.Cause]
		if !ok || f.Cause == "" {
			i = len(groups)
			at[f.Cause], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	lost := func(f *Finding) int {
		if f.Reproduced != nil && f.Reproduced.Times > 0 {
			return 0
		}
		return 1
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b *Finding) int { return cmp.Compare(lost(a), lost(b)) })
	}
	return groups
}

// result returns the result of findings of one cause.
func (s *sarifWriter) result(same []*Finding) sarifResult {
	f := same[0]
	id := sarifPrefix + f.Verdict
	r := sarifResult{RuleID: id, RuleIndex: -1, Level: "error", Message: sarifMessage{Text: f.said() + alsoBy(same)}}
	if i, ok := s.rules[id]; ok {
		r.RuleIndex = i
	}
	if f.Verdict == "stall" || f.Verdict == "livelock" {
		r.Level = "warning" // nothing is proved
	}
	if at := f.where(); at != nil {
		r.Locations = []sarifLocation{s.location(f, at, "")}
	}
	r.RelatedLocations = s.related(f)
	r.CodeFlows = s.flow(f)
	if f.Cause != "" {
		r.PartialFingerprints = map[string]string{"jostleCause/v1": f.Cause}
	}
	r.Properties = map[string]any{"verdict": f.Verdict, "package": f.Package, "test": f.Test, "replay": f.Replay}
	if f.Root != "" {
		r.Properties["root"] = f.Root
	}
	if f.Rule > 0 {
		r.Properties["rule"] = fmt.Sprintf("%srule-%d", sarifPrefix, f.Rule)
	}
	if f.Input != "" {
		r.Properties["input"] = f.Input
	}
	if f.Reproduced != nil {
		r.Properties["reproduced"] = f.Reproduced.String()
	}
	return r
}

// said returns what happened, on what evidence, and what to change.
func (f *Finding) said() string {
	out := upper(f.Verdict) + ": " + f.Headline + "."
	if f.Rule > 0 {
		out += fmt.Sprintf(" Rule %d: %s.", f.Rule, f.RuleText)
	}
	if f.Evidence != "" {
		out += " " + upper(f.Evidence) + "."
	}
	if f.Difference != nil {
		out += " " + strings.Join(f.Difference.Told, " ")
	}
	if f.Advice != "" {
		out += " " + f.Advice
	}
	if words := strings.TrimSpace(f.Output); words != "" && f.Verdict == "assertion" {
		out += " The test says: " + head(words, sarifWords) + "."
	}
	if f.Test != "" {
		out += " Found by " + f.Test + "."
	}
	return out
}

// alsoBy names the tests that have found what the first has.
func alsoBy(same []*Finding) string {
	var tests []string
	for _, f := range same[1:] {
		name := f.Test
		if f.Package != same[0].Package {
			name += " of " + f.Package
		}
		if name != same[0].Test && !slices.Contains(tests, name) {
			tests = append(tests, name)
		}
	}
	if len(tests) == 0 {
		return ""
	}
	return " Found by " + strings.Join(tests, ", ") + " as well."
}

// where returns the place that a finding is about.
func (f *Finding) where() *Place {
	if f.At != nil {
		return f.At
	}
	for _, ids := range [][]uint32{f.Knot, f.Others} {
		for _, id := range ids {
			if g := f.goroutine(id); g != nil && g.At != nil {
				return g.At
			}
		}
	}
	for _, r := range f.Races {
		for _, a := range r.Accesses {
			if len(a.Stack) > 0 {
				return &a.Stack[0]
			}
		}
	}
	return nil
}

func (f *Finding) goroutine(id uint32) *Goroutine {
	i := slices.IndexFunc(f.Goroutines, func(g Goroutine) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return &f.Goroutines[i]
}

// related returns where those of the knot hold and wait for what they do, and where accesses race.
func (s *sarifWriter) related(f *Finding) []sarifLocation {
	var out []sarifLocation
	add := func(p *Place, format string, args ...any) {
		if p != nil {
			l := s.location(f, p, fmt.Sprintf(format, args...))
			l.ID = len(out) + 1
			out = append(out, l)
		}
	}
	for _, id := range f.Knot {
		g := f.goroutine(id)
		if g == nil {
			continue
		}
		for _, h := range g.Holds {
			verb := "holds"
			if h.Owed {
				verb = "has yet to give back"
			}
			add(h.Since, "%s %s %s", g.Name, verb, h.Name)
		}
		add(g.At, "%s waits: %s", g.Name, g.Doing)
	}
	if f.Lost != nil {
		if g := f.goroutine(f.Lost.Goroutine); g != nil {
			add(f.Lost.At, "the %s of %s met nobody", f.Lost.Op, g.Name)
		}
	}
	for _, r := range f.Races {
		for _, a := range r.Accesses {
			if len(a.Stack) > 0 {
				add(&a.Stack[0], "%s by %s", a.What, a.By)
			}
		}
	}
	return out
}

// flow returns the interleaving: what each goroutine of the explanation did on what it holds, waits for or lost.
func (s *sarifWriter) flow(f *Finding) []sarifCodeFlow {
	ids := slices.Clone(f.Knot)
	if f.Lost != nil && !slices.Contains(ids, f.Lost.Goroutine) {
		ids = append(ids, f.Lost.Goroutine)
	}
	objects := map[uint32]bool{}
	for _, id := range f.Knot {
		if g := f.goroutine(id); g != nil {
			for _, w := range g.Waits {
				objects[w.Object] = true
			}
			for _, h := range g.Holds {
				objects[h.Object] = true
			}
		}
	}
	if len(ids) == 0 { // of a panic, or a test that fails: whoever ran, whatever it did
		for _, g := range f.Goroutines {
			ids = append(ids, g.ID)
		}
	}
	all := len(objects) == 0
	var threads []sarifThreadFlow
	for _, id := range ids {
		g := f.goroutine(id)
		if g == nil {
			continue
		}
		t := sarifThreadFlow{ID: fmt.Sprintf("g%d", id), Message: sarifMessage{Text: g.Name}}
		last := 0
		for _, step := range f.Trace {
			if step.Goroutine == id {
				last = step.N
			}
		}
		for _, step := range f.Trace {
			forced := step.Off != nil
			ends := step.N == last
			if step.Goroutine != id || step.Place < 0 || step.Place >= len(f.Places) || !(all || forced || ends || objects[step.Object]) {
				continue
			}
			p := &f.Places[step.Place]
			what := strings.TrimSpace(step.Op + " " + p.Expr)
			importance := "important"
			if ends && g.State == "blocked" {
				what, importance = what+" (blocks)", "essential"
			} else if forced {
				what, importance = what+" (the schedule has it run here: "+f.takenOff(step)+")", "essential"
			}
			t.Locations = append(t.Locations, sarifFlowLocation{s.location(f, p, what), step.N, importance})
		}
		if n := len(t.Locations); n > sarifStepsShown {
			t.Locations = t.Locations[n-sarifStepsShown:]
		}
		if len(t.Locations) > 0 {
			threads = append(threads, t)
		}
	}
	if len(threads) == 0 {
		return nil
	}
	return []sarifCodeFlow{{sarifMessage{Text: "how it came to that, a thread flow for each goroutine"}, threads}}
}

// takenOff says whom the schedule has taken off for a step, and before or after what.
func (f *Finding) takenOff(s Step) string {
	verb := s.Choice
	if verb == choices[trace.Delayed] {
		verb = "held back"
	}
	what := s.Off.Op
	if s.Off.Place >= 0 && s.Off.Place < len(f.Places) {
		what = strings.TrimSpace(what + " " + f.Places[s.Off.Place].Expr)
	}
	return fmt.Sprintf("g%d is %s %s %s", s.Off.Goroutine, verb, s.Off.When, what)
}

// inModuleCache is how the name of a file of another module begins.
var inModuleCache = regexp.MustCompile(`^[^@]+@v\d`)

func (s *sarifWriter) location(f *Finding, p *Place, message string) sarifLocation {
	a := sarifArtifact{URI: path.Join(s.base, p.File), URIBaseID: sarifSource}
	switch rest, isGo := strings.CutPrefix(p.File, "GOROOT/"); {
	case isGo:
		a = sarifArtifact{URI: rest, URIBaseID: sarifGoroot}
	case inModuleCache.MatchString(p.File):
		a = sarifArtifact{URI: p.File, URIBaseID: sarifModules}
	case path.IsAbs(p.File):
		a = sarifArtifact{URI: p.File} // where that is nobody knows but this machine
	}
	a.URI = (&url.URL{Path: a.URI}).String()
	l := sarifLocation{Physical: &sarifPhysical{Artifact: a}}
	if p.Line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: p.Line}
		if line := f.line(p); line != "" {
			l.Physical.Region.Snippet = &sarifMessage{Text: line}
		}
	}
	if p.Function != "" {
		l.Logical = []sarifLogical{{p.Function, "function"}}
	}
	if message != "" {
		l.Message = &sarifMessage{Text: message}
	}
	return l
}

// line returns the line of the source at a place, if the report has it.
func (f *Finding) line(p *Place) string {
	for _, w := range f.Sources {
		if w.File == p.File && p.Line >= w.First && p.Line < w.First+len(w.Lines) {
			return w.Lines[p.Line-w.First]
		}
	}
	return ""
}
