package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// requestRoutes ask for access and decide on it.
var requestRoutes = []route{
	call("POST", "/v1/requests/dry-run", "try-request", "requests", "See what would come of a request, without asking", "request:dry_run", 200, dryRun),
	do("POST", "/v1/requests", "create-request", "requests", "Ask for access", "request:create", 201, createRequest),
	look("/v1/requests", "list-requests", "requests", "List requests, the newest first", "request:list", listRequests),
	look("/v1/requests/{id}", "get-request", "requests", "See a request, and whose decision it needs", "request:read", getRequest),
	do("POST", "/v1/requests/{id}/approve", "approve-request", "requests", "Approve a request, or less of it", "request:approve", 200, approveRequest),
	do("POST", "/v1/requests/{id}/deny", "deny-request", "requests", "Deny a request", "request:deny", 200, denyRequest),
	do("POST", "/v1/requests/{id}/withdraw", "withdraw-request", "requests", "Take one's own request back", "request:withdraw", 200, withdrawRequest),
}

type requestInput struct{ Body api.AccessRequestInput }

func dryRun(ctx context.Context, h *House, actor clientele.Actor, in *requestInput) (out api.AccessRequest, err error) {
	err = h.Guard.View(ctx, actor, "request:dry_run", func(v *guard.View) error {
		ask, err := askOf(ctx, v.Tx, in.Body)
		if err != nil {
			return err
		}
		f, err := lifecycle.DryRun(ctx, v, ask)
		if err != nil {
			return err
		}
		if out, err = wireRequest(ctx, v.Tx, f.Request, f.Client, f.Needs); err != nil {
			return err
		}
		out.Auto, out.Next = f.Request.Outlook.Auto, forecast(f)
		var e *clientele.Error
		if errors.As(f.Obstacle, &e) {
			out.Obstacle, out.Hint = e.Msg, e.Hint
		} else if f.Obstacle != nil {
			return f.Obstacle
		}
		return nil
	})
	return out, err
}

func forecast(f lifecycle.Forecast) string {
	switch {
	case f.Obstacle != nil:
		return "it would be refused"
	case f.Request.Outlook.Auto:
		return "it would be approved at once"
	}
	return "it would wait for " + needed(f.Needs)
}

func needed(needs []lifecycle.Need) string {
	var parts []string
	for _, n := range needs {
		parts = append(parts, fmt.Sprintf("%d × %s", n.Count, strings.ReplaceAll(n.Office, "_", " ")))
	}
	return strings.Join(parts, " and ")
}

func createRequest(ctx context.Context, act *guard.Act, _ *House, in *requestInput) (api.AccessRequest, error) {
	ask, err := askOf(ctx, act.Tx, in.Body)
	if err != nil {
		return api.AccessRequest{}, err
	}
	r, err := lifecycle.Submit(act, ask)
	if err != nil {
		return api.AccessRequest{}, err
	}
	return requestAnswer(ctx, act.Tx, r.ID)
}

// requestAnswer is a request as it is after an act.
func requestAnswer(ctx context.Context, tx *db.Tx, id string) (api.AccessRequest, error) {
	r, err := lifecycle.GetRequest(ctx, tx, id)
	if err != nil {
		return api.AccessRequest{}, err
	}
	c, err := inventory.Get(ctx, tx, r.Client)
	if err != nil {
		return api.AccessRequest{}, err
	}
	return wireRequest(ctx, tx, r, c, nil)
}

func listRequests(ctx context.Context, v *guard.View, _ *House, in *struct {
	Paged
	Client string `query:"client" maxLength:"64"`
	State  string `query:"state" enum:"pending,approved,denied,expired,withdrawn"`
	Mine   bool   `query:"mine" doc:"only those that concern me"`
}) (api.List[api.AccessRequest], error) {
	f := lifecycle.RequestFilter{Client: clientele.ClientID(in.Client), State: in.State}
	if !v.SeesAll("Request") || in.Mine {
		f.Party = guard.Mine(v.Actor)
	}
	out := api.List[api.AccessRequest]{Items: []api.AccessRequest{}}
	all, next, err := lifecycle.ListRequests(ctx, v.Tx, f, lifecycle.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return out, err
	}
	out.Next = next
	for _, r := range all {
		c, err := inventory.Get(ctx, v.Tx, r.Client)
		if err != nil {
			return out, err
		}
		w, err := wireRequest(ctx, v.Tx, r, c, nil)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, w)
	}
	return out, nil
}

