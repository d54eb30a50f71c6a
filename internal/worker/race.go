package worker

import (
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A raceFile is where the race detector writes what it reports, if it was told to write to a file.
type raceFile struct{ name string }

func newRaceFile() raceFile {
	m := raceLogPath.FindStringSubmatch(os.Getenv("GORACE"))
	if !engine.Race || m == nil {
		return raceFile{}
	}
	return raceFile{fmt.Sprintf("%s.%d", strings.Trim(m[1], "'"), os.Getpid())}
}

var raceLogPath = regexp.MustCompile(`\blog_path=('[^']*'|[^\s:,]+)`)

// A raceMark is how much the race detector had reported before an execution.
type raceMark struct {
	raceFile
	at     int64 // size of the file
	errors int
}

func (f raceFile) mark() raceMark { return raceMark{f, f.size(), engine.Races()} }

func (f raceFile) size() int64 {
	if f.name == "" {
		return 0
	}
	info, err := os.Stat(f.name)
	if err != nil {
		return 0 // it is made with the first report
	}
	return info.Size()
}

// attach makes an outcome a race of whose execution the race detector has reported something, whatever else became of it.
// What comes up while it is unwound, or when it was given up, is not part of it.
func (m raceMark) attach(out *outcome) {
	if !engine.Race || out.Verdict == nil {
		return
	}
	n := out.races - m.errors
	if out.snap != nil {
		n = out.snap.Races
	}
	if n <= 0 {
		return
	}
	if out.Kind != verdict.Race { // it was given up, or ran live: where it ends by itself the engine says so
		out.Verdict = verdict.NewRace(out.Verdict)
	}
	races := m.read()
	out.Races = races[:min(len(races), n)]
	verdict.TellingFirst(out.Races)
}

// read returns what was reported since the mark, as far as it is known: the reports may be where the detector has put them
// instead.
func (m raceMark) read() []verdict.RaceReport {
	file, err := os.Open(m.name)
	if err != nil {
		return nil
	}
	defer file.Close()
	const most = 1 << 20
	text, _ := io.ReadAll(io.NewSectionReader(file, m.at, most))
	return verdict.ReadRaces(string(text))
}

// since returns which part of the file was written since the mark: all that is still to come too, if the execution was given
// up, whose goroutines then continue in no order.
func (m raceMark) since(givenUp bool) session.Span {
	span := session.Span{From: m.at, To: m.size()}
	if m.name != "" && givenUp {
		span.To = math.MaxInt64
	}
	return span
}

// hiddenFromRaces returns why the race detector would see the engine beside the code under test; "" if it does not. A
// -gcflags that was given from outside may match the engine or not: there it is trusted.
func (p *Process) hiddenFromRaces() string {
	info, ok := debug.ReadBuildInfo()
	if !engine.Race || !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-gcflags" {
			return ""
		}
	}
	return fmt.Sprintf("jostle: this binary has the race detector, but was instrumented for one that has not: "+
		"use `%s test -race`, or `eval \"$(%[1]s env -race ./...)\"` before go test -race", p.command())
}
