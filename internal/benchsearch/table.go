package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// small is the budget of jostle test, beside which the whole one is printed.
const small = 300

// A table is what is printed.
type table struct {
	*bench
	programs []string
	results  [][][]result // by program, strategy, seed
	native   []int
}

func newTable(b *bench, programs []string, results [][][]result) *table {
	return &table{bench: b, programs: programs, results: results}
}

// print prints a row for each program, and one for each strategy.
func (t *table) print(w io.Writer) error {
	head := append([]string{"program"}, t.strategies...)
	if t.native != nil {
		head = append(head, fmt.Sprintf("go test -race, %d runs", t.natively))
	}
	rows := [][]string{head}
	for i, name := range t.programs {
		row := []string{strings.TrimPrefix(name, "Test")}
		for s := range t.strategies {
			row = append(row, t.cell(t.results[i][s]))
		}
		if t.native != nil {
			row = append(row, dash(t.native[i]))
		}
		rows = append(rows, row)
	}
	if err := t.write(w, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	rows = [][]string{{"strategy", fmt.Sprintf("found within %d", small), "in every seed", fmt.Sprintf("geometric mean, at most %d", small),
		fmt.Sprintf("found within %d", t.budget), fmt.Sprintf("geometric mean, at most %d", t.budget), "time"}}
	for s, name := range t.strategies {
		rows = append(rows, t.sum(s, name))
	}
	if t.native != nil {
		rows = append(rows, t.natives())
	}
	return t.write(w, rows)
}

// cell says how many executions a program needed: the geometric mean, a miss counted as the budget, and in how many seeds
// it was found if that is not all.
func (t *table) cell(rs []result) string {
	found := 0
	for _, r := range rs {
		if r.executions > 0 {
			found++
		}
	}
	switch found {
	case 0:
		return "-"
	case len(rs):
		return fmt.Sprintf("%.0f", geometric(rs, t.budget))
	}
	return fmt.Sprintf("%.0f (%d/%d)", geometric(rs, t.budget), found, len(rs))
}

// sum says what a strategy has come to over all programs.
func (t *table) sum(s int, name string) []string {
	var all []result
	var spent time.Duration
	always := 0
	for i := range t.programs {
		rs := t.results[i][s]
		all = append(all, rs...)
		if within(rs, small) == len(rs) {
			always++
		}
	}
	for _, r := range all {
		spent += r.spent
	}
	return []string{
		name, share(within(all, small), len(all)), fmt.Sprintf("%d of %d", always, len(t.programs)), fmt.Sprintf("%.1f", geometric(all, small)),
		share(within(all, t.budget), len(all)), fmt.Sprintf("%.1f", geometric(all, t.budget)), spent.Round(time.Second).String(),
	}
}

// natives says what go test -race has come to.
func (t *table) natives() []string {
	var all []result
	for _, n := range t.native {
		all = append(all, result{executions: n})
	}
	return []string{
		"go test -race", share(within(all, small), len(all)), "", fmt.Sprintf("%.1f", geometric(all, small)),
		share(within(all, t.natively), len(all)) + fmt.Sprintf(" in %d", t.natively), fmt.Sprintf("%.1f", geometric(all, t.natively)), "",
	}
}

// within returns how many were found by so many executions.
func within(rs []result, budget int) (n int) {
	for _, r := range rs {
		if r.executions > 0 && r.executions <= budget {
			n++
		}
	}
	return n
}

// geometric returns the geometric mean of executions, where what was not found by the budget took the budget.
func geometric(rs []result, budget int) float64 {
	sum := 0.0
	for _, r := range rs {
		n := r.executions
		if n == 0 || n > budget {
			n = budget
		}
		sum += math.Log(float64(n))
	}
	return math.Exp(sum / float64(len(rs)))
}

func share(n, of int) string {
	return fmt.Sprintf("%d of %d (%.1f %%)", n, of, 100*float64(n)/float64(of))
}

func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// write prints rows, the first of which is the head.
func (t *table) write(w io.Writer, rows [][]string) error {
	if t.markdown {
		rows = slices.Insert(rows, 1, slices.Repeat([]string{"---"}, len(rows[0])))
		for _, r := range rows {
			if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | ")); err != nil {
				return err
			}
		}
		return nil
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(tw, strings.Join(r, "\t"))
	}
	return tw.Flush()
}
