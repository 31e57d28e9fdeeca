// Package sqlitefile reads tables of another program's SQLite database.
//
// It walks the file's b-trees itself, by the format at https://sqlite.org/fileformat2.html,
// and does not open the file with SQLite. The files come from anywhere. SQLite compiled to Go
// reads memory outside of Go's bounds checks, so that one fault on a damaged image ends the
// whole scan; an image may carry a schema (views, triggers, virtual tables, generated
// columns) that makes the library compute; a database in WAL mode does not open from memory;
// and a temporary copy would put the secrets on a disk a second time. Reading rows in the
// order of the file needs none of that. (Start-up cost was no reason: the library's
// initialisation takes less than a millisecond.)
//
// Left out: tables WITHOUT ROWID, default values of columns added later, hot rollback
// journals, deleted rows.
package sqlitefile

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
)

// Bounds on what is read of one file. A file within them that says otherwise is damaged.
const (
	maxRows    = 500_000
	maxPages   = 4_000_000
	maxColumns = 2_000
)

const magic = "SQLite format 3\x00"

// Is reports whether the bytes begin as an SQLite database does. One that is encrypted as a
// whole does not.
func Is(db []byte) bool { return len(db) >= 100 && string(db[:16]) == magic }

// File is a database in memory. It keeps the bytes it was opened with.
type File struct {
	db       []byte
	log      map[uint32][]byte // pages of the write-ahead log, which stand for those of db
	pageSize int
	usable   int // of a page: what is not reserved at its end
	encoding uint32
	tables   map[string]table // by name in lower case
	names    []string
	budget   int // bytes of content that may still be copied out
}

// Open reads a database's header and schema. The write-ahead log is that of the file beside
// it named …-wal, or nil.
func Open(db, wal []byte) (*File, error) {
	if !Is(db) {
		return nil, invalid("not an SQLite database, or one that is encrypted")
	}
	f := &File{db: db, tables: map[string]table{}, budget: 4*(len(db)+len(wal)) + 1<<20}
	f.pageSize = int(binary.BigEndian.Uint16(db[16:]))
	if f.pageSize == 1 {
		f.pageSize = 65536
	}
	if f.pageSize < 512 || f.pageSize&(f.pageSize-1) != 0 {
		return nil, invalid("an SQLite database with an impossible page size")
	}
	f.usable = f.pageSize - int(db[20])
	if f.usable < 480 {
		return nil, invalid("an SQLite database with impossible pages")
	}
	f.log = committed(wal, f.pageSize)
	first, err := f.page(1)
	if err != nil {
		return nil, err
	}
	f.encoding = binary.BigEndian.Uint32(first[56:])
	return f, f.schema()
}

// Read opens a database and reads the tables of the given names. One that is not there is
// not in the result; what could be read of a damaged one is, with the first error.
func Read(db, wal []byte, tables ...string) (map[string][]Row, error) {
	f, err := Open(db, wal)
	if f == nil {
		return nil, err
	}
	all := map[string][]Row{}
	for _, name := range tables {
		if !f.Has(name) {
			continue
		}
		rows, e := f.Rows(name)
		all[name] = rows
		if err == nil {
			err = e
		}
	}
	return all, err
}

// Names are the tables' names in the order of the schema.
func (f *File) Names() []string { return f.names }

// Has reports whether there is a table of that name, in any case.
func (f *File) Has(name string) bool {
	_, ok := f.tables[strings.ToLower(name)]
	return ok
}

// Rows reads a table in the order of its row ids. Rows read before a fault are returned with
// the error.
func (f *File) Rows(name string) ([]Row, error) {
	t, ok := f.tables[strings.ToLower(name)]
	if !ok {
		return nil, &clientele.Error{Kind: clientele.NotFound, Msg: fmt.Sprintf("the database has no table %s", name)}
	}
	if t.withoutRowID {
		return nil, invalid("table %s is stored without row ids, which is not read", name)
	}
	var rows []Row
	err := f.walk(t.root, func(id int64, values []any) {
		rows = append(rows, t.row(id, values))
	})
	return rows, err
}

func invalid(format string, args ...any) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf(format, args...)}
}
