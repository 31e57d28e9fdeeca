package lifecycle_test

import (
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

func (h *house) setVendor(id clientele.ClientID, v inventory.Vendor) error {
	h.t.Helper()
	return h.do(h.ann, "vendor:describe", func(act *guard.Act) error {
		_, err := lifecycle.SetVendor(act, id, v, 0)
		return err
	})
}

func (h *house) drill(id clientele.ClientID, runbook string, passed bool) error {
	h.t.Helper()
	return h.do(h.ann, "vendor:drill", func(act *guard.Act) error {
		_, err := lifecycle.RecordDrill(act, id, runbook, passed, "all keys refused after 4 minutes")
		return err
	})
}

func TestAVendorsClientIsActiveOnlyWithARunbookThatWasDrilled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		vendor := inventory.Vendor{Name: "Acme", Contact: "ops@acme.example", SponsorID: h.ann, Runbook: "1. revoke", ContractEnd: start.Add(60 * day)}
		ask := h.ask(h.staging, "staging", clientele.Read)
		ask.New.Vendor = vendor
		r, err := h.submit(h.ann, ask)
		h.must(err)
		if r.State != lifecycle.Pending {
			t.Fatal("a vendor's client was approved at once")
		}
		if limit := 60 * day; r.Granted > limit {
			t.Fatal("longer than the contract:", r.Granted)
		}
		blocked := func(rule string) {
			t.Helper()
			_, err := h.approve(h.ida, r.ID, lifecycle.Verdict{})
			want(t, err, clientele.Denied, rule)
		}
		blocked("vendor-runbook-drilled")
		h.must(h.drill(r.Client, "", false))
		blocked("vendor-runbook-drilled")
		h.must(h.drill(r.Client, "", true))
		vendor.Runbook = "1. revoke\n2. test"
		h.must(h.setVendor(r.Client, vendor)) // another text: the drill is void
		blocked("vendor-runbook-drilled")
		h.must(h.drill(r.Client, "", true))
		vendor.ContractEnd = start
		h.must(h.setVendor(r.Client, vendor))
		blocked("vendor-contract")
		vendor.ContractEnd = start.Add(60 * day)
		h.must(h.setVendor(r.Client, vendor))
		r, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		h.must(err)
		if h.client(r.Client).State != clientele.Active {
			t.Fatal("not active")
		}

		vendor.Runbook = "3. something new"
		want(t, h.setVendor(r.Client, vendor), clientele.Denied, "vendor-runbook-drilled")
		h.must(h.drill(r.Client, vendor.Runbook, true)) // drilled first, it is taken at once
		h.must(h.setVendor(r.Client, vendor))
		vendor.ContractEnd = start.Add(10 * day)
		h.must(h.setVendor(r.Client, vendor))
		if g := h.grants(r.Client); len(g) != 1 || !g[0].ValidTo.Equal(vendor.ContractEnd) {
			t.Fatalf("grants outlive the contract: %+v", g)
		}
		h.must(h.drill(r.Client, "", false))
		if h.client(r.Client).State != clientele.Suspended {
			t.Fatal("active although its revocation fails")
		}
		want(t, h.resume(h.ann, r.Client), clientele.Denied, "vendor-runbook-drilled")
	})
}

func TestASponsorIsAPersonWhoIsHere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.active().Client
		h.must(h.suspend(h.ann, id))
		v := inventory.Vendor{Name: "Acme", SponsorID: h.shop, Runbook: "x", ContractEnd: start.Add(60 * day)}
		want(t, h.setVendor(id, v), clientele.Invalid, "")
		v.SponsorID = h.ida
		h.must(h.setVendor(id, v))
		h.must(h.drill(id, "", true))
		h.must(h.do(h.adm, "person:leave", func(act *guard.Act) error {
			_, err := lifecycle.Leave(act, h.ida)
			return err
		}))
		want(t, h.resume(h.ann, id), clientele.Denied, "vendor-sponsor")
	})
}

