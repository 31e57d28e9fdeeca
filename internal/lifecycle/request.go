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
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// The states of a request. All but the first are final.
const (
	Pending   = "pending"
	Approved  = "approved"
	Denied    = "denied"
	Expired   = "expired"
	Withdrawn = "withdrawn"
)

// Request asks for a client to be allowed something.
type Request struct {
	ID        string
	Client    clientele.ClientID
	Requester string // a person's or service account's id
	// Beneficiary is the person whom the client serves alone, if it is somebody's alone.
	Beneficiary string
	Purpose     string
	Environment string
	ChangeID    string
	Lifetime    time.Duration // asked for
	Granted     time.Duration // what deciders left of it
	Round       int           // how often it was narrowed
	Scopes      []Scope       // what deciders left of them
	State       string
	Auto        bool // approved by policy, or taken as emergency access
	Outlook     Outlook
	Eligible    []string // who could decide when it was asked
	Decisions   []Decision
	CreatedAt   time.Time
	DecidedAt   time.Time // zero: pending
	ExpiresAt   time.Time // if nobody decides
}

// Outlook is what policy makes of a request.
type Outlook struct {
	Tier           clientele.Tier
	Auto           bool
	Needs          []policy.Need
	Lifetime       time.Duration // the longest a grant may live
	ReviewEvery    time.Duration
	ChangeRequired bool // an open change record has to be named
	Refused        []policy.Rule
	Because        []policy.Rule
	PolicyVersion  int64
}

func outlookOf(c policy.Classification) Outlook {
	return Outlook{
		Tier: c.Tier, Auto: c.Auto, Needs: c.Needs, Lifetime: c.Lifetime, ReviewEvery: c.ReviewEvery,
		ChangeRequired: c.ChangeRequired, Refused: c.Refused, Because: c.Because, PolicyVersion: c.Version,
	}
}

// stricter is the outlook after policies were put in force that see it otherwise: nothing
// that was asked for at first falls away.
func (o Outlook) stricter(now Outlook) Outlook {
	out := now
	out.Auto = o.Auto && now.Auto
	out.Lifetime, out.ReviewEvery = min(o.Lifetime, now.Lifetime), min(o.ReviewEvery, now.ReviewEvery)
	if o.Tier > now.Tier {
		out.Tier, out.Because = o.Tier, o.Because
	}
	out.Needs = slices.Clone(now.Needs)
	for _, n := range o.Needs {
		i := slices.IndexFunc(out.Needs, func(x policy.Need) bool { return x.Office == n.Office })
		if i < 0 {
			out.Needs = append(out.Needs, n)
		} else {
			out.Needs[i].Count = max(out.Needs[i].Count, n.Count)
		}
	}
	slices.SortFunc(out.Needs, func(a, b policy.Need) int { return strings.Compare(a.Office, b.Office) })
	return out
}

// Decision is a person's yes or no to a request.
type Decision struct {
	By       string
	OnBehalf string   // who lent the power; empty: their own
	Offices  []string // the needs it can fill
	Verdict  string   // "approve" or "deny"
	Round    int      // of the scopes it was about
	Reason   string
	At       time.Time
}

func (d Decision) holder() string {
	if d.OnBehalf != "" {
		return d.OnBehalf
	}
	return d.By
}

// Parties are those who may follow the request.
func (r Request) Parties(owner string) []string {
	ids := append([]string{r.Requester, r.Beneficiary, owner}, r.Eligible...)
	for _, d := range r.Decisions {
		ids = append(ids, d.By)
	}
	return unique(ids)
}

const requestColumns = `r.id, r.client_id, r.requester, r.beneficiary, r.purpose, r.environment, COALESCE(r.change_id, ''), r.lifetime_s, r.granted_s, r.round,
	r.state, r.auto, r.classification, r.eligible, r.created_at, r.decided_at, r.expires_at`

func scanRequest(row db.Row) (Request, error) {
	var r Request
	var lifetime, granted, created, decided, expires int64
	var outlook, eligible string
	err := row.Scan(&r.ID, &r.Client, &r.Requester, &r.Beneficiary, &r.Purpose, &r.Environment, &r.ChangeID, &lifetime, &granted, &r.Round,
		&r.State, truth{&r.Auto}, &outlook, &eligible, &created, &decided, &expires)
	if err != nil {
		return r, err
	}
	r.Lifetime, r.Granted = time.Duration(lifetime)*time.Second, time.Duration(granted)*time.Second
	r.CreatedAt, r.DecidedAt, r.ExpiresAt = db.Time(created), db.Time(decided), db.Time(expires)
	if err := json.Unmarshal([]byte(outlook), &r.Outlook); err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(eligible), &r.Eligible)
}

