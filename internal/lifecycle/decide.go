package lifecycle

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// The verdicts of a decision.
const (
	approve = "approve"
	deny    = "deny"
)

// Verdict is what somebody decides. The zero value agrees to all that is asked for.
type Verdict struct {
	Scopes   []Scope       // what is left of the scopes; nil: all of them
	Lifetime time.Duration // what is left of the lifetime; 0: all of it
	Reason   string
}

// Approve is a person's yes to a request, to all of it or to less. It is the act
// request:approve. When every decision is there that the request needs, its grants begin.
func Approve(act *guard.Act, id string, v Verdict) (Request, error) {
	p, err := undecided(act, id)
	if err != nil {
		return Request{}, err
	}
	e, r := lookOf(act), &p.request
	if err := text("the reason", v.Reason, false); err != nil {
		return Request{}, err
	}
	onBehalf, keys := standing(p.needs, act.Actor.ID)
	if err := e.grantable(&p); err != nil {
		return Request{}, err
	}
	narrowed, err := narrow(r, v)
	if err != nil {
		return Request{}, err
	}
	if err := keepOutlook(act, r, narrowed); err != nil {
		return Request{}, err
	}
	d := Decision{By: act.Actor.ID, OnBehalf: onBehalf, Offices: keys, Verdict: approve, Round: r.Round, Reason: v.Reason, At: act.At}
	if err := keepDecision(act, r, d); err != nil {
		return Request{}, err
	}
	complete, err := keepFills(act, r, p.needs)
	if err != nil {
		return Request{}, err
	}
	act.Detail("narrowed", narrowed)
	act.Detail("complete", complete)
	if !complete {
		return *r, nil
	}
	return *r, grantRequest(act, r, &p.client, true)
}

// Deny is a person's no to a request, and its end. It is the act request:deny.
func Deny(act *guard.Act, id, reason string) (Request, error) {
	p, err := undecided(act, id)
	if err != nil {
		return Request{}, err
	}
	if err := text("the reason", reason, true); err != nil {
		return Request{}, err
	}
	onBehalf, keys := standing(p.needs, act.Actor.ID)
	r := &p.request
	d := Decision{By: act.Actor.ID, OnBehalf: onBehalf, Offices: keys, Verdict: deny, Round: r.Round, Reason: reason, At: act.At}
	if err := keepDecision(act, r, d); err != nil {
		return Request{}, err
	}
	return *r, closeRequest(act, r, &p.client, Denied, clientele.Deny)
}

