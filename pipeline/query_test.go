package pipeline

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sale is a row of the table that most tests query.
type sale struct {
	id     int64
	city   string
	amount int64
}

var saleSchema = Schema{{"id", Int64}, {"city", String}, {"amount", Int64}}

// randomSales returns n rows, the same for the same seed. There are few cities, some of which CSV has to quote.
func randomSales(n int, seed uint64) []sale {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	cities := []string{"Basel", "Oslo", "Quito, EC", "the \"big\" one", "two\nlines", " ", "Zug"}
	sales := make([]sale, n)
	for i := range sales {
		sales[i] = sale{id: int64(i), city: cities[random.IntN(len(cities))], amount: random.Int64N(201) - 100}
	}
	return sales
}

func saleTable(t testing.TB, sales []sale) *Table {
	var (
		ids, amounts []int64
		cities       []string
	)
	for _, s := range sales {
		ids = append(ids, s.id)
		cities = append(cities, s.city)
		amounts = append(amounts, s.amount)
	}
	table, err := NewTable(saleSchema, Ints(ids...), Strings(cities...), Ints(amounts...))
	require.NoError(t, err)
	return table
}

// saleCSV returns the rows as text, with a column more than the schema has and in another order.
func saleCSV(t testing.TB, sales []sale) string {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	require.NoError(t, w.Write([]string{"amount", "ignored", "id", "city"}))
	for _, s := range sales {
		require.NoError(t, w.Write([]string{fmt.Sprint(s.amount), "x", fmt.Sprint(s.id), s.city}))
	}
	w.Flush()
	require.NoError(t, w.Error())
	return text.String()
}

// naive is what a query over sales means, said in the plainest way.
type naive struct {
	where   func(sale) bool
	grouped bool
	limit   int
}

func (n naive) rows(sales []sale) [][]string {
	var rows [][]string
	if n.grouped {
		rows = append(rows, []string{"city", "count", "sum(amount)", "min(amount)", "max(id)"})
		byCity := map[string][]sale{}
		for _, s := range sales {
			if n.where(s) {
				byCity[s.city] = append(byCity[s.city], s)
			}
		}
		var cities []string
		for city := range byCity {
			cities = append(cities, city)
		}
		slices.Sort(cities)
		for _, city := range cities {
			var sum int64
			least, last := byCity[city][0].amount, byCity[city][0].id
			for _, s := range byCity[city] {
				sum += s.amount
				least = min(least, s.amount)
				last = max(last, s.id)
			}
			rows = append(rows, []string{city, strconv.Itoa(len(byCity[city])), fmt.Sprint(sum), fmt.Sprint(least), fmt.Sprint(last)})
		}
	} else {
		rows = append(rows, []string{"id", "city", "amount"})
		for _, s := range sales {
			if n.where(s) {
				rows = append(rows, []string{fmt.Sprint(s.id), s.city, fmt.Sprint(s.amount)})
			}
		}
	}
	if n.limit > 0 && len(rows) > 1+n.limit {
		rows = rows[:1+n.limit]
	}
	return rows
}

var cityGroups = &GroupBy{Key: "city", Aggregates: []Aggregate{
	{Func: Count}, {Func: Sum, Column: "amount"}, {Func: Min, Column: "amount"}, {Func: Max, Column: "id"},
}}

// parse returns the records of a query's output.
func parse(t testing.TB, text []byte) [][]string {
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return records
}

