package goenv

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGoflags(t *testing.T) {
	tests := []struct {
		goflags string
		want    []string
	}{
		{"", nil},
		{" -race  -tags=a,b\n", []string{"-race", "-tags=a,b"}},
		{`'-ldflags=-s -w' -mod=vendor`, []string{"-ldflags=-s -w", "-mod=vendor"}},
		{`"-overlay=/it's here/x.json"`, []string{"-overlay=/it's here/x.json"}},
		{`-a '-b c`, []string{"-a", "-b c"}}, // which the go command refuses
	}
	for _, tt := range tests {
		t.Run(tt.goflags, func(t *testing.T) {
			flags := SplitFlags(tt.goflags)
			assert.Equal(t, tt.want, flags)
			var quoted []string
			for _, f := range flags {
				quoted = append(quoted, Quote(f))
			}
			assert.Equal(t, flags, SplitFlags(strings.Join(quoted, " ")))
		})
	}
}
