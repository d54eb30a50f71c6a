package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A printer prints what jostle test has to say while it runs: as go test does, or as go test -json does. What is printed
// does not mix with the status line. It may be used by several goroutines.
type printer struct {
	stdout io.Writer
	screen io.Writer // stdout, painted if it is a terminal
	json   bool
	line   *statusLine

	mu  sync.Mutex
	err error // what could not be printed
}

// keep notes an error, if it is one.
func (p *printer) keep(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = errors.Join(p.err, err)
}

// pkg prints what go test would of a package that is done, whose tests ran for as long as took.
func (p *printer) pkg(ctx context.Context, name, text string, took time.Duration) {
	p.done(ctx, endEvent{Package: name, Elapsed: took.Round(time.Millisecond).Seconds()}, text)
}

// unbuilt prints what go test would of a package that does not build: failed is what of it does not, if the go command has said so.
func (p *printer) unbuilt(ctx context.Context, name, text, failed string) {
	p.done(ctx, endEvent{Package: name, FailedBuild: failed}, text)
}

// done prints what go test would of a package that is done. end is the end of it but for how it ends, which text says.
func (p *printer) done(ctx context.Context, end endEvent, text string) {
	p.line.aside(func() {
		if p.json {
			p.keep(printJSON(ctx, p.stdout, end, text))
			return
		}
		_, err := io.WriteString(p.screen, text)
		p.keep(err)
	})
}

// words passes on what the go command has said.
func (p *printer) words(w io.Writer, text string) {
	p.line.aside(func() {
		_, err := io.WriteString(w, text)
		p.keep(err)
	})
}

// found tells of a finding as soon as it is one: its report comes when its package is done.
func (p *printer) found(pkg, test, what, file string) {
	text := fmt.Sprintf("%s %s: %s\n\t%s\n", pkg, test, what, file)
	p.line.aside(func() {
		if !p.json {
			_, err := io.WriteString(p.line.w, text)
			p.keep(err)
			return
		}
		event, err := json.Marshal(outputEvent{time.Now(), "output", pkg, text})
		if err == nil {
			_, err = fmt.Fprintf(p.stdout, "%s\n", event)
		}
		p.keep(err)
	})
}

// An outputEvent is an event of go test -json (go doc test2json).
type outputEvent struct {
	Time                    time.Time
	Action, Package, Output string
}

// An endEvent is the event of go test -json that ends a package.
type endEvent struct {
	Time            time.Time
	Action, Package string
	Elapsed         float64 // in seconds
	FailedBuild     string  `json:",omitempty"` // the build without which there are no tests, as the events of builds call it
}

// printJSON passes the output of go test on as go test -json has it. test2json takes the time that it reads for the time of
// the package: that becomes end's.
func printJSON(ctx context.Context, stdout io.Writer, end endEvent, text string) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "go", "tool", "test2json", "-t", "-p", end.Package)
	cmd.Stdin = strings.NewReader(text)
	events, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("run go tool test2json: %w", err)
	}
	var b bytes.Buffer
	for line := range bytes.Lines(events) {
		var e struct {
			endEvent
			Test string
		}
		if err := json.Unmarshal(line, &e); err == nil && e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
			end.Time, end.Action = e.Time, e.Action
			if line, err = json.Marshal(end); err != nil {
				return fmt.Errorf("write the event that ends %s: %w", end.Package, err)
			}
			line = append(line, '\n')
		}
		b.Write(line)
	}
	_, err = stdout.Write(b.Bytes())
	return err
}
