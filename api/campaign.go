package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Campaign is a review of many clients by a day.
type Campaign struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Selection CampaignSelection `json:"selection"`
	State     string            `json:"state" enum:"open,done,cancelled"`
	Items     int               `json:"items"`
	Snapshot  string            `json:"snapshot" doc:"SHA-256 over its items as they stood when it began"`
	DueAt     time.Time         `json:"due_at"`
	CreatedBy string            `json:"created_by"`
	CreatedAt time.Time         `json:"created_at"`
	EndedBy   string            `json:"ended_by,omitempty"`
	EndedAt   time.Time         `json:"ended_at,omitzero"`
	SelfTest  *CampaignSelfTest `json:"self_test,omitempty"`
}

// CampaignSelection says which clients a campaign is about: all that it says has to hold.
type CampaignSelection struct {
	Environment string `json:"environment,omitempty" enum:"production,staging,test,development,local"`
	MinTier     int    `json:"min_tier,omitempty" minimum:"0" maximum:"4"`
	Owner       string `json:"owner,omitempty" maxLength:"64" doc:"the id of an owner or team"`
	Kind        string `json:"kind,omitempty" maxLength:"64"`
	Vendors     bool   `json:"vendors,omitempty" doc:"vendors' clients alone"`
}

// CampaignSelfTest is what a campaign says about itself.
type CampaignSelfTest struct {
	Items              int             `json:"items"`
	Decided            int             `json:"decided"`
	Missed             int             `json:"missed"`
	Cancelled          int             `json:"cancelled"`
	Open               int             `json:"open"`
	Coverage           float64         `json:"coverage" doc:"share of items that are not open: 1 is all"`
	SelfReviews        int             `json:"self_reviews" doc:"kept or narrowed by who alone asked for it, or uses it"`
	HighSelfReviews    int             `json:"high_self_reviews" doc:"those from tier 3 on: there must be none"`
	Revokes            int             `json:"revokes" doc:"decisions that were to end grants"`
	Verified           int             `json:"verified" doc:"those whose grants have really ended"`
	MedianMilliseconds int64           `json:"median_milliseconds" doc:"time spent on an item"`
	BulkRatio          float64         `json:"bulk_ratio" doc:"share of decisions taken several at once"`
	KeptRatio          float64         `json:"kept_ratio" doc:"share of decisions that changed nothing"`
	Stamps             []CampaignStamp `json:"stamps,omitempty" doc:"reviewers who may not have looked"`
	SnapshotHolds      bool            `json:"snapshot_holds"`
	Passed             bool            `json:"passed"`
}

// CampaignStamp is the alarm about one reviewer.
type CampaignStamp struct {
	Reviewer           string  `json:"reviewer"`
	Decisions          int     `json:"decisions"`
	MedianMilliseconds int64   `json:"median_milliseconds"`
	BulkRatio          float64 `json:"bulk_ratio"`
}

// CampaignInput begins a campaign.
type CampaignInput struct {
	Name      string            `json:"name" minLength:"1" maxLength:"300"`
	Selection CampaignSelection `json:"selection"`
	DueAt     time.Time         `json:"due_at" doc:"a day to a year from now"`
}

// CampaignEnd cancels a campaign.
type CampaignEnd struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

// CampaignPreview counts what a campaign would ask for.
type CampaignPreview struct {
	Clients   int `json:"clients"`
	Reviewers int `json:"reviewers"`
}

// Campaigns lists campaigns: a query may have state, limit and after.
func (r *Remote) Campaigns(ctx context.Context, query url.Values) (List[Campaign], error) {
	var out List[Campaign]
	return out, r.Get(ctx, "/v1/campaigns", query, &out)
}

// Campaign is one campaign with its self-test.
func (r *Remote) Campaign(ctx context.Context, id string) (Campaign, error) {
	var out Campaign
	return out, r.Get(ctx, "/v1/campaigns/"+url.PathEscape(id), nil, &out)
}

// PreviewCampaign counts what a campaign would ask for.
func (r *Remote) PreviewCampaign(ctx context.Context, query url.Values) (CampaignPreview, error) {
	var out CampaignPreview
	return out, r.Get(ctx, "/v1/campaigns/preview", query, &out)
}

// CreateCampaign begins a campaign.
func (r *Remote) CreateCampaign(ctx context.Context, in CampaignInput) (Campaign, error) {
	var out Campaign
	return out, r.Call(ctx, http.MethodPost, "/v1/campaigns", in, &out)
}

// CancelCampaign ends a campaign; reviews that nothing else asked for are cancelled.
func (r *Remote) CancelCampaign(ctx context.Context, id, reason string) (Campaign, error) {
	var out Campaign
	return out, r.Call(ctx, http.MethodPost, "/v1/campaigns/"+url.PathEscape(id)+"/cancel", CampaignEnd{Reason: reason}, &out)
}
