package report

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/stacks"
)

// files are the source files of a report, under names that mean the same on every machine.
type files struct {
	root  string // of the module under test
	work  string // of the workspace that it is in, else of the module
	names map[string]string
	lines map[string]map[int]bool // by file as the machine has it: places in it
}

// newFiles returns the files of a package in dir.
func newFiles(dir string) *files {
	f := &files{names: map[string]string{}, lines: map[string]map[int]bool{}}
	f.root, _ = moduleOf(dir)
	f.work = workspaceOf(f.root)
	return f
}

// own reports whether a file, as the runtime prints it, is of the module under test or of another one in its workspace. A position
// in a file will do as well.
func (f *files) own(file string) bool {
	_, ok := below(f.work, file)
	return ok && !strings.Contains(filepath.ToSlash(file), inCache)
}

// inCache is in the name of each file in the module cache.
const inCache = "/pkg/mod/"

// workspaceOf returns the nearest directory above that of a module with a go.work, or else the module's.
func workspaceOf(root string) string {
	if dir, _, ok := nearest(root, "go.work"); ok {
		return dir
	}
	return root
}

// nearest returns the first directory, from dir upwards, that has a file of a name, and what is in the file.
func nearest(dir, name string) (at string, content []byte, ok bool) {
	for d := dir; d != "" && d != "."; d = filepath.Dir(d) {
		if content, err := os.ReadFile(filepath.Join(d, name)); err == nil {
			return d, content, true
		}
		if filepath.Dir(d) == d {
			break
		}
	}
	return "", nil, false
}

// moduleOf returns the root and the path of the module that a directory belongs to.
func moduleOf(dir string) (root, name string) {
	root, content, ok := nearest(dir, "go.mod")
	if !ok {
		return dir, ""
	}
	if m := moduleLine.FindSubmatch(content); m != nil {
		name = string(m[1])
	}
	return root, name
}

// moduleLine is where a go.mod says what its module is called. No test binary is to link more than it needs.
var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^"\s]+)`)

// goroot is where the files of the standard library are, with a slash after it; "" if that is not known.
var goroot = stacks.Standard()

// name returns what a file is called in a report.
func (f *files) name(file string) string {
	if n, ok := f.names[file]; ok {
		return n
	}
	n := f.find(file)
	f.names[file] = n
	return n
}

func (f *files) find(file string) string {
	slashed := filepath.ToSlash(file)
	if rest, ok := strings.CutPrefix(slashed, goroot); ok && goroot != "" { // which may lie in the module cache
		return "GOROOT/src/" + rest
	}
	if _, rest, ok := strings.Cut(slashed, inCache); ok {
		return rest
	}
	if f.own(file) {
		if rel, err := filepath.Rel(f.root, file); err == nil {
			return filepath.ToSlash(rel)
		}
	}
	if root, module := moduleOf(filepath.Dir(file)); module != "" {
		if rel, ok := below(root, file); ok {
			return path.Join(module, rel)
		}
	}
	return slashed
}

// ScreenName returns what a file is called for readers in the directory base: a name under which it is there. It is relative
// if that is shorter, and of a file of a library the whole path.
func ScreenName(base, file string) string {
	slashed := filepath.ToSlash(file)
	if strings.Contains(slashed, inCache) || goroot != "" && strings.HasPrefix(slashed, goroot) || !filepath.IsAbs(file) {
		return file
	}
	if rel, err := filepath.Rel(base, file); err == nil && len(rel) < len(file) {
		return rel
	}
	return file
}

// OnScreen returns a text with the places in it called what they are called for readers in the directory base.
func OnScreen(base, text string) string {
	return place.ReplaceAllStringFunc(text, func(p string) string {
		m := place.FindStringSubmatch(p)
		return ScreenName(base, m[1]) + ":" + m[2]
	})
}

func below(dir, file string) (string, bool) {
	if dir == "" {
		return "", false
	}
	rel, err := filepath.Rel(dir, file)
	rel = filepath.ToSlash(rel)
	return rel, err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// place is a position as the runtime prints it, with what may follow.
var place = regexp.MustCompile(`((?:/|[A-Za-z]:[/\\])[^\s:]+\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?`)

// portable returns a text with the files in it under their names.
func (f *files) portable(text string) string {
	return place.ReplaceAllStringFunc(text, func(p string) string {
		m := place.FindStringSubmatch(p)
		return f.name(m[1]) + ":" + m[2]
	})
}

// seen notes that a report mentions a line of a file, and returns the file's name.
func (f *files) seen(file string, line int) string {
	if f.lines[file] == nil {
		f.lines[file] = map[int]bool{}
	}
	f.lines[file][line] = true
	return f.name(file)
}

// sources returns the lines around all that were seen, as far as the files can be read.
func (f *files) sources() []Source {
	var out []Source
	for file, lines := range f.lines {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // the report is as good without
		}
		text := strings.Split(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n")
		for n := range lines {
			if n < 1 || n > len(text) {
				continue
			}
			first, last := max(1, n-around), min(len(text), n+around)
			out = append(out, Source{f.name(file), first, text[first-1 : last]})
		}
	}
	return merge(out)
}

// merge joins windows that touch.
func merge(windows []Source) []Source {
	slices.SortFunc(windows, func(a, b Source) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.First, b.First)) })
	var out []Source
	total := 0
	for _, w := range windows {
		if n := len(out); n > 0 && out[n-1].File == w.File && w.First <= out[n-1].First+len(out[n-1].Lines) {
			last := &out[n-1]
			if more := w.First + len(w.Lines) - last.First - len(last.Lines); more > 0 {
				last.Lines = append(slices.Clip(last.Lines), w.Lines[len(w.Lines)-more:]...)
				total += more
			}
			continue
		}
		if total > maxSources {
			break
		}
		out = append(out, w)
		total += len(w.Lines)
	}
	return out
}

// cutLine splits file:line.
func cutLine(p string) (file string, line int, ok bool) {
	i := strings.LastIndexByte(p, ':')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(p[i+1:])
	return p[:i], n, err == nil
}