func TestQueryMatchesNaiveEvaluation(t *testing.T) {
	wheres := []struct {
		name string
		pred Predicate
		test func(sale) bool
	}{
		{"all", nil, func(sale) bool { return true }},
		{"none", Or(), func(sale) bool { return false }},
		{"positive", Compare("amount", Greater, int64(0)), func(s sale) bool { return s.amount > 0 }},
		{
			"mixed",
			Or(And(Compare("city", GreaterOrEqual, "O"), Not(Compare("amount", Less, int64(-50)))), Compare("id", Equal, int64(0))),
			func(s sale) bool { return s.city >= "O" && s.amount >= -50 || s.id == 0 },
		},
	}
	options := []struct {
		name string
		o    Options
	}{
		{"defaults", Options{}},
		{"narrow", Options{MorselRows: 1, PhaseMorsels: 1, Lanes: 1, Encoders: 1, LaneCapacity: 1}},
		{"small", Options{MorselRows: 3, PhaseMorsels: 5, Lanes: 4, Encoders: 2, LaneCapacity: 1}},
		{"wide", Options{MorselRows: 7, PhaseMorsels: 20, Lanes: 9, Encoders: 5, LaneCapacity: 2}},
	}
	for _, n := range []int{0, 1, 2, 50, 3000} {
		sales := randomSales(n, 1)
		for _, where := range wheres {
			for _, grouped := range []bool{false, true} {
				for _, limit := range []int{0, 1, 5, n + 1} {
					want := naive{where: where.test, grouped: grouped, limit: limit}.rows(sales)
					for _, opt := range options {
						name := fmt.Sprintf("%d rows/%s/grouped=%t/limit=%d/%s", n, where.name, grouped, limit, opt.name)
						q := Query{From: saleTable(t, sales).Scan(), Where: where.pred, Limit: limit, Options: opt.o}
						if grouped {
							q.GroupBy = cityGroups
						}
						var out bytes.Buffer
						progress, err := q.Run(t.Context(), &out)
						require.NoError(t, err, name)
						require.Equal(t, want, parse(t, out.Bytes()), name)
						require.Equal(t, len(want)-1, progress.RowsWritten, name)
						if grouped || limit == 0 {
							require.Equal(t, n, progress.RowsScanned, name)
						}
					}
				}
			}
		}
	}
}

func TestQueryOverCSVMatchesNaiveEvaluation(t *testing.T) {
	for _, n := range []int{0, 1, 700} {
		sales := randomSales(n, 2)
		text := saleCSV(t, sales)
		for _, grouped := range []bool{false, true} {
			source, err := ScanCSV(strings.NewReader(text), saleSchema)
			require.NoError(t, err)
			q := Query{From: source, Where: Compare("amount", LessOrEqual, int64(10)), Options: Options{MorselRows: 16}}
			if grouped {
				q.GroupBy = cityGroups
			}
			var out bytes.Buffer
			_, err = q.Run(t.Context(), &out)
			require.NoError(t, err)
			want := naive{where: func(s sale) bool { return s.amount <= 10 }, grouped: grouped}.rows(sales)
			assert.Equal(t, want, parse(t, out.Bytes()))
		}
	}
}

// Files of chunks of all sizes, of both formats, read ahead under budgets of all sizes.
func TestQueryOverFilesMatchesNaiveEvaluation(t *testing.T) {
	options := []struct {
		name string
		o    Options
	}{
		{"defaults", Options{}},
		{"decoders", Options{MorselRows: 8, Decoders: 2}},
		{"narrow", Options{MorselRows: 3, LaneCapacity: 1, Prefetch: 1, Decoders: 1, Memory: NewBudget(1, 1)}},
		{"some memory", Options{MorselRows: 50, Prefetch: 2, Decoders: 3, Memory: NewBudget(500, 200)}},
	}
	for _, n := range []int{0, 1, 300} {
		sales := randomSales(n, 6)
		part := func(format, lo, hi, rows int) Source {
			return fileFormats[format].file(t, saleSchema, saleTable(t, sales[lo:hi]).in(rows)...)
		}
		for _, grouped := range []bool{false, true} {
			for _, limit := range []int{0, 1, 100} {
				want := naive{where: func(s sale) bool { return s.amount > -20 }, grouped: grouped, limit: limit}.rows(sales)
				for _, opt := range options {
					name := fmt.Sprintf("%d rows/grouped=%t/limit=%d/%s", n, grouped, limit, opt.name)
					from, err := Union(
						part(0, 0, n/4, 20), part(1, n/4, n/2, 7), saleTable(t, sales[n/2:n/2+n/8]).Scan(), part(0, n/2+n/8, n, 1))
					require.NoError(t, err)
					q := Query{From: from, Where: Compare("amount", Greater, int64(-20)), Limit: limit, Options: opt.o}
					if grouped {
						q.GroupBy = cityGroups
					}
					var out bytes.Buffer
					_, err = q.Run(t.Context(), &out)
					require.NoError(t, err, name)
					require.Equal(t, want, parse(t, out.Bytes()), name)
				}
			}
		}
	}
}

