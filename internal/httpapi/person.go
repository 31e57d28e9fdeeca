package httpapi

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/scim/peoplecsv"
	"github.com/danielgtaylor/huma/v2"
)

// personRoutes keep people and their system roles.
var personRoutes = []route{
	look("/v1/people", "list-people", "people", "List people", "person:list", listPeople),
	do("POST", "/v1/people", "add-person", "people", "Add a person", "person:write", 201, addPerson),
	call("POST", "/v1/people/import", "import-people", "people", "Make the directory say what a CSV file says", "person:write", 200, importPeople).
		with(func(op *huma.Operation) { op.MaxBodyBytes = maxRequest }),
	look("/v1/people/{id}", "show-person", "people", "Show a person", "person:read", showPerson),
	do("PUT", "/v1/people/{id}", "update-person", "people", "Change what is known of a person", "person:write", 200, updatePerson),
	look("/v1/people/{id}/leaver", "preview-leaver", "people", "Show what a person leaves behind, or would", "leaver:report", previewLeaver),
	do("POST", "/v1/people/{id}/leave", "end-person", "people", "End a person's access and what hangs on it", "person:leave", 200, leavePerson),
	do("POST", "/v1/people/{id}/return", "return-person", "people", "Bring back somebody who had left", "person:write", 200, personAct(identity.Return)),
	do("POST", "/v1/people/{id}/unlink", "unlink-person", "people", "Forget by which account a person signs in", "person:write", 200, personAct(identity.Unlink)),
	do("POST", "/v1/people/{id}/sign-out", "sign-out-person", "people", "End every session of a person", "person:write", 200, personAct(identity.EndAll)),
	do("POST", "/v1/people/{id}/shred", "shred-person", "people", "Destroy what is known of a person who has left", "person:shred", 200, shredPerson),
	call("POST", "/v1/people/{id}/link", "link-person", "people", "Make a one-time link for a person", "link:create", 201, linkPerson),
	look("/v1/roles/{id}", "list-roles", "people", "List the system roles that somebody has or had", "person:read", listRoles),
	do("PUT", "/v1/roles/{id}", "set-roles", "people", "Give and take system roles", "role:assign", 200, setRoles),
}

// Who is the path of a route about a person, team or service account.
type Who struct {
	ID string `path:"id" maxLength:"320" minLength:"1" doc:"its id, or a name or e-mail address that is its alone"`
}

// of finds the id of one of a kind; what is not there gives an id that is not there either.
func (w Who) of(ctx context.Context, tx *db.Tx, kind string) (string, error) {
	p, ok, err := identity.Resolve(ctx, tx, w.ID)
	if err == nil && (!ok || p.Kind != kind) {
		err = guard.NotFound(map[string]string{identity.KindPerson: "Person", identity.KindTeam: "Team", identity.KindAccount: "Machine"}[kind])
	}
	return p.ID, err
}

type peopleQuery struct {
	Paged
	Search string `query:"search" maxLength:"200" doc:"a part of a name, user name or e-mail address"`
	Active string `query:"active" enum:"yes,no"`
	Team   string `query:"team" maxLength:"64" doc:"id of a team"`
	Role   string `query:"role" enum:"viewer,owner,approver,security,auditor,admin"`
}

func listPeople(ctx context.Context, v *guard.View, _ *House, in *peopleQuery) (api.List[api.Person], error) {
	if err := v.Allow(policy.Resource{Type: "Person", ID: guard.All}); err != nil {
		return api.List[api.Person]{}, err
	}
	all, next, err := identity.ListPeople(ctx, v.Tx, identity.PeopleQuery{
		Page: identity.Page{Limit: in.Limit, After: in.After}, Search: in.Search, Active: in.Active, Team: in.Team, Role: clientele.SystemRole(in.Role),
	})
	if err != nil {
		return api.List[api.Person]{}, err
	}
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	standings, err := identity.Standings(ctx, v.Tx, ids)
	return listOf(all, next, func(p identity.Person) api.Person { return wirePerson(p, standings[p.ID]) }), err
}

// personWith is a person as they are after an act, or to be looked at.
func personWith(ctx context.Context, tx *db.Tx, id string) (api.Person, error) {
	p, err := identity.GetPerson(ctx, tx, id)
	if err != nil {
		return api.Person{}, err
	}
	standings, err := identity.Standings(ctx, tx, []string{p.ID})
	return wirePerson(p, standings[p.ID]), err
}

