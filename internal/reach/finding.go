package reach

import (
	"context"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/inventory"
)

// FindingsOf lists the findings on clients of which one of the ids is owner, backup, team
// or steward, by id.
func FindingsOf(ctx context.Context, tx *db.Tx, owner []string, f inventory.FindingFilter, p inventory.Page) ([]inventory.Finding, string, error) {
	own, args := among(owner, "c.owner_id", "c.backup_id", "c.team_id", "c.steward_id")
	where, args := []string{"(" + own + ")", "f.id > ?"}, append(args, p.After)
	add := func(on bool, piece string, more ...any) {
		if on {
			where, args = append(where, piece), append(args, more...)
		}
	}
	add(f.Client != "", "f.client_id = ?", string(f.Client))
	add(f.Rule != "", "f.rule = ?", f.Rule)
	add(f.State != "", "f.state = ?", f.State)
	add(f.Severity > clientele.Info, "f.severity >= ?", int64(f.Severity))
	seen, more := visible(f.VisibleTo)
	args = append(args, more...)
	ids, next, err := page(ctx, tx, "SELECT f.id FROM client AS c JOIN finding AS f ON f.client_id = c.id WHERE "+strings.Join(where, " AND ")+seen+" ORDER BY f.id LIMIT ?", args, p)
	all := make([]inventory.Finding, 0, len(ids))
	for _, id := range ids {
		x, err := inventory.GetFinding(ctx, tx, id)
		if err != nil {
			return nil, "", err
		}
		all = append(all, x)
	}
	return all, next, err
}

// page reads the ids of one page and the cursor of the next; the query's last ? is its limit.
func page(ctx context.Context, tx *db.Tx, query string, args []any, p inventory.Page) ([]string, string, error) {
	limit := 50
	if p.Limit > 0 {
		limit = min(p.Limit, Most)
	}
	var ids []string
	err := tx.Each(ctx, query, append(args, limit+1), func(r db.Row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read a list: %w", err)
	}
	if len(ids) <= limit {
		return ids, "", nil
	}
	return ids[:limit], ids[limit-1], nil
}
