package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// BreakGlass is emergency access that somebody took for a client.
type BreakGlass struct {
	ID         string    `json:"id"`
	Client     string    `json:"client"`
	Request    string    `json:"request" doc:"the id of the request that its grants belong to"`
	Person     string    `json:"person" doc:"the id of who took it"`
	PersonName string    `json:"person_name"`
	Incident   string    `json:"incident"`
	Reason     string    `json:"reason"`
	Told       []string  `json:"told" doc:"the names of the two who were told at once"`
	StartsAt   time.Time `json:"starts_at"`
	EndsAt     time.Time `json:"ends_at"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	ReviewBy   time.Time `json:"review_by" doc:"the time by which somebody else reviews it"`
}

// BreakGlassInput is emergency access for a client, now, without anybody's decision.
type BreakGlassInput struct {
	Client   string            `json:"client" minLength:"1" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$"`
	Scopes   []BreakGlassScope `json:"scopes" minItems:"1" maxItems:"50"`
	Minutes  int               `json:"minutes,omitempty" minimum:"0" maximum:"60" doc:"how long it lasts; left out: an hour"`
	Incident string            `json:"incident" minLength:"1" maxLength:"64" doc:"the incident's id in the system that has it"`
	Reason   string            `json:"reason" minLength:"1" maxLength:"4096"`
}

// BreakGlassScope is one verb at one service. There is no emergency export.
type BreakGlassScope struct {
	Service string `json:"service" minLength:"1" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$" doc:"a service's id"`
	Method  string `json:"method,omitempty" maxLength:"16" doc:"left out: any"`
	Path    string `json:"path,omitempty" maxLength:"512" doc:"left out: any; /orders/* for all below"`
	Verb    string `json:"verb" enum:"read,write,admin"`
}

// Enrolment says whether a person may take emergency access.
type Enrolment struct {
	Person   string `json:"person" doc:"the person's id"`
	Name     string `json:"name"`
	Enrolled bool   `json:"enrolled"`
}

// EnrolmentInput enrols a person, or takes them off the list.
type EnrolmentInput struct {
	Person   string `json:"person" minLength:"1" maxLength:"320" doc:"id, e-mail address or user name"`
	Enrolled bool   `json:"enrolled"`
}

// Enrolled lists who may take emergency access.
func (r *Remote) Enrolled(ctx context.Context) (List[Enrolment], error) {
	var out List[Enrolment]
	return out, r.Get(ctx, "/v1/break-glass/enrolments", nil, &out)
}

// Enrol lets a person take emergency access from now on, or no longer.
func (r *Remote) Enrol(ctx context.Context, in EnrolmentInput) (Enrolment, error) {
	var out Enrolment
	return out, r.Call(ctx, http.MethodPost, "/v1/break-glass/enrolments", in, &out)
}

// BreakGlass takes emergency access.
func (r *Remote) BreakGlass(ctx context.Context, in BreakGlassInput) (BreakGlass, error) {
	var out BreakGlass
	return out, r.Call(ctx, http.MethodPost, "/v1/break-glass", in, &out)
}

// Emergency is one emergency access.
func (r *Remote) Emergency(ctx context.Context, id string) (BreakGlass, error) {
	var out BreakGlass
	return out, r.Get(ctx, "/v1/break-glass/"+url.PathEscape(id), nil, &out)
}

// Emergencies lists emergency access: a query may have limit and after.
func (r *Remote) Emergencies(ctx context.Context, query url.Values) (List[BreakGlass], error) {
	var out List[BreakGlass]
	return out, r.Get(ctx, "/v1/break-glass", query, &out)
}

// EndBreakGlass ends emergency access before its time.
func (r *Remote) EndBreakGlass(ctx context.Context, id string) (BreakGlass, error) {
	var out BreakGlass
	return out, r.Call(ctx, http.MethodPost, "/v1/break-glass/"+url.PathEscape(id)+"/end", nil, &out)
}
