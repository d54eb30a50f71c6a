package linearizable_test

import (
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/jostle-dev/jostle/harness/linearizable"
)

// op is an operation of a client on a queue, between two moments.
func op(client int, call, ret int64, input, output any) porcupine.Operation {
	return porcupine.Operation{ClientId: client, Input: input, Output: output, Call: call, Return: ret}
}

// checked returns why Check fails, "" if it does not.
func checked(history []porcupine.Operation, model porcupine.Model) string {
	r := recorder{}
	linearizable.Check(&r, history, model)
	return r.why
}

type recorder struct {
	testing.TB
	why string
}

func (*recorder) Helper()             {}
func (r *recorder) Fatal(args ...any) { r.why = args[0].(string) }

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		history []porcupine.Operation
		want    string // part of the failure
	}{
		"nothing":       {nil, ""},
		"in turn":       {[]porcupine.Operation{op(0, 1, 2, push{1}, nil), op(1, 3, 4, pop{}, 1)}, ""},
		"at a time":     {[]porcupine.Operation{op(0, 1, 4, push{1}, nil), op(1, 2, 5, push{2}, nil), op(0, 6, 7, pop{}, 2)}, ""},
		"out of turn":   {[]porcupine.Operation{op(0, 1, 2, push{1}, nil), op(1, 3, 4, push{2}, nil), op(0, 5, 6, pop{}, 2)}, "There is no place for pop -> 2 (client 0).\n"},
		"never pushed":  {[]porcupine.Operation{op(0, 10, 20, pop{}, 3)}, "> client 0, 1 to 2: pop -> 3\nThere is no place for pop -> 3 (client 0).\nIt cannot come first, where the state is []."},
		"pushed later":  {[]porcupine.Operation{op(1, 1, 2, pop{}, 3), op(0, 3, 4, push{3}, nil)}, "It cannot come first"},
		"before others": {[]porcupine.Operation{op(0, 1, 9, push{1}, nil), op(1, 2, 3, pop{}, 2), op(2, 4, 8, pop{}, 1)}, "There is no place for pop -> 2 (client 1).\nAs far as an order explains all, it is push 1."},
	} {
		t.Run(name, func(t *testing.T) {
			why := checked(tt.history, queue)
			if tt.want == "" && why != "" || !strings.Contains(why, tt.want) {
				t.Errorf("%q has no %q", why, tt.want)
			}
		})
	}
}

// A history of several queues is linearizable if that of each is.
func TestPartitions(t *testing.T) {
	model := queue
	model.Partition = func(history []porcupine.Operation) [][]porcupine.Operation {
		return [][]porcupine.Operation{history[:1], history[1:]}
	}
	if why := checked([]porcupine.Operation{op(0, 1, 2, push{1}, nil), op(1, 3, 4, push{2}, nil), op(1, 5, 6, pop{}, 2)}, model); why != "" {
		t.Error(why)
	}
	why := checked([]porcupine.Operation{op(0, 1, 2, push{1}, nil), op(1, 3, 4, push{2}, nil), op(1, 5, 6, pop{}, 1)}, model)
	if !strings.Contains(why, "these 2 operations") {
		t.Error(why)
	}
}
