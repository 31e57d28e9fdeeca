package httpapi

import (
	"context"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/policy"
)

// tokenRoutes keep service accounts and their tokens.
var tokenRoutes = []route{
	look("/v1/service-accounts", "list-service-accounts", "machines", "List service accounts", "person:list", listAccounts),
	do("POST", "/v1/service-accounts", "add-service-account", "machines", "Add a service account", "person:write", 201, addAccount),
	look("/v1/service-accounts/{id}", "show-service-account", "machines", "Show a service account", "machine:read", showAccount),
	do("PUT", "/v1/service-accounts/{id}", "update-service-account", "machines", "Change a service account", "person:write", 200, updateAccount),
	look("/v1/tokens", "list-tokens", "machines", "List machine tokens", "token:list", listTokens),
	call("POST", "/v1/tokens", "create-token", "machines", "Issue a machine token", "token:create", 201, createToken),
	do("POST", "/v1/tokens/{id}/revoke", "revoke-token", "machines", "Revoke a machine token", "token:revoke", 200, revokeToken),
}

func listAccounts(ctx context.Context, v *guard.View, _ *House, in *Paged) (api.List[api.ServiceAccount], error) {
	if err := v.Allow(policy.Resource{Type: "Machine", ID: guard.All}); err != nil {
		return api.List[api.ServiceAccount]{}, err
	}
	all, next, err := identity.ListAccounts(ctx, v.Tx, identity.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return api.List[api.ServiceAccount]{}, err
	}
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	standings, err := identity.Standings(ctx, v.Tx, ids)
	return listOf(all, next, func(a identity.Account) api.ServiceAccount { return wireAccount(a, standings[a.ID].Roles) }), err
}

func wireAccount(a identity.Account, roles []clientele.SystemRole) api.ServiceAccount {
	return api.ServiceAccount{
		ID: a.ID, Name: a.Name, Team: a.TeamID, Purpose: a.Purpose, Active: a.Active, Roles: wireRoles(roles),
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Version: a.Version,
	}
}

func accountWith(ctx context.Context, tx *db.Tx, id string) (api.ServiceAccount, error) {
	a, err := identity.GetAccount(ctx, tx, id)
	if err != nil {
		return api.ServiceAccount{}, err
	}
	roles, err := identity.RolesOf(ctx, tx, id)
	return wireAccount(a, roles), err
}

func showAccount(ctx context.Context, v *guard.View, _ *House, in *Who) (api.ServiceAccount, error) {
	id, err := in.of(ctx, v.Tx, identity.KindAccount)
	if err != nil {
		return api.ServiceAccount{}, err
	}
	if err := v.Allow(policy.Resource{Type: "Machine", ID: id}); err != nil {
		return api.ServiceAccount{}, err
	}
	return accountWith(ctx, v.Tx, id)
}

func addAccount(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.ServiceAccountInput }) (api.ServiceAccount, error) {
	if in.Body.Disabled {
		return api.ServiceAccount{}, clientele.Errorf(clientele.Invalid, "a new service account is not disabled")
	}
	a := identity.Account{Name: in.Body.Name, TeamID: in.Body.Team, Purpose: in.Body.Purpose}
	if err := identity.CreateAccount(act, &a); err != nil {
		return api.ServiceAccount{}, err
	}
	return accountWith(ctx, act.Tx, a.ID)
}

func updateAccount(ctx context.Context, act *guard.Act, _ *House, in *struct {
	Who
	IfMatch
	Body api.ServiceAccountInput
}) (api.ServiceAccount, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.ServiceAccount{}, err
	}
	id, err := in.Who.of(ctx, act.Tx, identity.KindAccount)
	if err != nil {
		return api.ServiceAccount{}, err
	}
	a := identity.Account{ID: id, Name: in.Body.Name, TeamID: in.Body.Team, Purpose: in.Body.Purpose, Active: !in.Body.Disabled}
	if err := identity.UpdateAccount(act, &a, version); err != nil {
		return api.ServiceAccount{}, err
	}
	return accountWith(ctx, act.Tx, id)
}

type tokenQuery struct {
	Paged
	Account string `query:"account" maxLength:"64" doc:"id of a service account"`
}

func listTokens(ctx context.Context, v *guard.View, _ *House, in *tokenQuery) (api.List[api.Token], error) {
	if err := v.Allow(policy.Resource{Type: "Machine", ID: guard.All}); err != nil {
		return api.List[api.Token]{}, err
	}
	all, next, err := identity.ListTokens(ctx, v.Tx, in.Account, identity.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireToken), err
}

func wireToken(t identity.Token) api.Token {
	return api.Token{
		ID: t.ID, Account: t.AccountID, Roles: wireRoles(t.Roles), Label: t.Label, CreatedBy: t.CreatedBy,
		CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt,
	}
}

// createToken is not repeated by an idempotency key: the secret would have to be kept.
func createToken(ctx context.Context, h *House, actor clientele.Actor, in *struct{ Body api.TokenInput }) (api.NewToken, error) {
	roles := make([]clientele.SystemRole, len(in.Body.Roles))
	for i, r := range in.Body.Roles {
		roles[i] = clientele.SystemRole(r)
	}
	var t identity.Token
	var secret clientele.Plaintext
	err := h.Guard.Do(ctx, actor, "token:create", func(act *guard.Act) (err error) {
		t = identity.Token{AccountID: in.Body.Account, Roles: roles, Label: in.Body.Label}
		secret, err = identity.CreateToken(act, &t, time.Duration(in.Body.Minutes)*time.Minute)
		return err
	})
	return api.NewToken{Token: wireToken(t), Secret: secret.Reveal()}, err
}

func revokeToken(ctx context.Context, act *guard.Act, _ *House, in *ID) (api.Token, error) {
	if err := identity.RevokeToken(act, in.ID); err != nil {
		return api.Token{}, err
	}
	t, err := identity.GetToken(ctx, act.Tx, in.ID)
	return wireToken(t), err
}
