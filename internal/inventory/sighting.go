package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Most is how many rows the lists about one client hold.
const Most = 500

// Sighting is a place where a client was seen.
type Sighting struct {
	Host                string
	Path                string // of its first file, as the scan shows it
	Files               int
	Repository          string // host and path of the remote, if it has one
	FirstSeen, LastSeen time.Time
	GoneAt              time.Time // zero: it is there
}

// read runs a query about one client, or one thing, and scans each row.
func read[T any](ctx context.Context, tx *db.Tx, what, query string, arg any, scan func(db.Row, *T) error) ([]T, error) {
	var all []T
	err := tx.Each(ctx, query, []any{arg, Most}, func(r db.Row) error {
		var t T
		err := scan(r, &t)
		all = append(all, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return all, nil
}

// Sightings lists where a client was seen, what is there first.
func Sightings(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Sighting, error) {
	return read(ctx, tx, "sightings", "SELECT host, path, files, repository, first_seen, last_seen, gone_at FROM sighting WHERE client_id = ? ORDER BY gone_at, host, place LIMIT ?", string(id), func(r db.Row, s *Sighting) error {
		return r.Scan(&s.Host, &s.Path, &s.Files, &s.Repository, instant{&s.FirstSeen}, instant{&s.LastSeen}, instant{&s.GoneAt})
	})
}

// Endpoint is what a client calls, by its files.
type Endpoint struct {
	ServiceID           string // empty: this machine, or a reference nobody could follow
	Scheme, Host        string
	Method, Path        string
	Verb                clientele.Verb // as far as method and path tell
	Auth                string
	FirstSeen, LastSeen time.Time
}

// Endpoints lists what a client calls.
func Endpoints(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Endpoint, error) {
	return read(ctx, tx, "endpoints", "SELECT COALESCE(service_id, ''), scheme, host, method, path, verb, auth, first_seen, last_seen FROM endpoint WHERE client_id = ? ORDER BY scheme, host, path, method LIMIT ?", string(id), func(r db.Row, e *Endpoint) error {
		return r.Scan(&e.ServiceID, &e.Scheme, &e.Host, &e.Method, &e.Path, &e.Verb, &e.Auth, instant{&e.FirstSeen}, instant{&e.LastSeen})
	})
}

// Identity is whom a client signs in as, by its files.
type Identity struct {
	Scheme, Principal, Issuer, Audience string
	Kind                                clientele.IdentityKind
	Scopes                              []string
	ExpiresAt, FirstSeen, LastSeen      time.Time
}

// Identities lists whom a client signs in as.
func Identities(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Identity, error) {
	return read(ctx, tx, "identities", "SELECT scheme, principal, issuer, audience, kind, scopes, expires_at, first_seen, last_seen FROM client_identity WHERE client_id = ? ORDER BY scheme, principal, issuer LIMIT ?", string(id), func(r db.Row, i *Identity) error {
		return r.Scan(&i.Scheme, &i.Principal, &i.Issuer, &i.Audience, &i.Kind, list{&i.Scopes}, instant{&i.ExpiresAt}, instant{&i.FirstSeen}, instant{&i.LastSeen})
	})
}

// Candidate is who may own a client, as its files suggest.
type Candidate struct {
	Who                 string
	Kind                clientele.OwnerKind
	Evidence            string
	Confidence          float64
	PartyID             string // who that is here, or empty
	FirstSeen, LastSeen time.Time
}

// Candidates lists who may own a client, the likeliest first.
func Candidates(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Candidate, error) {
	return read(ctx, tx, "candidates", "SELECT who, kind, evidence, confidence, party_id, first_seen, last_seen FROM candidate WHERE client_id = ? ORDER BY confidence DESC, who, kind LIMIT ?", string(id), func(r db.Row, c *Candidate) error {
		return r.Scan(&c.Who, &c.Kind, &c.Evidence, &c.Confidence, &c.PartyID, instant{&c.FirstSeen}, instant{&c.LastSeen})
	})
}

// Duplicates lists the clients that may be the same as one: some sighting had keys of both.
func Duplicates(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]clientele.ClientID, error) {
	return read(ctx, tx, "duplicates", "SELECT CASE client_id WHEN d.of THEN other_id ELSE client_id END FROM client_duplicate, (SELECT CAST(? AS TEXT) AS of) AS d WHERE client_id = d.of OR other_id = d.of ORDER BY 1 LIMIT ?", string(id), func(r db.Row, c *clientele.ClientID) error {
		return r.Scan(c)
	})
}

// Host is a machine that scans came from.
type Host struct {
	Host                string
	PersonID            string // whose machine it is, or empty
	Sightings           int64  // clients that are there now
	FirstSeen, LastSeen time.Time
}

// Hosts lists machines by name, those of one person if one is named.
func Hosts(ctx context.Context, tx *db.Tx, personID string, p Page) ([]Host, string, error) {
	var all []Host
	limit := p.limit()
	err := tx.Each(ctx, `SELECT h.host, h.person_id, h.first_seen, h.last_seen, (SELECT COUNT(*) FROM sighting AS s WHERE s.host = h.host AND s.gone_at = 0)
		FROM host AS h WHERE h.host > ? AND (? = '' OR h.person_id = ?) ORDER BY h.host LIMIT ?`, []any{p.After, personID, personID, limit + 1}, func(r db.Row) error {
		var h Host
		err := r.Scan(&h.Host, &h.PersonID, instant{&h.FirstSeen}, instant{&h.LastSeen}, &h.Sightings)
		all = append(all, h)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read hosts: %w", err)
	}
	all, next := cutPage(all, limit, func(h Host) string { return h.Host })
	return all, next, nil
}
