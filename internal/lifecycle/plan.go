package lifecycle

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// Ask is what somebody asks for: for a client that is there, or for a new one.
type Ask struct {
	Client      clientele.ClientID
	New         *NewClient
	Purpose     string
	Environment string // empty: the client's
	Scopes      []Scope
	Lifetime    time.Duration // 0: as long as policy allows
	Change      string        // a change record: its id or reference
}

// NewClient describes a client that no scan has seen.
type NewClient struct {
	Name, Tool, Kind string
	OwnerID          string // empty: who asks; else a team of theirs
	BackupID, TeamID string
	Personal         bool
	Replaces         clientele.ClientID // the rejected client it asks again for
	Vendor           inventory.Vendor
}

// eyes is what a request is looked at with: by a dry run as by the act itself.
type eyes struct {
	ctx      context.Context
	tx       *db.Tx
	actor    clientele.Actor
	at       time.Time
	policies *policy.Set
}

func lookOf(act *guard.Act) eyes {
	return eyes{act.Context(), act.Tx, act.Actor, act.At, act.Policies()}
}

// plan is a request thought through, before anything is written.
type plan struct {
	client   inventory.Client
	fresh    bool
	request  Request
	services []inventory.Service
	needs    []Need
	resource policy.Resource
}

// sees reads a client that the actor may see.
func (e eyes) sees(id clientele.ClientID) (inventory.Client, error) {
	c, err := inventory.Get(e.ctx, e.tx, id)
	if err == nil && !e.policies.Decide(e.actor, "client:read", c.Resource()).Allowed {
		err = guard.NotFound("Client")
	}
	return c, err
}

// plan checks and classifies what is asked. allow asks policy whether the actor may.
func (e eyes) plan(id string, ask Ask, allow func(policy.Resource) error) (plan, error) {
	p := plan{request: Request{ID: id, Requester: e.actor.ID, State: Pending, CreatedAt: e.at, ExpiresAt: e.at.Add(DecideWithin)}}
	if err := e.subject(&p, ask); err != nil {
		return p, err
	}
	if err := allow(askResource(id, p.client, e.actor)); err != nil {
		return p, err
	}
	if err := e.ready(p.client, p.fresh); err != nil {
		return p, err
	}
	if err := e.wish(&p, ask); err != nil {
		return p, err
	}
	if err := e.classify(&p); err != nil {
		return p, err
	}
	return p, e.lifetime(&p, ask.Lifetime)
}

// askResource is the request as the roles see it: whose client it is about.
func askResource(id string, c inventory.Client, by clientele.Actor) policy.Resource {
	return policy.Resource{Type: "Request", ID: id, Attrs: map[string]any{
		"owner": c.OwnerID, "backup": c.BackupID, "team": c.TeamID, "requester": "", "parties": []string{by.ID},
		"environment": c.Environment, "approvers": unique([]string{c.OwnerID, c.BackupID}),
	}}
}

// subject reads or drafts the client.
func (e eyes) subject(p *plan, ask Ask) (err error) {
	switch {
	case ask.New == nil && ask.Client == "" || ask.New != nil && ask.Client != "":
		return clientele.Errorf(clientele.Invalid, "a request is for one client: one that is there, or a new one")
	case ask.New == nil:
		p.client, err = e.sees(ask.Client)
		return err
	}
	p.fresh = true
	p.client, err = e.draft(*ask.New, ask)
	return err
}

// draft is the client to be made. Whoever asks owns it, or a team of theirs does.
func (e eyes) draft(n NewClient, ask Ask) (inventory.Client, error) {
	c := inventory.Client{
		Name: strings.TrimSpace(n.Name), Tool: n.Tool, Kind: n.Kind, Environment: ask.Environment, State: clientele.Requested,
		OwnerID: n.OwnerID, BackupID: n.BackupID, TeamID: n.TeamID, Personal: n.Personal, Purpose: ask.Purpose,
		Vendor: n.Vendor, Replaces: n.Replaces, AttestedAt: e.at,
	}
	c.Vendor.DrilledAt = time.Time{} // only a drill sets it
	if c.OwnerID == "" {
		c.OwnerID = e.actor.ID
	}
	if !slices.Contains(guard.Mine(e.actor), c.OwnerID) {
		return c, guard.Deny("owners-attest-themselves", "a new client belongs to whoever asks for it, or to a team of theirs").
			WithHint("ask for it yourself, then hand it over: clientele owner hand-over")
	}
	for _, id := range []string{c.OwnerID, c.BackupID, c.TeamID, c.Vendor.SponsorID} {
		if id == "" {
			continue
		}
		if _, err := party(e.ctx, e.tx, id, "owner, backup, team or sponsor"); err != nil {
			return c, err
		}
	}
	if c.Replaces != "" {
		old, err := e.sees(c.Replaces)
		if err != nil {
			return c, err
		}
		if old.State != clientele.Rejected {
			return c, clientele.Errorf(clientele.Invalid, "only a rejected client is asked for again under a new one")
		}
	}
	if c.BackupID == "" && c.TeamID != "" && !c.Personal {
		return c, e.backup(&c)
	}
	return c, nil
}

