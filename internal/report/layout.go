package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// columns returns how wide s is on a screen.
func columns(s string) int { return utf8.RuneCountInString(s) }

func pad(n int, s string) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// head returns s, or as much of its beginning as fits into n columns.
func head(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:max(0, n-1)]) + "…"
	}
	return s
}

// tail returns a goroutine's name, or its number and as many parts of its function's name, from the end, as fit into n
// columns: functions in functions differ at the end.
func tail(name string, n int) string {
	number, fn, _ := strings.Cut(name, " ")
	for columns(name) > n {
		_, rest, ok := strings.Cut(fn, ".")
		if !ok {
			return head(name, n)
		}
		fn = rest
		name = number + " …" + fn
	}
	return name
}

// shortened returns a file and line, or as many of its last elements as fit into n columns; the last one in any case.
func shortened(p string, n int) string {
	short := p
	for columns(short) > n {
		_, rest, ok := strings.Cut(strings.TrimPrefix(short, "…/"), "/")
		if !ok {
			break
		}
		short = "…/" + rest
	}
	if base := strings.TrimPrefix(short, "…/"); columns(short) > n {
		return base
	}
	return short
}

// para writes a paragraph, each of its lines behind the margin.
func (t *text) para(margin, format string, args ...any) { t.item(margin, "", format, args...) }

// item writes a paragraph with a mark before its first line.
func (t *text) item(margin, mark, format string, args ...any) {
	room := t.o.Width - columns(margin+mark)
	for i, l := range strings.Split(wrap(fmt.Sprintf(format, args...), room), "\n") {
		if i == 1 {
			mark = pad(columns(mark), "")
		}
		t.line("%s%s%s", margin, mark, l)
	}
}

// wrap breaks s into lines of at most n columns where it can.
func wrap(s string, n int) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Fields(s) {
		switch {
		case i == 0:
		case length+1+columns(word) > n:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += columns(word)
	}
	return b.String()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// rounded returns d with about as many digits as anybody reads.
func rounded(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}
