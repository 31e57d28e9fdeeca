package review_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/review"
)

func TestAReviewOpensBeforeItsDayByTier(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		low, high := h.client("low", 2, 14*day+time.Hour), h.client("high", 3, 7*day+time.Hour)
		if s := h.sweep(); s.Opened != 0 {
			t.Fatalf("%+v", s)
		}
		h.pass(time.Hour)
		if s := h.sweep(); s.Opened != 2 {
			t.Fatalf("%+v", s)
		}
		if s := h.sweep(); s != (review.Swept{}) {
			t.Fatalf("a second sweep did something: %+v", s)
		}
		r := h.open(low)
		if r.ReviewerID != "per_ann" || !r.DueAt.Equal(start.Add(14*day+time.Hour)) || r.Causes[0].Name != review.Period {
			t.Fatalf("%+v", r)
		}
		if r := h.open(high); !r.DueAt.Equal(start.Add(7*day + time.Hour)) {
			t.Fatalf("%+v", r)
		}
		h.must("ann", review.Choice{Review: r.ID, Verdict: review.Keep})
		if next := h.get(low).NextReviewAt; !next.Equal(h.clock().Add(90 * day)) {
			t.Fatal(next)
		}
		for tier, days := range map[clientele.Tier]int{0: 365, 1: 180, 2: 90, 3: 30, 4: 30} {
			if review.Every(tier) != time.Duration(days)*day {
				t.Errorf("tier %d", tier)
			}
		}
	})
}

func TestEventsOpenOneReviewAndEachIsAskedAboutOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 80*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", 0)
		h.sweep()
		h.pass(3 * day)
		h.grant(id, "2", "/b", clientele.Write, 2, "per_ann", 0) // a verb it never had
		h.grant(id, "3", "/c", clientele.Read, 2, "per_ann", 0)  // one it had
		h.use(id, "/a", clientele.Read, 50*day)
		h.sql("UPDATE person SET active = 0, left_at = 1 WHERE id = 'per_ann'")
		h.sql("UPDATE client SET vendor_name = 'Acme', vendor_runbook = 'x', vendor_drilled_at = 1, vendor_sponsor_id = 'per_bob', vendor_contract_end = %d", db.Micro(h.clock().Add(30*day)))
		h.sql("INSERT INTO credential (id, hash, role, class, provider, weak, expires_at, leaked_at, first_seen, last_seen) VALUES ('crd_1', 'x', 'api_key', 'literal', '', 0, 0, 5, 1, 1)")
		h.sql("INSERT INTO host (host, person_id, first_seen, last_seen) VALUES ('laptop', 'per_ann', 1, 1)")
		h.sql("INSERT INTO scan (id, host, tool, once_key, meta, scope, roots, complete, parts, state, posted_by, started_at, begun_at) VALUES ('scn_1', 'laptop', 'x', '', '', '', '[]', 1, 1, 'finished', 'per_ann', 1, 1)")
		h.sql(`INSERT INTO credential_place (client_id, credential_id, host, place, slot, file, path, line, name, excerpt, principal, scan_id, first_seen, last_seen)
			VALUES ('%s', 'crd_1', 'laptop', 'p', 's', 'f', '[]', 1, 'n', 'e', '', 'scn_1', 1, 1)`, id)
		h.sweep()
		r := h.open(id)
		var causes []string
		for _, c := range r.Causes {
			causes = append(causes, c.Name)
		}
		slices.Sort(causes)
		if got := strings.Join(causes, " "); got != "dormant_45 leak new_scope owner_left vendor_end" {
			t.Fatal(got)
		}
		if !r.DueAt.Equal(h.clock().Add(3*day)) || r.ReviewerID != "per_bob" {
			t.Fatalf("due %s, reviewer %s", r.DueAt, r.ReviewerID)
		}
		if !r.Evidence.Leaked {
			t.Error("the leak is not in the evidence")
		}
		h.must("bob", review.Choice{Review: r.ID, Verdict: review.Keep})
		if s := h.sweep(); s.Opened != 0 {
			t.Fatalf("asked about again: %+v", s)
		}
		h.pass(40 * day)
		if s := h.sweep(); s.Opened != 1 {
			t.Fatalf("%+v", s)
		}
		if r := h.open(id); r.Causes[0].Name != review.Dormant90 {
			t.Fatalf("%+v", r.Causes)
		}
	})
}

