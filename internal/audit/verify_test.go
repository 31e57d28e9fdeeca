package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/tlog"
)

func TestAnUntouchedLogVerifies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		if r := h.verified(); r.Size != 0 || r.Root != tlog.EmptyRoot() {
			t.Fatalf("%+v", r)
		}
		h.govern()
		if r := h.verified(); r.Size != 34 || r.Pruned != 5 || r.Checkpoints != 3 || r.Held != 32 {
			t.Fatalf("%+v", r)
		}
		for range 3 {
			h.fill(4000) // more than a chunk
			h.sign()
		}
		if r := h.verified(); r.Size != 12034 || r.Held != 12034 {
			t.Fatalf("%+v", r)
		}
	})
}

// tables are those of the audit, with what identifies a row.
var tables = []struct {
	name string
	key  []string
}{
	{"entry", []string{"seq"}}, {"entry_box", []string{"seq", "subject"}}, {"subject_key", []string{"subject"}},
	{"tree_node", []string{"pos"}}, {"log_head", []string{"id"}}, {"checkpoint", []string{"size"}},
	{"cosignature", []string{"size", "holder"}}, {"legal_hold", []string{"id"}},
}

// vandal changes rows by SQL, past all constraints, and puts them back.
type vandal struct {
	*house
	conn *sql.Conn
}

func (v *vandal) run(query string, args ...any) {
	v.t.Helper()
	if v.db.Dialect == db.Postgres {
		for i := 1; strings.Contains(query, "?"); i++ {
			query = strings.Replace(query, "?", fmt.Sprintf("$%d", i), 1)
		}
	}
	if _, err := v.conn.ExecContext(context.Background(), query, args...); err != nil {
		v.t.Fatalf("%s: %v", query, err)
	}
}

func newVandal(h *house) *vandal {
	h.t.Helper()
	conn, err := h.db.Handle().Conn(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	v := &vandal{h, conn}
	if h.db.Dialect == db.Postgres {
		v.run("SET session_replication_role = replica") // no foreign keys
	} else {
		v.run("PRAGMA foreign_keys = OFF")
		v.run("PRAGMA synchronous = OFF")
	}
	for _, t := range tables {
		v.run("CREATE TABLE was_" + t.name + " AS SELECT * FROM " + t.name)
	}
	return v
}

func (v *vandal) restore(table string) {
	v.t.Helper()
	v.run("DELETE FROM " + table)
	v.run("INSERT INTO " + table + " SELECT * FROM was_" + table)
}

// column is one of a table, with the type the engine reads it as.
type column struct {
	name string
	kind byte // i, t or b
}

func (v *vandal) columns(table string) (all []column) {
	v.t.Helper()
	query := "SELECT name, type FROM pragma_table_info('" + table + "')"
	if v.db.Dialect == db.Postgres {
		query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '" + table + "'"
	}
	v.read(func(tx *db.Tx) error {
		return tx.Each(context.Background(), query, nil, func(r db.Row) error {
			var c column
			var kind string
			err := r.Scan(&c.name, &kind)
			switch strings.ToLower(kind) {
			case "bigint", "integer":
				c.kind = 'i'
			case "text":
				c.kind = 't'
			default:
				c.kind = 'b'
			}
			all = append(all, c)
			return err
		})
	})
	if len(all) == 0 {
		v.t.Fatalf("no columns of %s", table)
	}
	return all
}

// rows reads the keys of a table's rows.
func (v *vandal) rows(table string, key []string) (all [][]any) {
	v.t.Helper()
	v.read(func(tx *db.Tx) error {
		return tx.Each(context.Background(), "SELECT "+strings.Join(key, ", ")+" FROM "+table+" ORDER BY "+strings.Join(key, ", "), nil, func(r db.Row) error {
			vals, ptrs := make([]any, len(key)), make([]any, len(key))
			for i := range vals {
				ptrs[i] = &vals[i]
			}
			err := r.Scan(ptrs...)
			all = append(all, vals)
			return err
		})
	})
	return all
}

func where(key []string) string { return " WHERE " + strings.Join(key, " = ? AND ") + " = ?" }

// named fails the test unless Verify names one of the rows.
func (v *vandal) named(what, table string, rows ...[]any) {
	v.t.Helper()
	r := v.verify()
	for _, row := range rows {
		name := strings.TrimSuffix(fmt.Sprintln(append([]any{table}, row...)...), "\n")
		if slices.ContainsFunc(r.Problems, func(p audit.Problem) bool {
			return p.Row == name || table == "entry" && slices.Contains(strings.Fields(p.Row), fmt.Sprint(row[0]))
		}) {
			return
		}
	}
	v.t.Errorf("%s: %v is not named: %.300v", what, rows, r.Problems)
}

func TestEveryChangeOfEveryColumnIsNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.govern()
		v := newVandal(h)
		for _, table := range tables {
			rows := v.rows(table.name, table.key)
			for _, c := range v.columns(table.name) {
				for i := 0; i < len(rows); i += 1 + len(rows)/5 {
					v.change(table.name, table.key, c, rows[i])
				}
			}
			for i := 0; i < len(rows); i += 1 + len(rows)/5 {
				v.run("DELETE FROM "+table.name+where(table.key), rows[i]...)
				v.named("delete", table.name, rows[i])
				v.restore(table.name)
			}
		}
		h.verified()
	})
}

