package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Team is a group of people that may own clients.
type Team struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	ExternalID string    `json:"external_id,omitempty" doc:"the identity provider's"`
	Source     string    `json:"source" enum:"local,scim,csv" doc:"who keeps it"`
	Members    []string  `json:"members,omitempty" doc:"ids of its active people; only when one team is asked for"`
	RemovedAt  time.Time `json:"removed_at,omitzero"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	Version    int64     `json:"version"`
}

// ETag is the version, for If-Match.
func (t Team) ETag() string { return fmt.Sprintf(`"%d"`, t.Version) }

// TeamInput names a team.
type TeamInput struct {
	Name string `json:"name" minLength:"1" maxLength:"300" doc:"unique, whatever the case of its letters"`
}

func teamPath(id, more string) string { return "/v1/teams/" + url.PathEscape(id) + more }

// Teams lists teams: a query may have search, limit and after.
func (r *Remote) Teams(ctx context.Context, query url.Values) (List[Team], error) {
	var out List[Team]
	return out, r.Get(ctx, "/v1/teams", query, &out)
}

// Team is one team with its people, by id or name.
func (r *Remote) Team(ctx context.Context, who string) (Team, error) {
	var out Team
	return out, r.Get(ctx, teamPath(who, ""), nil, &out)
}

// AddTeam adds a team.
func (r *Remote) AddTeam(ctx context.Context, in TeamInput) (Team, error) {
	var out Team
	return out, r.Call(ctx, http.MethodPost, "/v1/teams", in, &out)
}

// RenameTeam gives a team another name.
func (r *Remote) RenameTeam(ctx context.Context, id string, in TeamInput) (Team, error) {
	var out Team
	return out, r.Call(ctx, http.MethodPut, teamPath(id, ""), in, &out)
}

// RemoveTeam takes a team out of the directory.
func (r *Remote) RemoveTeam(ctx context.Context, id string) (Team, error) {
	var out Team
	return out, r.Call(ctx, http.MethodDelete, teamPath(id, ""), nil, &out)
}

// AddMember puts a person into a team.
func (r *Remote) AddMember(ctx context.Context, teamID, personID string) (Team, error) {
	var out Team
	return out, r.Call(ctx, http.MethodPut, teamPath(teamID, "/members/"+url.PathEscape(personID)), nil, &out)
}

// RemoveMember takes a person out of a team.
func (r *Remote) RemoveMember(ctx context.Context, teamID, personID string) (Team, error) {
	var out Team
	return out, r.Call(ctx, http.MethodDelete, teamPath(teamID, "/members/"+url.PathEscape(personID)), nil, &out)
}
