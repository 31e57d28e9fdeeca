package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// Grant is one version of a grant: what a client may do between two times, as known between
// two others.
type Grant struct {
	ID                  string
	Version             int64
	Client              clientele.ClientID
	ServiceID           string
	Method, Path        string
	Verb                clientele.Verb
	RowCap, ByteCap     int64
	Destination, Mask   string
	RequestID, ChangeID string
	Tier                clientele.Tier
	PolicyVersion       int64
	ValidFrom, ValidTo  time.Time
	RecordedAt          time.Time
	SupersededAt        time.Time // zero: what is known now
}

// Scope is what the grant allows.
func (g Grant) Scope() Scope {
	return Scope{g.ServiceID, g.Method, g.Path, g.Verb, g.RowCap, g.ByteCap, g.Destination, g.Mask}
}

const grantColumns = `g.id, g.version, g.client_id, g.service_id, g.method, g.path, g.verb, g.row_cap, g.byte_cap, g.destination, g.mask,
	g.request_id, COALESCE(g.change_id, ''), g.tier, g.policy_version, g.valid_from, g.valid_to, g.recorded_at, g.superseded_at`

func scanGrant(row db.Row, more ...any) (Grant, error) {
	var g Grant
	var from, to, recorded, superseded int64
	err := row.Scan(append([]any{&g.ID, &g.Version, &g.Client, &g.ServiceID, &g.Method, &g.Path, &g.Verb, &g.RowCap, &g.ByteCap, &g.Destination, &g.Mask,
		&g.RequestID, &g.ChangeID, &g.Tier, &g.PolicyVersion, &from, &to, &recorded, &superseded}, more...)...)
	g.ValidFrom, g.ValidTo, g.RecordedAt, g.SupersededAt = db.Time(from), db.Time(to), db.Time(recorded), db.Time(superseded)
	return g, err
}

