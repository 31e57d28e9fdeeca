package sqlitefile_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/sqlitefile"
)

// build makes a database with SQLite itself and returns the bytes of its files while it is
// still open, as a scan finds them.
func build(t testing.TB, statements ...string) ([]byte, []byte) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	wal, _ := os.ReadFile(name + "-wal")
	return b, wal
}

func rows(t *testing.T, db, wal []byte, table string) []sqlitefile.Row {
	t.Helper()
	all, err := sqlitefile.Read(db, wal, table)
	if err != nil {
		t.Fatal(err)
	}
	return all[table]
}

func TestEveryKindOfValueIsRead(t *testing.T) {
	db, _ := build(t, `CREATE TABLE v (a, b TEXT, "c d" REAL, [e] BLOB, PRIMARY KEY (b))`,
		`INSERT INTO v VALUES (NULL, 'é', 1.5, x'00ff'), (0, '', -2, ''), (1, 'x', 0, NULL)`,
		`INSERT INTO v (a, b) VALUES (-128, 'n1'), (32767, 'n2'), (-8388608, 'n3'), (2147483647, 'n4'), (-140737488355328, 'n5'), (9223372036854775807, 'n6')`)
	var got []string
	for _, r := range rows(t, db, nil, "v") {
		got = append(got, fmt.Sprintf("%v %q %v %x", r.Value("a"), r.Text("B"), r.Value("C D"), r.Bytes("e")))
	}
	want := `<nil> "é" 1.5 00ff; 0 "" -2 ; 1 "x" 0 ; -128 "n1" <nil> ; 32767 "n2" <nil> ; -8388608 "n3" <nil> ; 2147483647 "n4" <nil> ; -140737488355328 "n5" <nil> ; 9223372036854775807 "n6" <nil> `
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestColumnsAreFoundInAnySchema(t *testing.T) {
	for _, c := range []struct{ create, insert, want string }{
		{`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)`, `INSERT INTO t VALUES (7, 'n')`, "7 n"},
		{`CREATE TABLE t (id INTEGER NOT NULL, name VARCHAR(10, 2) DEFAULT ('a,b)'), CONSTRAINT pk PRIMARY KEY (id))`, `INSERT INTO t VALUES (7, 'n')`, "7 n"},
		{`CREATE TABLE t ("id" INTEGER, -- the id, of course
			/* , */ name TEXT CHECK (name <> ','), UNIQUE (name), FOREIGN KEY (id) REFERENCES t (id))`, `INSERT INTO t VALUES (7, 'n')`, "7 n"},
		{"CREATE TABLE t (x INT AS (id + 1) VIRTUAL, `id` INT, y INT GENERATED ALWAYS AS (id * 2) STORED, 'name' TEXT)", `INSERT INTO t (id, name) VALUES (7, 'n')`, "7 n"},
		{`CREATE TABLE IF NOT EXISTS "main"."t" (id TEXT PRIMARY KEY, name)`, `INSERT INTO t VALUES ('7', 'n')`, "7 n"},
		{`CREATE TABLE t AS SELECT 7 AS id, 'n' AS name`, `SELECT 1`, "7 n"},
		{`CREATE TABLE t (id INTEGER PRIMARY KEY DESC, name)`, `INSERT INTO t VALUES (7, 'n')`, "7 n"},
		{`CREATE TABLE t (id INT)`, `ALTER TABLE t ADD COLUMN name TEXT`, ""},
	} {
		db, _ := build(t, c.create, c.insert)
		got := ""
		for _, r := range rows(t, db, nil, "T") {
			got += r.Text("id") + " " + r.Text("name")
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.create, got, c.want)
		}
	}
}

