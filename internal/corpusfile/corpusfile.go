// Package corpusfile reads and writes the files in which go test keeps the inputs of a fuzz target, for targets that take
// one []byte.
package corpusfile

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// Encode returns the content of the file of an input, as internal/fuzz/encoding.go writes it.
func Encode(data []byte) []byte {
	return fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", data)
}

// Name returns how the fuzzer calls that file (internal/fuzz/fuzz.go): half the hash of its content.
func Name(data []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(Encode(data)))[:16]
}

// Decode returns the input in a file with this content.
func Decode(content []byte) (data string, ok bool) {
	head, body, _ := strings.Cut(strings.TrimSpace(string(content)), "\n")
	quoted, isBytes := strings.CutPrefix(strings.TrimSpace(body), "[]byte(")
	quoted, closed := strings.CutSuffix(quoted, ")")
	if head != "go test fuzz v1" || !isBytes || !closed {
		return "", false
	}
	data, err := strconv.Unquote(quoted)
	return data, err == nil
}
