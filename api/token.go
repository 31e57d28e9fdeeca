package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ServiceAccount is what acts here and is not a person.
type ServiceAccount struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Team      string    `json:"team" doc:"id of the team that answers for it"`
	Purpose   string    `json:"purpose,omitempty"`
	Active    bool      `json:"active"`
	Roles     []string  `json:"roles" doc:"system roles"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// ETag is the version, for If-Match.
func (a ServiceAccount) ETag() string { return fmt.Sprintf(`"%d"`, a.Version) }

// ServiceAccountInput describes a service account.
type ServiceAccountInput struct {
	Name    string `json:"name" minLength:"1" maxLength:"300"`
	Team    string `json:"team" minLength:"1" maxLength:"64" doc:"id of the team that answers for it"`
	Purpose string `json:"purpose,omitempty" maxLength:"2000"`
	// Disabled takes its tokens and system roles away for good.
	Disabled bool `json:"disabled,omitempty" doc:"it may not act any more; its tokens and roles end for good"`
}

// Token is a service account's way in, without its secret.
type Token struct {
	ID        string    `json:"id"`
	Account   string    `json:"account" doc:"id of the service account"`
	Roles     []string  `json:"roles" doc:"system roles; those that the account has at the time count"`
	Label     string    `json:"label,omitempty"`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// TokenInput asks for a token.
type TokenInput struct {
	Account string   `json:"account" minLength:"1" maxLength:"64" doc:"id of the service account"`
	Roles   []string `json:"roles" minItems:"1" maxItems:"6" enum:"viewer,owner,approver,security,auditor,admin" doc:"of the account's, and of your own"`
	Label   string   `json:"label,omitempty" maxLength:"300"`
	Minutes int      `json:"minutes,omitempty" minimum:"0" maximum:"129600" doc:"how long it lives: 1440 if left out, at most 90 days"`
}

// NewToken is a token with its secret, which is not shown again.
type NewToken struct {
	Token
	Secret string `json:"secret"`
}

// ServiceAccounts lists service accounts: a query may have limit and after.
func (r *Remote) ServiceAccounts(ctx context.Context, query url.Values) (List[ServiceAccount], error) {
	var out List[ServiceAccount]
	return out, r.Get(ctx, "/v1/service-accounts", query, &out)
}

// ServiceAccount is one service account, by id or name.
func (r *Remote) ServiceAccount(ctx context.Context, who string) (ServiceAccount, error) {
	var out ServiceAccount
	return out, r.Get(ctx, "/v1/service-accounts/"+url.PathEscape(who), nil, &out)
}

// AddServiceAccount adds a service account.
func (r *Remote) AddServiceAccount(ctx context.Context, in ServiceAccountInput) (ServiceAccount, error) {
	var out ServiceAccount
	return out, r.Call(ctx, http.MethodPost, "/v1/service-accounts", in, &out)
}

// UpdateServiceAccount changes a service account, all of it.
func (r *Remote) UpdateServiceAccount(ctx context.Context, id string, in ServiceAccountInput) (ServiceAccount, error) {
	var out ServiceAccount
	return out, r.Call(ctx, http.MethodPut, "/v1/service-accounts/"+url.PathEscape(id), in, &out)
}

// Tokens lists tokens: a query may have account, limit and after.
func (r *Remote) Tokens(ctx context.Context, query url.Values) (List[Token], error) {
	var out List[Token]
	return out, r.Get(ctx, "/v1/tokens", query, &out)
}

// CreateToken makes a token. Its secret comes this once; the request is not repeated by
// itself, as each makes another.
func (r *Remote) CreateToken(ctx context.Context, in TokenInput) (NewToken, error) {
	var out NewToken
	once := *r
	once.Retries = 0
	return out, once.Call(ctx, http.MethodPost, "/v1/tokens", in, &out)
}

// RevokeToken ends a token.
func (r *Remote) RevokeToken(ctx context.Context, id string) (Token, error) {
	var out Token
	return out, r.Call(ctx, http.MethodPost, "/v1/tokens/"+url.PathEscape(id)+"/revoke", nil, &out)
}