func getRequest(ctx context.Context, v *guard.View, _ *House, in *ID) (api.AccessRequest, error) {
	r, err := lifecycle.GetRequest(ctx, v.Tx, in.ID)
	if clientele.KindOf(err) == clientele.NotFound {
		_ = v.Sees("request:read", lifecycle.Request{}.Resource(inventory.Client{}))
		return api.AccessRequest{}, guard.NotFound("Request")
	}
	if err != nil {
		return api.AccessRequest{}, err
	}
	c, err := inventory.Get(ctx, v.Tx, r.Client)
	if err != nil {
		return api.AccessRequest{}, err
	}
	if err := v.Allow(r.Resource(c)); err != nil {
		return api.AccessRequest{}, err
	}
	needs, err := lifecycle.Deciders(ctx, v, r)
	if err != nil {
		return api.AccessRequest{}, err
	}
	return wireRequest(ctx, v.Tx, r, c, needs)
}

func approveRequest(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.VerdictInput
}) (api.AccessRequest, error) {
	verdict := lifecycle.Verdict{Reason: in.Body.Reason, Lifetime: time.Duration(in.Body.LifetimeHours) * time.Hour}
	for _, s := range in.Body.Scopes {
		scope, err := scopeOf(ctx, act.Tx, s)
		if err != nil {
			return api.AccessRequest{}, err
		}
		verdict.Scopes = append(verdict.Scopes, scope)
	}
	if _, err := lifecycle.Approve(act, in.ID.ID, verdict); err != nil {
		return api.AccessRequest{}, err
	}
	return requestAnswer(ctx, act.Tx, in.ID.ID)
}

func denyRequest(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.DenialInput
}) (api.AccessRequest, error) {
	if _, err := lifecycle.Deny(act, in.ID.ID, in.Body.Reason); err != nil {
		return api.AccessRequest{}, err
	}
	return requestAnswer(ctx, act.Tx, in.ID.ID)
}

func withdrawRequest(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body None
}) (api.AccessRequest, error) {
	if _, err := lifecycle.Withdraw(act, in.ID.ID); err != nil {
		return api.AccessRequest{}, err
	}
	return requestAnswer(ctx, act.Tx, in.ID.ID)
}

// askOf turns the wire's words into the room's.
func askOf(ctx context.Context, tx *db.Tx, in api.AccessRequestInput) (lifecycle.Ask, error) {
	ask := lifecycle.Ask{
		Client: clientele.ClientID(in.Client), Purpose: in.Purpose, Environment: in.Environment,
		Lifetime: time.Duration(in.LifetimeHours) * time.Hour, Change: in.Change,
	}
	for _, s := range in.Scopes {
		scope, err := scopeOf(ctx, tx, s)
		if err != nil {
			return ask, err
		}
		ask.Scopes = append(ask.Scopes, scope)
	}
	if in.Client != "" {
		return ask, nil
	}
	n := lifecycle.NewClient{Name: in.Name, Tool: in.Tool, Kind: in.Kind, Personal: in.Personal, Replaces: clientele.ClientID(in.Replaces)}
	for _, p := range []struct {
		to  *string
		who string
	}{{&n.OwnerID, in.Owner}, {&n.BackupID, in.Backup}, {&n.TeamID, in.Team}} {
		var err error
		if *p.to, err = partyID(ctx, tx, p.who); err != nil {
			return ask, err
		}
	}
	ask.New = &n
	return ask, nil
}

// scopeOf finds the service that a scope names by id, host or name.
func scopeOf(ctx context.Context, tx *db.Tx, in api.ScopeInput) (lifecycle.Scope, error) {
	s, err := findService(ctx, tx, in.Service)
	if err != nil {
		return lifecycle.Scope{}, err
	}
	return lifecycle.Scope{
		ServiceID: s.ID, Method: in.Method, Path: in.Path, Verb: clientele.Verb(in.Verb),
		RowCap: in.RowCap, ByteCap: in.ByteCap, Destination: in.Destination, Mask: in.Mask,
	}, nil
}