func wirePerson(p identity.Person, s identity.Standing) api.Person {
	return api.Person{
		ID: p.ID, UserName: p.UserName, Email: p.Email, DisplayName: p.DisplayName, Title: p.Title, Department: p.Department, Manager: p.Manager,
		ExternalID: p.ExternalID, Source: p.Source, SignsIn: p.Subject != "", Active: p.Active, Roles: wireRoles(s.Roles), Teams: append([]string{}, s.Teams...),
		LeftAt: p.LeftAt, ShreddedAt: p.ShreddedAt, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Version: p.Version,
	}
}

func wireRoles(roles []clientele.SystemRole) []string {
	list := make([]string, len(roles))
	for i, r := range roles {
		list[i] = string(r)
	}
	return list
}

func showPerson(ctx context.Context, v *guard.View, _ *House, in *Who) (api.Person, error) {
	id, err := in.of(ctx, v.Tx, identity.KindPerson)
	if err != nil {
		return api.Person{}, err
	}
	p, err := personWith(ctx, v.Tx, id)
	if err != nil {
		return api.Person{}, err
	}
	return p, v.Allow(identity.Person{ID: p.ID, Active: p.Active, Source: p.Source}.Resource())
}

func personOf(in api.PersonInput) identity.Person {
	return identity.Person{
		UserName: in.UserName, Email: in.Email, DisplayName: in.DisplayName, Title: in.Title,
		Department: in.Department, Manager: in.Manager, ExternalID: in.ExternalID,
	}
}

func addPerson(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.PersonInput }) (api.Person, error) {
	p := personOf(in.Body)
	if err := identity.CreatePerson(act, &p); err != nil {
		return api.Person{}, err
	}
	return personWith(ctx, act.Tx, p.ID)
}

func updatePerson(ctx context.Context, act *guard.Act, _ *House, in *struct {
	Who
	IfMatch
	Body api.PersonInput
}) (api.Person, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.Person{}, err
	}
	p := personOf(in.Body)
	if p.ID, err = in.Who.of(ctx, act.Tx, identity.KindPerson); err != nil {
		return api.Person{}, err
	}
	if err := identity.UpdatePerson(act, &p, version); err != nil {
		return api.Person{}, err
	}
	return personWith(ctx, act.Tx, p.ID)
}

// personAct is a route for an act upon one person that answers with them.
func personAct(run func(act *guard.Act, id string) error) func(context.Context, *guard.Act, *House, *Who) (api.Person, error) {
	return func(ctx context.Context, act *guard.Act, _ *House, in *Who) (api.Person, error) {
		id, err := in.of(ctx, act.Tx, identity.KindPerson)
		if err != nil {
			return api.Person{}, err
		}
		if err := run(act, id); err != nil {
			return api.Person{}, err
		}
		return personWith(ctx, act.Tx, id)
	}
}

func shredPerson(ctx context.Context, act *guard.Act, h *House, in *ID) (api.Person, error) {
	if err := identity.Shred(act, in.ID, h.Guard.Log().Shred); err != nil {
		return api.Person{}, err
	}
	return personWith(ctx, act.Tx, in.ID)
}

func previewLeaver(ctx context.Context, v *guard.View, _ *House, in *Who) (api.LeaverReport, error) {
	id, err := in.of(ctx, v.Tx, identity.KindPerson)
	if err != nil {
		return api.LeaverReport{}, err
	}
	if err := v.Allow(policy.Resource{Type: "Person", ID: id}); err != nil {
		return api.LeaverReport{}, err
	}
	report, err := lifecycle.Leaver(ctx, v.Tx, id)
	return wireLeaver(report), err
}

func leavePerson(ctx context.Context, act *guard.Act, _ *House, in *Who) (api.LeaverReport, error) {
	id, err := in.of(ctx, act.Tx, identity.KindPerson)
	if err != nil {
		return api.LeaverReport{}, err
	}
	report, err := lifecycle.Leave(act, id)
	return wireLeaver(report), err
}

func wireLeaver(r lifecycle.LeaverReport) api.LeaverReport {
	out := api.LeaverReport{Person: r.Person.ID, Personal: []api.LeaverClient{}, HandOver: []api.LeaverClient{}, Exposed: []api.ExposedSecret{}}
	for _, c := range r.Personal {
		out.Personal = append(out.Personal, api.LeaverClient{ID: string(c.ID), Name: c.Name, Environment: c.Environment, State: string(c.State)})
	}
	for _, s := range r.HandOver {
		c := api.LeaverClient{ID: string(s.Client.ID), Name: s.Client.Name, Environment: s.Client.Environment, State: string(s.Client.State), As: s.As}
		for _, to := range s.To {
			c.To = append(c.To, api.Successor{ID: to.ID, Name: to.Name, Why: to.Why})
		}
		out.HandOver = append(out.HandOver, c)
	}
	for _, c := range r.Exposed {
		out.Exposed = append(out.Exposed, api.ExposedSecret{ID: c.ID, Role: string(c.Role), Provider: c.Provider, ExpiresAt: c.ExpiresAt, Clients: c.Clients})
	}
	return out
}

