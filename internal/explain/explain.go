// Package explain has what there is to say of each verdict and each rule, in one place: for people who ask the command, and
// for machines that show help beside a finding.
package explain

import (
	_ "embed"
	"strings"
)

// A Topic is a verdict or a rule.
type Topic struct {
	Name  string // "deadlock", "lost-wake-up", "rule-1"
	Short string // half a sentence
	Text  string // what it means, an example, how to fix it: Markdown that reads well as it is
}

//go:embed topics.md
var source string

// All returns the topics: the rules, then the verdicts.
func All() []Topic {
	var out []Topic
	for _, section := range strings.Split("\n"+source, "\n## ")[1:] {
		name, rest, _ := strings.Cut(section, "\n")
		short, text, _ := strings.Cut(rest, "\n")
		out = append(out, Topic{name, short, strings.TrimSpace(text)})
	}
	return out
}

// Find returns the topic that somebody means who writes its name: "deadlock", "Lost wake-up", "rule 1", "1".
func Find(name string) (Topic, bool) {
	plain := strings.NewReplacer(" ", "", "-", "", "_", "").Replace
	want := strings.ToLower(plain(name))
	for _, t := range All() {
		if have := plain(t.Name); have == want || have == "rule"+want {
			return t, true
		}
	}
	return Topic{}, false
}
