// Package page shows a report as one HTML file that needs nothing else: no other file, and no network.
package page

import (
	_ "embed"
	"encoding/json"
	"io"
	"strings"

	"github.com/jostle-dev/jostle/internal/report"
)

var (
	//go:embed page.html
	frame string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// Write writes the page of a document.
func Write(d *report.Document, w io.Writer) error {
	data, err := json.Marshal(struct {
		*report.Document
		Colours [][][][]span `json:"colours"`
	}{d, colours(d.Findings)}) // which writes < as \u003c: nothing in it ends the element that it stands in
	if err != nil {
		return err
	}
	_, err = strings.NewReplacer("/*style*/", style, "/*script*/", script, "/*data*/", string(data)).WriteString(w, frame)
	return err
}
