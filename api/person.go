package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Person is somebody of the organisation.
type Person struct {
	ID          string    `json:"id"`
	UserName    string    `json:"user_name"`
	Email       string    `json:"email,omitempty"`
	DisplayName string    `json:"display_name,omitempty"`
	Title       string    `json:"title,omitempty"`
	Department  string    `json:"department,omitempty"`
	Manager     string    `json:"manager,omitempty" doc:"an id or user name"`
	ExternalID  string    `json:"external_id,omitempty" doc:"the identity provider's, or the file's"`
	Source      string    `json:"source" enum:"local,scim,csv" doc:"who keeps what is known of them"`
	SignsIn     bool      `json:"signs_in" doc:"they have signed in through the identity provider"`
	Active      bool      `json:"active"`
	Roles       []string  `json:"roles" doc:"system roles"`
	Teams       []string  `json:"teams" doc:"ids of teams"`
	LeftAt      time.Time `json:"left_at,omitzero"`
	ShreddedAt  time.Time `json:"shredded_at,omitzero" doc:"what was known of them is gone"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

// ETag is the version, for If-Match.
func (p Person) ETag() string { return fmt.Sprintf(`"%d"`, p.Version) }

// PersonInput is what is known of a person whom nobody else keeps.
type PersonInput struct {
	UserName    string `json:"user_name" minLength:"1" maxLength:"300" doc:"unique, whatever the case of its letters"`
	Email       string `json:"email,omitempty" maxLength:"320"`
	DisplayName string `json:"display_name,omitempty" maxLength:"300"`
	Title       string `json:"title,omitempty" maxLength:"300"`
	Department  string `json:"department,omitempty" maxLength:"300"`
	Manager     string `json:"manager,omitempty" maxLength:"300" doc:"an id or user name"`
	ExternalID  string `json:"external_id,omitempty" maxLength:"300"`
}

// RolesInput are the system roles that somebody shall have: all others are taken.
type RolesInput struct {
	Roles []string `json:"roles" maxItems:"6" enum:"viewer,owner,approver,security,auditor,admin"`
}

// RoleGrant is a system role that somebody has, or had.
type RoleGrant struct {
	Role    string    `json:"role"`
	GivenBy string    `json:"given_by" doc:"a person's id, or the job that gave it"`
	GivenAt time.Time `json:"given_at"`
	EndedBy string    `json:"ended_by,omitempty"`
	EndedAt time.Time `json:"ended_at,omitzero" doc:"left out: they have it now"`
}

// OneTimeLink lets a person sign in once.
type OneTimeLink struct {
	URL       string    `json:"url" doc:"for clientele login; whoever has it is that person, once"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Import is what a file of people did, or would do.
type Import struct {
	DryRun    bool     `json:"dry_run"`
	Created   int      `json:"created"`
	Updated   int      `json:"updated"`
	Unchanged int      `json:"unchanged"`
	Left      int      `json:"left" doc:"the file says that they are not active any more"`
	Skipped   int      `json:"skipped" doc:"kept by the identity provider, or not active and not known"`
	Missing   []string `json:"missing" doc:"ids of whom an earlier file brought and this one does not name: nothing was done about them"`
	Gone      []string `json:"gone" doc:"ids of whom the file calls active and who have left: bring them back one by one"`
}

// LeaverReport is what a person leaves behind, or would.
type LeaverReport struct {
	Person   string          `json:"person"`
	Personal []LeaverClient  `json:"personal" doc:"theirs alone: suspended when they leave"`
	HandOver []LeaverClient  `json:"hand_over" doc:"need somebody else"`
	Exposed  []ExposedSecret `json:"exposed" doc:"secrets that they could have seen: rotate them"`
}

// LeaverClient is a client of a leaver.
type LeaverClient struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Environment string      `json:"environment,omitempty"`
	State       string      `json:"state"`
	As          []string    `json:"as,omitempty" doc:"what the person was to it: owner, backup, steward, sponsor"`
	To          []Successor `json:"to,omitempty" doc:"who could take it over"`
}

// Successor is who could take a client over, and why.
type Successor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Why  string `json:"why"`
}

