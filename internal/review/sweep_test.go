package review_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/review"
)

func TestAReviewNobodyDecidesIsPassedOnAndAtTierTwoTheClientIsSuspended(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 14*day)
		h.grant(id, "1", "/a", clientele.Write, 2, "per_ann", day)
		h.sweep()
		for _, step := range []struct {
			after    time.Duration
			stage    int
			reviewer string
		}{{7*day - 1, 0, "per_ann"}, {7 * day, 1, "per_ann"}, {14*day - 1, 1, "per_ann"}, {14 * day, 2, "per_bob"}, {17*day - 1, 2, "per_bob"}, {17 * day, 3, "per_max"}, {21*day - 1, 3, "per_max"}} {
			h.pass(start.Add(step.after).Sub(h.clock()))
			h.sweep()
			if r := h.open(id); r.Stage != step.stage || r.ReviewerID != step.reviewer {
				t.Fatalf("after %s: stage %d, reviewer %s", step.after, r.Stage, r.ReviewerID)
			}
		}
		if len(h.grants(id)) != 1 {
			t.Fatal("a grant of tier 2 ended before the review was missed")
		}
		r := h.open(id)
		h.pass(1)
		h.pass(time.Microsecond)
		if s := h.sweep(); s.Missed != 1 {
			t.Fatalf("%+v", s)
		}
		if c, r := h.get(id), h.review(r.ID); c.State != clientele.Suspended || r.State != review.Missed || r.Stage != 4 || r.DecidedBy != "" {
			t.Fatalf("%s %+v", c.State, r)
		}
		if h.count("entry WHERE act = 'client:suspend' AND body LIKE '%%review missed at tier 2%%'") != 1 || h.count("entry WHERE act = 'review:escalate'") != 3 {
			t.Fatal("not on record with its rule")
		}
		if s := h.sweep(); s != (review.Swept{}) {
			t.Fatalf("more followed: %+v", s)
		}
		err := h.g.Do(t.Context(), who("ann"), "client:resume", func(act *guard.Act) error { return lifecycle.Resume(act, id, "still needed") })
		if err != nil {
			t.Fatal(err)
		}
		h.sweep()
		if r := h.open(id); !r.DueAt.After(h.clock()) {
			t.Fatalf("%+v", r)
		}
	})
}

func TestFromTierThreeWritesAndExportsEndOnTheDay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 3, 7*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.grant(id, "2", "/b", clientele.Write, 3, "per_ann", day)
		h.grant(id, "3", "/c", clientele.Export, 3, "per_tim", day)
		h.grant(id, "4", "/d", clientele.Admin, 3, "per_tim", day)
		h.sweep()
		r := h.open(id)
		h.pass(7*day - time.Second)
		h.sweep()
		if len(h.grants(id)) != 4 {
			t.Fatal("too soon")
		}
		h.pass(time.Second)
		h.sweep()
		if got := h.grants(id); !slices.Equal(got, []string{"grt_1"}) {
			t.Fatal(got)
		}
		if c, r := h.get(id), h.review(r.ID); c.State != clientele.Active || r.State != review.Open || len(r.Ended) != 3 || r.VerifiedAt.IsZero() {
			t.Fatalf("%s %+v", c.State, r)
		}
		if h.count("entry WHERE act = 'grant:revoke' AND actor = 'system:review-sweep' AND body LIKE '%%at tier 3%%'") != 1 {
			t.Fatal("not on record with its rule")
		}
		for range 3 {
			h.pass(3 * day)
			h.sweep()
		}
		if h.get(id).State != clientele.Suspended || h.review(r.ID).State != review.Missed {
			t.Fatalf("%s %+v", h.get(id).State, h.review(r.ID))
		}
	})
}

// After a week in which nothing ran, nobody's client is suspended without a word before.
func TestALateSweepStillGivesADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 1, 14*day)
		h.sweep()
		h.pass(60 * day)
		for range 6 {
			h.sweep()
			h.pass(time.Minute)
		}
		if r := h.open(id); r.Stage != 3 || h.get(id).State != clientele.Active {
			t.Fatalf("%+v", r)
		}
		h.pass(day)
		h.sweep()
		if h.get(id).State != clientele.Suspended {
			t.Fatal(h.get(id).State)
		}
	})
}

func TestTheReviewOfAClientThatEndedIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 1, 10*day)
		h.sweep()
		r := h.open(id)
		err := h.g.Do(t.Context(), who("ann"), "client:retire", func(act *guard.Act) error { return lifecycle.Retire(act, id, "gone") })
		if err != nil {
			t.Fatal(err)
		}
		h.pass(30 * day)
		h.sweep()
		if r := h.review(r.ID); r.State != review.Cancelled {
			t.Fatalf("%+v", r)
		}
	})
}

// renewable makes a client of a tier that a person kept, in use, one period ago.
func (h *house) renewable(name string, tier int) clientele.ClientID {
	h.t.Helper()
	id := h.client(name, tier, 10*day)
	h.grant(id, name, "/a", clientele.Read, tier, "per_ann", day)
	h.sweep()
	h.must("ann", review.Choice{Review: h.open(id).ID, Verdict: review.Keep})
	h.pass(review.Every(clientele.Tier(tier)) - 10*day)
	h.sql("UPDATE access_grant SET valid_to = %d WHERE client_id = '%s'", db.Micro(h.clock().Add(20*day)), id)
	h.use(id, "/a", clientele.Read, day)
	return id
}

