package lifecycle_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/lifecycle"
)

const day = 24 * time.Hour

func TestATierOneRequestIsActiveAtOnceByARuleOnRecord(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.active()
		c := h.client(r.Client)
		if c.State != clientele.Active || c.Tier != 1 || c.OwnerID != h.ann || c.AttestedAt.IsZero() || c.NextReviewAt.IsZero() {
			t.Fatalf("%+v", c)
		}
		if g := h.grants(r.Client); len(g) != 1 || g[0].RequestID != r.ID || g[0].ValidTo.Sub(g[0].ValidFrom) != 180*day {
			t.Fatalf("%+v", g)
		}
		if h.count("entry WHERE act = 'request:auto_approve' AND actor = 'system:policy' AND client_id = ?", string(c.ID)) != 1 {
			t.Fatal("the approval is not on record")
		}
	})
}

func TestADryRunSaysWhatComesAndWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		before := h.count("entry")
		var f lifecycle.Forecast
		h.must(h.g.View(t.Context(), h.as(h.ann), "request:dry_run", func(v *guard.View) (err error) {
			f, err = lifecycle.DryRun(t.Context(), v, h.ask(h.production, "production", clientele.Read, clientele.Write, clientele.Export))
			return err
		}))
		o := f.Request.Outlook
		if o.Tier != 3 || o.Auto || f.Obstacle != nil || o.Lifetime != 30*day || len(o.Because) == 0 {
			t.Fatalf("%+v %v", o, f.Obstacle)
		}
		if len(f.Needs) != 2 || f.Needs[0].Office != "data_owner" || f.Needs[0].Who[0].ID != h.dan || f.Needs[1].Who[0].ID != h.ida {
			t.Fatalf("%+v", f.Needs)
		}
		if h.count("entry") != before || h.count("request") != 0 {
			t.Fatal("a dry run left something")
		}
	})
}

