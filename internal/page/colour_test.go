package page

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
)

func TestColoured(t *testing.T) {
	for _, tt := range []struct {
		name, lines string
		want        []string // by line: the spans
	}{
		{"a statement", "if x := f(\"a \\\" b\"); x != nil { // so\n\treturn 0x1f, 'c'", []string{`keyword if, string "a \" b", literal nil, comment // so`, "keyword return, literal 0x1f, string 'c'"}},
		{"a literal of several lines", "s := `for\nrange` // x", []string{"string `for", "string range`, comment // x"}},
		{"a comment of several lines", "/* go\nfunc */ func", []string{"comment /* go", "comment func */, keyword func"}},
		{"it begins within a literal", "for ever`\ngo f()", []string{"keyword for, string `", "keyword go"}},
		{"no ASCII", "ü := \"𝄞ä\" // 1", []string{`string "𝄞ä", comment // 1`}},
		{"nothing", "", []string{""}},
		{"a name that has a keyword in it", "format(truest)", []string{""}},
	} {
		lines := strings.Split(tt.lines, "\n")
		var got []string
		for i, spans := range coloured(lines) {
			var of []string
			in := utf16.Encode([]rune(lines[i]))
			for _, s := range spans {
				of = append(of, s.Class+" "+string(utf16.Decode(in[s.At:s.At+s.N])))
			}
			got = append(got, strings.Join(of, ", "))
		}
		assert.Equal(t, tt.want, got, tt.name)
	}
}
