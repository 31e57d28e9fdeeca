package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// DueKind is what is to happen on a day.
type DueKind string

// The kinds. Sweep picks up all but DueReview, which package review does.
const (
	DueRemind     DueKind = "request_remind"
	DueExpire     DueKind = "request_expire"
	DueGrantEnd   DueKind = "grant_end"
	DueGraceEnd   DueKind = "grace_end"
	DueBreakGlass DueKind = "break_glass_end"
	DueDelegation DueKind = "delegation_end"
	DueReview     DueKind = "review"
)

// Due is something that is to happen on a day, by a rule.
type Due struct {
	Kind   DueKind
	Ref    string // what it is about: a request, a grant, …
	At     time.Time
	Client clientele.ClientID
	Cause  string // the rule, a sentence
}

// Schedule adds a day on which something is to happen. It is no act of its own.
func Schedule(act *guard.Act, d Due) error { return schedule(act, d) }

func schedule(act *guard.Act, d Due) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO due (kind, ref, at, client_id, cause) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, ref, at) DO UPDATE SET done_at = 0",
		string(d.Kind), d.Ref, db.Micro(d.At), string(d.Client), d.Cause)
	if err != nil {
		return fmt.Errorf("schedule what is due: %w", err)
	}
	return nil
}

// DueBy lists what is due at now, the oldest first.
func DueBy(ctx context.Context, tx *db.Tx, kind DueKind, now time.Time, limit int) ([]Due, error) {
	var all []Due
	err := tx.Each(ctx, "SELECT kind, ref, at, client_id, cause FROM due WHERE kind = ? AND done_at = 0 AND at <= ? ORDER BY at, ref LIMIT ?",
		[]any{string(kind), db.Micro(now), limit}, func(row db.Row) error {
			var d Due
			var at int64
			err := row.Scan(&d.Kind, &d.Ref, &at, &d.Client, &d.Cause)
			d.At = db.Time(at)
			all = append(all, d)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return all, nil
}

// Settle marks one thing that was due as done, and reports whether it still was to do. It
// is no act of its own.
func Settle(act *guard.Act, d Due) (bool, error) {
	n, err := act.Tx.Exec(act.Context(), "UPDATE due SET done_at = ? WHERE kind = ? AND ref = ? AND at = ? AND done_at = 0",
		db.Micro(act.At), string(d.Kind), d.Ref, db.Micro(d.At))
	if err != nil {
		return false, fmt.Errorf("settle what was due: %w", err)
	}
	return n > 0, nil
}

// settle marks all of some kinds that is due about ref as done.
func settle(act *guard.Act, ref string, kinds ...DueKind) error {
	for _, k := range kinds {
		_, err := act.Tx.Exec(act.Context(), "UPDATE due SET done_at = ? WHERE ref = ? AND kind = ? AND done_at = 0", db.Micro(act.At), ref, string(k))
		if err != nil {
			return fmt.Errorf("settle what was due: %w", err)
		}
	}
	return nil
}