func TestAnOwnerWhoMovedToAnotherTeamIsAsked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 1, 170*day)
		h.sql("DELETE FROM team_member WHERE person_id = 'per_ann'")
		h.sweep()
		if r := h.open(id); r.Causes[0].Name != review.OwnerMoved {
			t.Fatalf("%+v", r.Causes)
		}
	})
}

func TestEmergencyAccessIsReviewedWithinADayAndNotByWhoTookIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 80*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_bob", day)
		h.sql(`INSERT INTO break_glass (id, request_id, client_id, person_id, incident, reason, told_1, told_2, starts_at, ends_at)
			VALUES ('brk_1', 'req_1', '%s', 'per_ann', 'i', 'r', 'per_sec', 'per_max', 1, 2)`, id)
		h.sql("INSERT INTO due (kind, ref, at, client_id, cause) VALUES ('review', 'brk_1', %d, '%s', 'emergency access was taken')", db.Micro(h.clock().Add(day)), id)
		h.sweep()
		r := h.open(id)
		if r.Causes[0].Name != review.BreakGlass || !r.DueAt.Equal(h.clock().Add(day)) || r.ReviewerID != "per_bob" {
			t.Fatalf("%+v", r)
		}
		_, err := h.decide("ann", review.Choice{Review: r.ID, Verdict: review.Keep})
		var ce *clientele.Error
		if !errors.As(err, &ce) || ce.Rule != "no-self-review" {
			t.Fatal(err)
		}
		if h.count("due WHERE done_at = 0 AND kind = 'review'") != 0 {
			t.Fatal("the day is not settled")
		}
		h.must("bob", review.Choice{Review: r.ID, Verdict: review.Keep})
	})
}

func TestEvidenceShowsTheDeltaFirst(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 10*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", 2*day)
		h.grant(id, "2", "/b", clientele.Read, 2, "per_ann", 0)
		h.grant(id, "3", "/c", clientele.Read, 2, "per_ann", 100*day)
		h.sweep()
		r := h.open(id)
		if r.Delta != (review.Delta{New: 3}) || r.Evidence.Used != 1 || r.Evidence.Days != 90 || len(r.Evidence.Grants) != 3 {
			t.Fatalf("%+v", r)
		}
		if x := r.Evidence.Removal; x.Services != 1 || x.Endpoints != 2 || x.Calls != 10 || !x.LastAt.Equal(h.clock().Add(-2*day)) {
			t.Fatalf("%+v", x)
		}
		h.must("ann", review.Choice{Review: r.ID, Verdict: review.Keep})
		h.pass(80 * day)
		h.sql("UPDATE access_grant SET valid_to = %d", db.Micro(h.clock().Add(20*day)))
		h.sql("UPDATE access_grant SET row_cap = 7 WHERE id = 'grt_2'")
		h.grant(id, "4", "/d", clientele.Write, 2, "per_ann", day)
		h.use(id, "/a", clientele.Read, day)
		h.sweep()
		r = h.open(id)
		if r.Delta != (review.Delta{New: 1, Changed: 1, Unused: 1, Unchanged: 1}) {
			t.Fatalf("%+v", r.Delta)
		}
		var kinds []string
		for _, i := range r.Evidence.Grants {
			kinds = append(kinds, i.Grant+" "+string(i.Delta))
		}
		if got := strings.Join(kinds, ", "); got != "grt_4 new, grt_2 changed, grt_3 unused, grt_1 unchanged" {
			t.Fatal(got)
		}
	})
}

func TestNarrowKeepsWhatWasUsedAndIsVerifiedAfterwards(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 10*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.grant(id, "2", "/b", clientele.Read, 2, "per_ann", 0)
		h.grant(id, "3", "/c", clientele.Write, 2, "per_ann", 0)
		h.sweep()
		r := h.open(id)
		_, err := h.decide("ann", review.Choice{Review: r.ID, Verdict: review.Narrow})
		want(t, err, clientele.Invalid) // no reason
		_, err = h.decide("ann", review.Choice{Review: r.ID, Verdict: review.Narrow, Reason: "x", Keep: []string{"grt_9"}})
		want(t, err, clientele.Invalid)
		r = h.must("ann", review.Choice{Review: r.ID, Verdict: review.Narrow, Reason: "only reads orders"})
		if got := h.grants(id); !slices.Equal(got, []string{"grt_1"}) || r.State != review.Narrowed || !slices.Equal(r.Ended, []string{"grt_2", "grt_3"}) || !r.VerifiedAt.IsZero() {
			t.Fatalf("%v %+v", got, r)
		}
		if h.count("entry WHERE act = 'grant:revoke' AND actor = 'system:review' AND body LIKE '%%decided in review %s%%'", r.ID) != 1 {
			t.Fatal("no entry of what followed")
		}
		if h.count("entry WHERE body LIKE '%%only reads orders%%'") != 0 {
			t.Fatal("the reason stands in an entry")
		}
		if s := h.sweep(); s.Verified != 1 || h.review(r.ID).VerifiedAt.IsZero() {
			t.Fatalf("%+v", s)
		}
	})
}

