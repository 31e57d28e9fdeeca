package db_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

func fill(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range 3000 {
			if err := tx.Later(t.Context(), "INSERT INTO tree_node (pos, hash) VALUES (?, ?)", i, []byte{0, byte(i), 255}); err != nil {
				return err
			}
		}
		if err := tx.Later(t.Context(), "INSERT INTO subject_key (subject, wrapped, shredded_at) VALUES ('per_1', NULL, 5)"); err != nil {
			return err
		}
		if err := tx.Later(t.Context(), "INSERT INTO follower (name, position, updated_at) VALUES (?, ?, ?)", "quote ' \" \n \x01 日本", 1<<60, 2); err != nil {
			return err
		}
		return tx.Later(t.Context(), "UPDATE log_head SET size = 1500 WHERE id = 1")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A backup of either engine restores into either.
func TestBackupRestores(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, from *db.DB) {
		fill(t, from)
		var file bytes.Buffer
		rows, err := from.Backup(t.Context(), &file, time.Unix(0, 0))
		if err != nil || rows < 3002 {
			t.Fatal(rows, err)
		}
		dbtest.Each(t, func(t *testing.T, to *db.DB) {
			n, err := to.Restore(t.Context(), bytes.NewReader(file.Bytes()))
			if err != nil || n != rows {
				t.Fatal(n, err)
			}
			var again bytes.Buffer
			if _, err := to.Backup(t.Context(), &again, time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
			var nodes, position int64
			var hash []byte
			err = to.Read(t.Context(), func(tx *db.Tx) error {
				if err := tx.Row(t.Context(), "SELECT COUNT(*) FROM tree_node", nil, &nodes); err != nil {
					return err
				}
				if err := tx.Row(t.Context(), "SELECT hash FROM tree_node WHERE pos = 7", nil, &hash); err != nil {
					return err
				}
				return tx.Row(t.Context(), "SELECT position FROM follower WHERE name = ?", []any{"quote ' \" \n \x01 日本"}, &position)
			})
			if err != nil || nodes != 3000 || position != 1<<60 || !bytes.Equal(hash, []byte{0, 7, 255}) {
				t.Fatal(nodes, position, err)
			}
			if _, err := to.Restore(t.Context(), bytes.NewReader(file.Bytes())); clientele.KindOf(err) != clientele.Conflict {
				t.Fatalf("restored over a database in use: %v", err)
			}
		})
	})
}

func TestDamagedBackupChangesNothing(t *testing.T) {
	from := dbtest.SQLite(t)
	fill(t, from)
	var file bytes.Buffer
	if _, err := from.Backup(t.Context(), &file, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	for _, bad := range [][]byte{nil, []byte("hello"), whole[:len(whole)/2], whole[:len(whole)-20], bytes.Replace(whole, whole[200:210], make([]byte, 10), 1)} {
		to := dbtest.SQLite(t)
		if _, err := to.Restore(t.Context(), bytes.NewReader(bad)); err == nil {
			t.Fatal("restored a damaged backup")
		}
		if _, err := to.Restore(t.Context(), bytes.NewReader(whole)); err != nil {
			t.Fatalf("a refused backup left something behind: %v", err)
		}
	}
}

func TestCheckNamesDamage(t *testing.T) {
	d := dbtest.SQLite(t)
	if err := d.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := d.Handle().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, q := range []string{"PRAGMA foreign_keys = OFF", "INSERT INTO cosignature (size, holder, at, line) VALUES (7, 'nobody', 1, '')"} {
		if _, err := conn.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Check(t.Context()); err == nil {
		t.Fatal("a row that refers to nothing was not named")
	}
}
