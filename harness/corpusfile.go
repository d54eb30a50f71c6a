package harness

import (
	"fmt"
	"strconv"
	"strings"
)

// corpusFile returns the content of the corpus file of a single []byte, as internal/fuzz/encoding.go writes it.
func corpusFile(data []byte) []byte {
	return fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", data)
}

// parseCorpusFile returns the bytes in such a file.
func parseCorpusFile(content []byte) (data string, ok bool) {
	head, body, _ := strings.Cut(strings.TrimSpace(string(content)), "\n")
	quoted, isBytes := strings.CutPrefix(strings.TrimSpace(body), "[]byte(")
	quoted, closed := strings.CutSuffix(quoted, ")")
	if head != "go test fuzz v1" || !isBytes || !closed {
		return "", false
	}
	data, err := strconv.Unquote(quoted)
	return data, err == nil
}
