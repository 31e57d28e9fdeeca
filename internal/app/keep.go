package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/clientele/clientele/internal/db"
)

// Backup writes the database of a configuration to a file, whole or not at all. The server
// may run.
func Backup(ctx context.Context, c Config, file string, now time.Time) (rows int64, err error) {
	d, err := reader(ctx, c)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	tmp, err := os.CreateTemp(filepath.Dir(file), ".backup-*")
	if err != nil {
		return 0, fmt.Errorf("write the backup: %w", err)
	}
	defer os.Remove(tmp.Name())
	rows, err = d.Backup(ctx, tmp, now)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return 0, fmt.Errorf("write the backup: %w", err)
	}
	return rows, os.Rename(tmp.Name(), file)
}

// Restore fills the new database of a configuration with a backup.
func Restore(ctx context.Context, c Config, file string) (rows int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	d, err := OpenDB(ctx, c)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return 0, err
	}
	return d.Restore(ctx, f)
}

// Check asks the engine whether the database is whole. Whether the audit log was changed is
// another question: clientele audit verify.
func Check(ctx context.Context, c Config) error {
	d, err := reader(ctx, c)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Check(ctx)
}

func reader(ctx context.Context, c Config) (*db.DB, error) {
	return db.Open(ctx, db.Config{Dir: c.Data, PostgresURL: c.Database.PostgresURL, ReadOnly: true})
}