func TestLargeTablesAndValues(t *testing.T) {
	for _, size := range []int{512, 4096, 65536} {
		db, _ := build(t, fmt.Sprintf("PRAGMA page_size = %d", size), `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)`,
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, printf('%.*c', i * 7 % 9000, 'x') FROM n`,
			`DELETE FROM t WHERE id % 5 = 0`)
		all := rows(t, db, nil, "t")
		if len(all) != 2400 {
			t.Fatalf("page size %d: %d rows", size, len(all))
		}
		for _, r := range all {
			if want := strings.Repeat("x", int(r.Int("id"))*7%9000); r.Text("v") != want && !(want == "" && r.Text("v") == "x") {
				t.Fatalf("page size %d: row %d has %d bytes, want %d", size, r.Int("id"), len(r.Text("v")), len(want))
			}
		}
	}
}

func TestTextInUTF16(t *testing.T) {
	for _, enc := range []string{"UTF-16le", "UTF-16be"} {
		db, _ := build(t, `PRAGMA encoding = "`+enc+`"`, `CREATE TABLE t (v)`, `INSERT INTO t VALUES ('pässwörd 😀')`)
		if all := rows(t, db, nil, "t"); len(all) != 1 || all[0].Text("v") != "pässwörd 😀" {
			t.Errorf("%s: got %v", enc, all)
		}
	}
}

func TestTheLogIsRead(t *testing.T) {
	db, wal := build(t, `PRAGMA journal_mode = WAL`, `CREATE TABLE t (v)`, `INSERT INTO t VALUES ('old')`, `PRAGMA wal_checkpoint(TRUNCATE)`,
		`UPDATE t SET v = 'new'`, `INSERT INTO t VALUES ('more')`)
	read := func(wal []byte) string {
		var s []string
		for _, r := range rows(t, db, wal, "t") {
			s = append(s, r.Text("v"))
		}
		return strings.Join(s, " ")
	}
	if len(wal) == 0 {
		t.Fatal("no log was written")
	}
	torn := bytes.Clone(wal)
	torn[len(torn)-1] ^= 1
	for _, c := range []struct {
		what string
		wal  []byte
		want string
	}{{"whole", wal, "new more"}, {"none", nil, "old"}, {"torn in its last transaction", torn, "new"}, {"cut", wal[:len(wal)-10], "new"}, {"of another kind", []byte(strings.Repeat("x", 5000)), "old"}} {
		if got := read(c.wal); got != c.want {
			t.Errorf("log %s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestWhatIsNotReadSaysSo(t *testing.T) {
	db, _ := build(t, `CREATE TABLE w (k TEXT PRIMARY KEY) WITHOUT ROWID`, `CREATE TABLE t (v)`)
	f, err := sqlitefile.Open(db, nil)
	if err != nil || strings.Join(f.Names(), " ") != "w t" {
		t.Fatal(f.Names(), err)
	}
	if _, err := f.Rows("w"); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("without row ids: %v", err)
	}
	if _, err := f.Rows("none"); clientele.KindOf(err) != clientele.NotFound {
		t.Errorf("no such table: %v", err)
	}
	if _, err := sqlitefile.Open([]byte(strings.Repeat("encrypted", 100)), nil); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("no database: %v", err)
	}
}

// TestDamage reads an image with bytes changed, cut and put twice. What it gives does not
// matter; that it ends, soon, and without more memory than the file calls for, does.
func TestDamage(t *testing.T) {
	good, wal := image(t)
	start := time.Now()
	for i := 0; i < len(good); i += 3 {
		b := bytes.Clone(good)
		b[i] ^= byte(1 << (i % 8))
		b[(i*31)%len(b)] = 0xff
		read(t, b, wal)
	}
	for i := 0; i < len(good); i += 101 {
		read(t, good[:i], wal)
	}
	for i := 0; i < len(wal); i += 101 {
		read(t, good, wal[:i])
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// TestManyCellsOfOneValue has every cell of a page point at one large value, whose size the
// file does not have.
func TestManyCellsOfOneValue(t *testing.T) {
	db, _ := build(t, `PRAGMA page_size = 4096`, `CREATE TABLE t (v)`, `INSERT INTO t VALUES (zeroblob(2000000))`)
	p := db[4096:8192]
	cell := [2]byte{p[8], p[9]}
	p[3], p[4] = 0x06, 0x00
	for i := range 1536 {
		p[8+2*i], p[9+2*i] = cell[0], cell[1]
	}
	start := time.Now()
	all, err := sqlitefile.Read(db, nil, "t")
	if clientele.KindOf(err) != clientele.Limit {
		t.Errorf("error %v", err)
	}
	if took := time.Since(start); took > 2*time.Second || len(all["t"]) > 20 {
		t.Errorf("%d rows in %v", len(all["t"]), took)
	}
}

func image(t testing.TB) ([]byte, []byte) {
	return build(t, `PRAGMA page_size = 512`, `PRAGMA journal_mode = WAL`, `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, b BLOB)`, `CREATE INDEX i ON t (v)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO t SELECT i, 'value ' || i, zeroblob(i * 20) FROM n`,
		`PRAGMA wal_checkpoint(TRUNCATE)`, `INSERT INTO t VALUES (99, 'late', x'01')`)
}

func read(t testing.TB, db, wal []byte) {
	t.Helper()
	f, err := sqlitefile.Open(db, wal)
	if err != nil && clientele.KindOf(err) == clientele.Internal {
		t.Fatalf("not an error for a person: %v", err)
	}
	if f == nil {
		return
	}
	for _, name := range f.Names() {
		all, _ := f.Rows(name)
		for _, r := range all {
			_, _, _ = r.Text("id"), r.Bytes("b"), r.Int("v")
		}
	}
}

func FuzzRead(f *testing.F) {
	db, wal := image(f)
	f.Add(db[:4096], []byte(nil))
	f.Add(db, wal)
	f.Fuzz(func(t *testing.T, db, wal []byte) {
		start := time.Now()
		read(t, db, wal)
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("took %v for %d bytes", took, len(db))
		}
	})
}
