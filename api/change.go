package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Change is a change record: kept here, or a reference to a ticket of another system with
// what that system last said of it.
type Change struct {
	ID          string        `json:"id"`
	System      string        `json:"system" enum:"clientele,jira,servicenow,github,gitlab"`
	Key         string        `json:"key" doc:"the ticket's key in its system"`
	URL         string        `json:"url,omitempty" doc:"where a person opens the ticket"`
	Title       string        `json:"title"`
	State       string        `json:"state" enum:"open,approved,closed,cancelled,unknown"`
	RawState    string        `json:"raw_state,omitempty" doc:"in the other system's own words"`
	By          string        `json:"by" doc:"the id of who opened it"`
	ApprovedBy  string        `json:"approved_by,omitempty"`
	Verified    bool          `json:"verified" doc:"the state is what the other system said at checked_at"`
	CheckedAt   time.Time     `json:"checked_at,omitzero"`
	GoodUntil   time.Time     `json:"good_until,omitzero" doc:"until when that may be relied on"`
	NextCheckAt time.Time     `json:"next_check_at,omitzero"`
	WindowFrom  time.Time     `json:"window_from,omitzero"`
	WindowTo    time.Time     `json:"window_to,omitzero"`
	ApprovedAt  time.Time     `json:"approved_at,omitzero"`
	CreatedAt   time.Time     `json:"created_at"`
	UpdatedAt   time.Time     `json:"updated_at"`
	Version     int64         `json:"version"`
	Open        bool          `json:"open" doc:"something may be done under it now"`
	Obstacle    string        `json:"obstacle,omitempty" doc:"why not"`
	Trouble     string        `json:"trouble,omitempty" doc:"why the other system gave no answer just now"`
	Checks      []ChangeCheck `json:"checks,omitempty" doc:"the latest answers, newest first"`
}

// ETag is the version, for If-Match.
func (c Change) ETag() string { return fmt.Sprintf(`"%d"`, c.Version) }

// ChangeCheck is what was said when another system was asked.
type ChangeCheck struct {
	At         time.Time `json:"at"`
	Answer     string    `json:"answer" enum:"said,unavailable,missing"`
	State      string    `json:"state,omitempty"`
	RawState   string    `json:"raw_state,omitempty"`
	Title      string    `json:"title,omitempty"`
	WindowFrom time.Time `json:"window_from,omitzero"`
	WindowTo   time.Time `json:"window_to,omitzero"`
	Reason     string    `json:"reason,omitempty" doc:"why there was no answer"`
}

// ChangeInput is a record that is kept here, or a reference.
type ChangeInput struct {
	Ref        string    `json:"ref,omitempty" maxLength:"2048" doc:"a ticket of another system: jira:OPS-1, or the address of its page"`
	Title      string    `json:"title,omitempty" maxLength:"300"`
	WindowFrom time.Time `json:"window_from,omitzero"`
	WindowTo   time.Time `json:"window_to,omitzero"`
}

// ChangeEnd is how a record ends.
type ChangeEnd struct {
	State string `json:"state" enum:"closed,cancelled"`
}

// Changes lists change records: a query may have system, state, by, ref, limit and after.
func (r *Remote) Changes(ctx context.Context, query url.Values) (List[Change], error) {
	var out List[Change]
	return out, r.Get(ctx, "/v1/changes", query, &out)
}

// Change is one change record with its checks.
func (r *Remote) Change(ctx context.Context, id string) (Change, error) {
	var out Change
	return out, r.Get(ctx, "/v1/changes/"+url.PathEscape(id), nil, &out)
}

// OpenChange opens a change record, or refers to a ticket of another system.
func (r *Remote) OpenChange(ctx context.Context, in ChangeInput) (Change, error) {
	var out Change
	return out, r.Call(ctx, http.MethodPost, "/v1/changes", in, &out)
}

// ApproveChange approves a change record that somebody else wrote.
func (r *Remote) ApproveChange(ctx context.Context, id string) (Change, error) {
	var out Change
	return out, r.Call(ctx, http.MethodPost, "/v1/changes/"+url.PathEscape(id)+"/approve", nil, &out)
}

// UpdateChange writes a record again; one that was approved has to be approved again.
func (r *Remote) UpdateChange(ctx context.Context, id string, in ChangeInput) (Change, error) {
	var out Change
	return out, r.Call(ctx, http.MethodPut, "/v1/changes/"+url.PathEscape(id), in, &out)
}

// CloseChange ends a record: closed or cancelled.
func (r *Remote) CloseChange(ctx context.Context, id, state string) (Change, error) {
	var out Change
	return out, r.Call(ctx, http.MethodPost, "/v1/changes/"+url.PathEscape(id)+"/close", ChangeEnd{State: state}, &out)
}

// VerifyChange asks the other system how the change stands. If that system gives no answer,
// Trouble says so and the rest is as it was.
func (r *Remote) VerifyChange(ctx context.Context, id string) (Change, error) {
	var out Change
	return out, r.Call(ctx, http.MethodPost, "/v1/changes/"+url.PathEscape(id)+"/verify", nil, &out)
}