func TestNobodyDecidesOnTheirOwnRequestNotEvenAdministrators(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.must(h.system("role:assign", func(act *guard.Act) error {
			return identityRoles(act, h.ida, clientele.SystemRoles)
		}))
		ask := h.ask(h.production, "production", clientele.Read)
		ask.New.TeamID, ask.New.BackupID = "", h.ben
		_, err := h.submit(h.ida, ask)
		want(t, err, clientele.Denied, "nobody-may-decide") // she alone owns the service

		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		for who, rule := range map[string]string{h.ann: "requester-never-decides", h.adm: "", h.sam: "not-eligible", h.apo: "not-eligible"} {
			_, err := h.approve(who, r.ID, lifecycle.Verdict{})
			if who == h.adm { // who may not see a request learns nothing of it
				want(t, err, clientele.NotFound, "")
				continue
			}
			want(t, err, clientele.Denied, rule)
		}
		// The table refuses it, too.
		err = h.d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO decision (request_id, requester, beneficiary, by, on_behalf, offices, verdict, round, reason, policy_version, at)
				VALUES (?, ?, '', ?, '', '[]', 'approve', 0, '', 0, 1)`, r.ID, h.ann, h.ann)
			return err
		})
		if err == nil {
			t.Fatal("the table took a decision by the requester")
		}
		err = h.d.Write(t.Context(), func(tx *db.Tx) error { // under a false name of the requester
			_, err := tx.Exec(t.Context(), `INSERT INTO decision (request_id, requester, beneficiary, by, on_behalf, offices, verdict, round, reason, policy_version, at)
				VALUES (?, ?, '', ?, '', '[]', 'approve', 0, '', 0, 1)`, r.ID, h.ben, h.ann)
			return err
		})
		if err == nil {
			t.Fatal("the table took a decision about another requester")
		}
		if _, err := h.approve(h.ida, r.ID, lifecycle.Verdict{}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhomAClientServesAloneDoesNotDecide(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		// ben asks as the backup of ida's own client; she owns the service.
		ask := h.ask(h.staging, "staging", clientele.Read)
		ask.New.TeamID, ask.New.BackupID, ask.New.Personal = "", h.ben, true
		r, err := h.submit(h.ida, ask)
		h.must(err)
		_, err = h.submit(h.ben, lifecycle.Ask{Client: r.Client, Purpose: "more", Scopes: []lifecycle.Scope{h.scope(h.staging, clientele.Write)}})
		want(t, err, clientele.Denied, "nobody-may-decide")
	})
}

func TestTierFourTakesDifferentPeople(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.must(h.system("role:assign", func(act *guard.Act) error {
			return identityRoles(act, h.ida, []clientele.SystemRole{clientele.OwnerRole, clientele.SecurityRole})
		}))
		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Admin))
		h.must(err)
		if r.Outlook.Tier != 4 || r.Granted != 8*time.Hour {
			t.Fatalf("%+v", r)
		}
		r, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		h.must(err)
		if r.State != lifecycle.Pending {
			t.Fatal("one person filled two offices at tier 4")
		}
		_, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.Conflict, "")
		// Her delegate adds nothing: it is her power again.
		h.must(h.do(h.ida, "delegation:create", func(act *guard.Act) error {
			_, err := lifecycle.Delegate(act, lifecycle.Delegation{Borrower: h.ben, EndsAt: act.At.Add(day)})
			return err
		}))
		r, err = h.approve(h.ben, r.ID, lifecycle.Verdict{})
		h.must(err)
		if r.State != lifecycle.Pending {
			t.Fatal("a person and their delegate filled two offices at tier 4")
		}
		r, err = h.approve(h.sue, r.ID, lifecycle.Verdict{})
		h.must(err)
		if r.State != lifecycle.Approved || h.client(r.Client).State != clientele.Active {
			t.Fatalf("%+v", r)
		}
	})
}

func TestApproversOnlyNarrow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ask := h.ask(h.production, "production", clientele.Read, clientele.Write)
		ask.Lifetime = 30 * day
		r, err := h.submit(h.ann, ask)
		h.must(err)
		wider := h.scope(h.production, clientele.Read)
		wider.Path = ""
		for _, v := range []lifecycle.Verdict{
			{Scopes: []lifecycle.Scope{wider}},
			{Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Admin)}},
			{Scopes: []lifecycle.Scope{h.scope(h.staging, clientele.Read)}},
			{Lifetime: 31 * day},
		} {
			_, err := h.approve(h.ida, r.ID, v)
			want(t, err, clientele.Denied, "approvers-only-narrow")
		}
		narrow := h.scope(h.production, clientele.Read)
		narrow.Path, narrow.RowCap = "/orders/7", 10
		r, err = h.approve(h.ida, r.ID, lifecycle.Verdict{Scopes: []lifecycle.Scope{narrow}, Lifetime: day})
		h.must(err)
		g := h.grants(r.Client)
		if len(g) != 1 || g[0].Scope() != narrow || g[0].ValidTo.Sub(g[0].ValidFrom) != day {
			t.Fatalf("%+v", g)
		}
		h.read(func(ctx context.Context, tx *db.Tx) error { // what was asked stays on record
			asked, err := lifecycle.ScopesOf(ctx, tx, r.ID, 0)
			if len(asked) != 2 {
				t.Fatalf("%+v", asked)
			}
			return err
		})
	})
}

func TestDeniedIsFinalAndTheClientIsRejected(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		h.must(h.deny(h.ida, r.ID))
		if h.client(r.Client).State != clientele.Rejected {
			t.Fatal("not rejected")
		}
		_, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.Conflict, "")
		_, err = h.submit(h.ann, lifecycle.Ask{Client: r.Client, Purpose: "again", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Read)}})
		want(t, err, clientele.Conflict, "")
		ask := h.ask(h.production, "production", clientele.Read)
		ask.New.Replaces = r.Client
		again, err := h.submit(h.ann, ask)
		h.must(err)
		if c := h.client(again.Client); c.Replaces != r.Client || c.ID == r.Client {
			t.Fatalf("%+v", c)
		}
	})
}

func TestOneClientOneEnvironment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.submit(h.ann, h.ask(h.production, "staging", clientele.Read))
		want(t, err, clientele.Denied, "one-client-one-environment")
		r := h.active()
		_, err = h.submit(h.ann, lifecycle.Ask{Client: r.Client, Purpose: "x", Environment: "production", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Read)}})
		want(t, err, clientele.Denied, "one-client-one-environment")
		unknown := h.service("who.example.com", "", "", "", "[]")
		_, err = h.submit(h.ann, h.ask(unknown, "staging", clientele.Read))
		want(t, err, clientele.Denied, "one-client-one-environment")
	})
}

func TestRequestsThatAreNoneAreRefused(t *testing.T) {
	h := newHouse(t, sqlite(t))
	bad := func(change func(*lifecycle.Ask)) {
		t.Helper()
		a := h.ask(h.production, "production", clientele.Read)
		change(&a)
		_, err := h.submit(h.ann, a)
		if k := clientele.KindOf(err); k != clientele.Invalid && k != clientele.Limit {
			t.Errorf("%+v: %v", a, err)
		}
	}
	bad(func(a *lifecycle.Ask) { a.New = nil })
	bad(func(a *lifecycle.Ask) { a.Client = "cli_x" })
	bad(func(a *lifecycle.Ask) { a.Purpose = " " })
	bad(func(a *lifecycle.Ask) { a.Environment = "" })
	bad(func(a *lifecycle.Ask) { a.Environment = "moon" })
	bad(func(a *lifecycle.Ask) { a.Scopes = nil })
	bad(func(a *lifecycle.Ask) { a.Scopes = make([]lifecycle.Scope, 51) })
	bad(func(a *lifecycle.Ask) { a.Scopes[0].Verb = "dance" })
	bad(func(a *lifecycle.Ask) { a.Scopes[0].Path = "/a/../b" })
	bad(func(a *lifecycle.Ask) { a.Scopes[0].Path = "/a/*/b" })
	bad(func(a *lifecycle.Ask) { a.Scopes[0].Path = "orders" })
	bad(func(a *lifecycle.Ask) { a.Scopes[0].RowCap = -1 })
	bad(func(a *lifecycle.Ask) { a.Scopes[0].Mask = "none" })
	bad(func(a *lifecycle.Ask) { a.Lifetime = 91 * day })
	bad(func(a *lifecycle.Ask) { a.Lifetime = -1 })
	bad(func(a *lifecycle.Ask) { a.New.BackupID = "per_none" })
	bad(func(a *lifecycle.Ask) { a.New.BackupID, a.New.TeamID = "", "" })
	for _, missing := range []func(*lifecycle.Scope){
		func(s *lifecycle.Scope) { s.RowCap = 0 }, func(s *lifecycle.Scope) { s.ByteCap = 0 },
		func(s *lifecycle.Scope) { s.Destination = "" }, func(s *lifecycle.Scope) { s.Mask = "" },
	} {
		bad(func(a *lifecycle.Ask) {
			s := h.scope(h.production, clientele.Export)
			missing(&s)
			a.Scopes = []lifecycle.Scope{s}
		})
	}
}

func TestAnotherRequestExtendsWithoutAGap(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.active()
		h.pass(100 * day)
		again, err := h.submit(h.ann, lifecycle.Ask{Client: r.Client, Purpose: "longer", Scopes: []lifecycle.Scope{h.scope(h.staging, clientele.Read)}})
		h.must(err)
		if again.State != lifecycle.Approved {
			t.Fatalf("%+v", again)
		}
		var all []lifecycle.Grant
		h.read(func(ctx context.Context, tx *db.Tx) (err error) {
			all, _, err = lifecycle.GrantHistory(ctx, tx, r.Client, lifecycle.Page{})
			return err
		})
		if len(all) != 2 || all[0].ID != all[1].ID || !all[0].ValidTo.Equal(all[1].ValidFrom) || all[1].RequestID != again.ID {
			t.Fatalf("%+v", all)
		}
		h.pass(90 * day) // past the end of the first version
		if g := h.grants(r.Client); len(g) != 1 || g[0].Version != 2 {
			t.Fatalf("%+v", g)
		}
		if n := h.sweep(); n != 0 {
			t.Fatalf("the sweep ended %d things", n)
		}
	})
}

func TestRequestsExpireAndAreRemindedOf(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		h.pass(4 * day)
		if n := h.sweep() + h.sweep(); n != 1 || h.count("entry WHERE act = 'request:escalate'") != 1 {
			t.Fatalf("%d reminders", n)
		}
		h.pass(4 * day)
		_, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.Conflict, "")
		h.sweep()
		if h.client(r.Client).State != clientele.Rejected || h.sweep() != 0 {
			t.Fatal("not rejected, or twice")
		}
		if h.count("entry WHERE act = 'request:expire' AND actor = 'system:lifecycle-sweep'") != 1 {
			t.Fatal("not on record")
		}
	})
}

func TestWithdrawingTakesTheClientBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		withdraw := func(who string) error {
			return h.do(who, "request:withdraw", func(act *guard.Act) error {
				_, err := lifecycle.Withdraw(act, r.ID)
				return err
			})
		}
		want(t, withdraw(h.dan), clientele.NotFound, "")
		h.must(withdraw(h.ann))
		want(t, withdraw(h.ann), clientele.Conflict, "")
		if h.client(r.Client).State != clientele.Claimed {
			t.Fatal(h.client(r.Client).State)
		}
		r, err = h.submit(h.ann, lifecycle.Ask{Client: r.Client, Purpose: "again", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Read)}})
		h.must(err)
		_, err = h.submit(h.ann, lifecycle.Ask{Client: r.Client, Purpose: "again", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Read)}})
		want(t, err, clientele.Conflict, "")
	})
}

func TestPolicyMayDemandAnOpenChange(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.policy(`@id("change") @change("open") @title("production needs a change") permit (principal, action == Action::"request:need", resource) when { resource.environment == "production" };
			@id("two") @office("approver") @count("1") @title("an approver looks too") permit (principal, action == Action::"request:need", resource) when { resource.environment == "production" };`)
		ask := h.ask(h.production, "production", clientele.Read)
		_, err := h.submit(h.ann, ask)
		want(t, err, clientele.Denied, "change-required")
		ask.Change = h.change(h.ann)
		r, err := h.submit(h.ann, ask)
		h.must(err)
		if r.ChangeID != ask.Change || !slices.Contains(r.Eligible, h.apo) {
			t.Fatalf("%+v", r)
		}
		if h.count("entry WHERE act = 'request:create' AND change_id = ? AND outcome = 'done'", ask.Change) != 1 {
			t.Fatal("the entry does not name the change")
		}
	})
}

func TestAPolicyThatGrowsStricterCountsForWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		h.policy(`@id("customers") @tier("4") @title("customer data is precious") permit (principal, action == Action::"request:classify", resource) when { resource.data_classes.contains("customer") };`)
		r, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		h.must(err)
		if r.State != lifecycle.Pending || r.Outlook.Tier != 4 || r.Granted != 8*time.Hour {
			t.Fatalf("%+v", r)
		}
		r, err = h.approve(h.sam, r.ID, lifecycle.Verdict{})
		h.must(err)
		if g := h.grants(r.Client); len(g) != 1 || g[0].Tier != 4 || g[0].ValidTo.Sub(g[0].ValidFrom) != 8*time.Hour {
			t.Fatalf("%+v", g)
		}
	})
}

func TestATeamOfOneNeedsARuleThatSaysSo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := h.service("mine.example.com", "production", h.ann, "", "[]")
		_, err := h.submit(h.ann, h.ask(own, "production", clientele.Read))
		want(t, err, clientele.Denied, "nobody-may-decide")
		h.policy(`@id("team-of-one") @title("security decides where nobody else can") permit (principal, action == Action::"request:stand_in", resource);`)
		r, err := h.submit(h.ann, h.ask(own, "production", clientele.Read))
		h.must(err)
		_, err = h.approve(h.sam, r.ID, lifecycle.Verdict{})
		h.must(err)
	})
}