func TestQueryOverCSVFile(t *testing.T) {
	file, err := os.Open("testdata/orders.csv")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	source, err := ScanCSV(file, Schema{{"city", String}, {"amount", Int64}})
	require.NoError(t, err)
	var out bytes.Buffer
	progress, err := Query{
		From:    source,
		Where:   Compare("amount", Greater, int64(0)),
		GroupBy: &GroupBy{Key: "city", Aggregates: []Aggregate{{Func: Sum, Column: "amount"}, {Func: Count}}},
		Options: Options{MorselRows: 2},
	}.Run(t.Context(), &out)
	require.NoError(t, err)
	assert.Equal(t, "city,sum(amount),count\nBasel,255,3\nNairobi,210,1\nOslo,388,4\nQuito,60,1\n", out.String())
	assert.Equal(t, Progress{RowsScanned: 10, RowsWritten: 4, Groups: 4}, progress)
}

func TestQueryLimitStopsTheScan(t *testing.T) {
	sales := randomSales(10_000, 3)
	q := Query{From: saleTable(t, sales).Scan(), Limit: 25, Options: Options{MorselRows: 10, PhaseMorsels: 4}}
	var out bytes.Buffer
	progress, err := q.Run(t.Context(), &out)
	require.NoError(t, err)
	assert.Equal(t, 25, progress.RowsWritten)
	// Three morsels are needed; one more may wait in the connector and one may have been read by a scan about to send it.
	assert.GreaterOrEqual(t, progress.RowsScanned, 30)
	assert.LessOrEqual(t, progress.RowsScanned, 50)
}

func TestQueryThatMakesNoSense(t *testing.T) {
	from := func() Source { return saleTable(t, randomSales(3, 1)).Scan() }
	tests := []struct {
		name  string
		query Query
		want  string
	}{
		{"no source", Query{}, "without a source"},
		{"limit", Query{From: from(), Limit: -1}, "limit of -1"},
		{"where unknown", Query{From: from(), Where: Compare("price", Less, int64(1))}, `no column "price"`},
		{"where type", Query{From: from(), Where: And(Compare("city", Less, int64(1)))}, `"city" of type string is compared with a int64`},
		{"where nested", Query{From: from(), Where: Not(Or(Compare("id", Less, "x")))}, `"id" of type int64 is compared with a string`},
		{"where relation", Query{From: from(), Where: Compare("id", Relation(9), int64(1))}, "unknown relation 9"},
		{"key unknown", Query{From: from(), GroupBy: &GroupBy{Key: "x"}}, `no column "x"`},
		{"sum of text", Query{From: from(), GroupBy: &GroupBy{Key: "id", Aggregates: []Aggregate{{Sum, "city"}}}}, `sum of column "city"`},
		{"sum of unknown", Query{From: from(), GroupBy: &GroupBy{Key: "id", Aggregates: []Aggregate{{Sum, "y"}}}}, `no column "y"`},
		{"count of column", Query{From: from(), GroupBy: &GroupBy{Key: "id", Aggregates: []Aggregate{{Count, "city"}}}}, `not of column "city"`},
		{"aggregate twice", Query{From: from(), GroupBy: &GroupBy{Key: "id", Aggregates: []Aggregate{{Func: Count}, {Func: Count}}}}, `"count" appears twice`},
		{"aggregate unknown", Query{From: from(), GroupBy: &GroupBy{Key: "id", Aggregates: []Aggregate{{Function(7), "id"}}}}, "Function(7)"},
		{"option", Query{From: from(), Options: Options{Encoders: -2}}, "Encoders is -2"},
		{"decoders", Query{From: from(), Options: Options{Decoders: -1}}, "Decoders is -1"},
		{"interval", Query{From: from(), Options: Options{ProgressInterval: -1}}, "ProgressInterval is -1ns"},
		{"twin", Query{From: from(), Options: Options{HeadTwin: 2}}, "unknown twin Twin(2)"},
		{"feed twin", Query{From: from(), Options: Options{FeedTwin: 3}}, "unknown twin Twin(3)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			progress, err := tt.query.Run(t.Context(), &out)
			require.ErrorContains(t, err, tt.want)
			assert.Empty(t, out.String())
			assert.Zero(t, progress)
		})
	}
}