func TestARevokeThatDidNotEndItsGrantsIsNotVerified(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 10*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.grant(id, "2", "/b", clientele.Read, 2, "per_ann", 0)
		h.sweep()
		r := h.must("ann", review.Choice{Review: h.open(id).ID, Verdict: review.Narrow, Reason: "x"})
		h.sql("UPDATE access_grant SET superseded_at = 0, valid_to = %d WHERE id = 'grt_2' AND version = 1", db.Micro(h.clock().Add(9*day))) // somebody undid it by SQL
		if s := h.sweep(); s.Verified != 0 || !h.review(r.ID).VerifiedAt.IsZero() {
			t.Fatalf("%+v", s)
		}
	})
}

func TestNarrowToNothingSaysToRetire(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 10*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", 0)
		h.sweep()
		_, err := h.decide("ann", review.Choice{Review: h.open(id).ID, Verdict: review.Narrow, Reason: "x"})
		want(t, err, clientele.Conflict)
		r := h.must("ann", review.Choice{Review: h.open(id).ID, Verdict: review.Retire, Reason: "gone"})
		if len(h.grants(id)) != 0 || h.get(id).State != clientele.Retired {
			t.Fatal(h.get(id).State, h.grants(id))
		}
		h.sweep()
		if h.review(r.ID).VerifiedAt.IsZero() {
			t.Fatal("not verified")
		}
	})
}

func TestHandOverAsksTheNewOwnerSoon(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 10*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.sweep()
		r := h.open(id)
		_, err := h.decide("ann", review.Choice{Review: r.ID, Verdict: review.HandOver, To: "nobody@example.com", Reason: "x"})
		want(t, err, clientele.Invalid)
		h.must("ann", review.Choice{Review: r.ID, Verdict: review.HandOver, To: "new@example.com", Backup: "per_ann", Reason: "new team"})
		c := h.get(id)
		if c.OwnerID != "per_new" || c.BackupID != "per_ann" || !c.AttestedAt.IsZero() || !c.NextReviewAt.Equal(h.clock().Add(14*day)) {
			t.Fatalf("%+v", c)
		}
		h.sweep()
		if r := h.open(id); r.ReviewerID != "per_new" {
			t.Fatalf("%+v", r)
		}
	})
}

func TestNotMineAsksWhoWasSuggested(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 10*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.sweep()
		h.must("ann", review.Choice{Review: h.open(id).ID, Verdict: review.NotMine, Suggest: "new", Reason: "never saw it"})
		c, r := h.get(id), h.open(id)
		if c.OwnerID != "per_new" || !c.AttestedAt.IsZero() || r.ReviewerID != "per_new" || r.Causes[0].Name != review.DisownedBy || !r.DueAt.Equal(h.clock().Add(14*day)) {
			t.Fatalf("%+v %+v", c, r)
		}
		_, err := h.decide("bob", review.Choice{Review: r.ID, Verdict: review.NotMine, Reason: "x"})
		want(t, err, clientele.Conflict) // it is not said to be bob's
		h.must("new", review.Choice{Review: r.ID, Verdict: review.NotMine, Reason: "not mine either"})
		if c, r := h.get(id), h.open(id); c.OwnerID != "" || r.ReviewerID != "per_bob" {
			t.Fatalf("%+v %+v", c, r)
		}
	})
}

