package verdict

import "strings"

// Ordinary reports whether the execution has failed as any test may, and go test says why when it fails there: by the test's
// own word, or by a panic that is not about synchronisation.
func (v *Verdict) Ordinary() bool {
	return v.Kind == Assertion || v.Kind == Panic && !Synchronises(v.Value)
}

// Synchronises reports whether what the runtime says of a panic, or as it ends a process, is about how goroutines
// synchronise: why it came to that is not in the stack of the one that was caught.
func Synchronises(text string) bool {
	for _, about := range [...]string{
		"send on closed channel", "close of closed channel", "close of nil channel", "sync: ", "concurrent map ", "all goroutines are asleep",
	} {
		if strings.Contains(text, about) {
			return true
		}
	}
	return false
}