func TestEmergencyAccessIsShortToldAndReviewed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.powerful().Client
		em := lifecycle.Emergency{Client: id, Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Write)}, Incident: "INC-1", Reason: "orders are stuck"}
		take := func(who string, em lifecycle.Emergency) (b lifecycle.BreakGlass, err error) {
			err = h.do(who, "break_glass:use", func(act *guard.Act) (err error) {
				b, err = lifecycle.Break(act, em)
				return err
			})
			return b, err
		}
		enrol := func(by, who string) error {
			return h.do(by, "break_glass:enrol", func(act *guard.Act) error { return lifecycle.Enrol(act, who, true) })
		}
		_, err := take(h.ann, em)
		want(t, err, clientele.Denied, "not-enrolled")
		_, err = take(h.ann, lifecycle.Emergency{Client: "cli_none"})
		want(t, err, clientele.Denied, "not-enrolled") // the same answer for what is not there
		want(t, enrol(h.adm, h.adm), clientele.Denied, "nobody-enrols-themselves")
		want(t, enrol(h.ann, h.ann), clientele.Denied, "")
		h.must(enrol(h.adm, h.ann))
		long, export := em, em
		long.Lasts = 61 * time.Minute
		_, err = take(h.ann, long)
		want(t, err, clientele.Denied, "break-glass-is-short")
		export.Scopes = []lifecycle.Scope{h.scope(h.production, clientele.Export)}
		_, err = take(h.ann, export)
		want(t, err, clientele.Denied, "break-glass-never-exports")
		b, err := take(h.ann, em)
		h.must(err)
		if b.Told[0] == h.ann || b.Told[1] == h.ann || b.Told[0] == b.Told[1] {
			t.Fatalf("%+v", b)
		}
		if len(h.grants(id)) != 2 || h.count("due WHERE kind = 'review' AND ref = ? AND done_at = 0", b.ID) != 1 {
			t.Fatal("no grant, or no review due")
		}
		h.pass(time.Hour)
		if h.sweep() == 0 || len(h.grants(id)) != 1 || h.sweep() != 0 {
			t.Fatal("emergency access did not end")
		}
		// It gave no say in requests.
		r, err := h.submit(h.ben, lifecycle.Ask{Client: id, Purpose: "more", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Write)}})
		h.must(err)
		_, err = h.approve(h.ann, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.Denied, "not-eligible")
	})
}

func TestDelegatedPowerHasALenderAnEndAndGoesNoFurther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		lend := func(from, to string, client clientele.ClientID) (id string, err error) {
			err = h.do(from, "delegation:create", func(act *guard.Act) error {
				d, err := lifecycle.Delegate(act, lifecycle.Delegation{Borrower: to, Client: client, EndsAt: act.At.Add(3 * day)})
				id = d.ID
				return err
			})
			return id, err
		}
		_, err := lend(h.ida, h.ida, "")
		want(t, err, clientele.Denied, "delegate-is-someone-else")
		_, err = lend(h.adm, h.ben, "")
		want(t, err, clientele.Denied, "")
		_, err = lend(h.ida, h.ben, "")
		h.must(err)
		_, err = lend(h.ben, h.dan, "") // what ben borrowed he cannot lend
		h.must(err)
		_, err = lend(h.ida, h.ann, "") // and to who asks it is of no use
		h.must(err)
		r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		_, err = h.approve(h.dan, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.NotFound, "")
		_, err = h.approve(h.ann, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.Denied, "requester-never-decides")
		r, err = h.approve(h.ben, r.ID, lifecycle.Verdict{})
		h.must(err)
		if d := r.Decisions[0]; d.By != h.ben || d.OnBehalf != h.ida || r.State != lifecycle.Approved {
			t.Fatalf("%+v", r)
		}
		h.pass(4 * day)
		h.sweep()
		r, err = h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
		h.must(err)
		_, err = h.approve(h.ben, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.NotFound, "") // he has nothing to do with this one
		if h.count("entry WHERE act = 'delegation:end' AND actor = 'system:lifecycle-sweep'") != 3 {
			t.Fatal("the ends are not on record")
		}
	})
}

func TestADelegationForOneClientIsForThatOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := func() lifecycle.Request {
			r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Admin))
			h.must(err)
			return r
		}
		one, two := admin(), admin()
		var id string
		h.must(h.do(h.sam, "delegation:create", func(act *guard.Act) error {
			d, err := lifecycle.Delegate(act, lifecycle.Delegation{Borrower: h.dan, Client: one.Client, EndsAt: act.At.Add(day)})
			id = d.ID
			return err
		}))
		_, err := h.approve(h.dan, two.ID, lifecycle.Verdict{})
		want(t, err, clientele.NotFound, "")
		r, err := h.approve(h.dan, one.ID, lifecycle.Verdict{})
		h.must(err)
		if r.Decisions[0].OnBehalf != h.sam || r.Decisions[0].Offices[0] != "security" {
			t.Fatalf("%+v", r.Decisions)
		}
		end := func(who string) error {
			return h.do(who, "delegation:end", func(act *guard.Act) error { return lifecycle.EndDelegation(act, id) })
		}
		want(t, end(h.ben), clientele.NotFound, "")
		h.must(end(h.sam))
		want(t, end(h.sam), clientele.Conflict, "")
	})
}