// change gives one column of one row another value.
func (v *vandal) change(table string, key []string, c column, row []any) {
	v.t.Helper()
	to := map[byte]string{'i': "COALESCE(" + c.name + ", 0) + 1000000", 't': "'x' || COALESCE(" + c.name + ", '')", 'b': "leaf"}[c.kind]
	switch {
	case c.kind == 'b':
		to = map[db.Dialect]string{db.SQLite: "zeroblob(32)", db.Postgres: `'\x0000000000000000000000000000000000000000000000000000000000000000'`}[v.db.Dialect]
	case c.name == "outcome":
		to = "'failed'"
	case table == "log_head" && c.name == "id":
		return // the schema knows one head
	}
	v.run("UPDATE "+table+" SET "+c.name+" = "+to+where(key), row...)
	moved := slices.Clone(row)
	if i := slices.Index(key, c.name); i >= 0 {
		if n, ok := row[i].(int64); ok {
			moved[i] = n + 1000000
		} else {
			moved[i] = "x" + fmt.Sprint(row[i])
		}
	}
	v.named("update of "+c.name, table, row, moved)
	v.restore(table)
}

func TestSwappedAndAddedRowsAreNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.govern()
		v := newVandal(h)
		for _, table := range tables {
			rows := v.rows(table.name, table.key)
			cols := v.columns(table.name)
			if len(rows) > 1 {
				a, b := rows[len(rows)-2], rows[len(rows)-1]
				v.swap(table.name, table.key, cols, a, b)
				v.named("swap", table.name, a, b)
				v.restore(table.name)
			}
			if table.name == "log_head" {
				continue
			}
			var names, values []string
			last := rows[len(rows)-1]
			added := slices.Clone(last)
			added[0] = map[bool]any{true: "x", false: int64(77)}[table.key[0] != "seq" && table.key[0] != "pos" && table.key[0] != "size"]
			if table.name == "tree_node" {
				added[0] = int64(7777)
			}
			for _, c := range cols {
				names = append(names, c.name)
				if c.name == table.key[0] {
					values = append(values, fmt.Sprintf("'%v'", added[0]))
				} else {
					values = append(values, c.name)
				}
			}
			v.run("INSERT INTO "+table.name+" ("+strings.Join(names, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+table.name+where(table.key), last...)
			v.named("insert", table.name, added)
			v.restore(table.name)
		}
		h.verified()
	})
}

// swap exchanges what two rows say.
func (v *vandal) swap(table string, key []string, cols []column, a, b []any) {
	v.t.Helper()
	var set []string
	for _, c := range cols {
		if !slices.Contains(key, c.name) {
			set = append(set, c.name)
		}
	}
	v.run("CREATE TABLE swapped AS SELECT * FROM "+table+where(key), b...)
	v.run("UPDATE "+table+" SET ("+strings.Join(set, ", ")+") = (SELECT "+strings.Join(set, ", ")+" FROM was_"+table+where(key)+")"+where(key), append(slices.Clone(a), b...)...)
	v.run("UPDATE "+table+" SET ("+strings.Join(set, ", ")+") = (SELECT "+strings.Join(set, ", ")+" FROM swapped)"+where(key), a...)
	v.run("DROP TABLE swapped")
}

func TestOneWrongRowIsOneProblem(t *testing.T) {
	d := dbtest.SQLite(t)
	h := newHouse(t, d)
	h.fill(5000)
	h.sign()
	for _, c := range []struct{ change, back, row string }{
		{"UPDATE entry SET body = REPLACE(body, 'suspend', 'approve') WHERE seq = 30", "UPDATE entry SET body = REPLACE(body, 'approve', 'suspend') WHERE seq = 30", "entry 30"},
		{"UPDATE tree_node SET hash = zeroblob(32) WHERE pos = 4095", "", "tree_node 4095"},
	} {
		h.exec(c.change)
		r := h.verify()
		if c.back != "" {
			h.exec(c.back)
		}
		for _, p := range r.Problems {
			if p.Row != c.row {
				t.Errorf("%s: %s", c.row, p)
			}
		}
		if len(r.Problems) == 0 || len(r.Problems) > 2 {
			t.Errorf("%s: %v", c.row, r.Problems)
		}
	}
}

