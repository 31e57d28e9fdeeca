package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Follow reads what a follower has not seen yet: up to limit entries from its position on,
// and the position after them, to be handed to Advance. Pruned entries are passed over.
func Follow(ctx context.Context, tx *db.Tx, name string, limit int) ([]clientele.Entry, int64, error) {
	from, err := Position(ctx, tx, name)
	if err != nil {
		return nil, 0, err
	}
	next := from
	var entries []clientele.Entry
	err = tx.Each(ctx, "SELECT seq, body FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?", []any{from, limit}, func(r db.Row) error {
		var body []byte
		if err := r.Scan(&next, &body); err != nil {
			return err
		}
		next++
		if body == nil {
			return nil
		}
		e, err := Decode(body)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("follow the log: %w", err)
	}
	return entries, next, nil
}

// Position is how far a follower has come: the place of the next entry it will see.
func Position(ctx context.Context, tx *db.Tx, name string) (int64, error) {
	var at int64
	err := tx.Row(ctx, "SELECT position FROM follower WHERE name = ?", []any{name}, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read how far %s has come: %w", name, err)
	}
	return at, nil
}

// Advance moves a follower, in the transaction of what it did with the entries. It is a
// Conflict if the follower is not at from any more: another process was faster.
func Advance(ctx context.Context, tx *db.Tx, name string, from, to int64, at time.Time) error {
	n, err := tx.Exec(ctx, "UPDATE follower SET position = ?, updated_at = ? WHERE name = ? AND position = ?", to, db.Micro(at), name, from)
	if err == nil && n == 0 && from == 0 {
		n, err = tx.Exec(ctx, "INSERT INTO follower (name, position, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING", name, to, db.Micro(at))
	}
	if err != nil {
		return fmt.Errorf("move the follower %s: %w", name, err)
	}
	if n == 0 {
		return clientele.Errorf(clientele.Conflict, "the follower %s is not at %d any more", name, from)
	}
	return nil
}
