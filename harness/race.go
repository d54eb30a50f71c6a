package harness

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A raceFile is where the race detector writes what it reports, if it was told to write to a file.
type raceFile struct{ name string }

// raceLog is that of this process.
var raceLog = func() raceFile {
	m := raceLogPath.FindStringSubmatch(os.Getenv("GORACE"))
	if !engine.Race || m == nil {
		return raceFile{}
	}
	return raceFile{fmt.Sprintf("%s.%d", strings.Trim(m[1], "'"), os.Getpid())}
}()

var raceLogPath = regexp.MustCompile(`\blog_path=('[^']*'|[^\s:,]+)`)

// A raceMark is a place in the file: what is written after it belongs to the execution that comes next.
type raceMark struct {
	raceFile
	at int64
}

func (f raceFile) mark() raceMark {
	m := raceMark{raceFile: f}
	if f.name == "" {
		return m
	}
	if info, err := os.Stat(f.name); err == nil { // it is made with the first report
		m.at = info.Size()
	}
	return m
}

// attach puts the reports of an execution into its outcome. What comes up while it is unwound is not part of it.
func (m raceMark) attach(out *outcome) {
	if !engine.Race || out.Verdict == nil || out.Kind != verdict.Race || m.name == "" {
		return
	}
	file, err := os.Open(m.name)
	if err != nil {
		return // the reports are where the detector has put them instead
	}
	defer file.Close()
	const most = 1 << 20
	text, _ := io.ReadAll(io.NewSectionReader(file, m.at, most))
	races := verdict.ReadRaces(string(text))
	out.Races = races[:min(len(races), out.snap.Races)]
}

// hiddenFromRaces returns why the race detector would see the engine beside the code under test; "" if it does not. A
// -gcflags that somebody else gave may match the engine or not: there it is trusted.
func hiddenFromRaces() string {
	info, ok := debug.ReadBuildInfo()
	if !engine.Race || !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-gcflags" {
			return ""
		}
	}
	return "jostle: this binary has the race detector, but was instrumented for one that has not: " +
		"use `go tool jostle test -race`, or `eval \"$(go tool jostle env -race ./...)\"` before go test -race"
}
