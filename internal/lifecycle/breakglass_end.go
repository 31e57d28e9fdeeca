package lifecycle

import (
	"context"
	"fmt"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// Resource is the emergency access as policy sees it.
func (b BreakGlass) Resource() policy.Resource {
	return policy.Resource{Type: "Break_Glass", ID: b.ID, Attrs: map[string]any{"person": b.PersonID, "parties": []string{b.PersonID, b.Told[0], b.Told[1]},
		"approvers": []string{b.PersonID, "anyone with the system role security"}}}
}

// EndBreakGlass ends emergency access before its time, with its grants. It is the act
// break_glass:stop, by who took it or by security. Who may not see it learns of none.
func EndBreakGlass(act *guard.Act, id string) (BreakGlass, error) {
	b, err := BreakGlassOf(act.Context(), act.Tx, id)
	if err != nil {
		return b, err
	}
	if err := act.Allow(b.Resource()); err != nil {
		if clientele.KindOf(err) == clientele.NotFound {
			err = errNoEmergency()
		}
		return b, err
	}
	if !b.EndedAt.IsZero() || !b.EndsAt.After(act.At) {
		return b, clientele.Errorf(clientele.Conflict, "this emergency access has ended already")
	}
	c, err := inventory.Get(act.Context(), act.Tx, b.Client)
	if err != nil {
		return b, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Detail("break_glass", b.ID)
	if _, err := endGrants(act, &c, func(g Grant) bool { return g.RequestID == b.RequestID }); err != nil {
		return b, err
	}
	if _, err := act.Tx.Exec(act.Context(), "UPDATE break_glass SET ended_at = ? WHERE id = ?", db.Micro(act.At), b.ID); err != nil {
		return b, fmt.Errorf("end emergency access: %w", err)
	}
	b.EndedAt = act.At
	return b, settle(act, b.ID, DueBreakGlass)
}

func errNoEmergency() error {
	return clientele.Errorf(clientele.NotFound, "there is no such emergency access, or none that you may see")
}

// Emergencies lists emergency access by id: that taken by, or told to, one person, or all
// for an empty party.
func Emergencies(ctx context.Context, tx *db.Tx, party string, p Page) ([]BreakGlass, string, error) {
	where, args := "id > ?", []any{p.After}
	if party != "" {
		where += " AND (person_id = ? OR told_1 = ? OR told_2 = ?)"
		args = append(args, party, party, party)
	}
	var ids []string
	err := tx.Each(ctx, "SELECT id FROM break_glass WHERE "+where+" ORDER BY id LIMIT ?", append(args, p.limit()+1), func(r db.Row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read emergency access: %w", err)
	}
	ids, next := cut(ids, p.limit(), func(id string) string { return id })
	all := make([]BreakGlass, len(ids))
	for i, id := range ids {
		if all[i], err = BreakGlassOf(ctx, tx, id); err != nil {
			return nil, "", err
		}
	}
	return all, next, nil
}
