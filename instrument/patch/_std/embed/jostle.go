package embed

import "internal/stringslite"

// jostleSuffix is what the name of a file ends with that has the text of a Go file which is compiled rewritten.
const jostleSuffix = ".unrewritten"

// jostleUnrewritten returns a Go file that is compiled rewritten, with its own text. It returns nil for other files.
func (f FS) jostleUnrewritten(name string) *file {
	if !stringslite.HasSuffix(name, ".go") {
		return nil
	}
	own := f.lookup(name + jostleSuffix)
	if own == nil {
		return nil
	}
	return &file{name, own.data, own.hash}
}

// jostleUnrewritten returns the files of a directory, each once and with its own text.
func jostleUnrewritten(files []file) []file {
	own := map[string]*file{}
	for i := range files {
		if name, is := stringslite.CutSuffix(files[i].name, jostleSuffix); is {
			own[name] = &files[i]
		}
	}
	if len(own) == 0 {
		return files
	}
	out := make([]file, 0, len(files)-len(own))
	for _, f := range files {
		if stringslite.HasSuffix(f.name, jostleSuffix) {
			continue
		}
		if o := own[f.name]; o != nil {
			f.data, f.hash = o.data, o.hash
		}
		out = append(out, f)
	}
	return out
}
