package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Delegation is the power to decide, lent by one person to another for a while.
type Delegation struct {
	ID           string    `json:"id"`
	Lender       string    `json:"lender" doc:"the id of the person whose decisions they are"`
	LenderName   string    `json:"lender_name"`
	Borrower     string    `json:"borrower" doc:"the id of the person who may decide for them"`
	BorrowerName string    `json:"borrower_name"`
	Client       string    `json:"client,omitempty" doc:"left out: every client"`
	StartsAt     time.Time `json:"starts_at"`
	EndsAt       time.Time `json:"ends_at"`
	EndedAt      time.Time `json:"ended_at,omitzero" doc:"when it was taken back"`
	Counts       bool      `json:"counts" doc:"the borrower may decide by it now"`
}

// DelegationInput lends the caller's decisions.
type DelegationInput struct {
	To       string    `json:"to" minLength:"1" maxLength:"320" doc:"a person: id, e-mail address or user name"`
	Client   string    `json:"client,omitempty" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$" doc:"a client's id; left out: every client"`
	StartsAt time.Time `json:"starts_at,omitzero" doc:"left out: now"`
	EndsAt   time.Time `json:"ends_at" doc:"ninety days after its beginning at the latest"`
}

// DelegationEnd says that a delegation was taken back. What was decided by it stands.
type DelegationEnd struct {
	ID      string    `json:"id"`
	EndedAt time.Time `json:"ended_at"`
}

// Delegations lists delegations: the caller's, or all for who may see them.
func (r *Remote) Delegations(ctx context.Context, query url.Values) (List[Delegation], error) {
	var out List[Delegation]
	return out, r.Get(ctx, "/v1/delegations", query, &out)
}

// Delegate lends the caller's decisions.
func (r *Remote) Delegate(ctx context.Context, in DelegationInput) (Delegation, error) {
	var out Delegation
	return out, r.Call(ctx, http.MethodPost, "/v1/delegations", in, &out)
}

// EndDelegation takes a delegation back.
func (r *Remote) EndDelegation(ctx context.Context, id string) (DelegationEnd, error) {
	var out DelegationEnd
	return out, r.Call(ctx, http.MethodPost, "/v1/delegations/"+url.PathEscape(id)+"/end", nil, &out)
}