func TestWhatIsUnchangedAndUsedIsRenewedByRuleButNotTwice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.renewable("a", 1)
		if s := h.sweep(); s.Renewed != 1 || s.Opened != 0 {
			t.Fatalf("%+v", s)
		}
		if h.count("review WHERE automatic = 1 AND state = 'kept' AND decided_by = '' AND client_id = '%s'", id) != 1 || h.count("entry WHERE act = 'review:renew' AND body LIKE '%%a person looked the last time%%'") != 1 {
			t.Fatal("not on record")
		}
		if next := h.get(id).NextReviewAt; !next.Equal(h.clock().Add(180 * day)) {
			t.Fatal(next)
		}
		h.pass(170 * day)
		h.sql("UPDATE access_grant SET valid_to = %d", db.Micro(h.clock().Add(20*day)))
		h.use(id, "/a", clientele.Read, day)
		if s := h.sweep(); s.Renewed != 0 || s.Opened != 1 {
			t.Fatalf("%+v", s)
		}
		if r := h.open(id); r.Delta != (review.Delta{Unchanged: 1}) || r.Evidence.Before == "" {
			t.Fatalf("%+v", r)
		}
	})
}

func TestWhatIsNotQuiteTheSameIsNotRenewedByRule(t *testing.T) {
	for name, change := range map[string]func(h *house, id clientele.ClientID){
		"tier 2": func(*house, clientele.ClientID) {},
		"unused": func(h *house, _ clientele.ClientID) { h.sql("DELETE FROM client_use") },
		"new grant": func(h *house, id clientele.ClientID) {
			h.grant(id, "9", "/new", clientele.Read, 1, "per_ann", day)
		},
		"another owner": func(h *house, _ clientele.ClientID) { h.sql("UPDATE client SET owner_id = 'per_tim'") },
		"unattested":    func(h *house, _ clientele.ClientID) { h.sql("UPDATE client SET attested_at = 0") },
		"a finding": func(h *house, id clientele.ClientID) {
			h.sql("INSERT INTO finding (id, client_id, fingerprint, rule, severity, message, remedy, excuse, state, opened_at) VALUES ('fnd_1', '%s', 'f', 'r', 1, '', '', '', 'open', 1)", id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				tier := 1
				if name == "tier 2" {
					tier = 2
				}
				id := h.renewable("a", tier)
				change(h, id)
				if s := h.sweep(); s.Renewed != 0 {
					t.Fatalf("%+v", s)
				}
				h.open(id)
			})
		})
	}
}

func TestSweepsAtTheSameTimeDoThingsOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			id := h.client(name, 3, 7*day)
			h.grant(id, name, "/a", clientele.Write, 3, "per_ann", day)
		}
		all := func() {
			t.Helper()
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if _, err := review.Sweep(t.Context(), h.g); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		all()
		if n := h.count("review"); n != 5 || h.count("entry WHERE act = 'review:open'") != 5 {
			t.Fatalf("%d reviews", n)
		}
		h.pass(7 * day)
		all()
		h.pass(time.Second)
		all()
		if h.count("entry WHERE act = 'review:escalate'") != 10 || h.count("entry WHERE act = 'grant:revoke'") != 5 || h.count("entry WHERE act = 'review:verify'") != 5 {
			t.Fatal(h.count("entry WHERE act = 'review:escalate'"), h.count("entry WHERE act = 'grant:revoke'"), h.count("entry WHERE act = 'review:verify'"))
		}
	})
}

func TestWhatFailsForOneClientIsTriedAgainAndHoldsUpNoOther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b := h.client("a", 2, 14*day), h.client("b", 2, 14*day)
		h.sweep()
		policies := func(text string) {
			t.Helper()
			var version int64
			err := h.g.Do(t.Context(), security, "policy:propose", func(act *guard.Act) (err error) {
				version, err = act.Propose(text, "")
				return err
			})
			if err == nil {
				err = h.g.Do(t.Context(), who("max", clientele.SecurityRole), "policy:activate", func(act *guard.Act) error { return act.Activate(version) })
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		policies(`@id("spare") @title("never this one") forbid (principal, action == Action::"client:suspend", resource == Client::"cli_a");`)
		var err error
		for range 4 {
			h.pass(8 * day)
			_, err = review.Sweep(t.Context(), h.g)
		}
		if clientele.KindOf(err) != clientele.Denied || h.get(a).State != clientele.Active || h.get(b).State != clientele.Suspended {
			t.Fatal(err, h.get(a).State, h.get(b).State)
		}
		if r := h.open(a); r.Stage != 3 {
			t.Fatalf("half of the act stands: %+v", r)
		}
		policies("")
		h.sweep()
		if h.get(a).State != clientele.Suspended {
			t.Fatal("not tried again")
		}
	})
}

func TestADayInTheCalendarIsSettledThoughItWasLookedAt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 80*day)
		for i := range 2 {
			h.sql("INSERT INTO due (kind, ref, at, client_id, cause) VALUES ('review', 'x', %d, '%s', 'look at it')", db.Micro(h.clock().Add(time.Duration(i+1)*day)), id)
			h.sweep()
		}
		if h.count("due WHERE done_at <> 0 AND kind = 'review'") != 2 || h.count("review_cause") != 1 {
			t.Fatal("not settled")
		}
		h.open(id)
	})
}
