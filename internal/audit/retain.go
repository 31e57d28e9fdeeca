package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Retention is how long bodies are kept unless the settings say otherwise: the twelve months
// that PCI DSS asks for and one of margin.
const Retention = 13 * 31 * 24 * time.Hour

// The acts of this room whose entries Verify reads again, to check the tables against them.
// The entries of all but readings are never pruned: they name no more than ids.
const (
	actPrune     = "audit:prune"
	actLegalHold = "audit:legal_hold"
	actShow      = "audit:hold"
	actShred     = "person:shred"
	actActivate  = "policy:activate"
)

var neverPruned = []string{actPrune, actLegalHold, actShred, actActivate}

// maxPrune is how many bodies one act prunes: other acts wait while it does.
const maxPrune = 10_000

// Pruned is what an act of pruning did. Its entry carries Details, against which Verify
// counts.
type Pruned struct {
	Before time.Time
	Bodies int64 // pruned by this act
	Total  int64 // pruned so far
	Below  int64 // all of them are below this place
	More   bool  // there is more to prune: do it again
}

// Details is what the act's entry says.
func (p Pruned) Details() map[string]any {
	return map[string]any{"bodies": p.Bodies, "pruned": p.Total, "below": p.Below}
}

// Prune takes away the bodies, the columns and the sealed boxes of entries older than
// before, but for those under a legal hold and the few that the log needs to explain itself.
// Their leaves stay, so that the tree and all proofs verify. It is the part below the act
// audit:prune.
func (l *Log) Prune(ctx context.Context, tx *db.Tx, before time.Time) (Pruned, error) {
	head, err := l.Head(ctx, tx)
	if err != nil {
		return Pruned{}, err
	}
	seqs, err := oldest(ctx, tx, before)
	if err != nil {
		return Pruned{}, fmt.Errorf("find what to prune: %w", err)
	}
	p := Pruned{Before: before.UTC(), Bodies: int64(len(seqs)), Below: head.Pruned, More: len(seqs) == maxPrune}
	for chunk := range slices.Chunk(seqs, 500) {
		if err := prune(ctx, tx, chunk); err != nil {
			return Pruned{}, fmt.Errorf("prune: %w", err)
		}
		p.Below = max(p.Below, slices.Max(chunk)+1)
	}
	if err := pruneCheckpoints(ctx, tx, p.Below); err != nil {
		return Pruned{}, fmt.Errorf("prune checkpoints: %w", err)
	}
	if err := tx.Row(ctx, "SELECT COUNT(*) FROM entry WHERE at = 0", nil, &p.Total); err != nil {
		return Pruned{}, fmt.Errorf("count what was pruned: %w", err)
	}
	_, err = tx.Exec(ctx, "UPDATE log_head SET pruned = ? WHERE id = 1", p.Below)
	return p, err
}

// Prunable counts the bodies that Prune would take away, all its repetitions together.
func Prunable(ctx context.Context, tx *db.Tx, before time.Time) (n int64, err error) {
	where, args, err := old(ctx, tx, before)
	if err == nil {
		err = tx.Row(ctx, "SELECT COUNT(*) FROM entry"+where, args, &n)
	}
	return n, err
}

// oldest lists entries to prune, oldest first, as many as one act prunes.
func oldest(ctx context.Context, tx *db.Tx, before time.Time) ([]int64, error) {
	where, args, err := old(ctx, tx, before)
	if err != nil {
		return nil, err
	}
	var seqs []int64
	err = tx.Each(ctx, "SELECT seq FROM entry"+where+" ORDER BY at, seq LIMIT ?", append(args, maxPrune), func(r db.Row) error {
		var seq int64
		err := r.Scan(&seq)
		seqs = append(seqs, seq)
		return err
	})
	return seqs, err
}

// old is the condition of what may be pruned. What was pruned before has the time 0.
func old(ctx context.Context, tx *db.Tx, before time.Time) (where string, args []any, err error) {
	holds, err := Holds(ctx, tx)
	if err != nil {
		return "", nil, err
	}
	where, args = " WHERE at > 0 AND at < ?", []any{db.Micro(before)}
	for _, a := range neverPruned {
		where, args = where+" AND act <> ?", append(args, a)
	}
	for _, h := range holds {
		if h.LiftedAt.IsZero() {
			where, args = where+" AND NOT (at >= ? AND at < ?)", append(args, db.Micro(h.From), db.Micro(h.To))
		}
	}
	return where, args, nil
}

