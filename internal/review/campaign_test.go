package review_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/review"
)

func (h *house) campaign(by clientele.Actor, sel review.Selection, due time.Duration) (k review.Campaign, err error) {
	err = h.g.Do(h.t.Context(), by, "campaign:create", func(act *guard.Act) (err error) {
		k, err = review.Create(act, "Spring", sel, act.At.Add(due))
		return err
	})
	return k, err
}

func (h *house) getCampaign(id string) (k review.Campaign) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		k, err = review.GetCampaign(ctx, tx, id)
		return err
	})
	return k
}

func (h *house) selfTest(id string) (r review.Results) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		k, err := review.GetCampaign(ctx, tx, id)
		if err != nil {
			return err
		}
		r, err = review.SelfTest(ctx, tx, k)
		return err
	})
	return r
}

var security = who("sec", clientele.SecurityRole)

func TestACampaignAsksAboutItsClientsAndClosesWhenAllAreDecidedAndVerified(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var ids []clientele.ClientID
		for i, name := range []string{"a", "b", "c"} {
			id := h.client(name, 2, 80*day)
			ids = append(ids, id)
			h.grant(id, fmt.Sprint(i), "/a", clientele.Read, 2, "per_tim", day)
			h.grant(id, fmt.Sprint(i, "x"), "/b", clientele.Read, 2, "per_tim", 0)
		}
		h.client("low", 1, 170*day)
		_, err := h.campaign(who("ann"), review.Selection{}, 14*day)
		want(t, err, clientele.NotFound) // who may not see campaigns learns of none
		_, err = h.campaign(security, review.Selection{Environment: "staging"}, 14*day)
		want(t, err, clientele.Invalid)
		_, err = h.campaign(security, review.Selection{}, time.Hour)
		want(t, err, clientele.Invalid)
		k, err := h.campaign(security, review.Selection{MinTier: 2, Owner: "per_ann"}, 14*day)
		if err != nil || k.Items != 3 || len(k.Snapshot) != 64 {
			t.Fatalf("%+v %v", k, err)
		}
		if s := h.sweep(); s.Opened != 3 {
			t.Fatalf("%+v", s)
		}
		if r := h.selfTest(k.ID); r.Open != 3 || r.Coverage != 0 || r.Passed || !r.SnapshotHolds {
			t.Fatalf("%+v", r)
		}
		h.must("ann", review.Choice{Review: h.open(ids[0]).ID, Verdict: review.Keep, Took: 20 * time.Second})
		h.must("bob", review.Choice{Review: h.open(ids[1]).ID, Verdict: review.Narrow, Reason: "x", Took: 40 * time.Second})
		h.sweep()
		if h.getCampaign(k.ID).State != review.CampaignOpen {
			t.Fatal("closed with an open item")
		}
		h.must("tim", review.Choice{Review: h.open(ids[2]).ID, Verdict: review.Keep, Took: 60 * time.Second})
		if s := h.sweep(); s.Closed != 1 {
			t.Fatalf("%+v", s)
		}
		k = h.getCampaign(k.ID)
		r := *k.Results
		if k.State != review.CampaignDone || !r.Passed || r.Coverage != 1 || r.Decided != 3 || r.Revokes != 1 || r.Verified != 1 || r.Median != 40*time.Second || r.SelfReviews != 1 || r.HighSelfReviews != 0 {
			t.Fatalf("%+v %+v", k, r)
		}
		if h.count("entry WHERE act = 'campaign:close' AND body LIKE '%%\"passed\":true%%'") != 1 {
			t.Fatal("not on record")
		}
	})
}

func TestAnOpenReviewIsSharedWithTheCampaign(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 13*day)
		h.sweep()
		first := h.open(id)
		k, err := h.campaign(security, review.Selection{}, 5*day)
		if err != nil {
			t.Fatal(err)
		}
		h.sweep()
		r := h.open(id)
		if r.ID != first.ID || len(r.Causes) != 2 || !r.DueAt.Equal(h.clock().Add(5*day)) {
			t.Fatalf("%+v", r)
		}
		err = h.g.Do(t.Context(), security, "campaign:cancel", func(act *guard.Act) error {
			_, err := review.Cancel(act, k.ID, "not now")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.open(id) // its own period asked for it, too
		if h.getCampaign(k.ID).State != review.CampaignCancelled {
			t.Fatal("not cancelled")
		}
	})
}

func TestCancellingACampaignCancelsWhatItAloneAskedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 80*day)
		k, err := h.campaign(security, review.Selection{}, 5*day)
		if err != nil {
			t.Fatal(err)
		}
		h.sweep()
		r := h.open(id)
		cancel := func() error {
			return h.g.Do(t.Context(), security, "campaign:cancel", func(act *guard.Act) error {
				_, err := review.Cancel(act, k.ID, "not now")
				return err
			})
		}
		if err := cancel(); err != nil {
			t.Fatal(err)
		}
		if got := h.review(r.ID); got.State != review.Cancelled || got.DecidedBy != "per_sec" {
			t.Fatalf("%+v", got)
		}
		want(t, cancel(), clientele.Conflict)
	})
}

func TestAMissedItemClosesTheCampaignToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 80*day)
		k, err := h.campaign(security, review.Selection{}, 2*day)
		if err != nil {
			t.Fatal(err)
		}
		for range 12 {
			h.sweep()
			h.pass(day)
		}
		if k = h.getCampaign(k.ID); k.State != review.CampaignDone || k.Results.Missed != 1 || k.Results.Coverage != 1 || h.get(id).State != clientele.Suspended {
			t.Fatalf("%+v", k)
		}
	})
}

func TestWhoStampsIsNamed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 10 {
			id := h.client(fmt.Sprint("c", i), 2, 80*day)
			h.grant(id, fmt.Sprint(i), "/a", clientele.Read, 2, "per_tim", day)
		}
		k, err := h.campaign(security, review.Selection{}, 14*day)
		if err != nil {
			t.Fatal(err)
		}
		h.sweep()
		var choices []review.Choice
		for i := range 10 {
			choices = append(choices, review.Choice{Review: h.open(clientele.ClientID(fmt.Sprint("cli_c", i))).ID, Verdict: review.Keep, Took: time.Second})
		}
		err = h.g.Do(t.Context(), who("ann"), "review:decide", func(act *guard.Act) error {
			_, err := review.DecideAll(act, choices)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r := h.selfTest(k.ID)
		if r.Passed || len(r.Stamps) != 1 || r.Stamps[0].Reviewer != "per_ann" || r.BulkRatio != 1 || r.KeptRatio != 1 || r.Coverage != 1 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestACampaignSeesThatItsItemsWereTamperedWith(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.client("a", 2, 80*day)
		h.client("b", 2, 80*day)
		k, err := h.campaign(security, review.Selection{}, 14*day)
		if err != nil {
			t.Fatal(err)
		}
		h.sql("DELETE FROM campaign_item WHERE client_id = 'cli_b'")
		if h.selfTest(k.ID).SnapshotHolds {
			t.Fatal("an item is gone and nobody noticed")
		}
	})
}
