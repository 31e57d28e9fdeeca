package lifecycle

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/inventory"
)

// Conditions are what is true of a client now, each with its reasons.
func Conditions(ctx context.Context, tx *db.Tx, c inventory.Client, now time.Time) ([]clientele.Condition, error) {
	if !c.State.Live() {
		return nil, nil
	}
	var all []clientele.Condition
	for _, look := range []struct {
		name clientele.ConditionName
		why  func(context.Context, *db.Tx, inventory.Client, time.Time) ([]string, error)
	}{
		{clientele.Orphaned, orphaned}, {clientele.Dormant, dormant}, {clientele.Overdue, overdue}, {clientele.Leaked, leaked},
		{clientele.Shared, shared}, {clientele.OverScoped, overScoped}, {clientele.Expiring, expiring}, {clientele.VendorExit, vendorExit},
	} {
		reasons, err := look.why(ctx, tx, c, now)
		if err != nil {
			return nil, fmt.Errorf("see whether a client is %s: %w", look.name, err)
		}
		if len(reasons) > 0 {
			all = append(all, clientele.Condition{Name: look.name, Reasons: reasons})
		}
	}
	return all, nil
}

func orphaned(ctx context.Context, tx *db.Tx, c inventory.Client, _ time.Time) ([]string, error) {
	if c.OwnerID == "" {
		return []string{"nobody owns it"}, nil
	}
	there, err := active(ctx, tx, c.OwnerID)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return []string{"its owner has left"}, nil
	case c.AttestedAt.IsZero():
		return []string{"its owner was named, and has not attested"}, nil
	}
	if members, err := people(ctx, tx, c.OwnerID); err != nil || len(members) == 0 {
		return []string{"nobody is left in the team that owns it"}, err
	}
	return nil, nil
}

func dormant(_ context.Context, _ *db.Tx, c inventory.Client, now time.Time) ([]string, error) {
	if c.State != clientele.Active {
		return nil, nil
	}
	last, what := c.LastUsedAt, "it was last used"
	if last.IsZero() {
		last, what = c.CreatedAt, "no use of it is on record since it came here"
	}
	if now.Sub(last) < DormantAfter {
		return nil, nil
	}
	return []string{fmt.Sprintf("%s on %s, %s ago", what, last.Format("2 January 2006"), days(now.Sub(last)))}, nil
}

func days(d time.Duration) string { return plural(int64(d/day), "day") }

func overdue(_ context.Context, _ *db.Tx, c inventory.Client, now time.Time) ([]string, error) {
	if c.NextReviewAt.IsZero() || !now.After(c.NextReviewAt) {
		return nil, nil
	}
	return []string{fmt.Sprintf("its review was due on %s", c.NextReviewAt.Format("2 January 2006"))}, nil
}

func leaked(ctx context.Context, tx *db.Tx, c inventory.Client, _ time.Time) ([]string, error) {
	all, err := inventory.CredentialsOf(ctx, tx, c.ID)
	var reasons []string
	for _, k := range all {
		if k.Leaked() {
			reasons = append(reasons, fmt.Sprintf("the %s %s is known as leaked since %s", k.Role, k.ID, k.LeakedAt.Format("2 January 2006")))
		}
	}
	return reasons, err
}

func shared(ctx context.Context, tx *db.Tx, c inventory.Client, _ time.Time) ([]string, error) {
	all, err := inventory.Shared(ctx, tx, c.ID)
	var reasons []string
	for _, k := range all {
		reasons = append(reasons, fmt.Sprintf("the %s %s is in %s", k.Role, k.ID, plural(k.Clients-1, "other client")))
	}
	return reasons, err
}

func overScoped(ctx context.Context, tx *db.Tx, c inventory.Client, now time.Time) ([]string, error) {
	unused, err := Unused(ctx, tx, c.ID, now)
	var reasons []string
	for _, g := range unused {
		reasons = append(reasons, fmt.Sprintf("%s at %s was not used for %s", allowance(g), g.ServiceID, days(UnusedAfter)))
	}
	return reasons, err
}

func allowance(g Grant) string {
	return strings.Join(strings.Fields(string(g.Verb)+" "+g.Method+" "+g.Path), " ")
}

// Unused are the grants that began ninety days ago or earlier and were not used since.
func Unused(ctx context.Context, tx *db.Tx, id clientele.ClientID, now time.Time) ([]Grant, error) {
	all, err := Grants(ctx, tx, id, now)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	uses, err := inventory.Uses(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	var unused []Grant
	for _, g := range all {
		began, err := beganAt(ctx, tx, g)
		if err != nil {
			return nil, err
		}
		if now.Sub(began) >= UnusedAfter && !usedSince(g, uses, now.Add(-UnusedAfter)) {
			unused = append(unused, g)
		}
	}
	return unused, nil
}

// beganAt is when the first version of a grant began.
func beganAt(ctx context.Context, tx *db.Tx, g Grant) (time.Time, error) {
	var from int64
	err := tx.Row(ctx, "SELECT MIN(valid_from) FROM access_grant WHERE id = ?", []any{g.ID}, &from)
	return db.Time(from), err
}

func usedSince(g Grant, uses []inventory.Use, since time.Time) bool {
	for _, u := range uses {
		if u.LastAt.After(since) && g.Scope().Covers(u.ServiceID, u.Method, u.Path, u.Verb) {
			return true
		}
	}
	return false
}

func expiring(ctx context.Context, tx *db.Tx, c inventory.Client, now time.Time) ([]string, error) {
	if c.State != clientele.Active {
		return nil, nil
	}
	var last int64
	err := tx.Row(ctx, "SELECT COALESCE(MAX(valid_to), 0) FROM access_grant WHERE client_id = ? AND superseded_at = 0", []any{string(c.ID)}, &last)
	ends := db.Time(last)
	switch {
	case err != nil || last == 0 || ends.Sub(now) > ExpiringWithin:
		return nil, err
	case ends.After(now):
		return []string{fmt.Sprintf("its last grant ends on %s", ends.Format("2 January 2006 15:04 UTC"))}, nil
	}
	return []string{fmt.Sprintf("its last grant ended on %s", ends.Format("2 January 2006 15:04 UTC"))}, nil
}

func vendorExit(ctx context.Context, tx *db.Tx, c inventory.Client, now time.Time) ([]string, error) {
	v := c.Vendor
	if v.Name == "" {
		return nil, nil
	}
	var reasons []string
	there, err := active(ctx, tx, v.SponsorID)
	if err != nil {
		return nil, err
	}
	if !there {
		reasons = append(reasons, "its sponsor has left")
	}
	switch {
	case v.ContractEnd.IsZero():
	case !v.ContractEnd.After(now):
		reasons = append(reasons, fmt.Sprintf("the vendor's contract ended on %s", v.ContractEnd.Format("2 January 2006")))
	case v.ContractEnd.Sub(now) <= VendorWarning:
		reasons = append(reasons, fmt.Sprintf("the vendor's contract ends on %s", v.ContractEnd.Format("2 January 2006")))
	}
	return reasons, nil
}
