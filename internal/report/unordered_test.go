package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

func TestUnordered(t *testing.T) {
	site := func(line int32, op trace.Op, text string) *trace.Site {
		return &trace.Site{File: "/src/cache_test.go", Line: line, Op: op, Name: op.String(), Expr: text}
	}
	check, use, drop := site(11, trace.OpLoad, "if s.cache != nil"), site(12, trace.OpLoad, `s.cache["a"] = 1`), site(16, trace.OpStore, "s.cache = nil")
	touch := func(task uint32, op trace.Op, s *trace.Site, step int) trace.Touch {
		return trace.Touch{Task: task, Op: op, Site: s, Step: step}
	}
	v := &verdict.Verdict{
		Kind: verdict.Panic, Value: "assignment to entry in nil map", Who: "g3 fill", Evidence: "a panic that nothing recovered", Total: 3,
		Steps: []trace.Step{{Task: 3, Op: trace.OpLoad, Site: check}, {Task: 4, Op: trace.OpStore, Site: drop}, {Task: 3, Op: trace.OpLoad, Site: use}},
		Conflicts: []trace.Conflict{
			{First: touch(4, trace.OpStore, drop, 1), Second: touch(3, trace.OpLoad, use, 2)},
			{First: touch(4, trace.OpStore, drop, 2), Second: touch(3, trace.OpLoad, use, 3)},
		},
	}
	var b strings.Builder
	require.NoError(t, Text(&b, v, Options{Dir: "/src"}))
	text := b.String()
	assert.Equal(t, 1, strings.Count(text, "two accesses of the same memory that nothing orders"), "once for two places, as they came last")
	assert.Regexp(t, `(?m)^  2  .* store s.cache = nil +cache_test.go:16\n  3  .* load s.cache\["a"\] = 1 +cache_test.go:12\n  The second was about to be done when the first came.$`, text)
	assert.Regexp(t, `(?m)^  2 .*cache_test.go:16  races with step 3$`, text, "the access of the other goroutine is a step that matters")
	assert.Contains(t, text, "Let one lock guard every access")
}
