package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// MaxDelegation is the longest that one lends one's decisions.
const MaxDelegation = 90 * day

// Delegation is the power to decide, lent by one person to another for a while. It covers
// what the lender may decide in their own right, not what was lent to them.
type Delegation struct {
	ID       string
	Lender   string
	Borrower string
	Client   clientele.ClientID // empty: every client
	StartsAt time.Time
	EndsAt   time.Time
	EndedAt  time.Time // zero: not taken back
}

// Resource is the delegation as policy sees it.
func (d Delegation) Resource() policy.Resource {
	return policy.Resource{Type: "Delegation", ID: d.ID, Attrs: map[string]any{"from": d.Lender, "to": d.Borrower, "client": string(d.Client),
		"approvers": []string{"whoever decides themselves: an owner, an approver or security"}}}
}

// Delegate lends the actor's decisions. It is the act delegation:create.
func Delegate(act *guard.Act, d Delegation) (Delegation, error) {
	d.ID, d.Lender, d.EndedAt = act.NewID("dlg"), act.Actor.ID, time.Time{}
	if d.StartsAt.IsZero() {
		d.StartsAt = act.At
	}
	d.StartsAt, d.EndsAt = d.StartsAt.UTC().Truncate(time.Microsecond), d.EndsAt.UTC().Truncate(time.Microsecond)
	if err := act.Allow(d.Resource()); err != nil {
		return d, err
	}
	if err := lendable(act, d); err != nil {
		return d, err
	}
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO delegation (id, lender, borrower, client_id, starts_at, ends_at, created_at) VALUES "+db.Marks(7),
		d.ID, d.Lender, d.Borrower, orNull(string(d.Client)), db.Micro(d.StartsAt), db.Micro(d.EndsAt), db.Micro(act.At))
	if err != nil {
		return d, fmt.Errorf("keep a delegation: %w", err)
	}
	act.Detail("from", d.Lender)
	act.Detail("to", d.Borrower)
	act.Detail("starts", d.StartsAt.Format(time.RFC3339))
	act.Detail("ends", d.EndsAt.Format(time.RFC3339))
	return d, schedule(act, Due{Kind: DueDelegation, Ref: d.ID, At: d.EndsAt, Client: d.Client, Cause: "its time was up"})
}

func lendable(act *guard.Act, d Delegation) error {
	switch {
	case act.Actor.Kind != clientele.PersonActor:
		return guard.Deny("people-decide", "only people lend their decisions")
	case d.Borrower == d.Lender:
		return guard.Deny("delegate-is-someone-else", "decisions are lent to somebody else").WithHint("name another person: --to")
	case !d.EndsAt.After(d.StartsAt) || !d.EndsAt.After(act.At):
		return clientele.Errorf(clientele.Invalid, "a delegation has an end, in the future and after its beginning").WithHint("name a day: --until")
	case d.StartsAt.Before(act.At.Add(-time.Minute)):
		return clientele.Errorf(clientele.Invalid, "a delegation does not begin in the past")
	case d.EndsAt.Sub(d.StartsAt) > MaxDelegation:
		return clientele.Errorf(clientele.Invalid, "a delegation lasts %s at most", span(MaxDelegation)).WithHint("lend for less, and again when it ends")
	}
	if _, err := person(act.Context(), act.Tx, d.Borrower, "the delegate"); err != nil {
		return err
	}
	if d.Client == "" {
		return nil
	}
	c, err := inventory.Get(act.Context(), act.Tx, d.Client)
	if err == nil && !act.Policies().Decide(act.Actor, "client:read", c.Resource()).Allowed {
		err = guard.NotFound("Client")
	}
	return err
}

// EndDelegation takes a delegation back. It is the act delegation:end, by the lender or by
// a rule.
func EndDelegation(act *guard.Act, id string) error {
	all, err := delegations(act.Context(), act.Tx, "WHERE id = ?", id)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return guard.NotFound("Delegation")
	}
	d := all[0]
	if err := act.Allow(d.Resource()); err != nil {
		if clientele.KindOf(err) == clientele.Denied && act.Actor.ID != d.Borrower {
			return guard.NotFound("Delegation")
		}
		return err
	}
	if !d.EndedAt.IsZero() {
		return clientele.Errorf(clientele.Conflict, "this delegation has ended already")
	}
	act.Detail("from", d.Lender)
	act.Detail("to", d.Borrower)
	if _, err := act.Tx.Exec(act.Context(), "UPDATE delegation SET ended_at = ? WHERE id = ?", db.Micro(act.At), id); err != nil {
		return fmt.Errorf("end a delegation: %w", err)
	}
	return settle(act, id, DueDelegation)
}

func delegations(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Delegation, error) {
	var all []Delegation
	err := tx.Each(ctx, "SELECT id, lender, borrower, COALESCE(client_id, ''), starts_at, ends_at, ended_at FROM delegation "+where, args, func(r db.Row) error {
		var d Delegation
		var starts, ends, ended int64
		err := r.Scan(&d.ID, &d.Lender, &d.Borrower, &d.Client, &starts, &ends, &ended)
		d.StartsAt, d.EndsAt, d.EndedAt = db.Time(starts), db.Time(ends), db.Time(ended)
		all = append(all, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	return all, nil
}

// Delegations lists delegations by id: those to or from the given ids, or all for nil.
func Delegations(ctx context.Context, tx *db.Tx, party []string, p Page) ([]Delegation, string, error) {
	where, args := "WHERE id > ?", []any{p.After}
	if party != nil {
		marks := db.Marks(len(party))
		where += " AND (lender IN " + marks + " OR borrower IN " + marks + ")"
		for range 2 {
			for _, id := range party {
				args = append(args, id)
			}
		}
	}
	all, err := delegations(ctx, tx, where+" ORDER BY id LIMIT ?", append(args, p.limit()+1)...)
	if err != nil {
		return nil, "", err
	}
	all, next := cut(all, p.limit(), func(d Delegation) string { return d.ID })
	return all, next, nil
}

// borrowers are the active people to whom somebody lent their decisions about a client.
func borrowers(ctx context.Context, tx *db.Tx, lender string, client clientele.ClientID, at time.Time) ([]string, error) {
	var ids []string
	t := db.Micro(at)
	err := tx.Each(ctx, `SELECT DISTINCT d.borrower FROM delegation AS d JOIN person AS p ON p.id = d.borrower
		WHERE d.lender = ? AND d.starts_at <= ? AND d.ends_at > ? AND d.ended_at = 0 AND (d.client_id IS NULL OR d.client_id = ?) AND p.active = 1 ORDER BY d.borrower`,
		[]any{lender, t, t, string(client)}, func(r db.Row) error {
			var id string
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	return ids, nil
}
