// Package literal writes values as Go source.
package literal

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Of returns an expression whose value is v, on one line if it has at most width columns, and else with each part on a line of its
// own. Types of the package whose import path is pkg have no qualifier, those of other packages the last element of their path.
// Fields that are zero or not exported are left out; functions and channels are nil. v must not contain itself.
func Of(v any, pkg string, width int) string {
	return (&writer{pkg, width}).value(reflect.ValueOf(v), context{})
}

type writer struct {
	pkg   string
	width int
}

// A context is where a value stands.
type context struct {
	is     reflect.Type // what a constant becomes here; nil if it keeps the type that it has by itself
	elided bool         // a composite literal may leave out its type if it is this one
	indent int
}

func (w *writer) value(v reflect.Value, c context) string {
	if !v.IsValid() {
		return "nil"
	}
	t := v.Type()
	switch v.Kind() {
	case reflect.Interface:
		return w.value(v.Elem(), context{indent: c.indent})
	case reflect.Struct, reflect.Array:
		return w.composite(v, c)
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		switch {
		case v.Kind() == reflect.Pointer && !v.IsNil():
			return w.pointer(v, c.indent)
		case (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && !v.IsNil():
			return w.composite(v, c)
		case t == c.is:
			return "nil"
		}
		return "(" + w.name(t) + ")(nil)"
	}
	text, has := basic(v)
	if has == t || has == nil && (t == c.is || c.is == nil && constants[t]) {
		return text
	}
	return w.name(t) + "(" + text + ")"
}

// constants are the types that constants have by themselves.
var constants = map[reflect.Type]bool{
	reflect.TypeFor[bool](): true, reflect.TypeFor[int](): true, reflect.TypeFor[float64](): true, reflect.TypeFor[string](): true,
}

// basic returns a value that has no parts, and the type of that expression; nil for a constant without one.
func basic(v reflect.Value) (text string, has reflect.Type) {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]() && v.Int() != 0:
		return duration(time.Duration(v.Int())), v.Type()
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.Kind() == reflect.String:
		return strconv.Quote(v.String()), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanComplex():
		return fmt.Sprint(v.Complex()), nil
	}
	f := v.Float()
	switch {
	case math.IsNaN(f):
		return "math.NaN()", reflect.TypeFor[float64]()
	case math.IsInf(f, 0):
		return fmt.Sprintf("math.Inf(%.0f)", math.Copysign(1, f)), reflect.TypeFor[float64]()
	case f == 0 && math.Signbit(f):
		return "math.Copysign(0, -1)", reflect.TypeFor[float64]()
	}
	text = strconv.FormatFloat(f, 'g', -1, v.Type().Bits())
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text, nil
}

// duration returns d in the largest unit of which it is a multiple.
func duration(d time.Duration) string {
	unit, name := time.Nanosecond, "Nanosecond"
	for _, u := range []struct {
		d    time.Duration
		name string
	}{{time.Microsecond, "Microsecond"}, {time.Millisecond, "Millisecond"}, {time.Second, "Second"}, {time.Minute, "Minute"}, {time.Hour, "Hour"}} {
		if d%u.d == 0 {
			unit, name = u.d, u.name
		}
	}
	return fmt.Sprintf("%d * time.%s", d/unit, name)
}

func (w *writer) pointer(v reflect.Value, indent int) string {
	text := w.value(v.Elem(), context{is: v.Type().Elem(), indent: indent})
	if strings.HasSuffix(text, "}") && !strings.HasPrefix(text, "&") && !strings.HasPrefix(text, "func(") {
		return "&" + text // a composite literal
	}
	t := w.name(v.Type().Elem())
	return fmt.Sprintf("func(v %s) *%s { return &v }(%s)", t, t, text)
}

func (w *writer) composite(v reflect.Value, c context) string {
	t := v.Type()
	if v.Kind() == reflect.Slice && t.Elem() == reflect.TypeFor[byte]() {
		return w.name(t) + "(" + strconv.Quote(string(v.Bytes())) + ")"
	}
	parts := w.parts(v, c.indent+1)
	head := w.name(t)
	if c.elided && t == c.is {
		head = ""
	}
	line := head + "{" + strings.Join(parts, ", ") + "}"
	if len(parts) == 0 || len(line)+tab*c.indent <= w.width && !strings.Contains(line, "\n") {
		return line
	}
	margin := "\n" + strings.Repeat("\t", c.indent)
	return head + "{" + margin + "\t" + strings.Join(parts, ","+margin+"\t") + "," + margin + "}"
}

const tab = 4 // columns, as far as the width goes

// parts returns what stands between the braces of a composite literal.
func (w *writer) parts(v reflect.Value, indent int) (out []string) {
	t := v.Type()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := t.Field(i); f.IsExported() && !v.Field(i).IsZero() {
				out = append(out, f.Name+": "+w.value(v.Field(i), context{is: f.Type, indent: indent}))
			}
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return w.compare(a, b) })
		for _, k := range keys {
			out = append(out, w.value(k, context{t.Key(), true, indent})+": "+w.value(v.MapIndex(k), context{t.Elem(), true, indent}))
		}
	default:
		for i := range v.Len() {
			out = append(out, w.value(v.Index(i), context{t.Elem(), true, indent}))
		}
	}
	return out
}

// compare orders the keys of a map: numbers by their size, and all else by how it is written.
func (w *writer) compare(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.Kind() == reflect.String:
		return cmp.Compare(a.String(), b.String())
	}
	return cmp.Compare(w.value(a, context{}), w.value(b, context{}))
}

// name returns how the source calls a type.
func (w *writer) name(t reflect.Type) string {
	if t.Name() != "" {
		name, arguments, generic := strings.Cut(t.String(), "[")
		if t.PkgPath() == w.pkg {
			name = name[strings.LastIndex(name, ".")+1:]
		}
		if generic {
			name += "[" + path.ReplaceAllString(strings.ReplaceAll(arguments, w.pkg+".", ""), "")
		}
		return name
	}
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return "any"
		}
	case reflect.Pointer:
		return "*" + w.name(t.Elem())
	case reflect.Slice:
		if t.Elem() == reflect.TypeFor[byte]() {
			return "[]byte"
		}
		return "[]" + w.name(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.name(t.Elem()))
	case reflect.Map:
		return "map[" + w.name(t.Key()) + "]" + w.name(t.Elem())
	case reflect.Struct:
		return w.structName(t)
	}
	return path.ReplaceAllString(t.String(), "")
}

// path is what stands before the last element of an import path, in the arguments of a generic type.
var path = regexp.MustCompile(`[^\[\],*\s]*/`)

func (w *writer) structName(t reflect.Type) string {
	if t.NumField() == 0 {
		return "struct{}"
	}
	var b strings.Builder
	b.WriteString("struct{ ")
	for i := range t.NumField() {
		f := t.Field(i)
		name, tag := w.name(f.Type), ""
		if f.Tag != "" {
			tag = " " + strconv.Quote(string(f.Tag))
		}
		if f.Anonymous {
			b.WriteString(name + tag)
		} else {
			b.WriteString(f.Name)
			same := i+1 < t.NumField() && t.Field(i+1).Type == f.Type && t.Field(i+1).Tag == f.Tag && !t.Field(i+1).Anonymous
			if same {
				b.WriteString(", ")
				continue
			}
			b.WriteString(" " + name + tag)
		}
		if i+1 < t.NumField() {
			b.WriteString("; ")
		}
	}
	b.WriteString(" }")
	return b.String()
}
