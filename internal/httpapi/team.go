package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/policy"
)

// teamRoutes keep teams.
var teamRoutes = []route{
	look("/v1/teams", "list-teams", "people", "List teams", "person:list", listTeams),
	do("POST", "/v1/teams", "add-team", "people", "Add a team", "person:write", 201, addTeam),
	look("/v1/teams/{id}", "show-team", "people", "Show a team and its people", "team:read", showTeam),
	do("PUT", "/v1/teams/{id}", "rename-team", "people", "Give a team another name", "person:write", 200, renameTeam),
	do("DELETE", "/v1/teams/{id}", "remove-team", "people", "Take a team out of the directory", "person:write", 200, removeTeam),
	do("PUT", "/v1/teams/{id}/members/{person}", "add-member", "people", "Put a person into a team", "person:write", 200, memberAct(identity.AddMember)),
	do("DELETE", "/v1/teams/{id}/members/{person}", "remove-member", "people", "Take a person out of a team", "person:write", 200, memberAct(identity.RemoveMember)),
}

type teamQuery struct {
	Paged
	Search string `query:"search" maxLength:"200" doc:"a part of the name"`
}

func listTeams(ctx context.Context, v *guard.View, _ *House, in *teamQuery) (api.List[api.Team], error) {
	if err := v.Allow(policy.Resource{Type: "Team", ID: guard.All}); err != nil {
		return api.List[api.Team]{}, err
	}
	all, next, err := identity.ListTeams(ctx, v.Tx, in.Search, identity.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireTeam), err
}

func wireTeam(t identity.Team) api.Team {
	return api.Team{
		ID: t.ID, Name: t.Name, ExternalID: t.ExternalID, Source: t.Source, RemovedAt: t.RemovedAt,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
	}
}

// teamWith is a team with its people.
func teamWith(ctx context.Context, tx *db.Tx, id string) (api.Team, error) {
	t, err := identity.GetTeam(ctx, tx, id)
	if err != nil {
		return api.Team{}, err
	}
	out := wireTeam(t)
	out.Members, err = identity.Members(ctx, tx, id)
	return out, err
}

func showTeam(ctx context.Context, v *guard.View, _ *House, in *Who) (api.Team, error) {
	id, err := in.of(ctx, v.Tx, identity.KindTeam)
	if err != nil {
		return api.Team{}, err
	}
	if err := v.Allow(policy.Resource{Type: "Team", ID: id}); err != nil {
		return api.Team{}, err
	}
	return teamWith(ctx, v.Tx, id)
}

func addTeam(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.TeamInput }) (api.Team, error) {
	t := identity.Team{Name: in.Body.Name}
	if err := identity.CreateTeam(act, &t); err != nil {
		return api.Team{}, err
	}
	return teamWith(ctx, act.Tx, t.ID)
}

func renameTeam(ctx context.Context, act *guard.Act, _ *House, in *struct {
	Who
	IfMatch
	Body api.TeamInput
}) (api.Team, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.Team{}, err
	}
	id, err := in.Who.of(ctx, act.Tx, identity.KindTeam)
	if err != nil {
		return api.Team{}, err
	}
	if _, err := identity.RenameTeam(act, id, in.Body.Name, version); err != nil {
		return api.Team{}, err
	}
	return teamWith(ctx, act.Tx, id)
}

func removeTeam(ctx context.Context, act *guard.Act, _ *House, in *Who) (api.Team, error) {
	id, err := in.of(ctx, act.Tx, identity.KindTeam)
	if err != nil {
		return api.Team{}, err
	}
	if err := identity.RemoveTeam(act, id); err != nil {
		return api.Team{}, err
	}
	return teamWith(ctx, act.Tx, id)
}

type membership struct {
	Who
	Person string `path:"person" minLength:"1" maxLength:"320" doc:"the person's id, user name or e-mail address"`
}

func memberAct(run func(act *guard.Act, team, person string) error) func(context.Context, *guard.Act, *House, *membership) (api.Team, error) {
	return func(ctx context.Context, act *guard.Act, _ *House, in *membership) (api.Team, error) {
		team, err := in.of(ctx, act.Tx, identity.KindTeam)
		if err != nil {
			return api.Team{}, err
		}
		person, err := Who{in.Person}.of(ctx, act.Tx, identity.KindPerson)
		switch {
		case err != nil && clientele.KindOf(err) == clientele.NotFound:
			person = in.Person // first the act says whether the caller may know that
		case err != nil:
			return api.Team{}, err
		}
		if err := run(act, team, person); err != nil {
			return api.Team{}, err
		}
		return teamWith(ctx, act.Tx, team)
	}
}
