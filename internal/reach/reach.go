// Package reach looks through the inventory from its other end: which clients call a
// service, which hold a credential, what is wrong with the clients of one owner. It reads
// only, and counts in only the clients that the one who asks may see.
package reach

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Most is how many clients, endpoints or places an answer holds at most.
const Most = 500

// Client is a client that calls or holds something.
type Client struct {
	ID          clientele.ClientID
	Name, Tool  string
	Environment string
	State       clientele.State
	OwnerID     string
	Count       int64 // its endpoints at the service, or the places in which it has the credential
	LastSeen    time.Time
}

// Endpoint is what clients call at a service.
type Endpoint struct {
	Method, Path        string
	Verb                clientele.Verb
	Clients             int64 // how many call it
	FirstSeen, LastSeen time.Time
}

// Callers lists the clients that call a service, and whether there are more than Most.
// visibleTo holds the ids under which the one who asks may own things; nil: they see all.
func Callers(ctx context.Context, tx *db.Tx, serviceID string, visibleTo []string) ([]Client, bool, error) {
	seen, args := visible(visibleTo)
	return readClients(ctx, tx, "FROM endpoint AS x JOIN client AS c ON c.id = x.client_id WHERE x.service_id = ?"+seen, append([]any{serviceID}, args...))
}

// Holders lists the clients in whose files a credential stands now, like Callers.
func Holders(ctx context.Context, tx *db.Tx, credentialID string, visibleTo []string) ([]Client, bool, error) {
	seen, args := visible(visibleTo)
	return readClients(ctx, tx, "FROM credential_place AS x JOIN client AS c ON c.id = x.client_id WHERE x.gone_at = 0 AND x.credential_id = ?"+seen, append([]any{credentialID}, args...))
}

func readClients(ctx context.Context, tx *db.Tx, from string, args []any) ([]Client, bool, error) {
	var all []Client
	err := tx.Each(ctx, "SELECT c.id, c.name, c.tool, c.environment, c.state, c.owner_id, COUNT(*), MAX(x.last_seen) "+from+
		" GROUP BY c.id, c.name, c.tool, c.environment, c.state, c.owner_id ORDER BY c.id LIMIT ?", append(args, Most+1), func(r db.Row) error {
		var c Client
		var last int64
		err := r.Scan(&c.ID, &c.Name, &c.Tool, &c.Environment, &c.State, &c.OwnerID, &c.Count, &last)
		c.LastSeen = db.Time(last)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read what is reached: %w", err)
	}
	return all[:min(len(all), Most)], len(all) > Most, nil
}

// Endpoints lists what clients call at a service, and whether there is more than Most.
func Endpoints(ctx context.Context, tx *db.Tx, serviceID string, visibleTo []string) ([]Endpoint, bool, error) {
	seen, args := visible(visibleTo)
	var all []Endpoint
	err := tx.Each(ctx, `SELECT x.method, x.path, x.verb, COUNT(DISTINCT x.client_id), MIN(x.first_seen), MAX(x.last_seen)
		FROM endpoint AS x JOIN client AS c ON c.id = x.client_id WHERE x.service_id = ?`+seen+
		" GROUP BY x.path, x.method, x.verb ORDER BY x.path, x.method, x.verb LIMIT ?", append(append([]any{serviceID}, args...), Most+1), func(r db.Row) error {
		var e Endpoint
		var first, last int64
		err := r.Scan(&e.Method, &e.Path, &e.Verb, &e.Clients, &first, &last)
		e.FirstSeen, e.LastSeen = db.Time(first), db.Time(last)
		all = append(all, e)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read a service's endpoints: %w", err)
	}
	return all[:min(len(all), Most)], len(all) > Most, nil
}

// visible is the condition, with its AND, that a client c is one of those that policy shows
// to owners: theirs, their teams', and nobody's.
func visible(ids []string) (string, []any) {
	if ids == nil {
		return "", nil
	}
	in, args := among(ids, "c.owner_id", "c.backup_id", "c.team_id")
	return " AND (c.owner_id = '' OR " + in + ")", args
}

// among is the condition that one of the columns holds one of the ids. The empty id is none.
func among(ids []string, columns ...string) (string, []any) {
	var held []any
	for _, id := range ids {
		if id != "" {
			held = append(held, id)
		}
	}
	if len(held) == 0 {
		held = []any{"-"} // no id: it matches nothing
	}
	var test []string
	var args []any
	for _, column := range columns {
		test = append(test, column+" IN "+db.Marks(len(held)))
		args = append(args, held...)
	}
	return strings.Join(test, " OR "), args
}
