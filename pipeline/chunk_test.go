package pipeline

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A fileFormat is how chunks are kept in a file.
type fileFormat struct {
	name  string
	write func(io.Writer, ...*Table) error
	scan  func(io.ReaderAt, int64, Schema) (Source, error)
}

var fileFormats = []fileFormat{
	{"row groups", WriteRowGroups, ScanRowGroups},
	{"records", WriteRecords, ScanRecords},
}

// file returns a scan of a file of the given tables.
func (f fileFormat) file(t testing.TB, schema Schema, tables ...*Table) Source {
	var file bytes.Buffer
	require.NoError(t, f.write(&file, tables...))
	source, err := f.scan(bytes.NewReader(file.Bytes()), int64(file.Len()), schema)
	require.NoError(t, err)
	return source
}

// in cuts a table into tables of so many rows.
func (t *Table) in(rows int) []*Table {
	var tables []*Table
	for lo := 0; lo < t.Rows(); lo += rows {
		tables = append(tables, &Table{schema: t.schema, columns: t.columns.Slice(lo, min(lo+rows, t.Rows()))})
	}
	return tables
}

// drain reads a source to its end, at most limit rows at a time.
func drain(t testing.TB, s Source, limit int) [][]string {
	var rows [][]string
	for {
		b, err := s.Next(limit)
		if err == io.EOF {
			_, again := s.Next(limit)
			assert.Equal(t, io.EOF, again)
			return rows
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, b.Rows(), 1)
		require.LessOrEqual(t, b.Rows(), limit)
		for r := range b.Rows() {
			row := make([]string, len(b))
			for i, c := range b {
				row[i] = c.Text(r)
			}
			rows = append(rows, row)
		}
	}
}

func TestFilesHoldWhatWasWritten(t *testing.T) {
	table, err := NewTable(pairSchema,
		Strings("a", "", "two\nlines", "\x00\xff", "e"), Ints(0, -1, math.MaxInt64, math.MinInt64, 77))
	require.NoError(t, err)
	want := drain(t, table.Scan(), 5)
	empty := &Table{schema: pairSchema, columns: table.columns.Slice(0, 0)}
	for _, format := range fileFormats {
		for _, limit := range []int{1, 2, 100} {
			assert.Equal(t, want, drain(t, format.file(t, pairSchema, table), limit), format.name)
			assert.Equal(t, want, drain(t, format.file(t, pairSchema, table.in(2)...), limit), format.name)
			assert.Equal(t, want, drain(t, format.file(t, pairSchema, empty, table, empty, empty), limit), format.name)
			assert.Empty(t, drain(t, format.file(t, pairSchema), limit), format.name)
		}
	}
}

func TestFilesAreOfOneSchema(t *testing.T) {
	one, err := NewTable(Schema{{"a", Int64}}, Ints(1))
	require.NoError(t, err)
	other, err := NewTable(Schema{{"b", Int64}}, Ints(1))
	require.NoError(t, err)
	for _, format := range fileFormats {
		var file bytes.Buffer
		assert.ErrorContains(t, format.write(&file, one, one, other), "table 2 has [{b int64}], table 0 has [{a int64}]")
		assert.Zero(t, file.Len())
		_, err := format.scan(bytes.NewReader(nil), 0, Schema{})
		assert.ErrorContains(t, err, "schema without columns")
		assert.ErrorIs(t, format.write(&failing{at: 1}, one), errTest)
	}
}

// Wherever a file is cut off, reading it ends in an error or at the end of a record, and never in other rows.
func TestFilesCutOff(t *testing.T) {
	table, err := NewTable(pairSchema, Strings("a", "bc", "d"), Ints(1, 200, 3))
	require.NoError(t, err)
	want := drain(t, table.Scan(), 1)
	for _, format := range fileFormats {
		var file bytes.Buffer
		require.NoError(t, format.write(&file, table.in(1)...))
		for size := range file.Len() {
			source, err := format.scan(bytes.NewReader(file.Bytes()[:size]), int64(size), pairSchema)
			rows := 0
			for err == nil {
				var b Batch
				if b, err = source.Next(1); err == nil {
					require.Equal(t, want[rows], []string{b[0].Text(0), b[1].Text(0)})
					rows++
				}
			}
			if err == io.EOF {
				assert.Equal(t, "records", format.name)
				continue
			}
			assert.ErrorContains(t, err, "pipeline: ", "%s of %d bytes", format.name, size)
		}
	}
}

func TestFilesOfOtherBytes(t *testing.T) {
	frame := func(chunk string) string {
		return string(binary.LittleEndian.AppendUint64(nil, uint64(len(chunk)))) + chunk
	}
	footer := func(lengths string) string {
		return lengths + string(binary.LittleEndian.AppendUint64(nil, uint64(len(lengths)))) + footerMagic
	}
	rowGroups, records := rowGroupsFormat, recordsFormat
	tests := []struct {
		name   string
		format fileFormat
		text   string
		want   string
	}{
		{"no footer", rowGroups, "a text that is long enough", "footer of row groups: the file does not end with one"},
		{"footer too long", rowGroups, "\xff\xff\xff\xff\xff\xff\xff\x7fJGRP", "does not end with one"},
		{"groups too long", rowGroups, "ab" + footer("\x03"), "does not end with one"},
		{"groups too short", rowGroups, "ab" + footer("\x01"), "does not end with one"},
		{"length without end", rowGroups, footer("\x80"), "does not end with one"},
		{"record too long", records, "\x05\x00\x00\x00\x00\x00\x00\x00ab", "chunk 0 at byte 8: unexpected EOF"},
		{"record longer than memory", records, "\xff\xff\xff\xff\xff\xff\xff\xffab", "chunk 0 at byte 8: unexpected EOF"},
		{"half a header", records, frame("\x00\x00\x00") + "\x00\x00", "chunk 1 at byte 19: unexpected EOF"},
		{"empty chunk", records, frame(""), "chunk 0 at byte 8: its bytes are no such chunk"},
		{"more rows than bytes", records, frame("\x7f\x00\x00"), "no such chunk"},
		{"column too long", records, frame("\x01\x02\x01\x01a"), "no such chunk"},
		{"bytes left over", records, frame("\x00\x00\x00x"), "no such chunk"},
		{"text too long", records, frame("\x01\x02\x01\x05a\x02"), "no such chunk"},
		{"fewer values than rows", records, frame("\x02\x04\x01\x01a\x01b\x02"), "no such chunk"},
		{"more values than rows", records, frame("\x01\x02\x02\x01a\x02\x02"), "no such chunk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, decoders := range []int{0, 2} {
				source, err := tt.format.scan(bytes.NewReader([]byte(tt.text)), int64(len(tt.text)), pairSchema)
				if err == nil && decoders == 0 {
					_, err = source.Next(10)
					_, again := source.Next(10)
					assert.Equal(t, err, again, "the error stays")
				} else if err == nil {
					_, err = Query{From: source, Options: Options{Decoders: decoders}}.Run(t.Context(), io.Discard)
				}
				assert.ErrorContains(t, err, "pipeline: ")
				assert.ErrorContains(t, err, tt.want)
			}
		})
	}
}

type brokenFile struct{}

func (brokenFile) ReadAt([]byte, int64) (int, error) { return 0, errTest }

func TestFilesThatCannotBeRead(t *testing.T) {
	_, err := ScanRowGroups(brokenFile{}, 100, pairSchema)
	assert.ErrorIs(t, err, errTest)
	source, err := ScanRecords(brokenFile{}, 100, pairSchema)
	require.NoError(t, err)
	_, err = source.Next(1)
	assert.ErrorIs(t, err, errTest)
}
