//go:build !unix

package db

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockDir only opens the file: SQLite's own locks still keep two writers apart.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return f, nil
}
