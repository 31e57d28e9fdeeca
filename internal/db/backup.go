package db

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
)

// A backup is gzip over lines of JSON, the same for both engines, so that what one wrote the
// other can take over:
//
//	{"clientele_backup":1,"schema":7,"at":"…"}
//	{"table":"person","columns":["id",…]}
//	["per_…",1,{"bytes":"base64"},…]          one line a row
//	{"rows":1234,"sha256":"of all lines before"}
//
// It holds what the database holds, sealed values as they are sealed. The keys lie
// elsewhere and are backed up elsewhere.

const backupVersion = 1

type backupHead struct {
	Version int       `json:"clientele_backup"`
	Schema  int64     `json:"schema"`
	At      time.Time `json:"at"`
}

type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type backupEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

type bytesValue struct {
	Bytes string `json:"bytes"`
}

// table is a table with its columns and those of them that hold bytes.
type table struct {
	name    string
	columns []string
	bytes   []bool
}

// tables lists what a backup holds, in the order of their making, so that a row's foreign
// keys are always there before it. Full-text tables and the migrations' own are left out.
func tables(ctx context.Context, tx *Tx) ([]table, error) {
	query := `SELECT m.name, c.name, c.type FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
		WHERE m.type = 'table' AND c.hidden = 0 ORDER BY m.rowid, c.cid`
	if tx.dialect == Postgres {
		query = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class AS c
			JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
			WHERE c.relkind = 'r' ORDER BY c.oid, a.attnum`
	}
	var all []table
	err := tx.Each(ctx, query, nil, func(r Row) error {
		var name, column, typ string
		if err := r.Scan(&name, &column, &typ); err != nil {
			return err
		}
		if strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "client_text") {
			return nil
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, table{name: name})
		}
		t := &all[len(all)-1]
		t.columns = append(t.columns, column)
		t.bytes = append(t.bytes, strings.EqualFold(typ, "BLOB") || strings.EqualFold(typ, "bytea"))
		return nil
	})
	return all, err
}

// Backup writes one state of the whole database. Others go on reading and writing.
func (d *DB) Backup(ctx context.Context, w io.Writer, now time.Time) (rows int64, err error) {
	schema, _, err := d.Schema(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema's number: %w", err)
	}
	zip := gzip.NewWriter(w)
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(zip, sum), 1<<16)
	line := func(v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		_, err = out.Write(append(b, '\n'))
		return err
	}
	if err := line(backupHead{backupVersion, schema, now.UTC()}); err != nil {
		return 0, err
	}
	err = d.Read(ctx, func(tx *Tx) error {
		all, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range all {
			n, err := t.write(ctx, tx, line)
			rows += n
			if err != nil {
				return fmt.Errorf("back up %s: %w", t.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := out.Flush(); err != nil {
		return 0, err
	}
	if err := json.NewEncoder(zip).Encode(backupEnd{rows, hex.EncodeToString(sum.Sum(nil))}); err != nil {
		return 0, err
	}
	return rows, zip.Close()
}

func (t table) write(ctx context.Context, tx *Tx, line func(any) error) (rows int64, err error) {
	if err := line(backupTable{t.name, t.columns}); err != nil {
		return 0, err
	}
	query := "SELECT " + names(t.columns) + " FROM " + names([]string{t.name})
	err = tx.Each(ctx, query, nil, func(r Row) error {
		values, dest := make([]any, len(t.columns)), make([]any, len(t.columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := r.Scan(dest...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok && t.bytes[i] {
				values[i] = bytesValue{base64.StdEncoding.EncodeToString(b)}
			} else if ok {
				values[i] = string(b)
			}
		}
		rows++
		return line(values)
	})
	return rows, err
}

// names writes names of this schema into a statement.
func names(all []string) string { return `"` + strings.Join(all, `", "`) + `"` }

// Restore fills a database that was just made and migrated with what a backup holds. It is
// done whole or not at all.
func (d *DB) Restore(ctx context.Context, r io.Reader) (rows int64, err error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return 0, errNoBackup("it is not compressed as one")
	}
	in := &lines{r: bufio.NewReaderSize(zip, 1<<20), sum: sha256.New()}
	var head backupHead
	if err := in.next(&head); err != nil || head.Version != backupVersion {
		return 0, errNoBackup("its first line is not that of one")
	}
	schema, _, err := d.Schema(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema's number: %w", err)
	}
	if head.Schema != schema {
		return 0, clientele.Errorf(clientele.Conflict, "the backup has schema %d, this program %d", head.Schema, schema).
			WithHint("restore it with the version that wrote it, then start the newer one")
	}
	err = d.Write(ctx, func(tx *Tx) error {
		all, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		if err := empty(ctx, tx, all); err != nil {
			return err
		}
		rows, err = in.restore(ctx, tx, all)
		return err
	})
	return rows, err
}

// empty refuses a database that is in use and takes out the rows that migrations made.
func empty(ctx context.Context, tx *Tx, all []table) error {
	var n int64
	if err := tx.Row(ctx, "SELECT size FROM log_head WHERE id = 1", nil, &n); err != nil {
		return err
	}
	if n > 0 {
		return clientele.Errorf(clientele.Conflict, "this database is in use: its log has %d entries", n).
			WithHint("restore into a new data folder or a new database")
	}
	for _, t := range slices.Backward(all) {
		if _, err := tx.Exec(ctx, "DELETE FROM "+names([]string{t.name})); err != nil {
			return err
		}
	}
	return nil
}

func errNoBackup(why string) error {
	return clientele.Errorf(clientele.Invalid, "this is no backup of clientele: %s", why).WithHint("make one with: clientele db backup FILE")
}

// maxLine is the longest line of a backup that is read, in bytes.
const maxLine = 64 << 20

// lines reads a backup's lines and sums them up.
type lines struct {
	r   *bufio.Reader
	sum hash.Hash
	n   int
}

func (l *lines) raw() ([]byte, error) {
	l.n++
	var line []byte
	for {
		b, err := l.r.ReadSlice('\n')
		line = append(line, b...)
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) || len(line) > maxLine {
			return nil, errNoBackup(fmt.Sprintf("line %d is cut off or too long", l.n))
		}
	}
}

func (l *lines) next(v any) error {
	b, err := l.raw()
	if err != nil {
		return err
	}
	l.sum.Write(b)
	return json.Unmarshal(b, v)
}

func (l *lines) restore(ctx context.Context, tx *Tx, all []table) (rows int64, err error) {
	known := map[string]table{}
	for _, t := range all {
		known[t.name] = t
	}
	load := loader{ctx: ctx, tx: tx}
	for {
		b, err := l.raw()
		if err != nil {
			return rows, err
		}
		var t backupTable
		var end backupEnd
		switch {
		case b[0] == '[':
			rows++
			if err := load.add(b); err != nil {
				return rows, fmt.Errorf("line %d of the backup: %w", l.n, err)
			}
		case json.Unmarshal(b, &t) == nil && t.Table != "":
			if err := load.flush(); err != nil {
				return rows, err
			}
			if k, ok := known[t.Table]; !ok || !slices.Equal(k.columns, t.Columns) && !sameSet(k.columns, t.Columns) {
				return rows, errNoBackup(fmt.Sprintf("line %d: there is no such table %q here", l.n, t.Table))
			}
			load.table, load.columns = t.Table, t.Columns
		case json.Unmarshal(b, &end) == nil && end.SHA256 != "":
			if err := load.flush(); err != nil {
				return rows, err
			}
			if end.Rows != rows || end.SHA256 != hex.EncodeToString(l.sum.Sum(nil)) {
				return rows, errNoBackup("it was changed or damaged: its checksum does not fit")
			}
			return rows, load.rebuild()
		default:
			return rows, errNoBackup(fmt.Sprintf("line %d is none of a backup", l.n))
		}
		l.sum.Write(b)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// loader inserts rows, many at a time.
type loader struct {
	ctx     context.Context
	tx      *Tx
	table   string
	columns []string
	args    []any
}

func (l *loader) add(b []byte) error {
	var row []any
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if err := dec.Decode(&row); err != nil || len(row) != len(l.columns) || l.table == "" {
		return errNoBackup("a row does not fit its table")
	}
	for i, v := range row {
		switch v := v.(type) {
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				f, err := v.Float64()
				if err != nil {
					return errNoBackup("a number is none")
				}
				row[i] = f
				continue
			}
			row[i] = n
		case map[string]any:
			s, _ := v["bytes"].(string)
			raw, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				return errNoBackup("bytes are not in base64")
			}
			row[i] = raw
		}
	}
	l.args = append(l.args, row...)
	if len(l.args) >= 5000 {
		return l.flush()
	}
	return nil
}

func (l *loader) flush() error {
	if len(l.args) == 0 {
		return nil
	}
	width := len(l.columns)
	override := ""
	if l.tx.dialect == Postgres {
		override = " OVERRIDING SYSTEM VALUE" // numbers that the database gave out stay as they were
	}
	_, err := l.tx.Exec(l.ctx, "INSERT INTO "+names([]string{l.table})+" ("+names(l.columns)+")"+override+" VALUES "+Rows(len(l.args)/width, width), l.args...)
	l.args = nil
	if err != nil {
		return fmt.Errorf("restore %s: %w", l.table, err)
	}
	return nil
}

// rebuild makes what no backup holds: SQLite's full-text index, PostgreSQL's counters.
func (l *loader) rebuild() error {
	if l.tx.dialect == Postgres {
		return l.counters()
	}
	var n int
	if err := l.tx.Row(l.ctx, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'client_text'", nil, &n); err != nil || n == 0 {
		return err
	}
	_, err := l.tx.Exec(l.ctx, "INSERT INTO client_text (rowid, search) SELECT n, search FROM client")
	return err
}

// counters lets numbers go on after the last that was given out.
func (l *loader) counters() error {
	var all [][]string
	err := l.tx.Each(l.ctx, `SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
		JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
		WHERE a.attidentity <> '' AND c.relkind = 'r' AND c.relname NOT LIKE 'goose%'`, nil, func(r Row) error {
		pair := make([]string, 2)
		err := r.Scan(&pair[0], &pair[1])
		all = append(all, pair)
		return err
	})
	for _, p := range all {
		if err == nil {
			var last int64
			err = l.tx.Row(l.ctx, "SELECT setval(pg_get_serial_sequence(?, ?), COALESCE(MAX("+names(p[1:])+"), 0) + 1, false) FROM "+names(p[:1]), []any{p[0], p[1]}, &last)
		}
	}
	return err
}

// Check asks the engine whether the database is whole.
func (d *DB) Check(ctx context.Context) error {
	if d.Dialect == Postgres {
		return d.Ping(ctx) // its own checksums and constraints see to the rest
	}
	return d.Read(ctx, func(tx *Tx) error {
		var bad []string
		for _, q := range []string{"PRAGMA integrity_check(20)", "SELECT 'row ' || rowid || ' of ' || \"table\" || ' refers to nothing in ' || parent FROM pragma_foreign_key_check LIMIT 20"} {
			err := tx.Each(ctx, q, nil, func(r Row) error {
				var s string
				err := r.Scan(&s)
				if s != "ok" {
					bad = append(bad, s)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("check the database: %w", err)
			}
		}
		if len(bad) > 0 {
			return clientele.Errorf(clientele.Internal, "the database is damaged:\n  %s", strings.Join(bad, "\n  ")).WithHint("restore the newest backup: clientele db restore FILE")
		}
		return nil
	})
}
