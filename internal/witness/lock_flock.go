//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package witness

import (
	"os"
	"syscall"
)

// lockFile takes the lock until the file is closed, or fails at once. The system lets go of
// it when the process ends, however it ends.
func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
