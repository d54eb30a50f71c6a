package rewrite

import (
	"cmp"
	"slices"
	"strings"
)

// edits are changes to a source text, collected from the inside out: when a node's are added, those of the nodes in it
// are there already, so that a part that moves can be rendered with all that was done to it.
type edits struct {
	src  []byte
	list []edit
}

// An edit replaces src[pos:end] by text, or inserts text if pos == end.
type edit struct {
	pos, end int
	kind     editKind
	order    int
	text     string
}

type editKind uint8

const (
	closing editKind = iota // inserted behind a node: the inner node's comes first
	opening                 // inserted before a node: the outer node's comes first
	replacing
)

func (e *edits) add(kind editKind, pos, end int, text string) {
	e.list = append(e.list, edit{pos: pos, end: end, kind: kind, order: len(e.list), text: text})
}

// before inserts text in front of a node that begins at pos.
func (e *edits) before(pos int, text string) { e.add(opening, pos, pos, text) }

// after inserts text behind a node that ends at pos.
func (e *edits) after(pos int, text string) { e.add(closing, pos, pos, text) }

// replace puts text in the place of src[pos:end], pos < end, and of all that was done to the nodes in it.
func (e *edits) replace(pos, end int, text string) { e.add(replacing, pos, end, text) }

// lines returns as many line breaks as src[pos:end] has, to be put where that text stood.
func (e *edits) lines(pos, end int) string {
	return strings.Repeat("\n", strings.Count(string(e.src[pos:end]), "\n"))
}

// render returns src[from:to], the text of one node, with what was done to it.
func (e *edits) render(from, to int) string {
	var in []edit
	for _, d := range e.list {
		if d.pos < from || d.end > to || d.pos == d.end && (d.pos == from && d.kind == closing || d.pos == to && d.kind == opening) {
			continue
		}
		in = append(in, d)
	}
	slices.SortStableFunc(in, func(a, b edit) int {
		c := cmp.Or(cmp.Compare(a.pos, b.pos), cmp.Compare(a.kind, b.kind))
		if c == 0 && a.kind == closing {
			return cmp.Compare(a.order, b.order)
		} else if c == 0 {
			return cmp.Compare(b.order, a.order)
		}
		return c
	})
	in = e.outermost(in)
	var b strings.Builder
	at := from
	for _, d := range in {
		b.Write(e.src[at:d.pos])
		b.WriteString(d.text)
		at = d.end
	}
	b.Write(e.src[at:to])
	return b.String()
}

// outermost drops the edits inside of later replacements.
func (e *edits) outermost(in []edit) []edit {
	var big []edit
	for _, d := range in {
		if d.kind == replacing {
			big = append(big, d)
		}
	}
	return slices.DeleteFunc(in, func(d edit) bool {
		for _, r := range big {
			if r.order <= d.order {
				continue
			}
			inside := d.pos > r.pos && d.end < r.end ||
				d.pos == r.pos && d.end <= r.end && d.kind != closing ||
				d.end == r.end && d.pos >= r.pos && d.kind != opening && d.pos > r.pos
			if inside {
				return true
			}
		}
		return false
	})
}
