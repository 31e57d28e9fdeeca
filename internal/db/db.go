// Package db keeps the handle to the one database of the control plane: SQLite in a file of
// the data directory, or PostgreSQL. SQL is written once, in the subset both engines share,
// with ? for arguments.
//
// Types of that subset: TEXT, BIGINT, REAL and bytes (BLOB, BYTEA). A time is a BIGINT of
// microseconds since 1970 UTC (Micro, Time), a truth a BIGINT of 0 or 1, a list TEXT in JSON.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // driver "sqlite"
)

// Dialect is the engine behind a DB.
type Dialect string

// The engines.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database. Reads run at the same time as the one write.
type DB struct {
	Dialect Dialect
	// File is the database's file, for SQLite.
	File string

	// SQLite: readers and the one writer, each a connection with its statements, lent by a
	// channel; the lock is held while the file is open.
	readers, writer chan *statements
	read, write     *sql.DB
	lock            *os.File
	// PostgreSQL: a pool.
	pool *pgxpool.Pool
}

// Config says which database.
type Config struct {
	// Dir is the folder of the SQLite file clientele.db, made with mode 0700.
	Dir string
	// PostgresURL chooses PostgreSQL instead: postgres://user@host/name.
	PostgresURL clientele.Plaintext
	// Readers bounds concurrent reads. 0 stands for 8.
	Readers int
	// ReadOnly opens a database that another process may be serving: for backups and checks.
	ReadOnly bool
}

// Open opens the database, without migrating it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Readers == 0 {
		c.Readers = 8
	}
	if !c.PostgresURL.Empty() {
		return openPostgres(ctx, c)
	}
	return openSQLite(ctx, c)
}

func openPostgres(ctx context.Context, c Config) (*DB, error) {
	config, err := pgxpool.ParseConfig(c.PostgresURL.Reveal())
	if err != nil {
		// The driver's error repeats the address, password and all.
		return nil, clientele.Errorf(clientele.Invalid, "the PostgreSQL address is not of the form postgres://user@host/name")
	}
	config.MaxConns = int32(c.Readers + 4)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	d := &DB{Dialect: Postgres, pool: pool, write: stdlib.OpenDBFromPool(pool)}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// pragmas: WAL with full sync, so that what was acknowledged survives a power cut; foreign
// keys held; a wait instead of an error while a backup or another process has the lock;
// what is deleted, a shredded key for one, is overwritten.
const pragmas = "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=busy_timeout(10000)&_pragma=cache_size(-32000)&_pragma=mmap_size(268435456)&_pragma=temp_store(MEMORY)&_pragma=secure_delete(ON)"

func openSQLite(ctx context.Context, c Config) (*DB, error) {
	file := filepath.Join(c.Dir, "clientele.db")
	uri := "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + pragmas
	if c.ReadOnly {
		return openReader(ctx, file, uri, c.Readers)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := private(file); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	write, err1 := sql.Open("sqlite", uri+"&_txlock=immediate")
	read, err2 := sql.Open("sqlite", uri+"&_pragma=query_only(ON)")
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	d := &DB{Dialect: SQLite, File: file, read: read, write: write, lock: lock}
	if d.writer, err = lend(ctx, write, 1); err != nil {
		return nil, errors.Join(Explain(err), d.Close())
	}
	if d.readers, err = lend(ctx, read, c.Readers); err != nil {
		return nil, errors.Join(Explain(err), d.Close())
	}
	return d, nil
}

func openReader(ctx context.Context, file, uri string, readers int) (*DB, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, clientele.Errorf(clientele.NotFound, "there is no database %s", file).WithHint("name the data folder with --data")
	}
	read, err := sql.Open("sqlite", uri+"&_pragma=query_only(ON)")
	if err != nil {
		return nil, err
	}
	d := &DB{Dialect: SQLite, File: file, read: read, write: read}
	if d.readers, err = lend(ctx, read, readers); err != nil {
		return nil, errors.Join(Explain(err), read.Close())
	}
	return d, nil
}

// lend opens n connections of a pool, to be lent one at a time.
func lend(ctx context.Context, pool *sql.DB, n int) (chan *statements, error) {
	all := make(chan *statements, n)
	for range n {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		all <- &statements{conn, map[string]*sql.Stmt{}}
	}
	return all, nil
}

// private makes the database's file readable by its owner alone before SQLite makes it
// otherwise.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return f.Close()
}

