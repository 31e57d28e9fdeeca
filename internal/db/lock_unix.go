//go:build unix

package db

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/clientele/clientele"
)

// lockDir holds the data directory for this process. The kernel lets go when it ends,
// however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, clientele.Errorf(clientele.Conflict, "another clientele uses %s", dir).
			WithHint("stop it, or name another folder with --data")
	}
	return f, nil
}
