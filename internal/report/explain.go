package report

import (
	"strings"

	"github.com/jostle-dev/jostle/internal/verdict"
)

// Topic returns the name under which a verdict is explained: one word.
func Topic(k verdict.Kind) string { return strings.ReplaceAll(k.String(), " ", "-") }