func requests(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Request, error) {
	var all []Request
	err := tx.Each(ctx, "SELECT "+requestColumns+" FROM request AS r "+where, args, func(row db.Row) error {
		r, err := scanRequest(row)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read requests: %w", err)
	}
	for i := range all {
		if err := fillIn(ctx, tx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fillIn reads what a request has several of.
func fillIn(ctx context.Context, tx *db.Tx, r *Request) (err error) {
	if r.Scopes, err = ScopesOf(ctx, tx, r.ID, r.Round); err != nil {
		return err
	}
	return tx.Each(ctx, "SELECT by, on_behalf, offices, verdict, round, reason, at FROM decision WHERE request_id = ? ORDER BY at, by", []any{r.ID}, func(row db.Row) error {
		var d Decision
		var at int64
		var offices string
		if err := row.Scan(&d.By, &d.OnBehalf, &offices, &d.Verdict, &d.Round, &d.Reason, &at); err != nil {
			return err
		}
		d.At = db.Time(at)
		r.Decisions = append(r.Decisions, d)
		return json.Unmarshal([]byte(offices), &r.Decisions[len(r.Decisions)-1].Offices)
	})
}

// ScopesOf reads the scopes of a request after a number of narrowings; 0 is what was asked.
func ScopesOf(ctx context.Context, tx *db.Tx, requestID string, round int) ([]Scope, error) {
	var all []Scope
	err := tx.Each(ctx, "SELECT service_id, method, path, verb, row_cap, byte_cap, destination, mask FROM request_scope WHERE request_id = ? AND round = ? ORDER BY n",
		[]any{requestID, round}, func(row db.Row) error {
			var s Scope
			err := row.Scan(&s.ServiceID, &s.Method, &s.Path, &s.Verb, &s.RowCap, &s.ByteCap, &s.Destination, &s.Mask)
			all = append(all, s)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the scopes of a request: %w", err)
	}
	return all, nil
}

// GetRequest reads a request. The error is NotFound if there is none.
func GetRequest(ctx context.Context, tx *db.Tx, id string) (Request, error) {
	all, err := requests(ctx, tx, "WHERE r.id = ?", id)
	if err != nil {
		return Request{}, err
	}
	if len(all) == 0 {
		return Request{}, guard.NotFound("Request")
	}
	return all[0], nil
}

// RequestFilter says which requests a list holds; an empty field holds all.
type RequestFilter struct {
	Client    clientele.ClientID
	Requester string
	State     string
	// Party leaves those out that none of these ids asked for, owns the client of, decided,
	// or could decide on.
	Party []string
}

// ListRequests lists requests, the newest first.
func ListRequests(ctx context.Context, tx *db.Tx, f RequestFilter, p Page) ([]Request, string, error) {
	where, args := "WHERE 1 = 1", []any{}
	add := func(piece string, values ...any) {
		where, args = where+" AND "+piece, append(args, values...)
	}
	if p.After != "" {
		add("r.id < ?", p.After)
	}
	if f.Client != "" {
		add("r.client_id = ?", string(f.Client))
	}
	if f.Requester != "" {
		add("r.requester = ?", f.Requester)
	}
	if f.State != "" {
		add("r.state = ?", f.State)
	}
	if f.Party != nil {
		add(partyPiece(f.Party), partyArgs(f.Party)...)
	}
	all, err := requests(ctx, tx, where+" ORDER BY r.id DESC LIMIT ?", append(args, p.limit()+1)...)
	if err != nil {
		return nil, "", err
	}
	all, next := cut(all, p.limit(), func(r Request) string { return r.ID })
	return all, next, nil
}

func partyPiece(ids []string) string {
	marks := db.Marks(len(ids))
	piece := "(r.requester IN " + marks + " OR r.beneficiary IN " + marks +
		" OR EXISTS (SELECT 1 FROM client AS c WHERE c.id = r.client_id AND c.owner_id IN " + marks + ")" +
		" OR EXISTS (SELECT 1 FROM decision AS d WHERE d.request_id = r.id AND d.by IN " + marks + ")"
	for range ids {
		piece += " OR r.eligible LIKE ?"
	}
	return piece + ")"
}

func partyArgs(ids []string) []any {
	var args []any
	for range 4 {
		for _, id := range ids {
			args = append(args, id)
		}
	}
	for _, id := range ids {
		args = append(args, `%"`+id+`"%`) // ids have no letter that LIKE knows but _, which only widens it
	}
	return args
}
