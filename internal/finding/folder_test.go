package finding_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/unprivileged"
)

// writableIn names a directory: this binary then says whether it is writable, and does no more.
const writableIn = "JOSTLE_TEST_WRITABLE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writableIn); dir != "" {
		unprivileged.Become()
		fmt.Println(finding.Writable(dir))
		return
	}
	os.Exit(m.Run())
}

// under returns what is in a directory.
func under(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	}))
	return names
}

func TestWritable(t *testing.T) {
	file := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			name := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
			require.NoError(t, os.WriteFile(name, nil, 0o666))
		}
	}
	mode := func(name string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if runtime.GOOS == "windows" {
				t.Skip("the modes of directories say nothing here")
			}
			require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o777))
			require.NoError(t, os.Chmod(filepath.Join(dir, name), mode))
		}
	}
	link := func(to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, "testdata")); err != nil {
				t.Skip(err)
			}
		}
	}
	tests := []struct {
		name string
		make func(t *testing.T, dir string)
		want bool
	}{
		{"nothing is there yet", func(*testing.T, string) {}, true},
		{"all is there", mode("testdata/jostle", 0o777), true},
		{"a file is in its place", file("testdata/jostle"), false},
		{"a file is in its way", file("testdata"), false},
		{"a link that leads to a directory", link("."), true},
		{"a link that leads to nothing", link("nothing"), false},
		{"a package that cannot be written", mode(".", 0o555), false},
		{"a folder that cannot be written", mode("testdata/jostle", 0o555), false},
		{"a folder that cannot be entered", mode("testdata", 0o666), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // package testing makes it for its own user
			require.NoError(t, os.Chmod(dir, 0o777))
			tt.make(t, dir)
			t.Cleanup(func() { _ = os.Chmod(dir, 0o777); _ = os.Chmod(filepath.Join(dir, "testdata"), 0o777) })
			before := []string{"it cannot be looked at"}
			if os.Geteuid() == 0 || tt.name != "a folder that cannot be entered" {
				before = under(t, dir)
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), writableIn+"="+filepath.Join(dir, filepath.FromSlash(finding.Dir)))
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, fmt.Sprintln(tt.want), string(out))
			if len(before) > 1 || tt.want {
				assert.Equal(t, before, under(t, dir), "it has left something behind")
			}
		})
	}
}

func TestFolder(t *testing.T) {
	pkg, elsewhere := filepath.Join(t.TempDir(), "bank"), filepath.Join(t.TempDir(), "findings")
	require.NoError(t, os.Mkdir(pkg, 0o777))
	in := finding.FolderOf(pkg, elsewhere)
	assert.Equal(t, finding.Folder{Path: filepath.Join(pkg, "testdata", "jostle")}, in)
	assert.Equal(t, "testdata/jostle/x.jostle", in.File("x.jostle"))

	require.NoError(t, os.WriteFile(filepath.Join(pkg, "testdata"), nil, 0o666))
	out := finding.FolderOf(pkg, elsewhere)
	assert.Equal(t, pkg, out.Package)
	assert.Equal(t, elsewhere, filepath.Dir(out.Path))
	assert.Regexp(t, `^bank-[0-9a-f]{8}$`, filepath.Base(out.Path))
	assert.Equal(t, filepath.ToSlash(filepath.Join(out.Path, "x.jostle")), out.File("x.jostle"))
	assert.NoDirExists(t, elsewhere)

	link := filepath.Join(t.TempDir(), "link")
	if os.Symlink(pkg, link) == nil {
		assert.Equal(t, out.Path, finding.Elsewhere(link, elsewhere), "one directory has one folder")
	}
	assert.NotEqual(t, out.Path, finding.Elsewhere(filepath.Join(elsewhere, "bank"), elsewhere))
}

func TestAbsent(t *testing.T) {
	dir := t.TempDir()
	_, err := os.ReadFile(filepath.Join(dir, "none", "x"))
	assert.True(t, finding.Absent(err), err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o666))
	_, err = os.ReadFile(filepath.Join(dir, "file", "x"))
	assert.True(t, finding.Absent(err), err)
	_, err = os.ReadFile(dir)
	assert.False(t, finding.Absent(err), err)
	assert.False(t, finding.Absent(nil))
}

// What is there and is no regular file stays what it is.
func TestWriteFileDevice(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "null")
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Skip(err)
	}
	require.NoError(t, finding.WriteFile(link, []byte("x")))
	to, err := os.Readlink(link)
	require.NoError(t, err)
	assert.Equal(t, os.DevNull, to)
	assert.Equal(t, []string{dir, link}, under(t, dir))
	assert.Error(t, finding.WriteFile(dir, nil))
}
