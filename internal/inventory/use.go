package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// Use says how often a client used one endpoint, and between when.
type Use struct {
	Client          clientele.ClientID
	ServiceID       string
	Method, Path    string
	Verb            clientele.Verb
	Count           int64
	FirstAt, LastAt time.Time
}

// Uses lists what a client used.
func Uses(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Use, error) {
	var all []Use
	err := tx.Each(ctx, `SELECT client_id, service_id, method, path, verb, count, first_at, last_at FROM client_use
		WHERE client_id = ? ORDER BY service_id, method, path, verb`, []any{string(id)}, func(r db.Row) error {
		var u Use
		err := r.Scan(&u.Client, &u.ServiceID, &u.Method, &u.Path, &u.Verb, &u.Count, instant{&u.FirstAt}, instant{&u.LastAt})
		all = append(all, u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what a client used: %w", err)
	}
	return all, nil
}

// maxUses is how many uses one call may record.
const maxUses = 1000

// RecordUses adds uses to those on record. It is no act of its own, and adds again what it
// is given again: the caller's idempotency key keeps it to once.
func RecordUses(act *guard.Act, uses []Use) error {
	if len(uses) > maxUses {
		return clientele.Errorf(clientele.Limit, "%d uses at once, the limit is %d", len(uses), maxUses)
	}
	for i, u := range uses {
		if err := u.check(act.At); err != nil {
			return fmt.Errorf("use %d: %w", i, err)
		}
		if _, err := Get(act.Context(), act.Tx, u.Client); err != nil {
			return err
		}
		if _, err := GetService(act.Context(), act.Tx, u.ServiceID); err != nil {
			return err
		}
		_, err := act.Tx.Exec(act.Context(), `INSERT INTO client_use (client_id, service_id, method, path, verb, count, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (client_id, service_id, method, path, verb) DO UPDATE SET count = client_use.count + excluded.count,
			first_at = CASE WHEN excluded.first_at < client_use.first_at THEN excluded.first_at ELSE client_use.first_at END,
			last_at = CASE WHEN excluded.last_at > client_use.last_at THEN excluded.last_at ELSE client_use.last_at END`,
			string(u.Client), u.ServiceID, u.Method, u.Path, string(u.Verb), u.Count, db.Micro(u.FirstAt), db.Micro(u.LastAt))
		if err != nil {
			return fmt.Errorf("record a use: %w", err)
		}
		_, err = act.Tx.Exec(act.Context(), "UPDATE client SET last_used_at = ? WHERE id = ? AND last_used_at < ?", db.Micro(u.LastAt), string(u.Client), db.Micro(u.LastAt))
		if err != nil {
			return fmt.Errorf("record a use: %w", err)
		}
	}
	return nil
}

func (u Use) check(now time.Time) error {
	_, known := verbSet[u.Verb]
	switch {
	case !known:
		return clientele.Errorf(clientele.Invalid, "there is no verb %q", u.Verb).WithHint("use one of %s", joined(clientele.Verbs))
	case u.Count < 1 || u.Count > 1e12:
		return clientele.Errorf(clientele.Invalid, "a count is at least 1")
	case u.FirstAt.IsZero() || u.LastAt.Before(u.FirstAt) || u.LastAt.After(now.Add(time.Hour)):
		return clientele.Errorf(clientele.Invalid, "uses lie between a first and a last time, and not in the future")
	case len(u.Method) > maxWord || unprintable(u.Method):
		return clientele.Errorf(clientele.Invalid, "a method has at most %d bytes on one line", maxWord)
	case len(u.Path) > maxPath || unprintable(u.Path):
		return clientele.Errorf(clientele.Invalid, "a path has at most %d bytes on one line", maxPath)
	}
	return nil
}

var verbSet = map[clientele.Verb]struct{}{clientele.Read: {}, clientele.Write: {}, clientele.Admin: {}, clientele.Export: {}}
