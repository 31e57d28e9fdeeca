package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/reach"
)

// credentialRoutes show where secrets stand, and declare them leaked. No value and no
// fingerprint is ever answered.
var credentialRoutes = []route{
	look("/v1/credentials", "list-credentials", "credentials", "List credentials", "credential:list", listCredentials),
	look("/v1/credentials/{id}", "show-credential", "credentials", "Show a credential with its blast radius: who holds it, and where", "credential:list", showCredential),
	call("POST", "/v1/credentials/lookup", "lookup-credential", "credentials", "Find a credential by its keyed fingerprint", "credential:list", 200, lookupCredential),
	do("POST", "/v1/credentials/{id}/leak", "leak-credential", "credentials", "Declare a credential leaked", "credential:leak", 200, leakCredential(inventory.Leak)),
	do("POST", "/v1/credentials/{id}/clear", "clear-credential", "credentials", "Declare a leak contained", "credential:clear", 200, leakCredential(inventory.ClearLeak)),
}

type credentialList struct {
	Paged
	Shared   bool   `query:"shared" doc:"only those that more than one client holds"`
	Leaked   bool   `query:"leaked" doc:"only those that count as known to others"`
	Client   string `query:"client" maxLength:"64" doc:"the id of a client that holds it"`
	Role     string `query:"role" maxLength:"40" doc:"what it is for: password, token, api_key, …"`
	Provider string `query:"provider" maxLength:"100"`
}

func listCredentials(ctx context.Context, v *guard.View, _ *House, in *credentialList) (api.List[api.GovernedCredential], error) {
	seen, err := listedFor(v, "Credential")
	if err != nil {
		return api.List[api.GovernedCredential]{}, err
	}
	all, next, err := reach.Credentials(ctx, v.Tx, reach.CredentialFilter{
		Client: clientele.ClientID(in.Client), Role: in.Role, Provider: in.Provider, Shared: in.Shared, Leaked: in.Leaked, VisibleTo: seen,
	}, inventory.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireCredential), err
}

func showCredential(ctx context.Context, v *guard.View, _ *House, in *ID) (api.CredentialDetail, error) {
	k, err := inventory.GetCredential(ctx, v.Tx, in.ID)
	if err != nil {
		return api.CredentialDetail{}, err
	}
	r, err := reach.CredentialSeenBy(ctx, v.Tx, k, guard.Mine(v.Actor))
	if err != nil {
		return api.CredentialDetail{}, err
	}
	if !v.Sees("credential:list", r) {
		return api.CredentialDetail{}, guard.NotFound("Credential")
	}
	return credentialDetail(ctx, v.Tx, v.Policies(), v.Actor, k.ID)
}

// lookupCredential changes nothing; it is no GET only so that the fingerprint stands in no
// address, and so in no log.
func lookupCredential(ctx context.Context, h *House, actor clientele.Actor, in *struct{ Body api.LookupInput }) (out api.CredentialDetail, err error) {
	err = h.Guard.View(ctx, actor, "credential:list", func(v *guard.View) error {
		if _, err := listedFor(v, "Credential"); err != nil {
			return err
		}
		k, err := h.Intake.FindCredential(ctx, v.Tx, in.Body.Fingerprint)
		if err != nil {
			return err
		}
		out, err = showCredential(ctx, v, h, &ID{k.ID})
		return err
	})
	return out, err
}

// leakCredential is refused as not found to those who do not see the credential; the room
// knows no owner of it.
func leakCredential(run func(*guard.Act, string, string) (inventory.Credential, error)) func(context.Context, *guard.Act, *House, *struct {
	ID
	Body api.ReasonInput
}) (api.CredentialDetail, error) {
	return func(ctx context.Context, act *guard.Act, _ *House, in *struct {
		ID
		Body api.ReasonInput
	}) (api.CredentialDetail, error) {
		k, err := inventory.GetCredential(ctx, act.Tx, in.ID.ID)
		if err != nil {
			return api.CredentialDetail{}, err
		}
		r, err := reach.CredentialSeenBy(ctx, act.Tx, k, guard.Mine(act.Actor))
		if err != nil {
			return api.CredentialDetail{}, err
		}
		if !act.Policies().Decide(act.Actor, "credential:list", r).Allowed {
			return api.CredentialDetail{}, guard.NotFound("Credential")
		}
		if _, err := run(act, k.ID, in.Body.Reason); err != nil {
			return api.CredentialDetail{}, err
		}
		return credentialDetail(ctx, act.Tx, act.Policies(), act.Actor, k.ID)
	}
}

func credentialDetail(ctx context.Context, tx *db.Tx, set *policy.Set, actor clientele.Actor, id string) (api.CredentialDetail, error) {
	k, err := reach.ReadCredential(ctx, tx, id)
	if err != nil {
		return api.CredentialDetail{}, err
	}
	seen := clientsSeenBy(set, actor)
	held, more, err := reach.Holders(ctx, tx, id, seen)
	if err != nil {
		return api.CredentialDetail{}, err
	}
	places, err := reach.PlacesOf(ctx, tx, id, held, seen)
	return api.CredentialDetail{
		GovernedCredential: wireCredential(k), Clients: wires(held, wireReached), Places: wires(places, wireCredentialPlace), More: more || len(places) >= reach.Most,
	}, err
}

func wireCredential(k reach.Credential) api.GovernedCredential {
	return api.GovernedCredential{
		ID: k.ID, Mark: k.Mark, Role: string(k.Role), Class: string(k.Class), Provider: k.Provider, Weak: k.Weak, Holders: k.Clients, Shared: k.Clients > 1,
		Leaked: k.Leaked(), LeakedAt: k.LeakedAt, ClearedAt: k.ClearedAt, ExpiresAt: k.ExpiresAt, FirstSeen: k.FirstSeen, LastSeen: k.LastSeen,
	}
}

func wireCredentialPlace(p inventory.CredentialPlace) api.CredentialPlace {
	return api.CredentialPlace{
		Client: string(p.Client), Host: p.Host, File: p.File, Path: p.Path, Line: p.Line, Name: p.Name, Excerpt: p.Excerpt, Principal: p.Principal,
		FirstSeen: p.FirstSeen, LastSeen: p.LastSeen, GoneAt: p.GoneAt,
	}
}
