package cachedir

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks f for this process, alone or with others, until it is closed. It returns errLocked if that is not to be had
// now, and another error if files cannot be locked here. A lock that is held already is changed.
func tryLock(f *os.File, alone bool) error {
	h := windows.Handle(f.Fd())
	_ = windows.UnlockFileEx(h, 0, 1, 0, new(windows.Overlapped)) // here a second lock would be one more
	how := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if alone {
		how |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(h, how, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}
