package main

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/jostle-dev/jostle/internal/report"
)

// painted returns w, with reports in colours if somebody sees them there and has not asked for none (no-color.org).
func painted(w io.Writer) io.Writer {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" || runtime.GOOS == "windows" && os.Getenv("WT_SESSION") == "" {
		return w
	}
	return report.NewPainter(w)
}

// isTerminal reports whether w is a terminal that can do more than print.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb"
}