func TestWhoMayDecide(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		low, high := h.client("low", 2, 5*day), h.client("high", 3, 5*day)
		h.grant(low, "1", "/a", clientele.Read, 2, "per_tim", day)
		h.grant(high, "2", "/a", clientele.Write, 3, "per_tim", day)
		h.sweep()
		keep := func(by string, id clientele.ClientID) error {
			_, err := h.decide(by, review.Choice{Review: h.open(id).ID, Verdict: review.Keep})
			return err
		}
		want(t, keep("out", low), clientele.NotFound)
		want(t, keep("tim", high), clientele.Denied) // the team decides at low tiers only, but may follow
		machine := clientele.Actor{Kind: clientele.MachineActor, ID: "per_ann", Roles: clientele.SystemRoles}
		for _, a := range []clientele.Actor{machine, clientele.System("x", "y"), who("sec", clientele.SecurityRole)} {
			err := h.g.Do(t.Context(), a, "review:decide", func(act *guard.Act) error {
				_, err := review.Decide(act, review.Choice{Review: h.open(low).ID, Verdict: review.Keep})
				return err
			})
			want(t, err, clientele.Denied)
		}
		if err := keep("tim", low); err != nil {
			t.Fatal(err)
		}
		if err := keep("bob", high); err != nil {
			t.Fatal(err)
		}
		_, err := h.decide("bob", review.Choice{Review: "rev_none", Verdict: review.Keep})
		want(t, err, clientele.NotFound)
	})
}

func TestFromTierThreeNobodyKeepsWhatTheyAloneAskedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 3, 5*day)
		h.grant(id, "1", "/a", clientele.Write, 3, "per_ann", day)
		h.grant(id, "2", "/b", clientele.Read, 2, "per_ann", day)
		h.sweep()
		r := h.open(id)
		if r.SoleRequester != "per_ann" || r.ReviewerID != "per_bob" {
			t.Fatalf("%+v", r)
		}
		for _, v := range []review.Verdict{review.Keep, review.Narrow} {
			_, err := h.decide("ann", review.Choice{Review: r.ID, Verdict: v, Reason: "x", Keep: []string{"grt_1"}})
			var ce *clientele.Error
			if !errors.As(err, &ce) || ce.Rule != "no-self-review" || !slices.Equal(ce.Approvers, []string{"per_bob"}) || !strings.Contains(ce.Hint, r.ID) {
				t.Fatalf("%s: %v %+v", v, err, ce)
			}
		}
		// What another asked for makes it no self-review.
		h.grant(id, "3", "/c", clientele.Read, 2, "per_tim", day)
		h.must("ann", review.Choice{Review: r.ID, Verdict: review.Keep})
	})
}

func TestWithoutASecondPersonSecurityReviews(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 3, 5*day)
		h.sql("UPDATE client SET backup_id = '', team_id = ''")
		h.grant(id, "1", "/a", clientele.Write, 3, "per_tim", day)
		h.sweep()
		r := h.open(id)
		if r.SoleUser != "per_ann" || r.ReviewerID != "" {
			t.Fatalf("%+v", r)
		}
		_, err := h.decide("ann", review.Choice{Review: r.ID, Verdict: review.Keep})
		want(t, err, clientele.Denied)
		h.must("sec", review.Choice{Review: r.ID, Verdict: review.Keep})
	})
}

func TestTheTableRefusesSelfReviews(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 3, 5*day)
		h.grant(id, "1", "/a", clientele.Write, 3, "per_ann", day)
		h.sweep()
		r := h.open(id)
		for _, set := range []string{
			"state = 'kept', decided_by = 'per_ann', decided_at = 1, next_at = 0",
			"state = 'kept', decided_by = 'per_bob', on_behalf = 'per_ann', decided_at = 1, next_at = 0",
			"state = 'narrowed', decided_by = 'per_ann', decided_at = 1, next_at = 0, reason = 'x'",
			"state = 'kept', decided_by = '', automatic = 1, decided_at = 1, next_at = 0",
			"state = 'kept', decided_by = '', decided_at = 1, next_at = 0",
			"state = 'retired', decided_by = 'per_bob', decided_at = 1, next_at = 0",
			"state = 'kept', decided_by = 'per_bob', taker = 'per_bob', decided_at = 1, next_at = 0",
		} {
			if _, err := h.db.Handle().Exec("UPDATE review SET " + set + " WHERE id = '" + r.ID + "'"); err == nil {
				t.Errorf("the table took %s", set)
			}
		}
	})
}