func findService(ctx context.Context, tx *db.Tx, text string) (inventory.Service, error) {
	s, err := inventory.GetService(ctx, tx, text)
	if clientele.KindOf(err) != clientele.NotFound {
		return s, err
	}
	if s, err = inventory.FindService(ctx, tx, text); clientele.KindOf(err) != clientele.NotFound {
		return s, err
	}
	return s, clientele.Errorf(clientele.Invalid, "no service has the id, host or name %q", text).WithHint("clientele service list")
}

func wireScope(ctx context.Context, tx *db.Tx, s lifecycle.Scope) (api.Scope, error) {
	service, err := inventory.GetService(ctx, tx, s.ServiceID)
	return api.Scope{Host: service.Host, ScopeInput: api.ScopeInput{
		Service: s.ServiceID, Method: s.Method, Path: s.Path, Verb: string(s.Verb),
		RowCap: s.RowCap, ByteCap: s.ByteCap, Destination: s.Destination, Mask: s.Mask,
	}}, err
}

func wireRequest(ctx context.Context, tx *db.Tx, r lifecycle.Request, c inventory.Client, needs []lifecycle.Need) (api.AccessRequest, error) {
	out := api.AccessRequest{
		ID: r.ID, Client: string(c.ID), ClientName: c.Name, ClientState: string(c.State), Requester: r.Requester,
		Purpose: r.Purpose, Environment: r.Environment, Change: r.ChangeID, Tier: int(r.Outlook.Tier), State: r.State, Auto: r.Auto,
		PolicyVersion: r.Outlook.PolicyVersion, LifetimeHours: int(r.Granted.Hours()), ReviewDays: int(r.Outlook.ReviewEvery.Hours() / 24),
		Scopes: []api.Scope{}, Because: []api.Reason{}, CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt, ExpiresAt: r.ExpiresAt,
	}
	if out.State == "" {
		out.State = lifecycle.Pending // a dry run
	}
	for _, s := range r.Scopes {
		w, err := wireScope(ctx, tx, s)
		if err != nil {
			return out, err
		}
		out.Scopes = append(out.Scopes, w)
	}
	for _, b := range r.Outlook.Because {
		out.Because = append(out.Because, api.Reason{Rule: b.ID, Title: b.Title})
	}
	names, err := namesOf(ctx, tx, peopleOf(r, needs))
	if err != nil {
		return out, err
	}
	out.RequesterName = names[r.Requester]
	out.Decisions = wireDecisions(r.Decisions, names)
	for _, n := range needs {
		w := api.Need{Office: n.Office, Count: n.Count, Who: []api.Approver{}}
		for _, d := range n.Who {
			w.Who = append(w.Who, api.Approver{ID: d.ID, Name: names[d.ID], OnBehalf: d.OnBehalf})
		}
		out.Needs = append(out.Needs, w)
	}
	out.Next = nextOf(out)
	return out, nil
}

func peopleOf(r lifecycle.Request, needs []lifecycle.Need) []string {
	ids := []string{r.Requester}
	for _, d := range r.Decisions {
		ids = append(ids, d.By)
	}
	for _, n := range needs {
		for _, d := range n.Who {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

func wireDecisions(all []lifecycle.Decision, names map[string]string) []api.Decision {
	out := []api.Decision{}
	for _, d := range all {
		out = append(out, api.Decision{By: d.By, ByName: names[d.By], OnBehalf: d.OnBehalf, Offices: d.Offices, Verdict: d.Verdict, Reason: d.Reason, At: d.At})
	}
	return out
}

// nextOf says what comes next for whoever asked.
func nextOf(r api.AccessRequest) string {
	switch r.State {
	case lifecycle.Pending:
		return "it waits for decisions until " + r.ExpiresAt.UTC().Format("2006-01-02 15:04") + " UTC"
	case lifecycle.Approved:
		if r.Auto {
			return fmt.Sprintf("approved at once by policy: usable now, for %d hours", r.LifetimeHours)
		}
		return fmt.Sprintf("approved: usable now, for %d hours", r.LifetimeHours)
	}
	return "it is " + r.State + "; ask again with a new request"
}
