package libfuzzer

import (
	"os"
	"path/filepath"
)

// Covered is set by the linker in a binary that tells what an instrumented target's corpus covers.
var Covered string

// EachSeed calls f with each input of the corpus that such a binary is to run.
func EachSeed(f func(data []byte)) error {
	dir := os.Getenv("FUZZ_CORPUS_DIR")
	if Covered == "" || dir == "" {
		return nil
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		if !file.Type().IsRegular() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return err
		}
		f(data)
	}
	return nil
}