func prune(ctx context.Context, tx *db.Tx, seqs []int64) error {
	args := make([]any, len(seqs))
	for i, s := range seqs {
		args[i] = s
	}
	in := " WHERE seq IN " + db.Marks(len(seqs))
	if _, err := tx.Exec(ctx, "DELETE FROM entry_box"+in, args...); err != nil {
		return err
	}
	// What a column says could not be checked any more without the body, so it goes too.
	_, err := tx.Exec(ctx, "UPDATE entry SET at = 0, act = '', actor = '', object = '', client_id = '', owner_id = '', change_id = '', verb = '', outcome = 'done', body = NULL"+in, args...)
	return err
}

// pruneCheckpoints drops checkpoints of pruned parts, but never the newest that is held
// elsewhere.
func pruneCheckpoints(ctx context.Context, tx *db.Tx, below int64) error {
	const which = " WHERE size <= ? AND size < COALESCE((SELECT MAX(size) FROM cosignature), (SELECT MAX(size) FROM checkpoint), 0)"
	if _, err := tx.Exec(ctx, "DELETE FROM cosignature"+which, below); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM checkpoint"+which, below)
	return err
}

// Shred destroys a person's key: what entries said of that person cannot be read any more,
// here or in a copy of the database, and nothing further is kept. The act it belongs to is
// person:shred with the person as its object, at the same time.
func (l *Log) Shred(ctx context.Context, tx *db.Tx, subject string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO subject_key (subject, wrapped, shredded_at) VALUES (?, NULL, ?)
		ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, shredded_at = excluded.shredded_at WHERE subject_key.shredded_at = 0`,
		subject, db.Micro(at))
	if err != nil {
		return fmt.Errorf("destroy a person's key: %w", err)
	}
	return nil
}

// LegalHold keeps the entries of a span of time from being pruned.
type LegalHold struct {
	ID       string // hld_…
	From, To time.Time
	Matter   string // the case it is for, by its reference: no name of a person
	By       string // who placed it, an id
	At       time.Time
	LiftedAt time.Time // zero while it holds
}

// Details is what the entry of placing it says.
func (h LegalHold) Details() map[string]any {
	return map[string]any{"op": "place", "from": db.Micro(h.From), "to": db.Micro(h.To), "matter": h.Matter}
}

// MaxMatter is the longest reference of a legal hold's case, in bytes.
const MaxMatter = 100

// PlaceHold places a legal hold. It is the part below the act audit:legal_hold, whose object is
// "legalhold:" and the id, whose actor is h.By and whose time h.At.
func PlaceHold(ctx context.Context, tx *db.Tx, h LegalHold) error {
	if !h.From.Before(h.To) {
		return clientele.Errorf(clientele.Invalid, "a legal hold needs a time to begin and a later one to end")
	}
	if h.Matter == "" || len(h.Matter) > MaxMatter || strings.ContainsAny(h.Matter, " \t\n@") {
		return clientele.Errorf(clientele.Invalid, "a legal hold needs the reference of its case: up to %d characters, no spaces and no @", MaxMatter).
			WithHint("for example CASE-2026-17; names of people do not belong there")
	}
	_, err := tx.Exec(ctx, "INSERT INTO legal_hold (id, from_at, to_at, reason, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		h.ID, db.Micro(h.From), db.Micro(h.To), h.Matter, h.By, db.Micro(h.At))
	if err != nil {
		return fmt.Errorf("place a legal hold: %w", err)
	}
	return nil
}

// LiftHold lifts a legal hold. Its act's entry has the detail "op": "lift".
func LiftHold(ctx context.Context, tx *db.Tx, id string, at time.Time) error {
	n, err := tx.Exec(ctx, "UPDATE legal_hold SET released_at = ? WHERE id = ? AND released_at = 0", db.Micro(at), id)
	if err != nil {
		return fmt.Errorf("lift a legal hold: %w", err)
	}
	if n == 0 {
		return clientele.Errorf(clientele.NotFound, "there is no such legal hold, or it was lifted before")
	}
	return nil
}

// Holds lists the legal holds, lifted ones too.
func Holds(ctx context.Context, tx *db.Tx) ([]LegalHold, error) {
	var all []LegalHold
	err := tx.Each(ctx, "SELECT id, from_at, to_at, reason, created_by, created_at, released_at FROM legal_hold ORDER BY id", nil, func(r db.Row) error {
		var h LegalHold
		var from, to, at, lifted int64
		err := r.Scan(&h.ID, &from, &to, &h.Matter, &h.By, &at, &lifted)
		h.From, h.To, h.At, h.LiftedAt = db.Time(from), db.Time(to), db.Time(at), db.Time(lifted)
		all = append(all, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the legal holds: %w", err)
	}
	return all, nil
}
