package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/jostle-dev/jostle/pipeline"
)

func ExampleQuery_Run() {
	text := "city,amount\nBasel,120\nOslo,80\nBasel,40\nQuito,-15\n"
	source, err := pipeline.ScanCSV(strings.NewReader(text), pipeline.Schema{
		{Name: "city", Type: pipeline.String},
		{Name: "amount", Type: pipeline.Int64},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	query := pipeline.Query{
		From:  source,
		Where: pipeline.Compare("amount", pipeline.Greater, int64(0)),
		GroupBy: &pipeline.GroupBy{Key: "city", Aggregates: []pipeline.Aggregate{
			{Func: pipeline.Sum, Column: "amount"},
			{Func: pipeline.Count},
		}},
	}
	if _, err := query.Run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// city,sum(amount),count
	// Basel,160,2
	// Oslo,80,1
}
