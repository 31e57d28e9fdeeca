package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// ScopeInput asks for one verb at one service.
type ScopeInput struct {
	Service     string `json:"service" minLength:"1" maxLength:"300" doc:"a service's id, host or name"`
	Method      string `json:"method,omitempty" maxLength:"16" doc:"left out: any"`
	Path        string `json:"path,omitempty" maxLength:"512" doc:"left out: any; /orders/* for all below"`
	Verb        string `json:"verb" enum:"read,write,admin,export"`
	RowCap      int64  `json:"row_cap,omitempty" minimum:"0" doc:"rows of one use; an export needs it"`
	ByteCap     int64  `json:"byte_cap,omitempty" minimum:"0" doc:"bytes of one use; an export needs it"`
	Destination string `json:"destination,omitempty" maxLength:"512" doc:"where an export goes"`
	Mask        string `json:"mask,omitempty" maxLength:"512" doc:"the profile that masks an export, or none"`
}

// Scope is one verb at one service, as it was asked for or granted.
type Scope struct {
	ScopeInput
	Host string `json:"host" doc:"of the service"`
}

// AccessRequestInput asks for a client to be allowed something.
type AccessRequestInput struct {
	Client        string       `json:"client,omitempty" maxLength:"64" doc:"its id; left out: a new client"`
	Name          string       `json:"name,omitempty" maxLength:"200" doc:"of a new client"`
	Tool          string       `json:"tool,omitempty" maxLength:"64" doc:"of a new client: postman, bruno, curl, …"`
	Kind          string       `json:"kind,omitempty" maxLength:"32" enum:"api_client,data_store_client,cli,agent,ci_job,script,browser,source_code" doc:"of a new client"`
	Owner         string       `json:"owner,omitempty" maxLength:"300" doc:"of a new client: a team of one's own; left out: oneself"`
	Backup        string       `json:"backup,omitempty" maxLength:"300" doc:"of a new client: who stands in; an id, address or name"`
	Team          string       `json:"team,omitempty" maxLength:"300" doc:"of a new client"`
	Personal      bool         `json:"personal,omitempty" doc:"a new client that serves its owner alone"`
	Replaces      string       `json:"replaces,omitempty" maxLength:"64" doc:"the rejected client that is asked for again"`
	Purpose       string       `json:"purpose" minLength:"1" maxLength:"1000"`
	Environment   string       `json:"environment,omitempty" maxLength:"32" enum:"production,staging,test,development,local" doc:"left out: the client's"`
	Scopes        []ScopeInput `json:"scopes" minItems:"1" maxItems:"50"`
	LifetimeHours int          `json:"lifetime_hours,omitempty" minimum:"0" maximum:"87600" doc:"left out: as long as policy allows"`
	Change        string       `json:"change,omitempty" maxLength:"2048" doc:"a change record: its id, jira:OPS-1, or an address"`
}

// Reason is a rule with its sentence.
type Reason struct {
	Rule  string `json:"rule"`
	Title string `json:"title"`
}

// Need is a decision that a request needs, and who can make it.
type Need struct {
	Office string     `json:"office" enum:"service_owner,data_owner,client_owner,team,approver,security"`
	Count  int        `json:"count" doc:"of different people"`
	Who    []Approver `json:"who"`
}

// Approver is somebody who can decide.
type Approver struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	OnBehalf string `json:"on_behalf,omitempty" doc:"the id of who lent them the power"`
}

// Decision is somebody's yes or no.
type Decision struct {
	By       string    `json:"by"`
	ByName   string    `json:"by_name"`
	OnBehalf string    `json:"on_behalf,omitempty"`
	Offices  []string  `json:"offices"`
	Verdict  string    `json:"verdict" enum:"approve,deny"`
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
}

// AccessRequest asks for a client to be allowed something.
type AccessRequest struct {
	ID            string     `json:"id"`
	Client        string     `json:"client"`
	ClientName    string     `json:"client_name"`
	ClientState   string     `json:"client_state"`
	Requester     string     `json:"requester"`
	RequesterName string     `json:"requester_name"`
	Purpose       string     `json:"purpose"`
	Environment   string     `json:"environment"`
	Change        string     `json:"change,omitempty"`
	Scopes        []Scope    `json:"scopes"`
	Tier          int        `json:"tier"`
	State         string     `json:"state" enum:"pending,approved,denied,expired,withdrawn"`
	Auto          bool       `json:"auto" doc:"approved by policy, at once"`
	Because       []Reason   `json:"because" doc:"the rules that decided the tier and the way"`
	PolicyVersion int64      `json:"policy_version"`
	LifetimeHours int        `json:"lifetime_hours" doc:"of the grants"`
	ReviewDays    int        `json:"review_days" doc:"how often it is reviewed"`
	Needs         []Need     `json:"needs,omitempty" doc:"whose decisions are still missing"`
	Decisions     []Decision `json:"decisions"`
	CreatedAt     time.Time  `json:"created_at"`
	DecidedAt     time.Time  `json:"decided_at,omitzero"`
	ExpiresAt     time.Time  `json:"expires_at,omitzero" doc:"if nobody decides"`
	Obstacle      string     `json:"obstacle,omitempty" doc:"of a dry run: why it would be refused"`
	Hint          string     `json:"hint,omitempty" doc:"of a dry run: what to do about that"`
	Next          string     `json:"next" doc:"what comes next, in words"`
}

