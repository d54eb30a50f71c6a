package pipeline

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pairSchema = Schema{{"name", String}, {"n", Int64}}

func TestScanCSV(t *testing.T) {
	const text = "n,other,name\n1,x,a\n -2 ,,\"b, c\"\n9223372036854775807,y,\"two\nlines\"\n"
	want := Batch{Strings("a", "b, c", "two\nlines"), Ints(1, -2, 9223372036854775807)}
	for _, limit := range []int{1, 2, 3, 100} {
		source, err := ScanCSV(iotest.OneByteReader(strings.NewReader(text)), pairSchema)
		require.NoError(t, err)
		assert.Equal(t, pairSchema, source.Schema())
		for row := 0; row < want.Rows(); {
			b, err := source.Next(limit)
			require.NoError(t, err)
			require.Equal(t, min(limit, want.Rows()-row), b.Rows())
			for i, c := range want.Slice(row, row+b.Rows()) {
				for r := range b.Rows() {
					assert.Equal(t, c.Text(r), b[i].Text(r))
				}
			}
			row += b.Rows()
		}
		for range 2 {
			_, err = source.Next(limit)
			assert.Equal(t, io.EOF, err)
		}
	}
}

func TestScanCSVOfBrokenText(t *testing.T) {
	tests := []struct {
		name string
		text string
		rows int // that are delivered before the error
		want string
	}{
		{"empty", "", 0, "pipeline: csv line 1: no header"},
		{"column missing", "name,m\na,1\n", 0, `pipeline: csv line 1: no column "n" in the header`},
		{"column twice", "\nname,n,n\n", 0, `pipeline: csv line 2: column "n" appears twice in the header`},
		{"header quote", "na\"me,n\n", 0, `pipeline: csv line 1, byte 3: bare " in non-quoted-field`},
		{"too few fields", "name,n\na,1\nb\n", 1, "pipeline: csv line 3, byte 1: wrong number of fields"},
		{"too many fields", "name,n\na,1\n\nb,2,3\n", 1, "pipeline: csv line 4, byte 1: wrong number of fields"},
		{"not a number", "name,n\na,1\nb,2\nc,x\nd,4\n", 2, `pipeline: csv line 4, column "n": strconv.ParseInt: parsing "x": invalid syntax`},
		{"no number", "name,n\na,\n", 0, `pipeline: csv line 2, column "n": strconv.ParseInt: parsing "": invalid syntax`},
		{"too large", "name,n\n\"a\nb\",9223372036854775808\n", 0, `pipeline: csv line 3, column "n": strconv.ParseInt: parsing "9223372036854775808": value out of range`},
		{"quote not closed", "name,n\na,1\n\"b,2\n", 1, `extraneous or missing " in quoted-field`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, limit := range []int{1, 100} {
				source, err := ScanCSV(strings.NewReader(tt.text), pairSchema)
				require.NoError(t, err)
				rows := 0
				for {
					var b Batch
					if b, err = source.Next(limit); err != nil {
						break
					}
					rows += b.Rows()
				}
				require.ErrorContains(t, err, tt.want)
				assert.Equal(t, tt.rows, rows)
				_, again := source.Next(limit)
				assert.Equal(t, err, again, "the error stays")
			}
		})
	}
}

func TestScanCSVReaderFails(t *testing.T) {
	reader := io.MultiReader(strings.NewReader("name,n\na,1\n"), iotest.ErrReader(errTest))
	source, err := ScanCSV(reader, pairSchema)
	require.NoError(t, err)
	b, err := source.Next(10)
	require.NoError(t, err)
	assert.Equal(t, 1, b.Rows())
	_, err = source.Next(10)
	require.ErrorIs(t, err, errTest)
}

func TestScanCSVWithBadSchema(t *testing.T) {
	_, err := ScanCSV(strings.NewReader("a\n1\n"), Schema{{"a", Int64}, {"a", String}})
	assert.EqualError(t, err, `pipeline: column "a" appears twice`)
}
