package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

const day = 24 * time.Hour

// maxDays bounds how many days that come near are looked at in one run.
const maxDays = 5000

// approach is a day that comes near and was not told of yet.
type approach struct {
	cause, kind, about string
	facts              facts
	to                 []string // nil: the client's owners
}

// Approaching makes notices for days that come near, which no entry tells of: grants and
// contracts that end, and a checkpoint that nobody else holds. It returns of how many it
// told. Each is told once, however often it runs.
func (n *Notifier) Approaching(ctx context.Context) (int, error) {
	var found []approach
	err := n.c.DB.Read(ctx, func(tx *db.Tx) error {
		m := n.maker(ctx, tx)
		for _, look := range []func() ([]approach, error){m.grants, m.contracts, m.checkpoint} {
			more, err := look()
			if err != nil {
				return err
			}
			found = append(found, more...)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return len(found), n.c.DB.Write(ctx, func(tx *db.Tx) error {
		for _, a := range found {
			m := n.maker(ctx, tx)
			m.cause = a.cause
			err := m.approaching(a)
			if err != nil && clientele.KindOf(err) != clientele.NotFound {
				return err
			}
		}
		return nil
	})
}

func (m *maker) approaching(a approach) error {
	if a.to == nil {
		return m.tellOwners(a.kind, a.facts)
	}
	return m.tell(a.kind, a.about, a.facts, a.to...)
}

// told reports whether there are notices of a cause.
func (m *maker) told(cause string) (bool, error) {
	var n int
	if err := m.tx.Row(m.ctx, "SELECT COUNT(*) FROM notice WHERE cause = ?", []any{cause}, &n); err != nil {
		return false, fmt.Errorf("look for notices: %w", err)
	}
	return n > 0, nil
}

// grants finds access that ends within 14 days, once for a client and day. Access that was
// short from the start ends unannounced.
func (m *maker) grants() (found []approach, err error) {
	due, err := lifecycle.DueBy(m.ctx, m.tx, lifecycle.DueGrantEnd, m.now.Add(lifecycle.ExpiringWithin), maxDays)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, d := range due {
		cause := fmt.Sprintf("grants:%s:%s", d.Client, d.At.Format(time.DateOnly))
		if seen[cause] || !d.At.After(m.now) {
			continue
		}
		if told, err := m.told(cause); err != nil || told {
			if err != nil {
				return nil, err
			}
			seen[cause] = true
			continue
		}
		if seen[cause], err = m.long(d); err != nil {
			return nil, err
		}
		if seen[cause] {
			found = append(found, approach{cause: cause, kind: GrantExpiring, facts: facts{Client: string(d.Client), Until: d.At, HappenedAt: m.now}})
		}
	}
	return found, nil
}

// long reports whether the grant that ends was given longer ago than the warning is ahead.
func (m *maker) long(d lifecycle.Due) (bool, error) {
	grants, err := lifecycle.Grants(m.ctx, m.tx, d.Client, d.At.Add(-time.Microsecond))
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(grants, func(g lifecycle.Grant) bool {
		return g.ValidTo.Equal(d.At) && g.ValidTo.Sub(g.RecordedAt) > lifecycle.ExpiringWithin
	}), nil
}

// contracts finds vendors' contracts that end within 30 days.
func (m *maker) contracts() (found []approach, err error) {
	var ids []clientele.ClientID
	err = m.tx.Each(m.ctx, `SELECT id FROM client WHERE vendor_contract_end <> 0 AND vendor_contract_end <= ? AND state NOT IN ('retired', 'rejected')
		ORDER BY vendor_contract_end DESC LIMIT ?`, []any{db.Micro(m.now.Add(lifecycle.VendorWarning)), maxDays}, func(r db.Row) error {
		var id clientele.ClientID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for contracts that end: %w", err)
	}
	for _, id := range ids {
		c, err := inventory.Get(m.ctx, m.tx, id)
		if err != nil {
			return nil, err
		}
		end := c.Vendor.ContractEnd
		cause := fmt.Sprintf("contract:%s:%s", id, end.Format(time.DateOnly))
		told, err := m.told(cause)
		if err != nil {
			return nil, err
		}
		if !told {
			found = append(found, approach{cause, VendorEnding, "client:" + string(id), facts{Client: string(id), Until: end, HappenedAt: m.now}, []string{c.Vendor.SponsorID, c.OwnerID}})
		}
	}
	return found, nil
}

// checkpoint tells security once a week that nobody else has held a checkpoint for a day:
// until somebody does, the log could be rewritten as a whole.
func (m *maker) checkpoint() ([]approach, error) {
	newest, err := audit.Newest(m.ctx, m.tx)
	if err != nil {
		return nil, err
	}
	held, err := audit.NewestHeld(m.ctx, m.tx)
	if err != nil || newest.Size == held.Size {
		return nil, err
	}
	var since int64
	if err := m.tx.Row(m.ctx, "SELECT at FROM entry WHERE seq = ?", []any{held.Size}, &since); err != nil {
		return nil, fmt.Errorf("read the first entry that nobody else holds: %w", err)
	}
	year, week := m.now.ISOWeek()
	cause := fmt.Sprintf("checkpoint:%d-%02d", year, week)
	told, err := m.told(cause)
	if err != nil || told || m.now.Sub(db.Time(since)) < day {
		return nil, err
	}
	return []approach{{cause, CheckpointUnheld, "audit:checkpoint", facts{HappenedAt: m.now}, []string{"role:security", "role:admin"}}}, nil
}