func grants(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Grant, error) {
	var all []Grant
	err := tx.Each(ctx, "SELECT "+grantColumns+" FROM access_grant AS g WHERE "+where, args, func(row db.Row) error {
		g, err := scanGrant(row)
		all = append(all, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	return all, nil
}

// Grants are what a client may do at a time, as known now, if its state lets it.
func Grants(ctx context.Context, tx *db.Tx, client clientele.ClientID, at time.Time) ([]Grant, error) {
	t := db.Micro(at)
	return grants(ctx, tx, "g.client_id = ? AND g.valid_to > ? AND g.valid_from <= ? AND g.superseded_at = 0 ORDER BY g.id, g.version", string(client), t, t)
}

// open are the versions known now that end after a time, those that begin later too.
func open(ctx context.Context, tx *db.Tx, client clientele.ClientID, after time.Time) ([]Grant, error) {
	return grants(ctx, tx, "g.client_id = ? AND g.valid_to > ? AND g.superseded_at = 0 ORDER BY g.id, g.version", string(client), db.Micro(after))
}

// GrantHistory are all versions of a client's grants, the newest knowledge last.
func GrantHistory(ctx context.Context, tx *db.Tx, client clientele.ClientID, p Page) ([]Grant, string, error) {
	all, err := grants(ctx, tx, "g.client_id = ? AND g.id > ? ORDER BY g.id, g.version LIMIT ?", string(client), p.After, p.limit()+maxVersions)
	if err != nil {
		return nil, "", err
	}
	// A page ends where a grant ends, so that its versions stay together.
	if len(all) < p.limit()+maxVersions {
		return all, "", nil
	}
	last := all[len(all)-1].ID
	n := slices.IndexFunc(all, func(g Grant) bool { return g.ID == last })
	if n == 0 {
		return all, last, nil
	}
	return all[:n], all[n-1].ID, nil
}

// maxVersions is how many versions more than a page's limit are read.
const maxVersions = 100

// liveTier is the highest tier of a client's grants, and how many there are.
func liveTier(act *guard.Act, client clientele.ClientID) (clientele.Tier, int, error) {
	all, err := open(act.Context(), act.Tx, client, act.At)
	var tier clientele.Tier
	for _, g := range all {
		tier = max(tier, g.Tier)
	}
	return tier, len(all), err
}

// issue grants a request's scopes for the time that was left of its lifetime. Where the
// same scope is granted already it goes on without a gap, as the next version of the same
// grant. It returns how many versions it added.
func issue(act *guard.Act, r *Request, extend bool) (int, error) {
	until := act.At.Add(r.Granted)
	have, err := open(act.Context(), act.Tx, r.Client, act.At)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range r.Scopes {
		g := grantOf(act, r, s, until)
		if extend {
			if last, ok := lastOf(have, s); ok {
				if !last.ValidTo.Before(until) {
					continue // it lasts longer already
				}
				g.ID, g.Version, g.ValidFrom = last.ID, 0, last.ValidTo
				if err := settle(act, last.ref(), DueGrantEnd); err != nil {
					return n, err
				}
			}
		}
		if err := insertGrant(act, &g); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func grantOf(act *guard.Act, r *Request, s Scope, until time.Time) Grant {
	return Grant{
		ID: act.NewID("grt"), Version: 1, Client: r.Client, ServiceID: s.ServiceID, Method: s.Method, Path: s.Path, Verb: s.Verb, RowCap: s.RowCap, ByteCap: s.ByteCap,
		Destination: s.Destination, Mask: s.Mask, RequestID: r.ID, ChangeID: r.ChangeID, Tier: r.Outlook.Tier, PolicyVersion: r.Outlook.PolicyVersion,
		ValidFrom: act.At, ValidTo: until, RecordedAt: act.At,
	}
}

// lastOf is the version of a scope's grant that ends last.
func lastOf(have []Grant, s Scope) (Grant, bool) {
	var last Grant
	for _, g := range have {
		if g.Scope() == s && g.ValidTo.After(last.ValidTo) {
			last = g
		}
	}
	return last, last.ID != ""
}

// insertGrant adds a version; version 0 stands for the next.
func insertGrant(act *guard.Act, g *Grant) error {
	if g.Version == 0 {
		if err := act.Tx.Row(act.Context(), "SELECT MAX(version) + 1 FROM access_grant WHERE id = ?", []any{g.ID}, &g.Version); err != nil {
			return fmt.Errorf("number a grant: %w", err)
		}
	}
	_, err := act.Tx.Exec(act.Context(), `INSERT INTO access_grant (id, version, client_id, service_id, method, path, verb, row_cap, byte_cap, destination, mask,
		request_id, change_id, tier, policy_version, valid_from, valid_to, recorded_at, superseded_at) VALUES `+db.Marks(19),
		g.ID, g.Version, string(g.Client), g.ServiceID, g.Method, g.Path, string(g.Verb), g.RowCap, g.ByteCap, g.Destination, g.Mask,
		g.RequestID, orNull(g.ChangeID), int64(g.Tier), g.PolicyVersion, db.Micro(g.ValidFrom), db.Micro(g.ValidTo), db.Micro(g.RecordedAt), int64(0))
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	if !g.ValidTo.After(act.At) {
		return nil
	}
	return schedule(act, Due{Kind: DueGrantEnd, Ref: g.ref(), At: g.ValidTo, Client: g.Client, Cause: "its time was up"})
}

// ref names the version, for what is due about it.
func (g Grant) ref() string { return fmt.Sprintf("%s.%d", g.ID, g.Version) }

// end makes a version end at a time, now or later: what was known of it is superseded, and
// where it has begun by then it is known to last until then.
func end(act *guard.Act, g Grant, until time.Time) error {
	if err := settle(act, g.ref(), DueGrantEnd); err != nil {
		return err
	}
	_, err := act.Tx.Exec(act.Context(), "UPDATE access_grant SET superseded_at = ? WHERE id = ? AND version = ? AND superseded_at = 0", db.Micro(act.At), g.ID, g.Version)
	if err != nil {
		return fmt.Errorf("end a grant: %w", err)
	}
	if !g.ValidFrom.Before(until) {
		return nil
	}
	g.Version, g.ValidTo, g.RecordedAt = 0, until, act.At
	return insertGrant(act, &g)
}

// endGrants ends the grants of a client that pick chooses now, and says so in the entry.
func endGrants(act *guard.Act, c *inventory.Client, pick func(Grant) bool) (int, error) {
	return cutGrants(act, c, act.At, pick)
}

// cutGrants makes them end at a time, now or later.
func cutGrants(act *guard.Act, c *inventory.Client, until time.Time, pick func(Grant) bool) (int, error) {
	all, err := open(act.Context(), act.Tx, c.ID, act.At)
	if err != nil {
		return 0, err
	}
	ended := []string{}
	for _, g := range all {
		if !pick(g) {
			continue
		}
		if err := end(act, g, until); err != nil {
			return 0, err
		}
		ended = append(ended, g.ID)
	}
	ended = unique(ended)
	if len(ended) > 0 {
		act.Detail("ended_grants", ended)
	}
	return len(ended), nil
}

// Narrow ends all grants of a client but those to keep. It is an act of its own:
// client:narrow by an owner, grant:revoke by security or a rule.
func Narrow(act *guard.Act, id clientele.ClientID, keep []string) error {
	c, err := governed(act, id)
	if err != nil {
		return err
	}
	if _, err := endGrants(act, &c, func(g Grant) bool { return !slices.Contains(keep, g.ID) }); err != nil {
		return err
	}
	return retier(act, &c)
}

// RevokeGrants ends the grants of a client for some verbs; none stands for all. It is an
// act of its own (grant:revoke) and returns how many grants ended.
func RevokeGrants(act *guard.Act, id clientele.ClientID, verbs []clientele.Verb, reason string) (int, error) {
	c, err := governed(act, id)
	if err != nil {
		return 0, err
	}
	if err := text("the reason", reason, true); err != nil {
		return 0, err
	}
	act.Private("reason", reason)
	n, err := endGrants(act, &c, func(g Grant) bool { return len(verbs) == 0 || slices.Contains(verbs, g.Verb) })
	if err != nil {
		return 0, err
	}
	return n, retier(act, &c)
}

// RevokeGrant ends one grant, by its id. It is an act of its own: grant:revoke.
func RevokeGrant(act *guard.Act, grantID, reason string) error {
	all, err := grants(act.Context(), act.Tx, "g.id = ? AND g.superseded_at = 0 AND g.valid_to > ?", grantID, db.Micro(act.At))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return guard.NotFound("Grant")
	}
	c, err := governed(act, all[0].Client)
	if clientele.KindOf(err) == clientele.NotFound {
		return guard.NotFound("Grant")
	}
	if err == nil {
		err = text("the reason", reason, true)
	}
	if err != nil {
		return err
	}
	act.Private("reason", reason)
	act.For(all[0].Verb, grantID)
	if _, err := endGrants(act, &c, func(g Grant) bool { return g.ID == grantID }); err != nil {
		return err
	}
	return retier(act, &c)
}

// retier gives a client the tier of what is left of its grants.
func retier(act *guard.Act, c *inventory.Client) error {
	tier, n, err := liveTier(act, c.ID)
	if err != nil || n == 0 || tier == c.Tier {
		return err
	}
	c.Tier = tier
	return inventory.Save(act, c, 0)
}
