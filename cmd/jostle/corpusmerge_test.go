package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Two packages may have fuzz targets of one name: an input is of that in whose place it lies, wherever the folder is.
func TestLikest(t *testing.T) {
	module := t.TempDir()
	t.Chdir(module)
	a, b, deep := filepath.Join(module, "a"), filepath.Join(module, "b"), filepath.Join(module, "x", "a")
	for _, tt := range []struct {
		dirs  []string
		input string
		want  string // "" if it cannot be known
	}{
		{[]string{a, b}, "/found/1/b/testdata/fuzz/FuzzX/0", b},
		{[]string{a, deep}, "/found/1/x/a/testdata/fuzz/FuzzX/0", deep},
		{[]string{deep, a}, "/found/1/a/testdata/fuzz/FuzzX/0", a},
		{[]string{module, a}, "/found/1/a/testdata/fuzz/FuzzX/0", a},
		{[]string{module, a}, "/found/1/testdata/fuzz/FuzzX/0", module},
		{[]string{a, b}, "/found/1/c/testdata/fuzz/FuzzX/0", ""},
		{[]string{a, b}, "/found/1/a/FuzzX/0", ""},
	} {
		got, ok := likest(tt.dirs, filepath.FromSlash(tt.input))
		assert.Equal(t, tt.want, got, tt.input)
		assert.Equal(t, tt.want != "", ok, tt.input)
	}
}
