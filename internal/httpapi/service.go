package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/reach"
)

// serviceRoutes show and describe services.
var serviceRoutes = []route{
	look("/v1/services", "list-services", "services", "List or search services", "service:list", listServices),
	look("/v1/services/{id}", "show-service", "services", "Show a service with its clients and endpoints", "service:read", showService),
	do("POST", "/v1/services", "add-service", "services", "Make a service known that no scan has seen", "service:write", 201, addService),
	do("PUT", "/v1/services/{id}", "describe-service", "services", "Describe a service: name, environment, owners, data classes", "service:write", 200, describeService),
}

type serviceList struct {
	Paged
	Text        string `query:"text" maxLength:"200" doc:"part of the host or name"`
	Environment string `query:"environment" enum:"production,staging,test,development,local"`
	Owner       string `query:"owner" maxLength:"320" doc:"whose it is, or whose data: me, an id, an e-mail address, or a name"`
	At          string `query:"at" maxLength:"300" doc:"the one at this address: api.example.com, or https://api.example.com"`
}

func listServices(ctx context.Context, v *guard.View, _ *House, in *serviceList) (api.List[api.Service], error) {
	if err := v.Allow(policy.Resource{Type: "Service", ID: guard.All}); err != nil {
		return api.List[api.Service]{}, err
	}
	if in.At != "" {
		s, err := inventory.FindService(ctx, v.Tx, in.At)
		if clientele.KindOf(err) == clientele.NotFound {
			return listOf([]inventory.Service{}, "", wireService), nil
		}
		return listOf([]inventory.Service{s}, "", wireService), err
	}
	owner, err := ownerIDs(ctx, v.Tx, v.Actor, in.Owner)
	if err != nil {
		return api.List[api.Service]{}, err
	}
	all, next, err := inventory.Services(ctx, v.Tx, inventory.ServiceFilter{Text: in.Text, Environment: in.Environment, Owner: owner}, inventory.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireService), err
}

func showService(ctx context.Context, v *guard.View, _ *House, in *ID) (api.ServiceDetail, error) {
	s, err := inventory.GetService(ctx, v.Tx, in.ID)
	if err != nil {
		return api.ServiceDetail{}, err
	}
	if err := v.Allow(s.Resource()); err != nil {
		return api.ServiceDetail{}, err
	}
	seen := clientsSeenBy(v.Policies(), v.Actor)
	clients, moreClients, err := reach.Callers(ctx, v.Tx, s.ID, seen)
	if err != nil {
		return api.ServiceDetail{}, err
	}
	endpoints, moreEndpoints, err := reach.Endpoints(ctx, v.Tx, s.ID, seen)
	if err != nil {
		return api.ServiceDetail{}, err
	}
	out := api.ServiceDetail{Service: wireService(s), Clients: wires(clients, wireReached), Endpoints: wires(endpoints, wireEndpoint), More: moreClients || moreEndpoints}
	if s.OwnerID != "" {
		if out.OwnerName, err = nameOf(ctx, v.Tx, s.OwnerID); err != nil {
			return api.ServiceDetail{}, err
		}
	}
	if s.DataOwnerID != "" {
		out.DataOwnerName, err = nameOf(ctx, v.Tx, s.DataOwnerID)
	}
	return out, err
}

func addService(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.NewService }) (api.Service, error) {
	s := inventory.Service{Name: in.Body.Name, Environment: in.Body.Environment, DataClasses: in.Body.DataClasses}
	if err := act.Allow(s.Resource()); err != nil { // before names are looked up
		return api.Service{}, err
	}
	var err error
	if s.OwnerID, err = decider(ctx, act.Tx, "owner", in.Body.Owner, ""); err != nil {
		return api.Service{}, err
	}
	if s.DataOwnerID, err = decider(ctx, act.Tx, "data_owner", in.Body.DataOwner, ""); err != nil {
		return api.Service{}, err
	}
	err = inventory.AddService(act, in.Body.Address, &s)
	return wireService(s), err
}