// ExposedSecret is a secret that a leaver could have seen. It holds nothing of its value.
type ExposedSecret struct {
	ID        string    `json:"id"`
	Role      string    `json:"role"`
	Provider  string    `json:"provider,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Clients   int64     `json:"clients" doc:"how many clients hold it now"`
}

func personPath(id string, more string) string { return "/v1/people/" + url.PathEscape(id) + more }

// People lists people: a query may have search, active, team, role, limit and after.
func (r *Remote) People(ctx context.Context, query url.Values) (List[Person], error) {
	var out List[Person]
	return out, r.Get(ctx, "/v1/people", query, &out)
}

// Person is one person, by id, or by the one name, user name or e-mail address that is
// theirs alone.
func (r *Remote) Person(ctx context.Context, who string) (Person, error) {
	var out Person
	return out, r.Get(ctx, personPath(who, ""), nil, &out)
}

// AddPerson adds a person.
func (r *Remote) AddPerson(ctx context.Context, in PersonInput) (Person, error) {
	var out Person
	return out, r.Call(ctx, http.MethodPost, "/v1/people", in, &out)
}

// UpdatePerson changes what is known of a person, all of it.
func (r *Remote) UpdatePerson(ctx context.Context, id string, in PersonInput) (Person, error) {
	var out Person
	return out, r.Call(ctx, http.MethodPut, personPath(id, ""), in, &out)
}

// SetRoles makes roles the system roles of a person or service account.
func (r *Remote) SetRoles(ctx context.Context, id string, roles []string) (List[RoleGrant], error) {
	var out List[RoleGrant]
	return out, r.Call(ctx, http.MethodPut, "/v1/roles/"+url.PathEscape(id), RolesInput{roles}, &out)
}

// RoleHistory is every system role that somebody ever had.
func (r *Remote) RoleHistory(ctx context.Context, id string) (List[RoleGrant], error) {
	var out List[RoleGrant]
	return out, r.Get(ctx, "/v1/roles/"+url.PathEscape(id), nil, &out)
}

// Leaver is what a person would leave behind.
func (r *Remote) Leaver(ctx context.Context, id string) (LeaverReport, error) {
	var out LeaverReport
	return out, r.Get(ctx, personPath(id, "/leaver"), nil, &out)
}

// Leave ends a person's access and what hangs on it.
func (r *Remote) Leave(ctx context.Context, id string) (LeaverReport, error) {
	var out LeaverReport
	return out, r.Call(ctx, http.MethodPost, personPath(id, "/leave"), nil, &out)
}

// Return brings back somebody who had left, without the roles of before.
func (r *Remote) Return(ctx context.Context, id string) (Person, error) {
	var out Person
	return out, r.Call(ctx, http.MethodPost, personPath(id, "/return"), nil, &out)
}

// Shred destroys what is known of a person who has left, for good.
func (r *Remote) Shred(ctx context.Context, id string) (Person, error) {
	var out Person
	return out, r.Call(ctx, http.MethodPost, personPath(id, "/shred"), nil, &out)
}

// Unlink forgets by which account of the identity provider a person signs in.
func (r *Remote) Unlink(ctx context.Context, id string) (Person, error) {
	var out Person
	return out, r.Call(ctx, http.MethodPost, personPath(id, "/unlink"), nil, &out)
}

// SignOut ends every session of a person.
func (r *Remote) SignOut(ctx context.Context, id string) (Person, error) {
	var out Person
	return out, r.Call(ctx, http.MethodPost, personPath(id, "/sign-out"), nil, &out)
}

// Link makes a one-time link for a person.
func (r *Remote) Link(ctx context.Context, id string) (OneTimeLink, error) {
	var out OneTimeLink
	return out, r.Call(ctx, http.MethodPost, personPath(id, "/link"), nil, &out)
}

// ImportPeople sends a CSV file of people. A dry run says what it would do.
func (r *Remote) ImportPeople(ctx context.Context, csv []byte, dryRun bool) (Import, error) {
	var out Import
	header := http.Header{"Content-Type": {"text/csv"}, "Accept": {"application/json"}}
	return out, r.Send(ctx, http.MethodPost, fmt.Sprintf("/v1/people/import?dry_run=%t", dryRun), header, csv, &out)
}