// Withdraw takes a request back. It is the act request:withdraw, by who asked.
func Withdraw(act *guard.Act, id string) (Request, error) {
	r, c, err := requestAndClient(act, id)
	if err != nil {
		return r, err
	}
	if err := act.Allow(resourceOf(&r, c, nil)); err != nil {
		return r, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	if r.State != Pending {
		return r, errDecided(&r)
	}
	return r, closeRequest(act, &r, &c, Withdrawn, clientele.Withdraw)
}

func requestAndClient(act *guard.Act, id string) (Request, inventory.Client, error) {
	r, err := GetRequest(act.Context(), act.Tx, id)
	if err != nil {
		return r, inventory.Client{}, err
	}
	c, err := inventory.Get(act.Context(), act.Tx, r.Client)
	return r, c, err
}

// resourceOf is a request as the roles see it.
func resourceOf(r *Request, c inventory.Client, deciders []string) policy.Resource {
	return policy.Resource{Type: "Request", ID: r.ID, Attrs: map[string]any{
		"owner": c.OwnerID, "backup": c.BackupID, "team": c.TeamID, "requester": r.Requester, "environment": r.Environment, "tier": int(r.Outlook.Tier),
		"parties": unique(append(deciders, r.Parties(c.OwnerID)...)), "eligible": deciders,
	}}
}

// Resource is a request as policy sees it, for showing it.
func (r Request) Resource(c inventory.Client) policy.Resource { return resourceOf(&r, c, r.Eligible) }

// undecided reads a request with those who may decide on it now, and asks policy whether
// the actor may.
func undecided(act *guard.Act, id string) (plan, error) {
	r, c, err := requestAndClient(act, id)
	if err != nil {
		return plan{}, err
	}
	p := plan{client: c, request: r}
	e := lookOf(act)
	if err := e.again(&p); err != nil {
		return p, err
	}
	if err := act.Allow(resourceOf(&r, c, eligible(p.needs))); err != nil {
		return p, e.refused(&p, err)
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Under(r.ChangeID)
	about(act, &p.request, p.services)
	if onBehalf, _ := standing(p.needs, act.Actor.ID); onBehalf != "" {
		act.OnBehalf(onBehalf)
	}
	switch {
	case r.State != Pending:
		return p, errDecided(&r)
	case !act.At.Before(r.ExpiresAt):
		return p, clientele.Errorf(clientele.Conflict, "the time to decide on this request has passed").WithHint("ask again: clientele request")
	case slices.ContainsFunc(r.Decisions, func(d Decision) bool { return d.By == act.Actor.ID }):
		return p, clientele.Errorf(clientele.Conflict, "you have decided on this request already")
	}
	return p, nil
}

func errDecided(r *Request) error {
	return clientele.Errorf(clientele.Conflict, "this request was %s already, which is final", r.State).WithHint("ask again: clientele request")
}

// again looks at a request with the policies, services and people of now. What it needed
// when it was asked it needs still.
func (e eyes) again(p *plan) error {
	r := &p.request
	var err error
	seen := map[string]bool{}
	for _, s := range r.Scopes {
		if seen[s.ServiceID] {
			continue
		}
		seen[s.ServiceID] = true
		service, err := inventory.GetService(e.ctx, e.tx, s.ServiceID)
		if err != nil {
			return err
		}
		p.services = append(p.services, service)
	}
	if p.resource, err = e.resource(p); err != nil {
		return err
	}
	r.Outlook = r.Outlook.stricter(outlookOf(e.policies.Classify(e.requester(r), p.resource)))
	p.resource.Attrs["tier"] = int(r.Outlook.Tier)
	e.actor = e.requester(r) // it is the requester's team of one that a policy stands in for
	p.needs, err = e.needs(r, p.client, p.services, r.Outlook.Needs, p.resource)
	return err
}

// refused says by which rule somebody may not decide, and who may.
func (e eyes) refused(p *plan, err error) error {
	var ce *clientele.Error
	if !errors.As(err, &ce) || ce.Kind != clientele.Denied {
		return err
	}
	out, err2 := barred(e.ctx, e.tx, p.request.Requester, p.request.Beneficiary, beneficiary(p.client))
	if err2 != nil {
		return err2
	}
	msg := ce.Msg
	switch rule := out[e.actor.ID]; rule {
	case "":
		if ce.Rule == "not-permitted" {
			ce.Rule, msg = "not-eligible", "you hold no office that this request needs"
		}
	case "requester-never-decides":
		ce.Rule, msg = rule, "you asked for this, so somebody else has to decide"
	case "sole-beneficiary-never-decides":
		ce.Rule, msg = rule, "this serves you alone, so somebody else has to decide"
	default:
		ce.Rule, msg = rule, "a machine whose token you hold asked for this, so somebody else has to decide"
	}
	d := guard.Deny(ce.Rule, "%s", msg).WithHint("pass it on: clientele request show %s", p.request.ID)
	d.Approvers, err2 = named(e.ctx, e.tx, eligible(p.needs))
	if err2 != nil {
		return err2
	}
	return d
}

// grantable is what has to hold, besides decisions, when somebody says yes.
func (e eyes) grantable(p *plan) error {
	r := &p.request
	if len(r.Outlook.Refused) > 0 {
		return guard.Deny(r.Outlook.Refused[0].ID, "policy refuses this now: %s", r.Outlook.Refused[0].Title).WithHint("deny it, so that it is not waited for")
	}
	if r.Outlook.ChangeRequired {
		return guard.Deny("change-required", "policy wants an open change record for this, and there is none now").
			WithHint("open it again, or ask anew with another one")
	}
	for _, s := range p.services {
		if s.Environment != r.Environment {
			return oneEnvironment("%s is in %s now, the client belongs to %s", s.Host, s.Environment, r.Environment)
		}
	}
	if p.client.Environment != r.Environment {
		return oneEnvironment("the client belongs to %s now", p.client.Environment)
	}
	if err := e.ownerReady(p.client); err != nil {
		return err
	}
	return e.vendorReady(p.client)
}

// narrow applies what an approver left of a request. Wider than asked is refused.
func narrow(r *Request, v Verdict) (bool, error) {
	narrowed := false
	if v.Scopes != nil {
		scopes, err := checkScopes(v.Scopes)
		if err != nil {
			return false, err
		}
		if len(scopes) == 0 {
			return false, clientele.Errorf(clientele.Invalid, "nothing would be left of the request").WithHint("deny it: clientele deny %s", r.ID)
		}
		for _, s := range scopes {
			if !slices.ContainsFunc(r.Scopes, s.within) {
				return false, onlyNarrow("%s at %s%s is more than was asked for", s.Verb, s.ServiceID, s.Path)
			}
		}
		if !slices.Equal(scopes, r.Scopes) {
			r.Scopes, narrowed = scopes, true
		}
	}
	switch {
	case v.Lifetime < 0 || v.Lifetime > 0 && v.Lifetime < time.Second:
		return false, clientele.Errorf(clientele.Invalid, "a lifetime is at least a second")
	case v.Lifetime > r.Granted:
		return false, onlyNarrow("%s is longer than the %s that stand", span(v.Lifetime), span(r.Granted))
	case v.Lifetime > 0:
		r.Granted = v.Lifetime.Truncate(time.Second)
	}
	r.Granted = min(r.Granted, r.Outlook.Lifetime.Truncate(time.Second))
	if narrowed {
		r.Round++
	}
	return narrowed, nil
}

func onlyNarrow(format string, args ...any) error {
	return guard.Deny("approvers-only-narrow", "an approver may only narrow a request: "+format, args...).
		WithHint("approve what was asked or less; who needs more asks for it")
}

// keepOutlook writes how the request looks now, and the scopes that are left of it.
func keepOutlook(act *guard.Act, r *Request, narrowed bool) error {
	// Its needs are filled anew below: a higher tier asks for more people.
	if _, err := act.Tx.Exec(act.Context(), "DELETE FROM decision_office WHERE request_id = ?", r.ID); err != nil {
		return fmt.Errorf("count the decisions: %w", err)
	}
	_, err := act.Tx.Exec(act.Context(), "UPDATE request SET granted_s = ?, round = ?, tier = ?, policy_version = ?, classification = ? WHERE id = ?",
		seconds(r.Granted), r.Round, int64(r.Outlook.Tier), r.Outlook.PolicyVersion, encode(r.Outlook), r.ID)
	if err != nil {
		return fmt.Errorf("keep a request: %w", err)
	}
	if narrowed {
		return keepScopes(act, r)
	}
	return nil
}

func keepDecision(act *guard.Act, r *Request, d Decision) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO decision (request_id, requester, beneficiary, by, on_behalf, offices, verdict, round, reason, policy_version, at) VALUES "+db.Marks(11),
		r.ID, r.Requester, r.Beneficiary, d.By, d.OnBehalf, encode(d.Offices), d.Verdict, d.Round, d.Reason, act.Policies().Version, db.Micro(d.At))
	if err != nil {
		return fmt.Errorf("keep a decision: %w", err)
	}
	r.Decisions = append(r.Decisions, d)
	act.Detail("verdict", d.Verdict)
	act.Detail("offices", d.Offices)
	act.Private("reason", d.Reason)
	return nil
}

