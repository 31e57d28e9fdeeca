package lifecycle

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// Forecast says what would come of a request.
type Forecast struct {
	Request Request
	Client  inventory.Client // as it would be
	Needs   []Need           // who would decide; none if it were approved at once
	// Obstacle is why it would be refused as things are now, or nil.
	Obstacle error
}

// DryRun says what would come of a request, by the code that Submit runs, and writes
// nothing. What is wrong with the request itself is an error here, too.
func DryRun(ctx context.Context, v *guard.View, ask Ask) (Forecast, error) {
	e := eyes{ctx, v.Tx, v.Actor, v.At, v.Policies()}
	p, err := e.plan(db.NewID("req", e.at), ask, v.Allow)
	if err != nil {
		return Forecast{}, err
	}
	return Forecast{Request: p.request, Client: p.client, Needs: p.needs, Obstacle: e.obstacle(&p)}, nil
}

// Submit asks. It is the act request:create. What policy approves at once is active when
// it returns, by an entry of its own; else it waits for decisions.
func Submit(act *guard.Act, ask Ask) (Request, error) {
	e := lookOf(act)
	p, err := e.plan(act.NewID("req"), ask, act.Allow)
	if err != nil {
		return Request{}, err
	}
	if err := e.obstacle(&p); err != nil {
		return Request{}, err
	}
	if err := keepClient(act, &p); err != nil {
		return Request{}, err
	}
	r := &p.request
	r.Client = p.client.ID
	if err := keepRequest(act, r); err != nil {
		return Request{}, err
	}
	describe(act, &p)
	if r.Outlook.Auto {
		return *r, approveAtOnce(act, &p)
	}
	return *r, nil
}

// obstacle is what stands in the way of a request that is well formed.
func (e eyes) obstacle(p *plan) error {
	r := &p.request
	if r.Outlook.ChangeRequired {
		return guard.Deny("change-required", "policy wants an open change record for this").
			WithHint("clientele change open, then name it: --change chg_…")
	}
	if !p.fresh {
		var id string
		err := e.tx.Row(e.ctx, "SELECT id FROM request WHERE client_id = ? AND state = 'pending'", []any{string(p.client.ID)}, &id)
		if err == nil {
			return clientele.Errorf(clientele.Conflict, "a request for this client waits for a decision already").WithHint("look at it, or withdraw it: clientele request show %s", id)
		}
		if !guard.NoRows(err) {
			return fmt.Errorf("look for a pending request: %w", err)
		}
	}
	if r.Outlook.Tier >= 2 && p.client.BackupID == "" && p.client.TeamID == "" {
		return clientele.Errorf(clientele.Invalid, "from tier 2 on a client has a backup, or a team").WithHint("name somebody: --backup")
	}
	if r.Outlook.Auto {
		return e.vendorReady(p.client)
	}
	return e.decidable(p)
}

// decidable says whom to ask when nobody could decide: a request must not wait in vain.
func (e eyes) decidable(p *plan) error {
	var yes []Decision
	for _, id := range p.request.Eligible {
		onBehalf, keys := standing(p.needs, id)
		yes = append(yes, Decision{By: id, OnBehalf: onBehalf, Offices: keys})
	}
	fills, complete := assign(p.needs, yes, p.request.Outlook.Tier)
	if complete {
		return nil
	}
	have := map[string]int{}
	for _, f := range fills {
		have[f.Need]++
	}
	for _, n := range p.needs {
		if have[n.key()] < n.Count {
			d := guard.Deny("nobody-may-decide", "nobody but you, or not enough people, could decide on this as %s", office(n.Office))
			d.Approvers = []string{"anyone with the system role security can name another owner of the service"}
			return d.WithHint("ask security to name an owner or a larger team for it: clientele service describe")
		}
	}
	return nil
}

// office is how people read the name of an office.
func office(name string) string { return "the " + strings.ReplaceAll(name, "_", " ") }

// keepClient makes the new client, or takes the one there is on its way.
func keepClient(act *guard.Act, p *plan) error {
	c := &p.client
	switch {
	case p.fresh:
		act.Detail("to", string(clientele.Requested))
		return inventory.Create(act, c)
	case c.State == clientele.Claimed:
		if err := inventory.Save(act, c, 0); err != nil { // its environment, where a scan could not tell
			return err
		}
		return inventory.Move(act, c, clientele.Ask)
	}
	return nil
}

