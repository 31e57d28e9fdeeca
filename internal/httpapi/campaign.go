package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/review"
)

// campaignRoutes run reviews of many clients by a day.
var campaignRoutes = []route{
	look("/v1/campaigns", "list-campaigns", "campaigns", "List review campaigns", "campaign:read", listCampaigns),
	look("/v1/campaigns/preview", "preview-campaign", "campaigns", "Count whom a campaign would ask about what", "campaign:read", previewCampaign),
	look("/v1/campaigns/{id}", "show-campaign", "campaigns", "Show a campaign with its self-test as it is now", "campaign:read", showCampaign),
	do("POST", "/v1/campaigns", "create-campaign", "campaigns", "Begin a review campaign", "campaign:create", 201, createCampaign),
	do("POST", "/v1/campaigns/{id}/cancel", "cancel-campaign", "campaigns", "Cancel a review campaign", "campaign:cancel", 200, cancelCampaign),
}

func allCampaigns() policy.Resource { return policy.Resource{Type: "Campaign", ID: guard.All} }

func listCampaigns(ctx context.Context, v *guard.View, _ *House, in *struct {
	Paged
	State string `query:"state" enum:"open,done,cancelled"`
}) (api.List[api.Campaign], error) {
	if err := v.Allow(allCampaigns()); err != nil {
		return api.List[api.Campaign]{}, err
	}
	all, next, err := review.ListCampaigns(ctx, v.Tx, in.State, review.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireCampaign), err
}

func previewCampaign(ctx context.Context, v *guard.View, _ *House, in *struct {
	Environment string `query:"environment" enum:"production,staging,test,development,local"`
	MinTier     int    `query:"min_tier" minimum:"0" maximum:"4"`
	Owner       string `query:"owner" maxLength:"64" doc:"the id of an owner or team"`
	Kind        string `query:"kind" maxLength:"64"`
	Vendors     bool   `query:"vendors" doc:"vendors' clients alone"`
}) (api.CampaignPreview, error) {
	if err := v.Allow(allCampaigns()); err != nil {
		return api.CampaignPreview{}, err
	}
	p, err := review.PreviewOf(ctx, v.Tx, selectionOf(api.CampaignSelection{Environment: in.Environment, MinTier: in.MinTier, Owner: in.Owner, Kind: in.Kind, Vendors: in.Vendors}))
	return api.CampaignPreview{Clients: p.Clients, Reviewers: p.Reviewers}, err
}

func showCampaign(ctx context.Context, v *guard.View, _ *House, in *ID) (api.Campaign, error) {
	k, err := review.GetCampaign(ctx, v.Tx, in.ID)
	if err != nil {
		return api.Campaign{}, err
	}
	if err := v.Allow(k.Resource()); err != nil {
		return api.Campaign{}, err
	}
	if k.Results == nil {
		now, err := review.SelfTest(ctx, v.Tx, k)
		if err != nil {
			return api.Campaign{}, err
		}
		k.Results = &now
	}
	return wireCampaign(k), nil
}

func createCampaign(_ context.Context, act *guard.Act, _ *House, in *struct{ Body api.CampaignInput }) (api.Campaign, error) {
	k, err := review.Create(act, in.Body.Name, selectionOf(in.Body.Selection), in.Body.DueAt)
	return wireCampaign(k), err
}

func cancelCampaign(_ context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.CampaignEnd
}) (api.Campaign, error) {
	k, err := review.Cancel(act, in.ID.ID, in.Body.Reason)
	return wireCampaign(k), err
}

func selectionOf(s api.CampaignSelection) review.Selection {
	return review.Selection{Environment: s.Environment, MinTier: clientele.Tier(s.MinTier), Owner: s.Owner, Kind: s.Kind, Vendors: s.Vendors}
}

func wireCampaign(k review.Campaign) api.Campaign {
	s := k.Selection
	out := api.Campaign{
		ID: k.ID, Name: k.Name, State: k.State, Items: k.Items, Snapshot: k.Snapshot, DueAt: k.DueAt, CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt,
		EndedBy: k.EndedBy, EndedAt: k.EndedAt,
		Selection: api.CampaignSelection{Environment: s.Environment, MinTier: int(s.MinTier), Owner: s.Owner, Kind: s.Kind, Vendors: s.Vendors},
	}
	if r := k.Results; r != nil {
		out.SelfTest = &api.CampaignSelfTest{
			Items: r.Items, Decided: r.Decided, Missed: r.Missed, Cancelled: r.Cancelled, Open: r.Open, Coverage: r.Coverage,
			SelfReviews: r.SelfReviews, HighSelfReviews: r.HighSelfReviews, Revokes: r.Revokes, Verified: r.Verified,
			MedianMilliseconds: r.Median.Milliseconds(), BulkRatio: r.BulkRatio, KeptRatio: r.KeptRatio, SnapshotHolds: r.SnapshotHolds, Passed: r.Passed,
		}
		for _, x := range r.Stamps {
			out.SelfTest.Stamps = append(out.SelfTest.Stamps, api.CampaignStamp{Reviewer: x.Reviewer, Decisions: x.Decisions, MedianMilliseconds: x.Median.Milliseconds(), BulkRatio: x.BulkRatio})
		}
	}
	return out
}
