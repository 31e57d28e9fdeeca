package db

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Tx is a transaction. Whoever gets one neither commits nor rolls it back.
type Tx struct {
	dialect Dialect
	engine  engine
	// Writes counts statements that were run to change something.
	Writes int
	// Broken is set once a statement failed: PostgreSQL then refuses all others.
	Broken bool
}

// engine runs statements in one transaction.
type engine interface {
	exec(ctx context.Context, query string, args []any) (int64, error)
	later(ctx context.Context, query string, args []any) error
	row(ctx context.Context, query string, args, dest []any) error
	each(ctx context.Context, query string, args []any, scan func(Row) error) error
}

// Row is one row of an answer.
type Row interface{ Scan(dest ...any) error }

// Dialect is the engine, for the few texts that differ.
func (t *Tx) Dialect() Dialect { return t.dialect }

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	t.Writes++
	n, err := t.engine.exec(ctx, query, args)
	return n, t.note(err)
}

// Later runs a statement whose result nobody waits for: at the latest with the commit, in
// the order of the calls. Its error may come with a later call.
func (t *Tx) Later(ctx context.Context, query string, args ...any) error {
	t.Writes++
	return t.note(t.engine.later(ctx, query, args))
}

// Row runs a query for one row and scans it; sql.ErrNoRows when there is none.
func (t *Tx) Row(ctx context.Context, query string, args []any, dest ...any) error {
	err := t.engine.row(ctx, query, args, dest)
	if errors.Is(err, sql.ErrNoRows) {
		return sql.ErrNoRows
	}
	return t.note(err)
}

// Each runs a query and calls scan for every row. scan must not use the transaction.
func (t *Tx) Each(ctx context.Context, query string, args []any, scan func(Row) error) error {
	return t.note(t.engine.each(ctx, query, args, scan))
}

func (t *Tx) note(err error) error {
	if err != nil {
		t.Broken = true
	}
	return Explain(err)
}

// statements keeps the prepared statements of one connection to SQLite.
type statements struct {
	conn *sql.Conn
	all  map[string]*sql.Stmt
}

// maxStatements bounds what one connection keeps; the texts with rows of varying number are
// many.
const maxStatements = 400

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.all[query]; ok {
		return st, nil
	}
	if len(s.all) >= maxStatements {
		for q, st := range s.all {
			delete(s.all, q)
			_ = st.Close()
		}
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err == nil {
		s.all[query] = st
	}
	return st, err
}

func (s *statements) exec(ctx context.Context, query string, args []any) (int64, error) {
	st, err := s.get(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (s *statements) later(ctx context.Context, query string, args []any) error {
	_, err := s.exec(ctx, query, args)
	return err
}

func (s *statements) row(ctx context.Context, query string, args, dest []any) error {
	st, err := s.get(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

func (s *statements) each(ctx context.Context, query string, args []any, scan func(Row) error) error {
	st, err := s.get(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// pipeline is a transaction of PostgreSQL. What need not be waited for (BEGIN, Later) is
// sent together with what is, so that an act costs few round trips.
type pipeline struct {
	conn  *pgx.Conn
	queue []queued
}

type queued struct {
	query string
	args  []any
}

// send sends what is queued and q after it, and lets read take the answer to q.
func (p *pipeline) send(ctx context.Context, q queued, read func(pgx.BatchResults) error) (err error) {
	b := &pgx.Batch{}
	for _, x := range append(p.queue, q) {
		b.Queue(x.query, x.args...)
	}
	n := len(p.queue)
	p.queue = nil
	res := p.conn.SendBatch(ctx, b)
	defer func() { err = errors.Join(err, res.Close()) }()
	for range n {
		if _, err := res.Exec(); err != nil {
			return err
		}
	}
	return read(res)
}

func (p *pipeline) exec(ctx context.Context, query string, args []any) (n int64, err error) {
	err = p.send(ctx, queued{rebind(query), args}, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

func (p *pipeline) later(_ context.Context, query string, args []any) error {
	p.queue = append(p.queue, queued{rebind(query), args})
	return nil
}

func (p *pipeline) row(ctx context.Context, query string, args, dest []any) error {
	found := true
	err := p.send(ctx, queued{rebind(query), args}, func(r pgx.BatchResults) error {
		err := r.QueryRow().Scan(dest...)
		if errors.Is(err, pgx.ErrNoRows) {
			found = false
			return nil
		}
		return err
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

func (p *pipeline) each(ctx context.Context, query string, args []any, scan func(Row) error) error {
	return p.send(ctx, queued{rebind(query), args}, func(r pgx.BatchResults) error {
		rows, err := r.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// bound remembers queries after rebinding. Their number is that of the texts in the
// program, as no value ever enters a text.
var bound sync.Map

// rebind writes the question marks outside of quotes as $1, $2, …
func rebind(query string) string {
	if q, ok := bound.Load(query); ok {
		return q.(string)
	}
	var b strings.Builder
	quoted, n := false, 0
	for i := range len(query) {
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	bound.Store(query, b.String())
	return b.String()
}

// Marks is "(?, ?, …)" n times over, for an IN or one row of VALUES.
func Marks(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")" }

// Rows is the VALUES of a statement that inserts rows of width columns each.
func Rows(rows, width int) string {
	return strings.TrimSuffix(strings.Repeat(Marks(width)+", ", rows), ", ")
}
