package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/clientele/clientele"
	"github.com/pressly/goose/v3"
)

//go:embed migration
var migrations embed.FS

func (d *DB) provider() (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if d.Dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	dir, err := fs.Sub(migrations, "migration/"+string(d.Dialect))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, d.write, dir, goose.WithDisableGlobalRegistry(true))
}

// Migrate brings the schema up to this program's. Migrations only go up.
func (d *DB) Migrate(ctx context.Context) error { return d.MigrateTo(ctx, 0) }

// MigrateTo brings the schema up to a number; 0 stands for the newest.
func (d *DB) MigrateTo(ctx context.Context, number int64) error {
	p, err := d.provider()
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's number: %w", err)
	}
	if have > want {
		return clientele.Errorf(clientele.Conflict, "the database has schema %d, this program knows up to %d", have, want).
			WithHint("run the newer program that made it")
	}
	if number == 0 {
		_, err = p.Up(ctx)
	} else {
		_, err = p.UpTo(ctx, number)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", Explain(err))
	}
	return nil
}

// Schema is the number of the last migration that was applied, and of the newest known.
func (d *DB) Schema(ctx context.Context) (have, want int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}