// rebuild is what an attacker with the database does: another body, and a log that fits it.
func (h *house) rebuild(key *tlog.Key) {
	h.t.Helper()
	ctx := context.Background()
	h.exec("UPDATE entry SET body = REPLACE(body, 'per_1', 'per_7'), actor = REPLACE(actor, 'per_1', 'per_7'), owner_id = REPLACE(owner_id, 'per_1', 'per_7') WHERE seq = 1")
	var leaves []tlog.Hash
	var marks []audit.Stored
	h.read(func(tx *db.Tx) error {
		err := tx.Each(ctx, "SELECT body FROM entry ORDER BY seq", nil, func(r db.Row) error {
			var body string
			err := r.Scan(&body)
			leaves = append(leaves, tlog.LeafHash([]byte(body)))
			return err
		})
		if err != nil {
			return err
		}
		return tx.Each(ctx, "SELECT size, note FROM checkpoint ORDER BY size", nil, func(r db.Row) error {
			var s audit.Stored
			err := r.Scan(&s.Size, &s.Note)
			marks = append(marks, s)
			return err
		})
	})
	list, err := tlog.Append(0, leaves, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	nodes := tlog.Nodes{}
	nodes.Add(list)
	for _, n := range list {
		h.exec("UPDATE tree_node SET hash = ? WHERE pos = ?", n.Hash[:], n.Pos)
	}
	for i, l := range leaves {
		h.exec("UPDATE entry SET leaf = ? WHERE seq = ?", l[:], i)
	}
	root, err := tlog.Root(int64(len(leaves)), nodes)
	if err != nil {
		h.t.Fatal(err)
	}
	h.exec("UPDATE log_head SET root = ?", root[:])
	for _, m := range marks {
		c, err := tlog.Unverified(m.Note)
		if err != nil || key == nil {
			continue
		}
		if c.Root, err = tlog.Root(c.Size, nodes); err != nil {
			h.t.Fatal(err)
		}
		msg, err := tlog.Sign(c, key)
		if err != nil {
			h.t.Fatal(err)
		}
		h.exec("UPDATE checkpoint SET root = ?, note = ? WHERE size = ?", c.Root[:], string(msg), c.Size)
	}
}

func TestARebuiltLogIsFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(30)
		h.sign()
		h.fill(5)
		has := func(r *audit.Report, kind audit.ProblemKind, row string) {
			t.Helper()
			if !slices.ContainsFunc(r.Problems, func(p audit.Problem) bool { return p.Kind == kind && p.Row == row }) {
				t.Errorf("%s %s is not among %v", kind, row, r.Problems)
			}
		}
		inDatabase := func(witnesses ...note.Verifier) *audit.Report {
			r, err := audit.Verify(t.Context(), d, audit.Check{Log: h.key.Verifier(), Witnesses: witnesses})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		h.rebuild(nil)
		has(inDatabase(), audit.Forked, "checkpoint 30")
		if _, err := h.signer.Sign(t.Context()); !errors.Is(err, audit.ErrRewritten) || !errors.Is(h.signer.Err(), audit.ErrRewritten) {
			t.Errorf("a rebuilt tree was signed: %v", err)
		}
		h.rebuild(h.key)
		has(inDatabase(h.witness.Verifier()), audit.Unsigned, "cosignature 30 w.example")
		h.exec("DELETE FROM cosignature")
		if r := inDatabase(h.witness.Verifier()); !r.OK() {
			t.Errorf("without anything from outside: %v", r.Problems)
		}
		has(h.verify(), audit.Forked, "checkpoint 30") // the copy beside the key
		if _, err := h.signer.Sign(t.Context()); !errors.Is(err, audit.ErrRewritten) {
			t.Errorf("a rebuilt tree was signed: %v", err)
		}
		again, err := audit.NewSigner(h.log, audit.SignerConfig{Key: h.key, Dir: h.dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Sign(t.Context()); !errors.Is(err, audit.ErrRewritten) {
			t.Errorf("a rebuilt tree was signed after a restart: %v", err)
		}
	})
}

func TestAShortenedLogIsFound(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.fill(20)
	h.sign()
	var head audit.Head
	h.read(func(tx *db.Tx) (err error) {
		head, err = h.log.Head(t.Context(), tx)
		return err
	})
	h.fill(7)
	h.sign()
	h.exec("DELETE FROM cosignature WHERE size > 20")
	h.exec("DELETE FROM checkpoint WHERE size > 20")
	h.exec("DELETE FROM entry_box WHERE seq >= 20")
	h.exec("DELETE FROM entry WHERE seq >= 20")
	h.exec("DELETE FROM tree_node WHERE pos >= ?", tlog.NodeCount(20))
	h.exec("UPDATE log_head SET size = 20, root = ?", head.Root[:])
	if r := h.verify(); r.OK() || r.Problems[0].Kind != audit.Forked {
		t.Errorf("%v", r.Problems)
	}
	if _, err := h.signer.Sign(t.Context()); clientele.KindOf(err) != clientele.Conflict {
		t.Errorf("signed: %v", err)
	}
}
