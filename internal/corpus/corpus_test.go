package corpus_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/trace"
)

func TestManifest(t *testing.T) {
	dir := t.TempDir()
	m, err := corpus.Read(dir)
	require.NoError(t, err)
	require.Empty(t, m.Entries, "a package without a manifest has no corpus")

	order := corpus.Entry{
		Expect: corpus.Fixed, Name: "jostle/TestOrder-3f2a91c0.jostle", Verdict: "deadlock", Cause: 0x3f2a91c000000001,
		Steps: 17, Came: 2, Of: 3, Commit: "1a2b3c4", Note: "two goroutines wait # for each other",
	}
	twin := corpus.Entry{Expect: corpus.Found, Name: "fuzz/FuzzHead/eb8a6e5973abac1c", Verdict: "lost-wake-up", Cause: 5}
	m.Put(order)
	m.Put(twin)
	require.NoError(t, m.Write(dir))
	again, err := corpus.Read(dir)
	require.NoError(t, err)
	require.Equal(t, []corpus.Entry{twin, order}, again.Entries)
	require.Equal(t, "FuzzHead", again.Entries[0].Target())
	require.Empty(t, again.Entries[1].Target())

	twin.Expect = corpus.Fixed
	again.Put(twin)
	require.Len(t, again.Entries, 2, "of one name there is one")
	again.Remove(twin.Name)
	again.Remove(order.Name)
	require.NoError(t, again.Write(dir))
	require.NoFileExists(t, corpus.Path(dir))
	require.NoError(t, again.Write(dir))
}

func TestManifestErrors(t *testing.T) {
	for content, want := range map[string]string{
		"":                       `line 1: it is no corpus: it does not begin with "jostle corpus 1"`,
		"jostle corpus 2\n":      `line 1: "jostle corpus 2" is of another version of jostle`,
		"jostle corpus 1\nfixed": "line 2: an entry is an expectation, a name and what it was",
		"jostle corpus 1\nbroken jostle/a.jostle verdict=leak":                                    `line 2: what is expected is fixed or found, not "broken"`,
		"jostle corpus 1\n\nfixed jostle/../../a.jostle verdict=leak":                             `line 3: "jostle/../../a.jostle" is neither`,
		"jostle corpus 1\nfixed fuzz/a verdict=leak":                                              `line 2: "fuzz/a" is neither`,
		"jostle corpus 1\nfixed jostle/a.jostle":                                                  "line 2: its verdict is missing",
		"jostle corpus 1\nfixed jostle/a.jostle verdict=leak cause=xy":                            "line 2: cause: ",
		"jostle corpus 1\nfixed jostle/a.jostle verdict=leak came=4/3":                            `line 2: came: "4/3" is no so many of so many`,
		"jostle corpus 1\nfixed jostle/a.jostle verdict=leak odd=1":                               `line 2: odd: "odd=1" is not known`,
		"jostle corpus 1\nfixed jostle/a.jostle verdict=leak\nfound jostle/a.jostle verdict=leak": "line 3: jostle/a.jostle is there twice",
	} {
		_, err := corpus.Parse(content)
		require.ErrorContains(t, err, want, content)
	}
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Dir(corpus.Path(dir)), 0o755))
	require.NoError(t, os.WriteFile(corpus.Path(dir), []byte("no\n"), 0o644))
	_, err := corpus.Read(dir)
	require.ErrorContains(t, err, "corpus.txt: line 1")
}

// What was parsed and written is parsed alike, and nothing that is parsed leads out of the folder.
func FuzzManifest(f *testing.F) {
	f.Add("jostle corpus 1\n# a comment\nfixed jostle/TestX-1.jostle verdict=leak cause=0a steps=01 came=1/2 commit=ab # note\n")
	f.Add("jostle corpus 1\nfound fuzz/FuzzX/12 verdict=deadlock\n")
	f.Fuzz(func(t *testing.T, content string) {
		m, err := corpus.Parse(content)
		if err != nil {
			return
		}
		again, err := corpus.Parse(m.Text())
		require.NoError(t, err, m.Text())
		require.Equal(t, m.Text(), again.Text())
		for _, e := range m.Entries {
			require.True(t, filepath.IsLocal(filepath.FromSlash(e.Name)), e.Name)
		}
	})
}

