package httpapi

import (
	"context"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/reach"
)

// findingRoutes show findings and accept them for a time.
var findingRoutes = []route{
	look("/v1/findings", "list-findings", "findings", "List findings", "finding:list", listFindings),
	look("/v1/findings/{id}", "show-finding", "findings", "Show a finding with its places", "finding:read", showFinding),
	do("POST", "/v1/findings/{id}/suppress", "suppress-finding", "findings", "Accept a finding until a day", "finding:suppress", 200, suppressFinding),
	do("POST", "/v1/findings/{id}/reopen", "reopen-finding", "findings", "End the acceptance of a finding", "finding:suppress", 200, reopenFinding),
}

type findingList struct {
	Paged
	Client   string `query:"client" maxLength:"64" doc:"the id of the client it is on"`
	Rule     string `query:"rule" maxLength:"100"`
	Severity string `query:"severity" enum:"info,low,medium,high,critical" doc:"this or worse"`
	State    string `query:"state" enum:"open,closed,suppressed"`
	Owner    string `query:"owner" maxLength:"320" doc:"who answers for the client, as owner, backup, team or steward: me, an id, an e-mail address, or a name"`
}

func listFindings(ctx context.Context, v *guard.View, _ *House, in *findingList) (api.List[api.GovernedFinding], error) {
	seen, err := listedFor(v, "Finding")
	if err != nil {
		return api.List[api.GovernedFinding]{}, err
	}
	f := inventory.FindingFilter{Client: clientele.ClientID(in.Client), Rule: in.Rule, State: in.State, VisibleTo: seen}
	if in.Severity != "" {
		if err := f.Severity.UnmarshalText([]byte(in.Severity)); err != nil {
			return api.List[api.GovernedFinding]{}, err
		}
	}
	page := inventory.Page{Limit: in.Limit, After: in.After}
	if in.Owner == "" {
		all, next, err := inventory.Findings(ctx, v.Tx, f, page)
		return listOf(all, next, wireFinding), err
	}
	owner, err := ownerIDs(ctx, v.Tx, v.Actor, in.Owner)
	if err != nil {
		return api.List[api.GovernedFinding]{}, err
	}
	all, next, err := reach.FindingsOf(ctx, v.Tx, owner, f, page)
	return listOf(all, next, wireFinding), err
}

func showFinding(ctx context.Context, v *guard.View, _ *House, in *ID) (api.GovernedFinding, error) {
	f, err := inventory.GetFinding(ctx, v.Tx, in.ID)
	if err != nil {
		return api.GovernedFinding{}, err
	}
	c, err := inventory.Get(ctx, v.Tx, f.Client)
	if err != nil {
		return api.GovernedFinding{}, err
	}
	if err := v.Allow(f.Resource(c)); err != nil {
		return api.GovernedFinding{}, err
	}
	places, err := inventory.FindingPlaces(ctx, v.Tx, f.ID)
	out := wireFinding(f)
	out.Places = wires(places, wireFindingPlace)
	return out, err
}

func suppressFinding(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.SuppressInput
}) (api.GovernedFinding, error) {
	until := in.Body.Until
	if until.IsZero() { // which would reopen it
		until = act.At
	}
	return settleFinding(ctx, act, in.ID.ID, until, in.Body.Reason)
}

func reopenFinding(ctx context.Context, act *guard.Act, _ *House, in *ID) (api.GovernedFinding, error) {
	return settleFinding(ctx, act, in.ID, time.Time{}, "")
}

func settleFinding(ctx context.Context, act *guard.Act, id string, until time.Time, reason string) (api.GovernedFinding, error) {
	if err := inventory.SuppressFinding(act, id, until, reason); err != nil {
		return api.GovernedFinding{}, err
	}
	f, err := inventory.GetFinding(ctx, act.Tx, id)
	return wireFinding(f), err
}

func wireFinding(f inventory.Finding) api.GovernedFinding {
	return api.GovernedFinding{
		ID: f.ID, Client: string(f.Client), Rule: f.Rule, Severity: f.Severity.String(), State: f.State, Message: f.Message, Remedy: f.Remedy,
		Credential: f.CredentialID, Excuse: f.Excuse, OpenedAt: f.OpenedAt, ClosedAt: f.ClosedAt, Reopened: f.Reopened,
		SuppressedUntil: f.SuppressedUntil, SuppressedBy: f.SuppressedBy, SuppressedFor: f.SuppressedFor,
	}
}

func wireFindingPlace(p inventory.FindingPlace) api.FindingPlace {
	return api.FindingPlace{Host: p.Host, File: p.File, Path: p.Path, Line: p.Line, LastSeen: p.LastSeen, GoneAt: p.GoneAt}
}
