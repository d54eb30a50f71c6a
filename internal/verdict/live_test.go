package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a goroutine waits in is read from the first line of its stack, whatever else Go says there.
func TestReadLive(t *testing.T) {
	for header, want := range map[string]Live{
		"goroutine 7 [chan receive]:":                                      {ID: 7, State: "chan receive"},
		"goroutine 7 [chan receive (nil chan)]:":                           {ID: 7, State: "chan receive (nil chan)"},
		"goroutine 7 [select (no cases) (leaked), 2 minutes]:":             {ID: 7, State: "select (no cases)", Leaked: true},
		"goroutine 7 [select (leaked) (scan)]:":                            {ID: 7, State: "select", Leaked: true},
		"goroutine 7 [sync.Mutex.Lock (scan), locked to thread]:":          {ID: 7, State: "sync.Mutex.Lock"},
		"goroutine 7 [chan send (nil chan) (durable), synctest bubble 3]:": {ID: 7, State: "chan send (nil chan)"},
		"goroutine 7 gp=0xc000002380 m=nil [chan receive (leaked)]:":       {ID: 7, State: "chan receive", Leaked: true},
		"goroutine 7 [IO wait, 3 minutes]:":                                {ID: 7, State: "IO wait"},
		"goroutine 7 [select (durable), 3 minutes, synctest bubble 12]:":   {ID: 7, State: "select"},
	} {
		want.Stack = "m.f()\n\t/m/f.go:1 +0x1"
		assert.Equal(t, []Live{want}, ReadLive([]string{header + "\n" + want.Stack}), header)
	}
	assert.Empty(t, ReadLive([]string{"", "runtime.main()", "goroutine x [running]:"}))
}

// A goroutine in a rewritten select of the standard library is where that select is.
func TestPlaceOfSelect(t *testing.T) {
	at, name := Live{Stack: "reflect.rselect({0x1, 0x2, 0x3})\n\t/go/src/runtime/select.go:616 +0x1\n" +
		"reflect.Select({0x1, 0x2, 0x3})\n\t/go/src/reflect/value.go:3180 +0x1\n" +
		"net/http.(*persistConn).readLoop(0x1)\n\t/go/src/net/http/transport.go:2450 +0x1\n" +
		"created by net/http.(*Transport).dialConn in goroutine 8\n\t/go/src/net/http/transport.go:1 +0x1"}.place()
	assert.Equal(t, "/go/src/net/http/transport.go:2450", at)
	assert.Equal(t, "http.(*persistConn).readLoop", name)
}

// Where a goroutine selects is where the code under test does, also if a rewritten select waits there.
func TestSelects(t *testing.T) {
	for stack, want := range map[string]string{
		"goroutine 7 [select]:\nexample.com/m/cache.(*cleaner).run(0xc0001)\n\t/m/cache/cleaner.go:12 +0x1d\ncreated by example.com/m/cache.New in goroutine 1\n\t/m/cache/cache.go:5 +0x2": "/m/cache/cleaner.go",
		"goroutine 7 [select]:\nreflect.rselect({0xc0001})\n\t/go/src/runtime/select.go:600 +0x1d\nexample.com/m/cache.run()\n\t/m/cache/a.go:12 +0x1d":                                     "/m/cache/a.go",
		"goroutine 7 [select]:\nnet/http.(*persistConn).writeLoop(0xc0001)\n\t/go/src/net/http/transport.go:2652 +0x1d\ncreated by example.com/m.f in goroutine 1\n\t/m/a.go:5 +0x2":        "",
		"goroutine 7 [chan receive]:\nexample.com/m/cache.run()\n\t/m/cache/a.go:12 +0x1d":                                                                                                  "",
	} {
		gs := ReadLive([]string{stack})
		require.Len(t, gs, 1)
		assert.Equal(t, want, gs[0].Selects(), stack)
	}
}