func TestJudge(t *testing.T) {
	fixed := corpus.Entry{Expect: corpus.Fixed, Name: "jostle/TestX-1.jostle", Verdict: "deadlock", Cause: 7, Steps: 1, Came: 2, Of: 3}
	unseen := fixed
	unseen.Steps, unseen.Came, unseen.Of = 0, 0, 0
	found := fixed
	found.Expect = corpus.Found
	input := corpus.Entry{Expect: corpus.Fixed, Name: "fuzz/FuzzX/1", Verdict: "deadlock", Cause: 7, Steps: 1}
	kept := corpus.Entry{Expect: corpus.Fixed, Name: "fuzz/FuzzX/2", Verdict: "pass", Cause: 9, Steps: 1}
	for _, test := range []struct {
		name  string
		entry corpus.Entry
		out   corpus.Outcome
		want  corpus.Result
		why   string
	}{
		{"passes", fixed, corpus.Outcome{Verdict: "pass", Steps: 1, Decisions: 3, Came: 2}, corpus.OK, ""},
		{"passes by other steps", fixed, corpus.Outcome{Verdict: "pass", Steps: 2, Decisions: 3, Came: 2}, corpus.OK, "by other steps"},
		{"reaches less", fixed, corpus.Outcome{Verdict: "pass", Steps: 2, Decisions: 3, Came: 1}, corpus.Stale, "1 of the 3 decisions of its schedule come, where 2 of 3 did"},
		{"is back", fixed, corpus.Outcome{Verdict: "deadlock", Cause: 7, Decisions: 3, Came: 3}, corpus.Failed, "it is back: deadlock"},
		{"is something else", fixed, corpus.Outcome{Verdict: "leak", Cause: 8, Decisions: 3, Came: 3}, corpus.Failed, "it was fixed and ends in leak"},
		{"did not run", fixed, corpus.Outcome{}, corpus.Failed, "the test did not run"},
		{"is not fixed yet", unseen, corpus.Outcome{Verdict: "deadlock", Cause: 7}, corpus.Failed, "it is still there: deadlock"},
		{"is fixed since", unseen, corpus.Outcome{Verdict: "pass"}, corpus.OK, "it passes now: add it again, so that it is known how"},
		{"is found", found, corpus.Outcome{Verdict: "deadlock", Cause: 7, Steps: 1}, corpus.OK, ""},
		{"is found by other steps", found, corpus.Outcome{Verdict: "deadlock", Cause: 7, Steps: 2}, corpus.OK, "by other steps"},
		{"finds another", found, corpus.Outcome{Verdict: "deadlock", Cause: 8}, corpus.Failed, "it ends in another deadlock than the one that it must find"},
		{"is lost", found, corpus.Outcome{Verdict: "pass", Decisions: 3, Came: 3}, corpus.Failed, "it must find a deadlock and ends in pass"},
		{"is out of reach", found, corpus.Outcome{Verdict: "pass", Decisions: 3}, corpus.Failed, "it must find a deadlock and ends in pass; 0 of the 3 decisions of its schedule come"},
		{"an input takes other steps", input, corpus.Outcome{Verdict: "pass", Steps: 2}, corpus.Stale, "it takes other steps"},
		{"an input that has always passed", kept, corpus.Outcome{Verdict: "pass", Cause: 9, Steps: 1}, corpus.OK, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, why := test.entry.Judge(test.out)
			require.Equal(t, test.want, got)
			require.Equal(t, test.why, why)
		})
	}
	unseen.Settle(corpus.Outcome{Verdict: "deadlock", Cause: 7, Steps: 4, Decisions: 3, Came: 3})
	require.Zero(t, unseen.Steps, "how it goes when it is fixed is not known")
	unseen.Settle(corpus.Outcome{Verdict: "pass", Steps: 5, Decisions: 3, Came: 2})
	require.EqualValues(t, 5, unseen.Steps)
	require.Equal(t, 2, unseen.Came)
}

