package finding

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Delays are what a live run was made of: there, a schedule is no more than who was late.
type Delays struct {
	Made  []Delay
	Stuck []Place // where goroutines were stuck
}

// A Delay is one that was made, at a sync point.
type Delay struct {
	Place
	Nth int // how often the sync point was passed before
	For time.Duration
}

// A Place is a sync point.
type Place struct {
	Site uint64 // trace.Site.Key
	Note string // for people; it is not compared
}

// Empty reports whether there are none.
func (d *Delays) Empty() bool { return len(d.Made)+len(d.Stuck) == 0 }

// Text returns a line for each, as ParseDelays reads them.
func (d *Delays) Text() string {
	var b strings.Builder
	for _, m := range d.Made {
		fmt.Fprintf(&b, "delay %v %016x %d   # %s\n", m.For, m.Site, m.Nth, oneLine(m.Note))
	}
	for _, p := range d.Stuck {
		fmt.Fprintf(&b, "stuck %016x   # %s\n", p.Site, oneLine(p.Note))
	}
	return b.String()
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// ParseDelays reads the lines of Text.
func ParseDelays(text string) (Delays, error) {
	var d Delays
	for line := range strings.Lines(text) {
		code, note, _ := strings.Cut(strings.TrimSpace(line), "#")
		place := Place{Note: strings.TrimSpace(note)}
		var err error
		switch words := strings.Fields(code); {
		case len(words) == 0:
		case words[0] == "delay" && len(words) == 4:
			m := Delay{}
			if m.For, err = time.ParseDuration(words[1]); err == nil {
				if place.Site, err = strconv.ParseUint(words[2], 16, 64); err == nil {
					m.Nth, err = strconv.Atoi(words[3])
				}
			}
			m.Place = place
			d.Made = append(d.Made, m)
		case words[0] == "stuck" && len(words) == 2:
			place.Site, err = strconv.ParseUint(words[1], 16, 64)
			d.Stuck = append(d.Stuck, place)
		default:
			err = fmt.Errorf("it is neither \"delay DURATION SITE N\" nor \"stuck SITE\"")
		}
		if err != nil {
			return Delays{}, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
	}
	return d, nil
}
