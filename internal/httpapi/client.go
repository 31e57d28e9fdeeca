package httpapi

import (
	"context"
	"strconv"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// clientRoutes show and describe clients. What moves them is in moveRoutes.
var clientRoutes = []route{
	look("/v1/clients", "list-clients", "clients", "List or search clients", "client:list", listClients),
	look("/v1/clients/{id}", "show-client", "clients", "Show a client with what is known of it", "client:read", showClient),
	do("PUT", "/v1/clients/{id}", "describe-client", "clients", "Describe a client: name, purpose, environment, steward", "client:describe", 200, describeClient),
}

type clientList struct {
	Paged
	Text        string   `query:"text" maxLength:"200" doc:"words that stand in its name, tool, vendor, purpose or hosts; if none has three letters, each begins its name"`
	State       string   `query:"state" enum:"discovered,claimed,requested,active,suspended,quarantined,retiring,retired,rejected"`
	Owner       string   `query:"owner" maxLength:"320" doc:"who answers for it, as owner, backup, team or steward: me, an id, an e-mail address, or a name"`
	Environment string   `query:"environment" enum:"production,staging,test,development,local"`
	Tool        string   `query:"tool" maxLength:"64" doc:"postman, psql, claude-code, …"`
	Kind        string   `query:"kind" enum:"api_client,data_store_client,cli,agent,ci_job,script,browser,source_code"`
	Tier        string   `query:"tier" enum:"0,1,2,3,4"`
	Risk        string   `query:"risk" enum:"info,low,medium,high,critical" doc:"this or worse"`
	Rule        string   `query:"rule" maxLength:"100" doc:"an open finding of this rule is on it"`
	Condition   []string `query:"condition" maxItems:"6" enum:"orphaned,dormant,overdue,leaked,shared,vendor_exit" doc:"what is true of it now; several with commas: all of them"`
}

// filter turns the query into words, but for whose clients they are.
func (in *clientList) filter() (inventory.Filter, error) {
	f := inventory.Filter{Text: in.Text, State: clientele.State(in.State), Environment: in.Environment, Tool: in.Tool, Kind: in.Kind, Rule: in.Rule}
	for _, c := range in.Condition {
		switch clientele.ConditionName(c) {
		case clientele.Orphaned:
			f.Orphaned = true
		case clientele.Dormant:
			f.Dormant = true
		case clientele.Overdue:
			f.Overdue = true
		case clientele.Leaked:
			f.Leaked = true
		case clientele.Shared:
			f.Shared = true
		case clientele.VendorExit:
			f.VendorExit = true
		}
	}
	if in.Tier != "" {
		n, err := strconv.Atoi(in.Tier)
		if err != nil {
			return f, clientele.Errorf(clientele.Invalid, "a tier is a number")
		}
		tier := clientele.Tier(n)
		f.Tier = &tier
	}
	if in.Risk == "" {
		return f, nil
	}
	return f, f.Risk.UnmarshalText([]byte(in.Risk))
}

func listClients(ctx context.Context, v *guard.View, _ *House, in *clientList) (api.List[api.GovernedClient], error) {
	seen, err := listedFor(v, "Client")
	if err != nil {
		return api.List[api.GovernedClient]{}, err
	}
	f, err := in.filter()
	if err != nil {
		return api.List[api.GovernedClient]{}, err
	}
	f.Now, f.VisibleTo = v.At, seen
	if f.Owner, err = ownerIDs(ctx, v.Tx, v.Actor, in.Owner); err != nil {
		return api.List[api.GovernedClient]{}, err
	}
	all, next, err := inventory.Search(ctx, v.Tx, f, inventory.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return api.List[api.GovernedClient]{}, err
	}
	list := listOf(all, next, wireClient)
	names := map[string]string{"": ""}
	for i := range list.Items {
		if list.Items[i].OwnerName, err = knownAs(ctx, v.Tx, names, list.Items[i].Owner); err != nil {
			return api.List[api.GovernedClient]{}, err
		}
	}
	return list, nil
}

// knownAs is nameOf, asked once for each id; names holds "" for no id.
func knownAs(ctx context.Context, tx *db.Tx, names map[string]string, id string) (string, error) {
	if name, ok := names[id]; ok {
		return name, nil
	}
	name, err := nameOf(ctx, tx, id)
	names[id] = name
	return name, err
}

func showClient(ctx context.Context, v *guard.View, _ *House, in *ID) (api.ClientDetail, error) {
	c, err := inventory.Get(ctx, v.Tx, clientele.ClientID(in.ID))
	if err != nil {
		return api.ClientDetail{}, err
	}
	if err := v.Allow(c.Resource()); err != nil {
		return api.ClientDetail{}, err
	}
	out := api.ClientDetail{GovernedClient: wireClient(c), Conditions: []api.ClientCondition{}}
	names := map[string]string{"": ""}
	for id, to := range map[string]*string{c.OwnerID: &out.OwnerName, c.BackupID: &out.BackupName, c.TeamID: &out.TeamName, c.StewardID: &out.StewardName} {
		if *to, err = knownAs(ctx, v.Tx, names, id); err != nil {
			return api.ClientDetail{}, err
		}
	}
	conditions, err := lifecycle.Conditions(ctx, v.Tx, c, v.At)
	if err != nil {
		return api.ClientDetail{}, err
	}
	for _, k := range conditions {
		out.Conditions = append(out.Conditions, api.ClientCondition{Name: string(k.Name), Reasons: k.Reasons})
	}
	return out, addLists(ctx, v, c.ID, &out)
}

// addLists reads what scans say of a client. Duplicates that the one who asks may not see
// are left out.
func addLists(ctx context.Context, v *guard.View, id clientele.ClientID, out *api.ClientDetail) error {
	candidates, err := inventory.Candidates(ctx, v.Tx, id)
	if err != nil {
		return err
	}
	sightings, err := inventory.Sightings(ctx, v.Tx, id)
	if err != nil {
		return err
	}
	endpoints, err := inventory.Endpoints(ctx, v.Tx, id)
	if err != nil {
		return err
	}
	identities, err := inventory.Identities(ctx, v.Tx, id)
	if err != nil {
		return err
	}
	duplicates, err := inventory.Duplicates(ctx, v.Tx, id)
	if err != nil {
		return err
	}
	out.Candidates, out.Sightings = wires(candidates, wireCandidate), wires(sightings, wireSighting)
	out.Endpoints, out.Identities = wires(endpoints, wireClientEndpoint), wires(identities, wireIdentity)
	for _, d := range duplicates {
		c, err := inventory.Get(ctx, v.Tx, d)
		if err != nil {
			return err
		}
		if v.Sees("client:read", c.Resource()) {
			out.Duplicates = append(out.Duplicates, string(d))
		}
	}
	return nil
}

func describeClient(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
	Body api.ClientInput
}) (api.GovernedClient, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.GovernedClient{}, err
	}
	steward, err := partyID(ctx, act.Tx, in.Body.Steward)
	if err != nil {
		return api.GovernedClient{}, err
	}
	c, err := inventory.Describe(act, clientele.ClientID(in.ID.ID), inventory.Description{Name: in.Body.Name, Purpose: in.Body.Purpose, Environment: in.Body.Environment, StewardID: steward}, version)
	if err == nil && steward == nobody {
		err = clientele.Errorf(clientele.Invalid, "there is no such steward").WithHint("name a person or team by id, e-mail address or name")
	}
	return wireClient(c), withCommand(ctx, act.Tx, err, "clientele client describe "+in.ID.ID)
}