func describeService(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
	Body api.ServiceInput
}) (api.Service, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.Service{}, err
	}
	s, err := inventory.GetService(ctx, act.Tx, in.ID.ID)
	if err != nil {
		return api.Service{}, err
	}
	if err := act.Allow(s.Resource()); err != nil { // before names are looked up
		return api.Service{}, err
	}
	s.Name, s.Environment, s.DataClasses = in.Body.Name, in.Body.Environment, in.Body.DataClasses
	if s.OwnerID, err = decider(ctx, act.Tx, "owner", in.Body.Owner, s.OwnerID); err != nil {
		return api.Service{}, err
	}
	if s.DataOwnerID, err = decider(ctx, act.Tx, "data_owner", in.Body.DataOwner, s.DataOwnerID); err != nil {
		return api.Service{}, err
	}
	err = inventory.DescribeService(act, &s, version)
	return wireService(s), err
}

// decider is the id of a person or team that is there, by what people call it. The one it
// is now may stay, even if they have left.
func decider(ctx context.Context, tx *db.Tx, field, who, now string) (string, error) {
	if who == "" || who == now {
		return who, nil
	}
	p, ok, err := identity.Resolve(ctx, tx, who)
	if err != nil {
		return "", err
	}
	if !ok || !p.Active || p.Kind == "service_account" {
		return "", clientele.Errorf(clientele.Invalid, "%s: nobody is called that, or several are: it is a person or a team", field).WithHint("look for them: clientele person list")
	}
	return p.ID, nil
}

// ownerIDs are the ids that a list's owner stands for: nil where it is left open, and an id
// that fits nothing where nobody is called that.
func ownerIDs(ctx context.Context, tx *db.Tx, actor clientele.Actor, who string) ([]string, error) {
	switch who {
	case "":
		return nil, nil
	case "me":
		return guard.Mine(actor), nil
	}
	id, err := partyID(ctx, tx, who)
	return []string{id}, err
}

// clientsSeenBy are the ids under which an actor owns things, if their own clients are all
// they see; nil: they see every client.
func clientsSeenBy(set *policy.Set, actor clientele.Actor) []string {
	if set.Decide(actor, "client:list", policy.Resource{Type: "Client", ID: guard.All}).Allowed {
		return nil
	}
	return guard.Mine(actor)
}

// listedFor is like clientsSeenBy for a list of things of clients, and refuses who may see
// none at all.
func listedFor(v *guard.View, typ string) ([]string, error) {
	if v.SeesAll(typ) {
		return nil, nil
	}
	return guard.Mine(v.Actor), v.Allow(policy.Resource{Type: typ, ID: guard.All, Attrs: map[string]any{"owner": v.Actor.ID}})
}

// wires turns words into what goes onto the wire; none is an empty list there.
func wires[A, B any](all []A, wire func(A) B) []B { return listOf(all, "", wire).Items }

func wireService(s inventory.Service) api.Service {
	return api.Service{
		ID: s.ID, Name: s.Name, Scheme: s.Scheme, Host: s.Host, Environment: s.Environment, Owner: s.OwnerID, DataOwner: s.DataOwnerID,
		DataClasses: append([]string{}, s.DataClasses...), CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, Version: s.Version,
	}
}

func wireReached(c reach.Client) api.ReachedClient {
	return api.ReachedClient{ID: string(c.ID), Name: c.Name, Tool: c.Tool, State: string(c.State), Environment: c.Environment, Owner: c.OwnerID, Count: c.Count, LastSeen: c.LastSeen}
}

func wireEndpoint(e reach.Endpoint) api.ServiceEndpoint {
	return api.ServiceEndpoint{Method: e.Method, Path: e.Path, Verb: string(e.Verb), Clients: e.Clients, FirstSeen: e.FirstSeen, LastSeen: e.LastSeen}
}