// backup names a team mate where the asker named none.
func (e eyes) backup(c *inventory.Client) error {
	members, err := identity.Members(e.ctx, e.tx, c.TeamID)
	i := slices.IndexFunc(members, func(id string) bool { return id != c.OwnerID && id != e.actor.ID })
	if i >= 0 {
		c.BackupID = members[i]
	}
	return err
}

// ready says whether a client is in a state to ask for.
func (e eyes) ready(c inventory.Client, fresh bool) error {
	if fresh {
		return nil
	}
	switch c.State {
	case clientele.Claimed, clientele.Active, clientele.Suspended:
		return e.ownerReady(c)
	case clientele.Discovered:
		return clientele.Errorf(clientele.Conflict, "nobody has attested to owning this client yet").WithHint("clientele owner claim %s", c.ID)
	case clientele.Requested:
		return clientele.Errorf(clientele.Conflict, "a request for this client waits for a decision already").WithHint("clientele request list --state pending")
	case clientele.Quarantined:
		return clientele.Errorf(clientele.Conflict, "this client is quarantined: security has to release it first")
	case clientele.Rejected:
		return clientele.Errorf(clientele.Conflict, "this client was rejected, which is final").WithHint("ask for a new one that replaces it")
	}
	return clientele.Errorf(clientele.Conflict, "this client is %s, which is final", c.State).WithHint("ask for a new one")
}

// wish checks what is asked for and reads what it reaches.
func (e eyes) wish(p *plan, ask Ask) (err error) {
	r := &p.request
	if err := text("the purpose", ask.Purpose, true); err != nil {
		return err
	}
	if r.Scopes, err = checkScopes(ask.Scopes); err != nil {
		return err
	}
	if ask.Environment != "" && p.client.Environment == "" {
		p.client.Environment = ask.Environment // a scan could not tell
	}
	env := p.client.Environment
	switch {
	case !slices.Contains(clientele.Environments, env):
		return clientele.Errorf(clientele.Invalid, "the environment is missing").WithHint("use one of %s", strings.Join(clientele.Environments, ", "))
	case ask.Environment != "" && ask.Environment != env:
		return oneEnvironment("this client belongs to %s, not to %s", env, ask.Environment)
	case len(r.Scopes) == 0 && env != "local":
		return clientele.Errorf(clientele.Invalid, "a request names what it is to reach")
	}
	r.Client, r.Purpose, r.Environment, r.Beneficiary = p.client.ID, ask.Purpose, env, beneficiary(p.client)
	if p.services, err = e.reach(r.Scopes, env); err != nil {
		return err
	}
	return e.change(r, ask.Change)
}

func oneEnvironment(format string, args ...any) error {
	return guard.Deny("one-client-one-environment", format, args...).
		WithHint("ask for a client of its own in the other environment (OWASP NHI8:2025)")
}

// reach reads the services of the scopes; all are in the client's environment.
func (e eyes) reach(scopes []Scope, env string) ([]inventory.Service, error) {
	var all []inventory.Service
	for _, s := range scopes {
		if slices.ContainsFunc(all, func(x inventory.Service) bool { return x.ID == s.ServiceID }) {
			continue
		}
		service, err := inventory.GetService(e.ctx, e.tx, s.ServiceID)
		if err != nil {
			return nil, err
		}
		switch service.Environment {
		case env:
		case "":
			return nil, guard.Deny("one-client-one-environment", "nobody has said yet to which environment %s belongs", service.Host).
				WithHint("ask security: clientele service describe %s --environment …", service.ID)
		default:
			return nil, oneEnvironment("%s is in %s, the client belongs to %s", service.Host, service.Environment, env)
		}
		all = append(all, service)
	}
	return all, nil
}

func (e eyes) change(r *Request, ref string) error {
	if ref == "" {
		return nil
	}
	rec, err := change.Find(e.ctx, e.tx, ref)
	if err != nil {
		return err
	}
	r.ChangeID = rec.ID
	return nil
}