// Ping asks the database for a sign of life.
func (d *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var err error
	if d.Dialect == Postgres {
		err = d.pool.Ping(ctx)
	} else {
		err = d.Read(ctx, func(tx *Tx) error {
			var one int
			return tx.Row(ctx, "SELECT 1", nil, &one)
		})
	}
	if err != nil {
		return &clientele.Error{Kind: clientele.Unavailable, Msg: "the database does not answer", Hint: "check that it runs and that the address is right", Err: err}
	}
	return nil
}

// Close closes the database. For SQLite it lets go of the data directory.
func (d *DB) Close() error {
	if d.Dialect == Postgres {
		err := d.write.Close()
		d.pool.Close()
		return err
	}
	err := errors.Join(giveBack(d.readers), giveBack(d.writer), d.read.Close())
	if d.lock == nil {
		return err
	}
	return errors.Join(err, d.write.Close(), d.lock.Close())
}

// giveBack waits for every connection that was lent and closes it.
func giveBack(lent chan *statements) error {
	var err error
	for range cap(lent) {
		s := <-lent
		err = errors.Join(err, s.conn.Close())
	}
	return err
}

// Read runs fn in a transaction that sees one state of the database and cannot write.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	if d.Dialect == Postgres {
		return d.postgres(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "ROLLBACK", fn)
	}
	return d.sqlite(ctx, d.readers, "BEGIN", "ROLLBACK", fn)
}

// Write runs fn in a transaction and commits it if fn returns nil. Only guard, audit,
// notify, sink and db may call it: everything else changes the house by a governed act.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if d.Dialect == Postgres {
		return d.postgres(ctx, "BEGIN", "COMMIT", fn)
	}
	return d.sqlite(ctx, d.writer, "BEGIN IMMEDIATE", "COMMIT", fn)
}

// sqlite runs fn between two statements on a connection that is lent to it.
func (d *DB) sqlite(ctx context.Context, lent chan *statements, begin, end string, fn func(*Tx) error) error {
	var s *statements
	select {
	case s = <-lent:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { lent <- s }()
	if _, err := s.exec(ctx, begin, nil); err != nil {
		return fmt.Errorf("begin: %w", Explain(err))
	}
	// Whatever happened, the connection goes back without a transaction.
	clean := context.WithoutCancel(ctx)
	open := true
	defer func() {
		if open {
			_, _ = s.exec(clean, "ROLLBACK", nil)
		}
	}()
	if err := fn(&Tx{dialect: SQLite, engine: s}); err != nil {
		return err
	}
	if _, err := s.exec(clean, end, nil); err != nil {
		return fmt.Errorf("%s: %w", strings.ToLower(end), Explain(err))
	}
	open = false
	return nil
}

// postgres runs fn between two statements on a connection of the pool. The first goes with
// fn's first statement, the last with what fn left for later.
func (d *DB) postgres(ctx context.Context, begin, end string, fn func(*Tx) error) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return &clientele.Error{Kind: clientele.Unavailable, Msg: "the database does not answer", Hint: "try again", Err: err}
	}
	defer conn.Release() // closes a connection that is left in a transaction
	p := &pipeline{conn: conn.Conn(), queue: []queued{{begin, nil}}}
	if err := fn(&Tx{dialect: Postgres, engine: p}); err != nil {
		p.queue = nil
		if conn.Conn().PgConn().TxStatus() != 'I' {
			_, _ = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
		return err
	}
	return p.send(ctx, queued{end, nil}, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		if err == nil && tag.String() != end {
			err = fmt.Errorf("the database answered %s", tag)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(end), Explain(err))
		}
		return nil
	})
}

// Handle is the engine's own handle: for the migrations, and for tests that change rows
// behind the house's back. For SQLite it waits until nobody else writes.
func (d *DB) Handle() *sql.DB { return d.write }

// Micro is t as it stands in a column; the zero time is 0.
func Micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is a column's microseconds as a time in UTC; 0 is the zero time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Bool is a truth as it stands in a column.
func Bool(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Explain turns the engine's errors that an operator can mend into errors that say how.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, s := range []string{"database or disk is full", "SQLITE_FULL", "No space left on device", "no space left on device", "SQLSTATE 53100", "disk I/O error"} {
		if strings.Contains(text, s) {
			return &clientele.Error{Kind: clientele.Unavailable, Msg: "the disk of the database is full: nothing was changed", Hint: "free some space, then try again", Err: err}
		}
	}
	if strings.Contains(text, "SQLITE_BUSY") || strings.Contains(text, "database is locked") {
		return &clientele.Error{Kind: clientele.Unavailable, Msg: "the database is busy: nothing was changed", Hint: "try again", Err: err}
	}
	return err
}