func TestABorrowerDecidesForTheLenderButNotForWhoIsBarred(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		low, high := h.client("low", 2, 5*day), h.client("high", 3, 5*day)
		h.grant(low, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.grant(high, "2", "/a", clientele.Write, 3, "per_ann", day)
		h.sql("INSERT INTO delegation (id, lender, borrower, client_id, starts_at, ends_at, created_at) VALUES ('dlg_1', 'per_ann', 'per_out', NULL, 1, %d, 1)", db.Micro(time.Unix(0, 0).Add(day)))
		h.sweep()
		_, err := h.decide("out", review.Choice{Review: h.open(low).ID, Verdict: review.Keep})
		want(t, err, clientele.NotFound) // it has ended
		h.sql("UPDATE delegation SET starts_at = %d, ends_at = %d", db.Micro(h.clock().Add(-day)), db.Micro(h.clock().Add(day)))
		if r := h.must("out", review.Choice{Review: h.open(low).ID, Verdict: review.Keep}); r.OnBehalf != "per_ann" {
			t.Fatalf("%+v", r)
		}
		if h.count("entry WHERE act = 'review:decide' AND body LIKE '%%per_ann%%on_behalf%%' OR act = 'review:decide' AND body LIKE '%%on_behalf%%per_ann%%'") != 1 {
			t.Fatal("the lender is not on record")
		}
		_, err = h.decide("out", review.Choice{Review: h.open(high).ID, Verdict: review.Keep})
		want(t, err, clientele.Denied)
	})
}

func TestOfManyWhoDecideAtOnceOneDoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 5*day)
		h.grant(id, "1", "/a", clientele.Read, 2, "per_ann", day)
		h.sweep()
		r := h.open(id)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = h.decide([]string{"ann", "bob", "tim"}[i%3], review.Choice{Review: r.ID, Verdict: review.Keep})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				want(t, err, clientele.Conflict)
			}
		}
		if won != 1 || h.count("entry WHERE act = 'review:decide' AND outcome = 'done'") != 1 {
			t.Fatalf("%d decided", won)
		}
	})
}

func TestSeveralAreDecidedAtOnceWithAnEntryEachOrNoneIs(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var choices []review.Choice
		for _, name := range []string{"a", "b", "c"} {
			id := h.client(name, 2, 5*day)
			h.grant(id, name, "/a", clientele.Read, 2, "per_ann", day)
			choices = append(choices, review.Choice{Verdict: review.Keep, Took: time.Second})
		}
		h.sweep()
		for i, name := range []string{"a", "b", "c"} {
			choices[i].Review = h.open(clientele.ClientID("cli_" + name)).ID
		}
		all := func() error {
			return h.g.Do(t.Context(), who("ann"), "review:decide", func(act *guard.Act) error {
				_, err := review.DecideAll(act, choices)
				return err
			})
		}
		choices[2].Verdict = review.Retire // without a reason
		want(t, all(), clientele.Invalid)
		if h.count("review WHERE state = 'open'") != 3 {
			t.Fatal("some were decided")
		}
		choices[2].Verdict = review.Keep
		if err := all(); err != nil {
			t.Fatal(err)
		}
		if h.count("review WHERE state = 'kept' AND batch = 3 AND milliseconds = 1000") != 3 || h.count("entry WHERE act = 'review:decide' AND outcome = 'done'") != 3 {
			t.Fatal("not each with its entry")
		}
		choices = make([]review.Choice, 51)
		want(t, all(), clientele.Limit)
	})
}

func TestViewersSeeOnlyTheirReviews(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.client("a", 2, 5*day)
		h.sweep()
		r := h.open(id)
		for name, ok := range map[string]bool{"ann": true, "bob": true, "out": false} {
			err := h.g.View(t.Context(), who(name), "review:read", func(v *guard.View) error {
				got, deciders, err := review.Show(t.Context(), v, r.ID)
				if err == nil && (got.ID != r.ID || len(deciders) != 3) {
					t.Errorf("%+v %+v", got, deciders)
				}
				return err
			})
			if ok && err != nil || !ok && clientele.KindOf(err) != clientele.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		h.read(func(ctx context.Context, tx *db.Tx) error {
			for parties, n := range map[string]int{"per_ann": 1, "per_bob": 1, "tea_1": 1, "per_out": 0} {
				all, _, err := review.List(ctx, tx, review.Filter{Parties: []string{parties}}, review.Page{})
				if err != nil || len(all) != n {
					t.Errorf("%s sees %d: %v", parties, len(all), err)
				}
			}
			return nil
		})
	})
}
