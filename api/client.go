package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// GovernedClient is a client of the inventory. (Client is one as a scan finds it.)
type GovernedClient struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Tool         string    `json:"tool"`
	Kind         string    `json:"kind"`
	Environment  string    `json:"environment,omitempty" doc:"empty: not known"`
	State        string    `json:"state" enum:"discovered,claimed,requested,active,suspended,quarantined,retiring,retired,rejected"`
	Tier         int       `json:"tier"`
	Owner        string    `json:"owner,omitempty" doc:"the id of a person, team or service account"`
	OwnerName    string    `json:"owner_name,omitempty"`
	Attested     bool      `json:"attested" doc:"the owner says so themselves"`
	Backup       string    `json:"backup,omitempty"`
	Team         string    `json:"team,omitempty"`
	Steward      string    `json:"steward,omitempty"`
	Personal     bool      `json:"personal" doc:"one person's: on their machines alone, and in no repository"`
	Purpose      string    `json:"purpose,omitempty"`
	Vendor       string    `json:"vendor,omitempty" doc:"who runs it, if not the organisation itself"`
	Replaces     string    `json:"replaces,omitempty" doc:"the rejected client this one asks again for"`
	Risk         string    `json:"risk" enum:"info,low,medium,high,critical" doc:"of its worst open finding"`
	HasSecrets   bool      `json:"has_secrets" doc:"a secret stands in its files now"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	FirstSeenAt  time.Time `json:"first_seen_at,omitzero" doc:"by a scan"`
	LastSeenAt   time.Time `json:"last_seen_at,omitzero"`
	LastUsedAt   time.Time `json:"last_used_at,omitzero"`
	NextReviewAt time.Time `json:"next_review_at,omitzero"`
	SuspendedAt  time.Time `json:"suspended_at,omitzero"`
	Version      int64     `json:"version"`
}

// ETag is the version, for If-Match.
func (c GovernedClient) ETag() string { return fmt.Sprintf(`"%d"`, c.Version) }

// ClientDetail is a client with what is known of it. Lists hold up to 500.
type ClientDetail struct {
	GovernedClient
	BackupName  string            `json:"backup_name,omitempty"`
	TeamName    string            `json:"team_name,omitempty"`
	StewardName string            `json:"steward_name,omitempty"`
	Conditions  []ClientCondition `json:"conditions" doc:"what is true of it now, with reasons"`
	Candidates  []ClientCandidate `json:"candidates" doc:"who may own it, as its files suggest"`
	Sightings   []ClientSighting  `json:"sightings" doc:"where its files stand, or stood"`
	Endpoints   []ClientEndpoint  `json:"endpoints" doc:"what it calls, by its files"`
	Identities  []ClientIdentity  `json:"identities" doc:"whom it signs in as, by its files"`
	Duplicates  []string          `json:"duplicates,omitempty" doc:"clients that may be the same: a sighting had marks of both"`
}

// ClientCondition is something that is true of a client now.
type ClientCondition struct {
	Name    string   `json:"name" enum:"orphaned,dormant,overdue,leaked,shared,over_scoped,expiring,vendor_exit"`
	Reasons []string `json:"reasons"`
}

// ClientCandidate is who may own a client. Nobody is an owner until they claim it.
type ClientCandidate struct {
	Who        string  `json:"who"`
	Kind       string  `json:"kind" enum:"person,team,service_account,workspace"`
	Evidence   string  `json:"evidence"`
	Confidence float64 `json:"confidence" doc:"0 to 1"`
	Party      string  `json:"party,omitempty" doc:"the id of who that is here"`
}

// ClientSighting is a place where a client was seen.
type ClientSighting struct {
	Host       string    `json:"host"`
	Path       string    `json:"path"`
	Files      int       `json:"files"`
	Repository string    `json:"repository,omitempty"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
	GoneAt     time.Time `json:"gone_at,omitzero" doc:"without it: it is there"`
}

// ClientEndpoint is what a client calls.
type ClientEndpoint struct {
	Service   string    `json:"service,omitempty" doc:"the id of the service; empty for this machine, or a reference nobody could follow"`
	Scheme    string    `json:"scheme"`
	Host      string    `json:"host"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Verb      string    `json:"verb" enum:"read,write,export"`
	Auth      string    `json:"auth,omitempty"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// ClientIdentity is whom a client signs in as.
type ClientIdentity struct {
	Scheme    string    `json:"scheme"`
	Principal string    `json:"principal"`
	Kind      string    `json:"kind,omitempty" enum:"person,machine"`
	Issuer    string    `json:"issuer,omitempty"`
	Audience  string    `json:"audience,omitempty"`
	Scopes    []string  `json:"scopes,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	LastSeen  time.Time `json:"last_seen"`
}

// ClientInput is what people say of a client, whole: what is left out is then empty.
type ClientInput struct {
	Name        string `json:"name" minLength:"1" maxLength:"500"`
	Purpose     string `json:"purpose,omitempty" maxLength:"4096"`
	Environment string `json:"environment,omitempty" enum:"production,staging,test,development,local" doc:"it changes only before the client is asked for"`
	Steward     string `json:"steward,omitempty" maxLength:"320" doc:"who looks after it for its owner: an id, an e-mail address or a name"`
}

// Clients lists clients: a query may have text, state, owner, environment, tool, kind, tier,
// risk, rule, condition, limit and after.
func (r *Remote) Clients(ctx context.Context, query url.Values) (List[GovernedClient], error) {
	var out List[GovernedClient]
	return out, r.Get(ctx, "/v1/clients", query, &out)
}

// Client is one client with what is known of it.
func (r *Remote) Client(ctx context.Context, id string) (ClientDetail, error) {
	var out ClientDetail
	return out, r.Get(ctx, "/v1/clients/"+url.PathEscape(id), nil, &out)
}

// DescribeClient changes what people say of a client, if it still has the version; 0 stands
// for any.
func (r *Remote) DescribeClient(ctx context.Context, id string, version int64, in ClientInput) (GovernedClient, error) {
	var out GovernedClient
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("encode the request: %w", err)
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	if version != 0 {
		header.Set("If-Match", fmt.Sprintf(`"%d"`, version))
	}
	return out, r.Send(ctx, http.MethodPut, "/v1/clients/"+url.PathEscape(id), header, body, &out)
}
