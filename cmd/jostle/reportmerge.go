package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/report"
)

// merged returns one report of what several jobs have left in folders and files.
func (r *reporter) merged(ctx context.Context, names []string) (*report.Document, error) {
	if len(names) == 0 {
		return nil, errors.New("report -merge: name the folders and files that are to be merged")
	}
	var documents []*report.Document
	m := newMerger(r.keeper)
	m.other = func(path string, named bool) error {
		d, err := readDocument(path, named)
		if d != nil {
			documents = append(documents, d)
		}
		return err
	}
	if err := m.collect(ctx, names); err != nil {
		return nil, err
	}
	var all []filed
	for _, dir := range slices.Sorted(maps.Keys(m.into)) {
		chosen, err := r.choose(ctx, dir, m.into[dir])
		if err != nil {
			return nil, err
		}
		all = append(all, chosen...)
	}
	d := newDocument()
	var err error
	if d.Findings, err = r.replayAll(ctx, all); err != nil {
		return nil, err
	}
	mergeDocuments(d, documents)
	if len(all) == 0 && len(documents) > 0 { // files are named from the root of the module, which is taken to be here
		here, err := filepath.Abs("go.mod")
		if err != nil {
			return nil, err
		}
		r.base = baseOf(here, "go.mod")
	}
	return d, nil
}

// choose returns one finding for each cause of those that have come for the package in a directory.
func (r *reporter) choose(ctx context.Context, dir string, in *incoming) ([]filed, error) {
	home := map[string]string{} // of entries, which keep their names
	all := slices.Clone(in.findings)
	for _, it := range in.entries {
		r.fixed[it.path] = it.entry.Expect == corpus.Fixed
		home[it.path] = it.entry.Path(dir)
		all = append(all, it.keptFile)
	}
	var out []filed
	for _, same := range byCause(all) {
		best := 0
		if len(same) > 1 && same[0].f.Mode != string(campaign.Live) {
			var err error
			if best, _, err = r.shortest(ctx, dir, same); ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil || best < 0 {
				best = 0 // whoever replays it says why
			}
		}
		k := same[best]
		out = append(out, filed{k, dir, cmp.Or(home[k.path], filepath.Join(dir, filepath.FromSlash(finding.Dir), k.f.Name()))})
	}
	ours, err := usesHarness(dir)
	if err != nil {
		return nil, err
	}
	if ours {
		for _, it := range in.inputs {
			e := corpus.Entry{Name: "fuzz/" + it.target + "/" + filepath.Base(it.path)}
			out = append(out, filed{it.keptFile, dir, e.Path(dir)})
		}
	}
	slices.SortStableFunc(out, func(a, b filed) int { return cmp.Compare(a.home, b.home) })
	return out, nil
}

// reportOfJostle is how a file says that it is a report.
var reportOfJostle = regexp.MustCompile(`"tool":\s*"jostle[ "]`)

// readDocument reads a report as data. It is no error that a file in a folder is something else: then there is no document.
func readDocument(path string, named bool) (*report.Document, error) {
	if !named && filepath.Ext(path) != ".json" {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !reportOfJostle.Match(content) {
		if named {
			return nil, fmt.Errorf("%s is neither a finding (*%s) nor a report that jostle report -json has written: name those, or folders with them",
				shown(path), finding.Suffix)
		}
		return nil, nil
	}
	var head struct{ Version int }
	if err := json.Unmarshal(content, &head); err == nil && head.Version != report.DocumentVersion {
		return nil, fmt.Errorf("%s is a report of version %d, and this jostle merges version %d: write it with this one, or merge with the one that wrote it",
			shown(path), head.Version, report.DocumentVersion)
	}
	d := new(report.Document)
	if err := json.Unmarshal(content, d); err != nil {
		return nil, fmt.Errorf("%s is no whole report: %w: write it again, or take it out of what is merged", shown(path), err)
	}
	return d, nil
}

// mergeDocuments adds to a report what others have: of each cause one finding, and of those one that was reproduced before one
// that was not, and then the one with the shortest schedule. What is in the report already stays.
func mergeDocuments(d *report.Document, others []*report.Document) {
	type cause struct{ pkg, test, hash string }
	of := func(f *report.Finding) cause { return cause{f.Package, f.Test, f.Cause} }
	here := map[cause]bool{}
	for _, f := range d.Findings {
		here[of(f)] = true
	}
	var all []*report.Finding
	for _, other := range others {
		if other.Go != d.Go {
			d.Go = "" // there is no one version
		}
		all = append(all, other.Findings...)
	}
	lost := func(f *report.Finding) int {
		if f.Reproduced != nil && f.Reproduced.Times > 0 {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b *report.Finding) int {
		return cmp.Or(cmp.Compare(lost(a), lost(b)), cmp.Compare(len(a.Departures), len(b.Departures)), cmp.Compare(a.Steps, b.Steps))
	})
	for _, f := range all {
		if c := of(f); f.Cause == "" || !here[c] {
			here[c] = true
			d.Findings = append(d.Findings, f)
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b *report.Finding) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.File, b.File))
	})
}
