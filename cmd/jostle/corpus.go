package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/internal/corpusfile"
)

func newCorpus() *cobra.Command {
	var raw string
	c := &cobra.Command{
		Use:   "corpus target [files]",
		Short: "Convert inputs between libFuzzer's files and those of go test",
		Long: `Convert inputs between libFuzzer's files and those of go test.

Files of libFuzzer, a crash for instance, become inputs of the target in the working directory's package: in testdata/fuzz, where go
test runs them. The other way round, -raw writes the inputs that are there into a directory, as libFuzzer reads them.`,
		Example: "\tgo tool jostle corpus FuzzFlush crash-0eb8e4ed\n\tgo tool jostle corpus FuzzFlush -raw seeds",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := filepath.Join("testdata", "fuzz", args[0])
			files := args[1:]
			if raw != "" {
				if len(files) > 0 {
					return errors.New("-raw takes the whole corpus, and no files")
				}
				inputs, err := readCorpus(dir)
				if err != nil {
					return err
				}
				return writeInputs(raw, inputs, func(data []byte) []byte { return data }, nil)
			}
			if len(files) == 0 {
				return errors.New("no files: name those of libFuzzer, or a directory with -raw")
			}
			var inputs [][]byte
			for _, name := range files {
				data, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				inputs = append(inputs, data)
			}
			return writeInputs(dir, inputs, corpusfile.Encode, func(name string) { fmt.Fprintln(c.OutOrStdout(), name) })
		},
	}
	c.Flags().StringVar(&raw, "raw", "", "write the target's inputs into a `directory`, as libFuzzer reads them")
	return c
}

// readCorpus returns the inputs in a directory of go test; none if it does not exist.
func readCorpus(dir string) ([][]byte, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var inputs [][]byte
	for _, f := range files {
		name := filepath.Join(dir, f.Name())
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		data, ok := corpusfile.Decode(content)
		if !ok {
			return nil, fmt.Errorf("%s is no corpus file with one []byte", name)
		}
		inputs = append(inputs, []byte(data))
	}
	return inputs, nil
}

// writeInputs writes inputs into a directory, each under the name that go test gives it.
func writeInputs(dir string, inputs [][]byte, encode func([]byte) []byte, written func(name string)) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, data := range inputs {
		name := filepath.Join(dir, corpusfile.Name(data))
		if err := os.WriteFile(name, encode(data), 0o666); err != nil {
			return err
		}
		if written != nil {
			written(name)
		}
	}
	return nil
}