func TestCover(t *testing.T) {
	shows := func(orders ...int) []corpus.Feature {
		var out []corpus.Feature
		for _, o := range orders {
			out = append(out, corpus.Feature{Test: "TestX", Order: o})
		}
		return out
	}
	of := func(c ...corpus.Candidate) []corpus.Candidate { return c }
	for _, test := range []struct {
		name string
		all  []corpus.Candidate
		want []int
	}{
		{"nothing", nil, nil},
		{"the smaller of two that show the same", of(corpus.Candidate{Features: shows(1, 2), Size: 5}, corpus.Candidate{Features: shows(1, 2), Size: 3}), []int{1}},
		{"the one that shows all", of(corpus.Candidate{Features: shows(1)}, corpus.Candidate{Features: shows(2)}, corpus.Candidate{Features: shows(1, 2), Size: 9}), []int{2}},
		{"what is kept anyhow", of(corpus.Candidate{Features: shows(1), Kept: true}, corpus.Candidate{Features: shows(1, 2), Size: 2}, corpus.Candidate{Features: shows(2)}), []int{0, 2}},
		{"not what was chosen too early", of(corpus.Candidate{Features: shows(2, 3, 4, 5)}, corpus.Candidate{Features: shows(1, 2, 3)}, corpus.Candidate{Features: shows(4, 5, 6)}), []int{1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, corpus.Cover(test.all)) })
	}
}

func TestFeatures(t *testing.T) {
	o := corpus.Outcome{Verdict: "leak", Cause: 7, Orders: trace.Orders{1 << 3, 0, 0, 1}}
	require.Equal(t, []corpus.Feature{
		{Test: "TestX", Order: -1, Kind: "leak", Cause: 7}, {Test: "TestX", Order: 3}, {Test: "TestX", Order: 192},
	}, o.Features("TestX"))
	o = corpus.Outcome{Verdict: "pass", Cause: 9}
	require.Equal(t, []corpus.Feature{{Test: "TestX", Order: -1, Kind: "pass"}}, o.Features("TestX"))
	fixed := corpus.Entry{Expect: corpus.Fixed, Verdict: "leak", Cause: 7}
	found := corpus.Entry{Expect: corpus.Found, Verdict: "leak", Cause: 7}
	require.NotEqual(t, fixed.Feature("TestX"), found.Feature("TestX"))
}

func TestDecode(t *testing.T) {
	for _, content := range []string{
		"go test fuzz v1\n[]byte(\"a\\x00b\")\n", "go test fuzz v1\n[]byte(\"a\\x00b\")", "\ngo test fuzz v1\n\n[]byte( \"a\\x00b\" )\n", "go test fuzz v1\r\n[]byte(\"a\\x00b\")\r\n",
	} {
		data, err := corpus.Decode([]byte(content))
		require.NoError(t, err, content)
		require.Equal(t, "a\x00b", string(data))
	}
	data, err := corpus.Decode([]byte("go test fuzz v1\n[]byte(`a\"b`)\n"))
	require.NoError(t, err)
	require.Equal(t, `a"b`, string(data))
	for content, want := range map[string]string{
		"":                                       "it is no corpus file of Go's fuzzer",
		"go test fuzz v2\n[]byte(\"\")\n":        "it is no corpus file of Go's fuzzer",
		"go test fuzz v1\n":                      "it is not the input of a target of harness.Fuzz",
		"go test fuzz v1\nint(3)\n":              "it is not the input of a target of harness.Fuzz",
		"go test fuzz v1\n[]byte(3)\n":           "its bytes are no Go string",
		"go test fuzz v1\n[]byte('a')\n":         "its bytes are no Go string",
		"go test fuzz v1\n[]byte(\"a\")\nint(3)": "it is not the input of a target of harness.Fuzz",
	} {
		_, err := corpus.Decode([]byte(content))
		require.ErrorContains(t, err, want, content)
	}
	// As Go's fuzzer has written it, in this repository's corpus.
	names, err := filepath.Glob("../../corpus/FuzzHeadBroken/*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		data, err = corpus.Decode(content)
		require.NoError(t, err)
		require.Equal(t, content, corpus.Encode(data))
		require.Equal(t, filepath.Base(name), corpus.FileName(data))
	}
}

// Whatever bytes there are come back, and no content makes the decoder fall over.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("a\x00\"`\n\xff"))
	f.Add([]byte("go test fuzz v1\n[]byte(\"a\")\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := corpus.Decode(corpus.Encode(data))
		require.NoError(t, err)
		require.Equal(t, string(data), string(got))
		if inner, err := corpus.Decode(data); err == nil {
			again, err := corpus.Decode(corpus.Encode(inner))
			require.NoError(t, err)
			require.Equal(t, string(inner), string(again))
		}
	})
}