func wireClient(c inventory.Client) api.GovernedClient {
	return api.GovernedClient{
		ID: string(c.ID), Name: c.Name, Tool: c.Tool, Kind: c.Kind, Environment: c.Environment, State: string(c.State), Tier: int(c.Tier),
		Owner: c.OwnerID, Attested: !c.AttestedAt.IsZero(), Backup: c.BackupID, Team: c.TeamID, Steward: c.StewardID, Personal: c.Personal, Purpose: c.Purpose,
		Vendor: c.Vendor.Name, Replaces: string(c.Replaces), Risk: c.Risk.String(), HasSecrets: c.HasSecrets, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		FirstSeenAt: c.FirstSeenAt, LastSeenAt: c.LastSeenAt, LastUsedAt: c.LastUsedAt, NextReviewAt: c.NextReviewAt, SuspendedAt: c.SuspendedAt, Version: c.Version,
	}
}

func wireCandidate(c inventory.Candidate) api.ClientCandidate {
	return api.ClientCandidate{Who: c.Who, Kind: string(c.Kind), Evidence: c.Evidence, Confidence: c.Confidence, Party: c.PartyID}
}

func wireSighting(s inventory.Sighting) api.ClientSighting {
	return api.ClientSighting{Host: s.Host, Path: s.Path, Files: s.Files, Repository: s.Repository, FirstSeen: s.FirstSeen, LastSeen: s.LastSeen, GoneAt: s.GoneAt}
}

func wireClientEndpoint(e inventory.Endpoint) api.ClientEndpoint {
	return api.ClientEndpoint{
		Service: e.ServiceID, Scheme: e.Scheme, Host: e.Host, Method: e.Method, Path: e.Path, Verb: string(e.Verb), Auth: e.Auth, FirstSeen: e.FirstSeen, LastSeen: e.LastSeen,
	}
}

func wireIdentity(i inventory.Identity) api.ClientIdentity {
	return api.ClientIdentity{
		Scheme: i.Scheme, Principal: i.Principal, Kind: string(i.Kind), Issuer: i.Issuer, Audience: i.Audience, Scopes: i.Scopes, ExpiresAt: i.ExpiresAt, LastSeen: i.LastSeen,
	}
}
