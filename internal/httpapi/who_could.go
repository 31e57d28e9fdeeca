package httpapi

import (
	"context"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// grantRoutes tell what clients may do, and who could do what at a time.
var grantRoutes = []route{
	look("/v1/who-could", "who-could", "grants", "Who could do something at a time, as known at a time", "grant:list", whoCould),
	look("/v1/clients/{id}/grants", "list-grants", "grants", "A client's grants, with all versions of each", "grant:list", listGrants),
	do("POST", "/v1/grants/{id}/revoke", "revoke-grant", "grants", "Revoke a grant", "grant:revoke", 200,
		func(_ context.Context, act *guard.Act, _ *House, in *struct {
			ID
			Body api.DenialInput
		}) (None, error) {
			return None{}, lifecycle.RevokeGrant(act, in.ID.ID, in.Body.Reason)
		}),
}

func whoCould(ctx context.Context, v *guard.View, _ *House, in *struct {
	Paged
	Verb    string    `query:"verb" enum:"read,write,admin,export"`
	What    string    `query:"what" maxLength:"300" doc:"a service's id, host or name, or a data class"`
	Client  string    `query:"client" maxLength:"64"`
	At      time.Time `query:"at" doc:"when they could; left out: now"`
	KnownAt time.Time `query:"known_at" doc:"as who looked then would have been told; left out: as known now"`
}) (api.List[api.WhoCould], error) {
	q := lifecycle.Question{What: in.What, Verb: clientele.Verb(in.Verb), Client: clientele.ClientID(in.Client), At: in.At.UTC(), KnownAt: in.KnownAt.UTC()}
	if in.At.IsZero() {
		q.At = v.At
	}
	if in.KnownAt.IsZero() {
		q.KnownAt = v.At
	}
	if !v.SeesAll("Client") {
		q.Owners = guard.Mine(v.Actor)
	}
	out := api.List[api.WhoCould]{Items: []api.WhoCould{}}
	all, next, err := lifecycle.Could(ctx, v.Tx, q, lifecycle.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return out, err
	}
	out.Next = next
	var ids []string
	for _, a := range all {
		ids = append(ids, a.OwnerID)
		for _, d := range a.Decisions {
			ids = append(ids, d.By)
		}
	}
	names, err := namesOf(ctx, v.Tx, ids)
	if err != nil {
		return out, err
	}
	for _, a := range all {
		out.Items = append(out.Items, api.WhoCould{
			Grant: wireGrant(a.Grant, a.Host), ClientName: a.ClientName, Owner: a.OwnerID, OwnerName: names[a.OwnerID], Attested: a.Attested,
			Requester: a.Requester, Auto: a.Auto, BreakGlass: a.BreakGlass, Decisions: wireDecisions(a.Decisions, names),
		})
	}
	return out, nil
}

func wireGrant(g lifecycle.Grant, host string) api.Grant {
	return api.Grant{
		Scope: api.Scope{Host: host, ScopeInput: api.ScopeInput{
			Service: g.ServiceID, Method: g.Method, Path: g.Path, Verb: string(g.Verb),
			RowCap: g.RowCap, ByteCap: g.ByteCap, Destination: g.Destination, Mask: g.Mask,
		}},
		ID: g.ID, Client: string(g.Client), ServiceID: g.ServiceID, Request: g.RequestID, Change: g.ChangeID, Tier: int(g.Tier), PolicyVersion: g.PolicyVersion,
		ValidFrom: g.ValidFrom, ValidTo: g.ValidTo, RecordedAt: g.RecordedAt, SupersededAt: g.SupersededAt,
	}
}

func listGrants(ctx context.Context, v *guard.View, _ *House, in *struct {
	ID
	Paged
}) (api.List[api.Grant], error) {
	out := api.List[api.Grant]{Items: []api.Grant{}}
	if err := visible(ctx, v, in.ID.ID); err != nil {
		return out, err
	}
	all, next, err := lifecycle.GrantHistory(ctx, v.Tx, clientele.ClientID(in.ID.ID), lifecycle.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return out, err
	}
	out.Next = next
	hosts := map[string]string{}
	for _, g := range all {
		if _, ok := hosts[g.ServiceID]; !ok {
			s, err := inventory.GetService(ctx, v.Tx, g.ServiceID)
			if err != nil {
				return out, err
			}
			hosts[g.ServiceID] = s.Host
		}
		out.Items = append(out.Items, wireGrant(g, hosts[g.ServiceID]))
	}
	return out, nil
}

// visible answers NotFound for a client that is not there, as for one that the actor may not
// see.
func visible(ctx context.Context, v *guard.View, id string) error {
	c, err := inventory.Get(ctx, v.Tx, clientele.ClientID(id))
	if clientele.KindOf(err) == clientele.NotFound {
		_ = v.SeesAll("Client")
		return guard.NotFound("Client")
	}
	if err != nil {
		return err
	}
	if !v.Sees("client:read", c.Resource()) {
		return guard.NotFound("Client")
	}
	return nil
}
