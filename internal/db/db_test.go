package db_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

func TestWriteIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stop := errors.New("stop")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO follower (name, position, updated_at) VALUES (?, ?, ?)", "it's?", 1, 2); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			var n int64
			return tx.Row(t.Context(), "SELECT position FROM follower WHERE name = ?", []any{"it's?"}, &n)
		})
		if !errors.Is(err, sql.ErrNoRows) {
			t.Fatalf("a row of a write that failed: %v", err)
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM log_head")
			return err
		})
		if err == nil {
			t.Fatal("a read deleted a row")
		}
	})
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(t.Context(), db.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := db.Open(t.Context(), db.Config{Dir: dir}); clientele.KindOf(err) != clientele.Conflict {
		t.Fatalf("want a conflict, got %v", err)
	}
}

// Both folders of migrations must end in the same tables and columns.
func TestEnginesHaveTheSameSchema(t *testing.T) {
	got := map[db.Dialect][]string{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		query := `SELECT m.name || '.' || c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
			WHERE m.type = 'table' AND m.name NOT LIKE 'client_text%' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'river_%' AND m.name NOT LIKE 'goose_%'`
		if d.Dialect == db.Postgres {
			query = `SELECT table_name || '.' || column_name FROM information_schema.columns
				WHERE table_schema = 'public' AND table_name NOT LIKE 'river_%' AND table_name NOT LIKE 'goose_%'`
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each(t.Context(), query, nil, func(r db.Row) error {
				var s string
				err := r.Scan(&s)
				got[d.Dialect] = append(got[d.Dialect], s)
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	a, b := got[db.SQLite], got[db.Postgres]
	if len(b) == 0 {
		t.Skip("no PostgreSQL")
	}
	slices.Sort(a)
	slices.Sort(b)
	for _, s := range a {
		if !slices.Contains(b, s) {
			t.Errorf("only SQLite has %s", s)
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			t.Errorf("only PostgreSQL has %s", s)
		}
	}
}

// From every number that was ever released the schema comes up to today's.
func TestMigratesFromEveryNumber(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			for from, newest := int64(1), int64(2); from < newest; from++ {
				c := db.Config{Dir: t.TempDir()}
				if engine == "postgres" {
					c = db.Config{PostgresURL: clientele.Secret(dbtest.PostgresURL(t))}
				}
				d, err := db.Open(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if err := d.MigrateTo(t.Context(), from); err != nil {
					t.Fatalf("to %d: %v", from, err)
				}
				if err := d.Migrate(t.Context()); err != nil {
					t.Fatalf("from %d: %v", from, err)
				}
				have, want, err := d.Schema(t.Context())
				if err != nil || have != want {
					t.Fatalf("from %d: schema %d of %d, %v", from, have, want, err)
				}
				newest = want
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
