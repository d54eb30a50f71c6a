package worker

import (
	"io"
	"log"
	"os"
	"strings"
)

// A capture keeps what is printed during an execution: it would be printed some hundred times. Its file has what was printed during the present
// execution, and of those before no more than the lines that package testing prints of the whole test: if an execution ends the process, the
// file is all that is left to read.
type capture struct {
	name   string   // of the file; "" for one that nobody else reads
	file   *os.File // is printed to
	reader *os.File // the same, for us: code closes what it prints to
	from   int64    // where in it what was printed last begins
}

// captured is how much stays in the file of a capture.
const captured = 1 << 20

func newCapture(name string) (*capture, error) {
	f, err := createOutput(name)
	if err != nil {
		return nil, err
	}
	r, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	if name == "" {
		_ = os.Remove(f.Name()) // where an open file cannot be removed, it stays until the system tidies up
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &capture{name: name, file: f, reader: r}, nil
}

func createOutput(name string) (*os.File, error) {
	if name == "" {
		return os.CreateTemp("", "jostle-output-")
	}
	return os.Create(name)
}

// begin has everything that is printed go to the capture, until what it returns is called.
func (c *capture) begin() (restore func()) {
	stdout, stderr, logger := os.Stdout, os.Stderr, log.Writer()
	os.Stdout, os.Stderr = c.file, c.file
	if logger == stderr {
		log.SetOutput(c.file)
	}
	return func() {
		os.Stdout, os.Stderr = stdout, stderr
		if logger == stderr {
			log.SetOutput(stderr)
		}
	}
}

// end returns what was printed since begin, but for the lines that package testing prints of the whole test: those are
// printed of the test around it. Most executions print nothing, and there are many.
func (c *capture) end(name string) string {
	to, err := c.file.Seek(0, io.SeekEnd)
	if err == nil && to == c.from {
		return ""
	}
	content, _ := io.ReadAll(io.NewSectionReader(c.reader, c.from, 1<<62))
	var b strings.Builder
	for line := range strings.Lines(string(content)) {
		if !ofWholeTest(line, name) {
			b.WriteString(line)
		}
	}
	if c.from = to; err != nil || b.Len() > 0 || to > captured {
		c.empty()
	}
	return b.String()
}

// empty has the file begin anew, or another one in its place if code has closed it.
func (c *capture) empty() {
	c.from = 0
	_ = c.reader.Truncate(0)
	if _, err := c.file.Seek(0, io.SeekStart); err == nil {
		return
	}
	if fresh, err := newCapture(c.name); err == nil {
		_ = c.reader.Close()
		*c = *fresh
	}
}

func ofWholeTest(line, name string) bool {
	line = strings.TrimPrefix(line, "\x16") // -test.v=test2json marks its lines
	for _, p := range [...]string{"=== RUN   ", "=== NAME  ", "=== CONT  ", "=== PAUSE ", "--- PASS: ", "--- FAIL: ", "--- SKIP: "} {
		rest, ok := strings.CutPrefix(line, p)
		if rest, of := strings.CutPrefix(rest, name); ok && of && (rest == "\n" || strings.HasPrefix(rest, " (")) {
			return true
		}
	}
	return false
}
