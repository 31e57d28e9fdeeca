package evidence_test

import (
	"errors"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
)

// last is the newest entry.
func (h *house) last() (e clientele.Entry) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
		all, _, err := audit.Search(h.t.Context(), tx, audit.Filter{}, audit.Page{Limit: 1})
		if len(all) == 1 {
			e = all[0]
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

func (h *house) verified() {
	h.t.Helper()
	r, err := audit.Verify(h.t.Context(), h.db, audit.Check{Log: h.desk.Key, Witnesses: h.desk.Witnesses})
	if err != nil || !r.OK() {
		h.t.Errorf("%v, %v", r, err)
	}
}

func TestReadingTheAuditIsOnRecord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(3)
		var entries []clientele.Entry
		h.do(auditor, "audit:read", func(act *guard.Act) (err error) {
			entries, _, err = h.desk.Read(act, audit.Filter{Act: "service:", Actor: "Anna Schmidt"}, audit.Page{}, true)
			return err
		})
		if e := h.last(); len(entries) != 0 || e.Act != "audit:read" || e.Actor != "person:per_2" || e.Details["actor"] != "(text)" || e.Details["act"] != "service:" || e.Details["private"] != true {
			t.Errorf("%+v", e)
		}
		h.do(auditor, "audit:read", func(act *guard.Act) (err error) {
			entries, _, err = h.desk.Read(act, audit.Filter{Act: "service:"}, audit.Page{}, true)
			return err
		})
		if len(entries) != 3 || entries[0].Private["source"] != "192.0.2.1" {
			t.Errorf("%+v", entries)
		}
		h.do(auditor, "audit:read", func(act *guard.Act) error {
			e, err := h.desk.Get(act, 1)
			if e.Seq != 1 || e.Private["source"] != "192.0.2.1" {
				t.Errorf("%+v", e)
			}
			return err
		})
		if e := h.last(); e.Object != "audit:1" {
			t.Errorf("%+v", e)
		}
		err := h.guard.Do(t.Context(), admin, "audit:read", func(act *guard.Act) error {
			_, _, err := h.desk.Read(act, audit.Filter{}, audit.Page{}, false)
			return err
		})
		if e := h.last(); clientele.KindOf(err) != clientele.Denied || e.Outcome != clientele.WasDenied || e.Actor != "person:per_3" {
			t.Errorf("%v, %+v", err, e)
		}
		h.verified()
	})
}

func TestEvidenceTakenOutIsOnRecord(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.do(auditor, "audit:export", func(act *guard.Act) error { return h.desk.Export(act, audit.Filter{Client: "cli_1"}) })
	if e := h.last(); e.Act != "audit:export" || e.Details["client"] != "cli_1" {
		t.Errorf("%+v", e)
	}
	err := h.guard.Do(t.Context(), admin, "audit:export", func(act *guard.Act) error { return h.desk.Export(act, audit.Filter{}) })
	if clientele.KindOf(err) != clientele.Denied {
		t.Error(err)
	}
}

func TestAPersonShowsACheckpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(4)
		h.sign()
		var msg []byte
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			msg, err = audit.Published(t.Context(), tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		show := func(actor clientele.Actor, msg []byte) error {
			return h.guard.Do(t.Context(), actor, "audit:hold", func(act *guard.Act) error {
				_, err := h.desk.Show(act, msg)
				return err
			})
		}
		if err := show(auditor, msg); err != nil {
			t.Fatal(err)
		}
		if e := h.last(); e.Object != "checkpoint:4" {
			t.Errorf("%+v", e)
		}
		machine := auditor
		machine.Kind, machine.ID = clientele.MachineActor, "svc_1"
		if err := show(machine, msg); clientele.KindOf(err) != clientele.Invalid {
			t.Error(err)
		}
		if err := show(admin, msg); clientele.KindOf(err) != clientele.Denied {
			t.Error(err)
		}
		if err := show(auditor, []byte("x")); clientele.KindOf(err) != clientele.Invalid {
			t.Error(err)
		}
		h.verified()
		if _, err := d.Handle().Exec("UPDATE log_head SET root = (SELECT hash FROM tree_node WHERE pos = 0)"); err != nil {
			t.Fatal(err)
		}
		if err := show(auditor, msg); !errors.Is(err, audit.ErrRewritten) {
			t.Errorf("the log was rewritten: %v", err)
		}
	})
}

func TestHoldsAndPruningAreActs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(6)
		h.sign()
		from := h.now.Add(-4 * time.Second)
		h.now = h.now.Add(500 * 24 * time.Hour)
		var hold audit.LegalHold
		h.do(auditor, "audit:legal_hold", func(act *guard.Act) (err error) {
			hold, err = h.desk.PlaceHold(act, from, h.now, "CASE-1")
			return err
		})
		prune := func(actor clientele.Actor, before time.Time) (p audit.Pruned, err error) {
			err = h.guard.Do(t.Context(), actor, "audit:prune", func(act *guard.Act) (err error) {
				p, err = h.desk.Prune(act, before)
				return err
			})
			return p, err
		}
		if p, err := prune(auditor, time.Time{}); clientele.KindOf(err) != clientele.Denied {
			t.Error(p, err)
		}
		if p, err := prune(admin, h.now.Add(-24*time.Hour)); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("pruned what is a day old: %+v, %v", p, err)
		}
		p, err := prune(admin, time.Time{})
		if err != nil || p.Bodies == 0 || p.Bodies >= 6 {
			t.Errorf("%+v, %v", p, err)
		}
		h.verified()
		h.do(auditor, "audit:legal_hold", func(act *guard.Act) error { return h.desk.LiftHold(act, hold.ID) })
		err = h.guard.Do(t.Context(), security, "audit:legal_hold", func(act *guard.Act) error { return h.desk.LiftHold(act, hold.ID) })
		if clientele.KindOf(err) != clientele.Denied {
			t.Errorf("security lifted a legal hold: %v", err)
		}
		if p, err = prune(clientele.System("retention", "entries are older than the retention"), time.Time{}); err != nil || p.Total != 6 {
			t.Errorf("%+v, %v", p, err)
		}
		h.verified()
		h.sign()
		if packed, b := h.bundle(audit.Filter{}); b.Entries == 0 {
			t.Errorf("%+v", b)
		} else if r, err := verify(packed, evidence.BundleCheck{}); err != nil || !r.OK() {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
