package lifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Question asks who could do something: at a time, as known at a time. What and Client
// choose; one of them has to.
type Question struct {
	// What is a service's id, host or name, or a data class of services as they are
	// described today.
	What    string
	Verb    clientele.Verb // empty: any
	Client  clientele.ClientID
	At      time.Time // when they could
	KnownAt time.Time // as who looked then would have been told
	// Owners leaves out the clients that none of these owns, stands in for, or has in the
	// team; nil: none is left out.
	Owners []string
}

// Answer is one grant by which a client could.
type Answer struct {
	Grant
	ClientName string
	Host       string // of the service
	OwnerID    string // who owned the client then
	Attested   bool
	Requester  string
	Auto       bool       // approved by policy, or emergency access
	BreakGlass string     // its id, if it was
	Decisions  []Decision // those that said yes
}

const maxServices = 500

// servicesNamed are the services that a question's What means.
func servicesNamed(ctx context.Context, tx *db.Tx, what string) ([]any, error) {
	quoted, _ := json.Marshal(what) // a string always can be
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(string(quoted)) + "%"
	var ids []any
	err := tx.Each(ctx, `SELECT id FROM service WHERE id = ? OR host = ? OR lower(name) = ? OR data_classes LIKE ? ESCAPE '\' ORDER BY id LIMIT ?`,
		[]any{what, strings.ToLower(what), strings.ToLower(what), like, maxServices + 1}, func(r db.Row) error {
			var id string
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look services up: %w", err)
	case len(ids) == 0:
		return nil, clientele.Errorf(clientele.NotFound, "no service has this id, host, name or data class, or none that you may see").WithHint("clientele service list")
	case len(ids) > maxServices:
		return nil, clientele.Errorf(clientele.Limit, "more than %d services are meant", maxServices).WithHint("ask about one service")
	}
	return ids, nil
}

// Could lists the grants by which clients that were active then could do what is asked, by
// grant id.
func Could(ctx context.Context, tx *db.Tx, q Question, p Page) ([]Answer, string, error) {
	where, args, err := q.where(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	at, known := db.Micro(q.At), db.Micro(q.KnownAt)
	plain := strings.ReplaceAll(grantColumns, "COALESCE(g.change_id, '')", "g.change_id")
	// Three steps, each for fewer rows: what the index finds, in order; of that the page of
	// those that were active; and what is shown of these. The limits of the inner two keep the
	// engines from doing it all at once.
	found := "SELECT " + strings.Replace(grantColumns, "COALESCE(g.change_id, '')", "COALESCE(g.change_id, '') AS change_id", 1) +
		" FROM access_grant AS g WHERE " + where + " AND g.id > ? ORDER BY g.id, g.version LIMIT 9223372036854775807"
	page := "SELECT " + plain + " FROM (" + found + ") AS g WHERE (SELECT p.state FROM client_period AS p WHERE p.client_id = g.client_id AND " + holds("p") +
		" ORDER BY p.n DESC LIMIT 1) = 'active' ORDER BY g.id, g.version LIMIT ?"
	query := "SELECT " + plain + `, c.name, s.host,
		COALESCE((SELECT o.owner_id FROM ownership AS o WHERE o.client_id = g.client_id AND o.attested = 1 AND ` + holds("o") + ` ORDER BY o.n DESC LIMIT 1), ''),
		COALESCE((SELECT o.owner_id FROM ownership AS o WHERE o.client_id = g.client_id AND ` + holds("o") + ` ORDER BY o.n DESC LIMIT 1), ''),
		r.requester, r.auto, COALESCE((SELECT b.id FROM break_glass AS b WHERE b.request_id = g.request_id), '')
		FROM (` + page + `) AS g JOIN client AS c ON c.id = g.client_id JOIN service AS s ON s.id = g.service_id JOIN request AS r ON r.id = g.request_id
		ORDER BY g.id, g.version`
	times := []any{at, at, known, known}
	args = slices.Concat(times, times, args, []any{p.After}, times, []any{p.limit() + 1})
	var all []Answer
	err = tx.Each(ctx, query, args, func(row db.Row) error {
		var a Answer
		var attested, named string
		g, err := scanGrant(row, &a.ClientName, &a.Host, &attested, &named, &a.Requester, truth{&a.Auto}, &a.BreakGlass)
		a.Grant, a.OwnerID, a.Attested = g, named, attested == named && named != ""
		all = append(all, a)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("ask who could: %w", err)
	}
	all, next := cut(all, p.limit(), func(a Answer) string { return a.ID })
	return all, next, decided(ctx, tx, all, q.KnownAt)
}

// holds is the condition that a bitemporal row held at a time as known at another: its
// arguments are the time twice, then the other twice.
func holds(t string) string {
	return strings.ReplaceAll("x.valid_from <= ? AND (x.valid_to = 0 OR x.valid_to > ?) AND x.recorded_at <= ? AND (x.superseded_at = 0 OR x.superseded_at > ?)", "x.", t+".")
}

// where chooses the grants.
func (q Question) where(ctx context.Context, tx *db.Tx) (string, []any, error) {
	at, known := db.Micro(q.At), db.Micro(q.KnownAt)
	var where []string
	var args []any
	add := func(piece string, values ...any) { where, args = append(where, piece), append(args, values...) }
	if q.What == "" && q.Client == "" {
		return "", nil, clientele.Errorf(clientele.Invalid, "who could do what? Name a service, a data class or a client").WithHint("clientele who-could export customers")
	}
	if q.What != "" {
		ids, err := servicesNamed(ctx, tx, q.What)
		if err != nil {
			return "", nil, err
		}
		add("g.service_id IN "+db.Marks(len(ids)), ids...)
	}
	if q.Client != "" {
		add("g.client_id = ?", string(q.Client))
	}
	switch {
	case q.Verb != "":
		add("g.verb = ?", string(q.Verb))
	case q.What != "": // all of them, so that the index is of use
		add("g.verb IN ('read', 'write', 'admin', 'export')")
	}
	// No grant lives longer than the table lets it, so that those of other years are passed over.
	longest := 366 * day
	if q.Verb == clientele.Export {
		longest = 30 * day
	}
	add("g.valid_to > ? AND g.valid_to <= ? AND g.valid_from <= ?", at, db.Micro(q.At.Add(longest)), at)
	add("g.recorded_at <= ? AND (g.superseded_at = 0 OR g.superseded_at > ?)", known, known)
	if q.Owners != nil {
		marks := db.Marks(len(q.Owners))
		piece := "EXISTS (SELECT 1 FROM client AS v WHERE v.id = g.client_id AND (v.owner_id IN " + marks + " OR v.backup_id IN " + marks + " OR v.team_id IN " + marks + "))"
		var ids []any
		for range 3 {
			for _, id := range q.Owners {
				ids = append(ids, id)
			}
		}
		add(piece, ids...)
	}
	return strings.Join(where, " AND "), args, nil
}

// decided reads who said yes to the requests of the answers, as known then.
func decided(ctx context.Context, tx *db.Tx, all []Answer, known time.Time) error {
	if len(all) == 0 {
		return nil
	}
	args := []any{db.Micro(known)}
	seen := map[string]bool{}
	for _, a := range all {
		if !seen[a.RequestID] {
			seen[a.RequestID] = true
			args = append(args, a.RequestID)
		}
	}
	by := map[string][]Decision{}
	err := tx.Each(ctx, "SELECT request_id, by, on_behalf, offices, at FROM decision WHERE verdict = 'approve' AND at <= ? AND request_id IN "+db.Marks(len(args)-1)+" ORDER BY at, by", args, func(r db.Row) error {
		var id, offices string
		var at int64
		d := Decision{Verdict: approve}
		if err := r.Scan(&id, &d.By, &d.OnBehalf, &offices, &at); err != nil {
			return err
		}
		d.At = db.Time(at)
		err := json.Unmarshal([]byte(offices), &d.Offices)
		by[id] = append(by[id], d)
		return err
	})
	if err != nil {
		return fmt.Errorf("read who approved: %w", err)
	}
	for i := range all {
		all[i].Decisions = by[all[i].RequestID]
	}
	return nil
}
