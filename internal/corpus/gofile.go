package corpus

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// head is the first line of a file of Go's fuzzer.
const head = "go test fuzz v1"

// Encode returns the content of the corpus file of a single []byte, as internal/fuzz/encoding.go writes it.
func Encode(data []byte) []byte { return fmt.Appendf(nil, "%s\n[]byte(%q)\n", head, data) }

// Decode returns the bytes in such a file.
func Decode(content []byte) ([]byte, error) {
	_, body, _ := strings.Cut(strings.TrimSpace(string(content)), "\n")
	if !IsGoFile(content) {
		return nil, fmt.Errorf("it is no corpus file of Go's fuzzer: it does not begin with %q", head)
	}
	quoted, isBytes := strings.CutPrefix(strings.TrimSpace(body), "[]byte(")
	quoted, closed := strings.CutSuffix(quoted, ")")
	if !isBytes || !closed || strings.Contains(quoted, "\n") { // one value a line
		return nil, errors.New("it is not the input of a target of harness.Fuzz: that is one []byte")
	}
	data, err := strconv.Unquote(strings.TrimSpace(quoted))
	if err != nil || strings.HasPrefix(strings.TrimSpace(quoted), "'") {
		return nil, errors.New("its bytes are no Go string")
	}
	return []byte(data), nil
}

// IsGoFile reports whether a file is one of Go's fuzzer, whatever the target takes.
func IsGoFile(content []byte) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(string(content)), "\n")
	return strings.TrimSpace(first) == head
}

// FileName returns the name that Go's fuzzer gives to the file of an input: half the hash of its content
// (internal/fuzz/fuzz.go).
func FileName(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(Encode(data)))[:16] }