// The broken twins hang under some schedules only; these queries are such that there is none, and the results are right.
func TestBrokenTwinsThatCannotHang(t *testing.T) {
	sales := randomSales(40, 4)
	tests := []struct {
		name  string
		naive naive
		o     Options
	}{
		// The one lane there is, is the one the linearizer waits for.
		{"sink, one encoder", naive{}, Options{SinkTwin: Broken, Encoders: 1, LaneCapacity: 1}},
		// A lane has room for all morsels, so no insert blocks.
		{"sink, one morsel", naive{}, Options{SinkTwin: Broken, MorselRows: 40}},
		{"sink, all morsels fit", naive{}, Options{SinkTwin: Broken, MorselRows: 4, LaneCapacity: 10}},
		// Every morsel is inserted, so that no encoder ends early.
		{"feeder, no error", naive{}, Options{FeedTwin: Broken}},
		// The limit is not reached, so the queue is closed only after the last rows have been taken.
		{"head, limit too large", naive{limit: 41}, Options{HeadTwin: Broken, MorselRows: 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.MorselRows = max(tt.o.MorselRows, 1)
			tt.naive.where = func(s sale) bool { return s.amount > 0 }
			var out bytes.Buffer
			q := Query{From: saleTable(t, sales).Scan(), Where: Compare("amount", Greater, int64(0)), Limit: tt.naive.limit, Options: tt.o}
			_, err := q.Run(t.Context(), &out)
			require.NoError(t, err)
			assert.Equal(t, tt.naive.rows(sales), parse(t, out.Bytes()))
		})
	}
}

// Likewise for those that read ahead: what each needs to hang is missing.
func TestBrokenReadersThatCannotHang(t *testing.T) {
	sales := randomSales(40, 7)
	groups, records := rowGroupsFormat, recordsFormat
	tests := []struct {
		name    string
		formats []fileFormat
		o       Options
	}{
		{"one scan has a permit for the look-ahead too", []fileFormat{groups}, Options{PrefetchTwin: Broken, Prefetch: 2}},
		{"each scan has", []fileFormat{groups, records}, Options{PrefetchTwin: Broken, Prefetch: 4}},
		{"only records, all in one order", []fileFormat{records, records}, Options{RecordsTwin: Broken, Prefetch: 1, Memory: NewBudget(1, 1)}},
		{"only row groups", []fileFormat{groups, groups}, Options{RecordsTwin: Broken, Prefetch: 1, Memory: NewBudget(1, 1)}},
		{"memory keeps its size", []fileFormat{groups, records}, Options{MemoryTwin: Broken, Memory: NewBudget(9, 3)}},
		{"one scan and two workers", []fileFormat{groups}, Options{PoolTwin: Broken, Decoders: 2}},
		{"chunks too small to split", []fileFormat{groups, records}, Options{PoolTwin: Broken, Decoders: 1, MorselRows: 10}},
		{"one lane", []fileFormat{groups, records}, Options{GroupCacheTwin: Broken, Lanes: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.MorselRows = max(tt.o.MorselRows, 3)
			var parts []Source
			for i, format := range tt.formats {
				rows := len(sales) / len(tt.formats)
				parts = append(parts, format.file(t, saleSchema, saleTable(t, sales[i*rows:(i+1)*rows]).in(10)...))
			}
			from, err := Union(parts...)
			require.NoError(t, err)
			var out bytes.Buffer
			_, err = Query{From: from, GroupBy: cityGroups, Options: tt.o}.Run(t.Context(), &out)
			require.NoError(t, err)
			assert.Equal(t, naive{where: func(sale) bool { return true }, grouped: true}.rows(sales), parse(t, out.Bytes()))
		})
	}
}