func keepRequest(act *guard.Act, r *Request) error {
	_, err := act.Tx.Exec(act.Context(), `INSERT INTO request (id, client_id, requester, beneficiary, purpose, environment, change_id, lifetime_s, granted_s, round, tier,
		state, auto, policy_version, classification, eligible, created_at, decided_at, expires_at) VALUES `+db.Marks(19),
		r.ID, string(r.Client), r.Requester, r.Beneficiary, r.Purpose, r.Environment, orNull(r.ChangeID), seconds(r.Lifetime), seconds(r.Granted), r.Round, int64(r.Outlook.Tier),
		r.State, db.Bool(r.Auto), r.Outlook.PolicyVersion, encode(r.Outlook), encode(r.Eligible), db.Micro(r.CreatedAt), db.Micro(r.DecidedAt), db.Micro(r.ExpiresAt))
	if err != nil {
		return fmt.Errorf("keep a request: %w", err)
	}
	if err := keepScopes(act, r); err != nil {
		return err
	}
	if r.State != Pending || r.Outlook.Auto {
		return nil
	}
	remind := r.CreatedAt.Add(DecideWithin / 2)
	for _, d := range []Due{
		{Kind: DueRemind, Ref: r.ID, At: remind, Client: r.Client, Cause: "half of the time to decide has passed"},
		{Kind: DueRemind, Ref: r.ID, At: r.ExpiresAt.Add(-day), Client: r.Client, Cause: "a day is left to decide"},
		{Kind: DueExpire, Ref: r.ID, At: r.ExpiresAt, Client: r.Client, Cause: "nobody decided within " + span(DecideWithin)},
	} {
		if err := schedule(act, d); err != nil {
			return err
		}
	}
	return nil
}

// keepScopes writes the scopes of the request's round.
func keepScopes(act *guard.Act, r *Request) error {
	if len(r.Scopes) == 0 {
		return nil
	}
	var args []any
	for n, s := range r.Scopes {
		args = append(args, r.ID, r.Round, n, s.ServiceID, s.Method, s.Path, string(s.Verb), s.RowCap, s.ByteCap, s.Destination, s.Mask)
	}
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO request_scope (request_id, round, n, service_id, method, path, verb, row_cap, byte_cap, destination, mask) VALUES "+
		db.Rows(len(r.Scopes), 11), args...)
	if err != nil {
		return fmt.Errorf("keep the scopes of a request: %w", err)
	}
	return nil
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// describe says in the entry what was asked for.
func describe(act *guard.Act, p *plan) {
	r := &p.request
	act.About(r.Client, p.client.OwnerID, r.Environment)
	act.Under(r.ChangeID)
	about(act, r, p.services)
	act.Detail("lifetime_s", seconds(r.Lifetime))
	act.Detail("auto", r.Outlook.Auto)
	act.Detail("needs", keysOf(p.needs))
	act.Private("purpose", r.Purpose)
}

// about says in the entry how much power a request is about.
func about(act *guard.Act, r *Request, services []inventory.Service) {
	var classes []string
	for _, s := range services {
		classes = append(classes, s.DataClasses...)
	}
	if verbs := verbsOf(r.Scopes); len(verbs) > 0 {
		act.For(verbs[len(verbs)-1], "", unique(classes)...)
	}
	act.Detail("request", r.ID)
	act.Detail("tier", int(r.Outlook.Tier))
	act.Detail("scopes", len(r.Scopes))
}

func keysOf(needs []Need) []string {
	keys := []string{}
	for _, n := range needs {
		keys = append(keys, n.key())
	}
	return keys
}

// approveAtOnce is what follows where policy leaves nothing to decide.
func approveAtOnce(act *guard.Act, p *plan) error {
	r := &p.request
	return act.Then(clientele.System("policy", becauseOf(r.Outlook.Because)), "request:auto_approve", func(sub *guard.Act) error {
		res := p.resource
		res.ID = r.ID
		if err := sub.Allow(res); err != nil {
			return err
		}
		about(sub, r, p.services)
		r.Auto = true
		return grantRequest(sub, r, &p.client, true)
	})
}

// becauseOf names the rules that decided.
func becauseOf(rules []policy.Rule) string {
	var ids []string
	for _, r := range rules {
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, ", ")
}

// grantRequest carries a request out: its grants begin, and its client is active. extend
// makes a grant of the same scope that is there longer, instead of adding one.
func grantRequest(act *guard.Act, r *Request, c *inventory.Client, extend bool) error {
	r.State, r.DecidedAt = Approved, act.At
	_, err := act.Tx.Exec(act.Context(), "UPDATE request SET state = ?, auto = ?, decided_at = ? WHERE id = ?", r.State, db.Bool(r.Auto), db.Micro(r.DecidedAt), r.ID)
	if err != nil {
		return fmt.Errorf("keep a request: %w", err)
	}
	if err := settle(act, r.ID, DueRemind, DueExpire); err != nil {
		return err
	}
	n, err := issue(act, r, extend)
	if err != nil {
		return err
	}
	act.Detail("grants", n)
	return enliven(act, r, c)
}

// enliven makes the client active, with the tier of what it may do and a day of review.
func enliven(act *guard.Act, r *Request, c *inventory.Client) error {
	next := act.At.Add(r.Outlook.ReviewEvery)
	if c.State != clientele.Active || c.NextReviewAt.IsZero() || next.Before(c.NextReviewAt) {
		c.NextReviewAt = next
	}
	tier, _, err := liveTier(act, c.ID)
	if err != nil {
		return err
	}
	c.Tier = max(tier, r.Outlook.Tier)
	if err := inventory.Save(act, c, 0); err != nil {
		return err
	}
	if c.State == clientele.Active {
		act.About(c.ID, c.OwnerID, c.Environment)
		return nil
	}
	return inventory.Move(act, c, clientele.Approve)
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}