// VerdictInput approves all of a request, or less of it.
type VerdictInput struct {
	Scopes        []ScopeInput `json:"scopes,omitempty" maxItems:"50" doc:"what is left of the scopes; left out: all"`
	LifetimeHours int          `json:"lifetime_hours,omitempty" minimum:"0" doc:"what is left of the lifetime; left out: all"`
	Reason        string       `json:"reason,omitempty" maxLength:"4096"`
}

// DenialInput denies a request.
type DenialInput struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4096"`
}

// Grant is what a client may do at a service, from when until when.
type Grant struct {
	Scope
	ID            string    `json:"id"`
	Client        string    `json:"client"`
	ServiceID     string    `json:"service_id"`
	Request       string    `json:"request"`
	Change        string    `json:"change,omitempty"`
	Tier          int       `json:"tier"`
	PolicyVersion int64     `json:"policy_version"`
	ValidFrom     time.Time `json:"valid_from"`
	ValidTo       time.Time `json:"valid_to"`
	RecordedAt    time.Time `json:"recorded_at"`
	SupersededAt  time.Time `json:"superseded_at,omitzero" doc:"since when it is known otherwise"`
}

// WhoCould is one grant by which a client could have done what is asked.
type WhoCould struct {
	Grant
	ClientName string     `json:"client_name"`
	Owner      string     `json:"owner" doc:"of the client then"`
	OwnerName  string     `json:"owner_name"`
	Attested   bool       `json:"attested"`
	Requester  string     `json:"requester"`
	Auto       bool       `json:"auto"`
	BreakGlass string     `json:"break_glass,omitempty"`
	Decisions  []Decision `json:"decisions"`
}

// TryRequest says what would come of a request, and asks for nothing.
func (r *Remote) TryRequest(ctx context.Context, in AccessRequestInput) (AccessRequest, error) {
	var out AccessRequest
	return out, r.Call(ctx, http.MethodPost, "/v1/requests/dry-run", in, &out)
}

// Request asks for access.
func (r *Remote) Request(ctx context.Context, in AccessRequestInput) (AccessRequest, error) {
	var out AccessRequest
	return out, r.Call(ctx, http.MethodPost, "/v1/requests", in, &out)
}

// AccessRequest is one request.
func (r *Remote) AccessRequest(ctx context.Context, id string) (AccessRequest, error) {
	var out AccessRequest
	return out, r.Get(ctx, "/v1/requests/"+url.PathEscape(id), nil, &out)
}

// AccessRequests lists requests, the newest first.
func (r *Remote) AccessRequests(ctx context.Context, query url.Values) (List[AccessRequest], error) {
	var out List[AccessRequest]
	return out, r.Get(ctx, "/v1/requests", query, &out)
}

// Approve approves a request, or less of it.
func (r *Remote) Approve(ctx context.Context, id string, in VerdictInput) (AccessRequest, error) {
	var out AccessRequest
	return out, r.Call(ctx, http.MethodPost, "/v1/requests/"+url.PathEscape(id)+"/approve", in, &out)
}

// Deny denies a request.
func (r *Remote) Deny(ctx context.Context, id, reason string) (AccessRequest, error) {
	var out AccessRequest
	return out, r.Call(ctx, http.MethodPost, "/v1/requests/"+url.PathEscape(id)+"/deny", DenialInput{reason}, &out)
}

// WithdrawRequest takes one's own request back.
func (r *Remote) WithdrawRequest(ctx context.Context, id string) (AccessRequest, error) {
	var out AccessRequest
	return out, r.Call(ctx, http.MethodPost, "/v1/requests/"+url.PathEscape(id)+"/withdraw", struct{}{}, &out)
}

// Grants are a client's grants, all versions of each.
func (r *Remote) Grants(ctx context.Context, client string, query url.Values) (List[Grant], error) {
	var out List[Grant]
	return out, r.Get(ctx, "/v1/clients/"+url.PathEscape(client)+"/grants", query, &out)
}

// WhoCould asks who could do something at a time, as known at a time.
func (r *Remote) WhoCould(ctx context.Context, query url.Values) (List[WhoCould], error) {
	var out List[WhoCould]
	return out, r.Get(ctx, "/v1/who-could", query, &out)
}
