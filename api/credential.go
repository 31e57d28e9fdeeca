package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// GovernedCredential is a secret that stands in clients' files. Its value never comes here.
type GovernedCredential struct {
	ID        string    `json:"id"`
	Mark      string    `json:"mark" doc:"the beginning of the server's own hash: it tells one from another, and tests no guess"`
	Role      string    `json:"role" doc:"what it is for: password, token, api_key, …"`
	Class     string    `json:"class" enum:"literal,obfuscated"`
	Provider  string    `json:"provider,omitempty"`
	Weak      bool      `json:"weak,omitempty" doc:"it is one that anybody guesses"`
	Holders   int64     `json:"holders" doc:"clients that hold it now, those you may not see too"`
	Shared    bool      `json:"shared" doc:"more than one client holds it"`
	Leaked    bool      `json:"leaked" doc:"it counts as known to others"`
	LeakedAt  time.Time `json:"leaked_at,omitzero"`
	ClearedAt time.Time `json:"cleared_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// CredentialDetail is a credential with its blast radius: who holds it, and where, as far as
// the one who asks may see that.
type CredentialDetail struct {
	GovernedCredential
	Clients []ReachedClient   `json:"clients" doc:"that hold it now, up to 500"`
	Places  []CredentialPlace `json:"places" doc:"where it stands, or stood, up to 500"`
	More    bool              `json:"more,omitempty" doc:"there are more clients or places than these"`
}

// CredentialPlace is where a credential stands, or stood.
type CredentialPlace struct {
	Client    string    `json:"client"`
	Host      string    `json:"host"`
	File      string    `json:"file"`
	Path      []string  `json:"path,omitempty" doc:"names that lead to it in the file"`
	Line      int       `json:"line,omitempty"`
	Name      string    `json:"name,omitempty"`
	Excerpt   string    `json:"excerpt,omitempty" doc:"a publicly known prefix and two characters at most"`
	Principal string    `json:"principal,omitempty" doc:"the user name or key id that goes with it"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	GoneAt    time.Time `json:"gone_at,omitzero"`
}

// LookupInput asks who holds a value that only the asker knows.
type LookupInput struct {
	Fingerprint string `json:"fingerprint" maxLength:"64" pattern:"^[0-9a-f]{32}$" doc:"the keyed fingerprint that scans send for the value; never the value"`
}

// Credentials lists credentials: a query may have shared, leaked, client, role, provider,
// limit and after.
func (r *Remote) Credentials(ctx context.Context, query url.Values) (List[GovernedCredential], error) {
	var out List[GovernedCredential]
	return out, r.Get(ctx, "/v1/credentials", query, &out)
}

// Credential is one credential with its blast radius.
func (r *Remote) Credential(ctx context.Context, id string) (CredentialDetail, error) {
	var out CredentialDetail
	return out, r.Get(ctx, "/v1/credentials/"+url.PathEscape(id), nil, &out)
}

// LookupCredential is the credential with a fingerprint.
func (r *Remote) LookupCredential(ctx context.Context, fingerprint string) (CredentialDetail, error) {
	var out CredentialDetail
	return out, r.Call(ctx, http.MethodPost, "/v1/credentials/lookup", LookupInput{Fingerprint: fingerprint}, &out)
}

// LeakCredential declares a credential known to others.
func (r *Remote) LeakCredential(ctx context.Context, id, reason string) (CredentialDetail, error) {
	var out CredentialDetail
	return out, r.Call(ctx, http.MethodPost, "/v1/credentials/"+url.PathEscape(id)+"/leak", ReasonInput{Reason: reason}, &out)
}

// ClearCredential declares a leak contained.
func (r *Remote) ClearCredential(ctx context.Context, id, reason string) (CredentialDetail, error) {
	var out CredentialDetail
	return out, r.Call(ctx, http.MethodPost, "/v1/credentials/"+url.PathEscape(id)+"/clear", ReasonInput{Reason: reason}, &out)
}
