package httpapi

import (
	"context"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/policy"
)

// delegationRoutes lend the power to decide, and take it back.
var delegationRoutes = []route{
	look("/v1/delegations", "list-delegations", "delegations", "List delegations: one's own, or all", "delegation:list", listDelegations),
	do("POST", "/v1/delegations", "create-delegation", "delegations", "Lend one's decisions to someone for a while", "delegation:create", 201, createDelegation),
	do("POST", "/v1/delegations/{id}/end", "end-delegation", "delegations", "Take a delegation back", "delegation:end", 200, endDelegation),
}

func listDelegations(ctx context.Context, v *guard.View, _ *House, in *struct{ Paged }) (api.List[api.Delegation], error) {
	var party []string // all
	if !v.SeesAll("Delegation") {
		party = []string{v.Actor.ID}
		own := policy.Resource{Type: "Delegation", ID: guard.All, Attrs: map[string]any{"from": v.Actor.ID}}
		if err := v.Allow(own); err != nil {
			return api.List[api.Delegation]{}, err
		}
	}
	all, next, err := lifecycle.Delegations(ctx, v.Tx, party, lifecycle.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return api.List[api.Delegation]{}, err
	}
	list := api.List[api.Delegation]{Items: []api.Delegation{}, Next: next}
	for _, d := range all {
		w, err := wireDelegation(ctx, v.Tx, d, v.At)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, w)
	}
	return list, nil
}

func createDelegation(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.DelegationInput }) (api.Delegation, error) {
	b := in.Body
	to, err := partyID(ctx, act.Tx, b.To)
	if err != nil {
		return api.Delegation{}, err
	}
	d, err := lifecycle.Delegate(act, lifecycle.Delegation{Borrower: to, Client: clientele.ClientID(b.Client), StartsAt: b.StartsAt, EndsAt: b.EndsAt})
	if err != nil {
		return api.Delegation{}, withCommand(ctx, act.Tx, err, "clientele person roles "+act.Actor.ID+" …", admins)
	}
	return wireDelegation(ctx, act.Tx, d, act.At)
}

func endDelegation(ctx context.Context, act *guard.Act, _ *House, in *ID) (api.DelegationEnd, error) {
	if err := lifecycle.EndDelegation(act, in.ID); err != nil {
		return api.DelegationEnd{}, withCommand(ctx, act.Tx, err, "clientele delegate end "+in.ID, "whoever lent it")
	}
	return api.DelegationEnd{ID: in.ID, EndedAt: act.At}, nil
}

func wireDelegation(ctx context.Context, tx *db.Tx, d lifecycle.Delegation, at time.Time) (api.Delegation, error) {
	out := api.Delegation{
		ID: d.ID, Lender: d.Lender, Borrower: d.Borrower, Client: string(d.Client), StartsAt: d.StartsAt, EndsAt: d.EndsAt, EndedAt: d.EndedAt,
		Counts: d.EndedAt.IsZero() && !d.StartsAt.After(at) && d.EndsAt.After(at),
	}
	var err error
	if out.LenderName, err = nameOf(ctx, tx, d.Lender); err == nil {
		out.BorrowerName, err = nameOf(ctx, tx, d.Borrower)
	}
	return out, err
}