// linkPerson is not repeated by an idempotency key: the secret would have to be kept.
func linkPerson(ctx context.Context, h *House, actor clientele.Actor, in *Who) (api.OneTimeLink, error) {
	var secret clientele.Plaintext
	var until time.Time
	err := h.Guard.Do(ctx, actor, "link:create", func(act *guard.Act) error {
		id, err := in.of(act.Context(), act.Tx, identity.KindPerson)
		if err != nil {
			return err
		}
		until = act.At.Add(identity.LinkTTL)
		secret, err = identity.NewLink(act, id)
		return err
	})
	return api.OneTimeLink{URL: h.BaseURL + "/sign-in#" + secret.Reveal(), ExpiresAt: until}, err
}

type peopleFile struct {
	DryRun  bool   `query:"dry_run" doc:"only say what it would do"`
	RawBody []byte `contentType:"text/csv" required:"true"`
}

// errDryRun ends an act that was only to be tried.
var errDryRun = errors.New("a dry run")

// importPeople may be repeated: a file that was imported changes nothing.
func importPeople(ctx context.Context, h *House, actor clientele.Actor, in *peopleFile) (api.Import, error) {
	rows, err := peoplecsv.Read(bytes.NewReader(in.RawBody))
	if err != nil {
		return api.Import{}, faultsOf(ctx, err)
	}
	var sum identity.Summary
	err = h.Guard.Do(ctx, actor, "person:write", func(act *guard.Act) error {
		sum, err = identity.Import(act, rows, leave)
		if err == nil && in.DryRun {
			err = errDryRun
		}
		return err
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return api.Import{
		DryRun: in.DryRun, Created: sum.Created, Updated: sum.Updated, Unchanged: sum.Unchanged, Left: sum.Left, Skipped: sum.Skipped,
		Missing: append([]string{}, sum.Missing...), Gone: append([]string{}, sum.Gone...),
	}, err
}

// faultsOf is the problem of a file with several mistakes, each of which names its line.
func faultsOf(ctx context.Context, err error) error {
	var list interface{ Unwrap() []error }
	if !errors.As(err, &list) {
		return err
	}
	p := problem(ctx, clientele.Errorf(clientele.Invalid, "the file has mistakes").WithHint("nothing was changed: mend them and send it again"))
	for _, e := range list.Unwrap() {
		p.Errors = append(p.Errors, api.Fault{Where: "body", Message: e.Error()})
	}
	return p
}

// leave is what the house does when a person leaves.
func leave(act *guard.Act, id string) error {
	_, err := lifecycle.Leave(act, id)
	return err
}

func listRoles(ctx context.Context, v *guard.View, _ *House, in *Who) (api.List[api.RoleGrant], error) {
	p, err := holder(ctx, v.Tx, in)
	if err != nil {
		return api.List[api.RoleGrant]{}, err
	}
	if err := v.Allow(policy.Resource{Type: "Person", ID: p}); err != nil {
		return api.List[api.RoleGrant]{}, err
	}
	all, err := identity.RoleHistory(ctx, v.Tx, p)
	return listOf(all, "", wireRoleGrant), err
}

// holder is the id of a person or service account.
func holder(ctx context.Context, tx *db.Tx, in *Who) (string, error) {
	p, ok, err := identity.Resolve(ctx, tx, in.ID)
	if err == nil && (!ok || p.Kind == identity.KindTeam) {
		err = guard.NotFound("Person")
	}
	return p.ID, err
}

func wireRoleGrant(g identity.RoleGrant) api.RoleGrant {
	return api.RoleGrant{Role: string(g.Role), GivenBy: g.GivenBy, GivenAt: g.GivenAt, EndedBy: g.EndedBy, EndedAt: g.EndedAt}
}

func setRoles(ctx context.Context, act *guard.Act, _ *House, in *struct {
	Who
	Body api.RolesInput
}) (api.List[api.RoleGrant], error) {
	id, err := holder(ctx, act.Tx, &in.Who)
	if err != nil {
		return api.List[api.RoleGrant]{}, err
	}
	roles := make([]clientele.SystemRole, len(in.Body.Roles))
	for i, r := range in.Body.Roles {
		roles[i] = clientele.SystemRole(r)
	}
	if err := identity.SetRoles(act, id, roles); err != nil {
		return api.List[api.RoleGrant]{}, err
	}
	all, err := identity.RoleHistory(ctx, act.Tx, id)
	return listOf(all, "", wireRoleGrant), err
}
