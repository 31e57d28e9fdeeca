package api

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// PolicyVersion is one version of the organisation's policies.
type PolicyVersion struct {
	Version    int64     `json:"version"`
	Text       string    `json:"text" doc:"in Cedar"`
	Note       string    `json:"note"`
	Author     string    `json:"author"`
	Approver   string    `json:"approver,omitempty" doc:"who put it in force"`
	ProposedAt time.Time `json:"proposed_at"`
	ValidFrom  time.Time `json:"valid_from,omitzero"`
	ValidTo    time.Time `json:"valid_to,omitzero"`
	InForce    bool      `json:"in_force"`
}

// PolicyInput proposes policies: the whole text that is to hold besides those built in.
type PolicyInput struct {
	Text string `json:"text" maxLength:"262144" doc:"in Cedar; each policy has an @id"`
	Note string `json:"note" minLength:"1" maxLength:"1000" doc:"what changes, and why"`
}

// Policies lists the versions, newest first.
func (r *Remote) Policies(ctx context.Context) (List[PolicyVersion], error) {
	var out List[PolicyVersion]
	return out, r.Get(ctx, "/v1/policies", nil, &out)
}

// ProposePolicy proposes a version.
func (r *Remote) ProposePolicy(ctx context.Context, in PolicyInput) (PolicyVersion, error) {
	var out PolicyVersion
	return out, r.Call(ctx, http.MethodPost, "/v1/policies", in, &out)
}

// ActivatePolicy puts somebody else's version in force.
func (r *Remote) ActivatePolicy(ctx context.Context, version int64) (PolicyVersion, error) {
	var out PolicyVersion
	return out, r.Call(ctx, http.MethodPost, "/v1/policies/"+strconv.FormatInt(version, 10)+"/activate", nil, &out)
}
