package worker

import (
	"io"
	"log"
	"os"
	"strings"
)

// A capture keeps what is printed during an execution: it would be printed some hundred times. Its file has what was printed during the present
// execution and nothing else: if that ends the process, the file is all that is left to read.
type capture struct {
	name   string   // of the file; "" for one that nobody else reads
	file   *os.File // is printed to
	reader *os.File // the same, for us: code closes what it prints to
}

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
	if to, err := c.file.Seek(0, io.SeekEnd); err == nil && to == 0 {
		return ""
	}
	content, _ := io.ReadAll(io.NewSectionReader(c.reader, 0, 1<<62))
	c.empty()
	var b strings.Builder
	for line := range strings.Lines(string(content)) {
		if !ofWholeTest(line, name) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// empty has the file begin anew, or another one in its place if code has closed it.
func (c *capture) empty() {
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