// classify asks policy for the tier, and works out who decides.
func (e eyes) classify(p *plan) error {
	r := &p.request
	res, err := e.resource(p)
	if err != nil {
		return err
	}
	p.resource = res
	r.Outlook = outlookOf(e.policies.Classify(e.requester(r), res))
	if len(r.Outlook.Refused) > 0 {
		d := guard.Deny(r.Outlook.Refused[0].ID, "policy refuses this: %s", r.Outlook.Refused[0].Title)
		return d.WithHint("ask for less, or ask security about the rule %s", d.Rule)
	}
	p.resource.Attrs["tier"] = int(r.Outlook.Tier)
	if p.needs, err = e.needs(r, p.client, p.services, r.Outlook.Needs, p.resource); err != nil {
		return err
	}
	r.Eligible = eligible(p.needs)
	return nil
}

// requester is who asked, as policy sees them when others decide.
func (e eyes) requester(r *Request) clientele.Actor {
	if e.actor.ID == r.Requester {
		return e.actor
	}
	if strings.HasPrefix(r.Requester, "svc_") {
		return clientele.Actor{Kind: clientele.MachineActor, ID: r.Requester}
	}
	a, err := identity.ActorOf(e.ctx, e.tx, r.Requester)
	if err != nil { // they left meanwhile
		return clientele.Actor{Kind: clientele.PersonActor, ID: r.Requester}
	}
	return a
}

// resource is the request as the tiers see it.
func (e eyes) resource(p *plan) (policy.Resource, error) {
	r, c := &p.request, p.client
	open := false
	if r.ChangeID != "" {
		rec, err := change.Get(e.ctx, e.tx, r.ChangeID)
		if err != nil {
			return policy.Resource{}, err
		}
		open = rec.OpenAt(e.at)
	}
	masked, verbs, classes, hosts := true, []string{}, []string{}, []string{}
	for _, s := range r.Scopes {
		masked = masked && (s.Verb != clientele.Export || s.Mask != NoMask)
		verbs = append(verbs, string(s.Verb))
	}
	for _, s := range p.services {
		classes, hosts = append(classes, s.DataClasses...), append(hosts, s.Host)
	}
	mine := guard.Mine(e.requester(r))
	return policy.Resource{Type: "Request", ID: r.ID, Attrs: map[string]any{
		"credentials": c.HasSecrets || len(r.Scopes) > 0, "environment": r.Environment, "verbs": unique(verbs),
		"vendor": c.Vendor.Name != "", "masked": masked, "own_team": slices.Contains(mine, c.OwnerID) || slices.Contains(mine, c.TeamID),
		"change_open": open, "data_classes": unique(classes), "hosts": unique(hosts),
		"owner": c.OwnerID, "backup": c.BackupID, "team": c.TeamID, "kind": c.Kind, "tool": c.Tool, "personal": c.Personal,
		"requester": r.Requester, "parties": r.Parties(c.OwnerID),
	}}, nil
}

// lifetime holds what was asked against the longest that policy allows.
func (e eyes) lifetime(p *plan, asked time.Duration) error {
	r := &p.request
	longest := r.Outlook.Lifetime
	if end := p.client.Vendor.ContractEnd; p.client.Vendor.Name != "" && !end.IsZero() {
		longest = min(longest, end.Sub(e.at))
	}
	longest = longest.Truncate(time.Second)
	r.Outlook.Lifetime = longest
	switch {
	case longest < time.Second:
		return clientele.Errorf(clientele.Conflict, "the vendor's contract has ended").WithHint("put the new contract's end on file first")
	case asked < 0 || asked > 0 && asked < time.Second:
		return clientele.Errorf(clientele.Invalid, "a lifetime is at least a second")
	case asked > longest:
		return clientele.Errorf(clientele.Invalid, "at tier %d a grant lives %s at most", r.Outlook.Tier, span(longest)).
			WithHint("ask for that, or leave the lifetime out to get the longest")
	case asked == 0:
		asked = longest
	}
	r.Lifetime = asked.Truncate(time.Second)
	r.Granted = r.Lifetime
	return nil
}

// span writes a time as people say it.
func span(d time.Duration) string {
	if d >= 2*day && d%day == 0 {
		return plural(int64(d/day), "day")
	}
	if d%time.Hour == 0 {
		return plural(int64(d/time.Hour), "hour")
	}
	return d.String()
}
