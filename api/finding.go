package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// GovernedFinding is one rule broken by one client, over all scans that saw it.
type GovernedFinding struct {
	ID              string         `json:"id"`
	Client          string         `json:"client" doc:"the client's id"`
	Rule            string         `json:"rule"`
	Severity        string         `json:"severity" enum:"info,low,medium,high,critical"`
	State           string         `json:"state" enum:"open,closed,suppressed"`
	Message         string         `json:"message"`
	Remedy          string         `json:"remedy,omitempty"`
	Credential      string         `json:"credential,omitempty" doc:"the id of the credential concerned"`
	Excuse          string         `json:"excuse,omitempty" doc:"why the scanned tree's own list lets it pass; it counts all the same"`
	OpenedAt        time.Time      `json:"opened_at"`
	ClosedAt        time.Time      `json:"closed_at,omitzero"`
	Reopened        int64          `json:"reopened,omitempty" doc:"how often it opened again"`
	SuppressedUntil time.Time      `json:"suppressed_until,omitzero"`
	SuppressedBy    string         `json:"suppressed_by,omitempty"`
	SuppressedFor   string         `json:"suppressed_for,omitempty" doc:"the reason"`
	Places          []FindingPlace `json:"places,omitempty" doc:"where it holds, or held, up to 500"`
}

// FindingPlace is where a finding holds, or held.
type FindingPlace struct {
	Host     string    `json:"host"`
	File     string    `json:"file"`
	Path     []string  `json:"path,omitempty" doc:"names that lead to it in the file"`
	Line     int       `json:"line,omitempty"`
	LastSeen time.Time `json:"last_seen"`
	GoneAt   time.Time `json:"gone_at,omitzero"`
}

// SuppressInput accepts a finding.
type SuppressInput struct {
	Until  time.Time `json:"until" doc:"it opens again then; within the next year"`
	Reason string    `json:"reason" minLength:"1" maxLength:"2000" doc:"why it may stand until then"`
}

// Findings lists findings: a query may have client, rule, severity, state, owner, limit and
// after.
func (r *Remote) Findings(ctx context.Context, query url.Values) (List[GovernedFinding], error) {
	var out List[GovernedFinding]
	return out, r.Get(ctx, "/v1/findings", query, &out)
}

// Finding is one finding with its places.
func (r *Remote) Finding(ctx context.Context, id string) (GovernedFinding, error) {
	var out GovernedFinding
	return out, r.Get(ctx, "/v1/findings/"+url.PathEscape(id), nil, &out)
}

// SuppressFinding accepts a finding until a day.
func (r *Remote) SuppressFinding(ctx context.Context, id string, in SuppressInput) (GovernedFinding, error) {
	var out GovernedFinding
	return out, r.Call(ctx, http.MethodPost, "/v1/findings/"+url.PathEscape(id)+"/suppress", in, &out)
}

// ReopenFinding ends the acceptance of a finding.
func (r *Remote) ReopenFinding(ctx context.Context, id string) (GovernedFinding, error) {
	var out GovernedFinding
	return out, r.Call(ctx, http.MethodPost, "/v1/findings/"+url.PathEscape(id)+"/reopen", nil, &out)
}
