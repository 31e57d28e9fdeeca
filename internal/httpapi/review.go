package httpapi

import (
	"context"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/review"
)

// reviewRoutes show reviews and decide them.
var reviewRoutes = []route{
	look("/v1/reviews", "list-reviews", "reviews", "List reviews", "review:list", listReviews),
	look("/v1/reviews/{id}", "show-review", "reviews", "Show a review with its evidence as it is now", "review:read", showReview),
	do("POST", "/v1/reviews/{id}/decide", "decide-review", "reviews", "Decide a review", "review:decide", 200, decideReview),
	do("POST", "/v1/reviews/decide", "decide-reviews", "reviews", "Decide several reviews, all or none", "review:decide", 200, decideReviews),
}

type reviewList struct {
	Paged
	State    string `query:"state" enum:"open,kept,narrowed,handed_over,retired,disowned,missed,cancelled"`
	Client   string `query:"client" maxLength:"64" doc:"a client's id"`
	Campaign string `query:"campaign" maxLength:"64" doc:"a campaign's id"`
	Turn     bool   `query:"turn" doc:"those whose turn is the caller's, or a team's of theirs"`
}

func listReviews(ctx context.Context, v *guard.View, _ *House, in *reviewList) (api.List[api.Review], error) {
	f := review.Filter{State: review.State(in.State), Client: clientele.ClientID(in.Client), Campaign: in.Campaign}
	mine, err := review.Concerns(ctx, v.Tx, v.Actor, v.At)
	if err != nil {
		return api.List[api.Review]{}, err
	}
	if !v.SeesAll("Review") {
		if len(v.Actor.Roles) == 0 {
			return api.List[api.Review]{}, v.Allow(policy.Resource{Type: "Review", ID: guard.All})
		}
		f.Parties = mine
	}
	if in.Turn {
		f.Turn = mine
		if slices.Contains(v.Actor.Roles, clientele.SecurityRole) {
			f.Turn = append(f.Turn, "")
		}
	}
	all, next, err := review.List(ctx, v.Tx, f, review.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireReview), err
}

func showReview(ctx context.Context, v *guard.View, _ *House, in *ID) (api.Review, error) {
	r, who, err := review.Show(ctx, v, in.ID)
	if err != nil {
		return api.Review{}, err
	}
	out := wireReview(r)
	people := append([]string{r.OwnerID, r.BackupID, r.TeamID, r.ReviewerID, r.DecidedBy, r.OnBehalf}, r.Evidence.People...)
	for _, w := range who {
		out.Deciders = append(out.Deciders, api.ReviewDecider{ID: w.ID, OnBehalf: w.OnBehalf, Barred: w.Barred})
		people = append(people, w.ID, w.OnBehalf)
	}
	out.Names, err = namesOf(ctx, v.Tx, people)
	return out, err
}

// namesOf are the names of parties by id, for people to read.
func namesOf(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		if _, there := names[id]; id == "" || there {
			continue
		}
		p, err := identity.GetParty(ctx, tx, id)
		if clientele.KindOf(err) == clientele.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		names[id] = p.Name
	}
	return names, nil
}

func decideReview(_ context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
	Body api.ReviewChoice
}) (api.Review, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.Review{}, err
	}
	ch := choiceOf(in.ID.ID, in.Body)
	ch.IfVersion = version
	r, err := review.Decide(act, ch)
	return wireReview(r), err
}

func decideReviews(_ context.Context, act *guard.Act, _ *House, in *struct{ Body api.ReviewChoices }) (api.List[api.Review], error) {
	choices := make([]review.Choice, 0, len(in.Body.Choices))
	for _, c := range in.Body.Choices {
		choices = append(choices, choiceOf(c.Review, c.ReviewChoice))
	}
	all, err := review.DecideAll(act, choices)
	return listOf(all, "", wireReview), err
}

func choiceOf(id string, c api.ReviewChoice) review.Choice {
	return review.Choice{
		Review: id, Verdict: review.Verdict(c.Verdict), Reason: c.Reason, Keep: c.Keep, To: c.To, Backup: c.Backup, Suggest: c.Suggest,
		Took: time.Duration(c.Milliseconds) * time.Millisecond,
	}
}

func wireReview(r review.Review) api.Review {
	out := api.Review{
		ID: r.ID, Client: string(r.Client), ClientName: r.ClientName, State: string(r.State), Tier: int(r.Tier), Stage: r.Stage,
		OpenedAt: r.OpenedAt, DueAt: r.DueAt, NextAt: r.NextAt, Reviewer: r.ReviewerID, Owner: r.OwnerID, Backup: r.BackupID, Team: r.TeamID,
		DecidedBy: r.DecidedBy, OnBehalf: r.OnBehalf, DecidedAt: r.DecidedAt, Reason: r.Reason, Automatic: r.Automatic,
		EndedGrants: r.Ended, VerifiedAt: r.VerifiedAt, Version: r.Version,
		Delta:    api.ReviewDelta{New: r.Delta.New, Changed: r.Delta.Changed, Unused: r.Delta.Unused, Unchanged: r.Delta.Unchanged},
		Evidence: wireEvidence(r.Evidence),
	}
	for _, c := range r.Causes {
		out.Causes = append(out.Causes, api.ReviewCause{Cause: c.Name, Subject: c.Subject, At: c.At})
	}
	return out
}

func wireEvidence(e review.Evidence) api.ReviewEvidence {
	out := api.ReviewEvidence{
		At: e.At, LastUsedAt: e.LastUsedAt, Used: e.Used, Days: e.Days, Findings: e.Findings, Leaked: e.Leaked, Shared: e.Shared,
		People: e.People, Machines: e.Machines, Changes: e.Changes, Before: e.Before, Grants: make([]api.ReviewGrant, 0, len(e.Grants)),
		Removal: api.ReviewRemoval{Services: e.Removal.Services, Endpoints: e.Removal.Endpoints, Calls: e.Removal.Calls, FirstAt: e.Removal.FirstAt, LastAt: e.Removal.LastAt},
	}
	for _, g := range e.Grants {
		out.Grants = append(out.Grants, api.ReviewGrant{
			ID: g.Grant, Service: g.Service, ServiceID: g.ServiceID, Method: g.Method, Path: g.Path, Verb: string(g.Verb), ValidTo: g.ValidTo,
			Delta: string(g.Delta), Uses: g.Uses, LastUsedAt: g.LastUsedAt,
		})
	}
	for _, c := range e.Conditions {
		out.Conditions = append(out.Conditions, api.ReviewCondition{Name: string(c.Name), Reasons: c.Reasons})
	}
	return out
}