// keepFills writes which needs are filled by now, and reports whether all are.
func keepFills(act *guard.Act, r *Request, needs []Need) (bool, error) {
	fills, complete := assign(needs, r.Decisions, r.Outlook.Tier)
	for _, f := range fills {
		_, err := act.Tx.Exec(act.Context(), "INSERT INTO decision_office (request_id, office, n, by, holder, tier) VALUES "+db.Marks(6),
			r.ID, f.Need, f.N, f.By, f.Holder, int64(r.Outlook.Tier))
		if err != nil {
			return false, fmt.Errorf("count the decisions: %w", err)
		}
	}
	return complete, nil
}

// closeRequest ends a request without a grant. Its client goes by the event if it waited.
func closeRequest(act *guard.Act, r *Request, c *inventory.Client, state string, event clientele.Event) error {
	r.State, r.DecidedAt = state, act.At
	if _, err := act.Tx.Exec(act.Context(), "UPDATE request SET state = ?, decided_at = ? WHERE id = ? AND state = 'pending'", state, db.Micro(act.At), r.ID); err != nil {
		return fmt.Errorf("close a request: %w", err)
	}
	if err := settle(act, r.ID, DueRemind, DueExpire); err != nil {
		return err
	}
	act.Detail("request", r.ID)
	act.Detail("state", state)
	if c.State != clientele.Requested || event == "" {
		return nil
	}
	return inventory.Move(act, c, event)
}

// dropPending withdraws what is asked for a client that can no longer be granted it.
func dropPending(act *guard.Act, c *inventory.Client, rule string) error {
	all, err := requests(act.Context(), act.Tx, "WHERE r.client_id = ? AND r.state = 'pending'", string(c.ID))
	if err != nil {
		return err
	}
	for _, r := range all {
		err := act.Then(clientele.System("lifecycle", rule), "request:withdraw", func(sub *guard.Act) error {
			if err := sub.Allow(resourceOf(&r, *c, r.Eligible)); err != nil {
				return err
			}
			sub.About(c.ID, c.OwnerID, c.Environment)
			return closeRequest(sub, &r, c, Withdrawn, "")
		})
		if err != nil {
			return err
		}
	}
	return nil
}
