package lifecycle_test

import (
	"context"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// found is a client that a scan found.
func (h *house) found(secrets bool) clientele.ClientID {
	h.t.Helper()
	c := inventory.Client{Name: "found", Tool: "postman", Kind: string(clientele.APIClient), State: clientele.Discovered, HasSecrets: secrets, Environment: "staging"}
	h.must(h.system("scan:post", func(act *guard.Act) error {
		if err := act.Allow(c.Resource()); err != nil {
			return err
		}
		return inventory.Create(act, &c)
	}))
	return c.ID
}

func (h *house) claim(who string, id clientele.ClientID, backup, team string) error {
	h.t.Helper()
	return h.do(who, "client:claim", func(act *guard.Act) error { return lifecycle.Claim(act, id, backup, team) })
}

func (h *house) move(who, act string, id clientele.ClientID, fn func(*guard.Act, clientele.ClientID, string) error) error {
	h.t.Helper()
	return h.do(who, act, func(act *guard.Act) error { return fn(act, id, "because") })
}

func (h *house) suspend(who string, id clientele.ClientID) error {
	return h.move(who, "client:suspend", id, lifecycle.Suspend)
}

func (h *house) resume(who string, id clientele.ClientID) error {
	return h.move(who, "client:resume", id, lifecycle.Resume)
}

func (h *house) handOver(who string, id clientele.ClientID, to string) error {
	h.t.Helper()
	return h.do(who, "client:hand_over", func(act *guard.Act) error { return lifecycle.HandOver(act, id, to, "") })
}

func TestAClaimMakesAnOwner(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.found(true)
		want(t, h.claim(h.ann, id, h.ann, h.shop), clientele.Denied, "backup-is-not-owner")
		want(t, h.claim(h.ann, id, "per_none", h.shop), clientele.Invalid, "")
		want(t, h.claim(h.ann, id, h.ben, h.ben), clientele.Invalid, "")
		want(t, h.claim(h.adm, id, "", ""), clientele.Denied, "")
		h.must(h.claim(h.ann, id, h.ben, h.shop))
		c := h.client(id)
		if c.State != clientele.Claimed || c.OwnerID != h.ann || c.BackupID != h.ben || c.AttestedAt.IsZero() {
			t.Fatalf("%+v", c)
		}
		want(t, h.claim(h.ida, id, "", ""), clientele.NotFound, "") // what has an owner is no business of hers
		r, err := h.submit(h.ann, lifecycle.Ask{Client: id, Purpose: "x", Scopes: []lifecycle.Scope{h.scope(h.staging, clientele.Read)}})
		h.must(err)
		if r.State != lifecycle.Approved || h.client(id).State != clientele.Active {
			t.Fatalf("%+v", r)
		}
	})
}

func TestAMachineClaimsNothing(t *testing.T) {
	h := newHouse(t, sqlite(t))
	id := h.found(false)
	machine := clientele.Actor{Kind: clientele.MachineActor, ID: "svc_1", Roles: clientele.SystemRoles}
	err := h.g.Do(t.Context(), machine, "client:claim", func(act *guard.Act) error { return lifecycle.Claim(act, id, "", "") })
	want(t, err, clientele.Denied, "people-attest")
}

func TestHandingOverTakesEffectWhenTheOtherAttests(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.active().Client
		h.must(h.handOver(h.ann, id, h.ida))
		c := h.client(id)
		if c.OwnerID != h.ida || !c.AttestedAt.IsZero() || c.BackupID != h.ben {
			t.Fatalf("%+v", c)
		}
		want(t, h.claim(h.ann, id, "", ""), clientele.Denied, "named-for-another")
		h.must(h.claim(h.ida, id, "", ""))
		if c = h.client(id); c.AttestedAt.IsZero() || c.State != clientele.Active {
			t.Fatalf("%+v", c)
		}
		h.pass(20 * day)
		if h.sweep() != 0 {
			t.Fatal("the grace was not settled")
		}
		h.must(h.handOver(h.sam, id, h.ben)) // security gives it to the backup
		if c = h.client(id); c.OwnerID != h.ben || c.BackupID != "" {
			t.Fatalf("%+v", c)
		}
	})
}

func TestSuspendedClientsResumeForFourteenDays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.active().Client
		want(t, h.resume(h.ann, id), clientele.Conflict, "")
		h.must(h.suspend(h.ann, id))
		want(t, h.suspend(h.ann, id), clientele.Conflict, "")
		h.must(h.resume(h.ben, id))
		h.must(h.suspend(h.sam, id))
		h.pass(15 * day)
		want(t, h.resume(h.ann, id), clientele.Conflict, "")
		r, err := h.submit(h.ann, lifecycle.Ask{Client: id, Purpose: "again", Scopes: []lifecycle.Scope{h.scope(h.staging, clientele.Read)}})
		h.must(err)
		if r.State != lifecycle.Approved || h.client(id).State != clientele.Active {
			t.Fatal("a new approval does not make it active")
		}
	})
}

func TestSuspendingDropsWhatWasAskedBefore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.powerful().Client
		r, err := h.submit(h.ann, lifecycle.Ask{Client: id, Purpose: "more", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Write)}})
		h.must(err)
		h.must(h.suspend(h.sam, id))
		_, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		want(t, err, clientele.Conflict, "")
		if h.client(id).State != clientele.Suspended {
			t.Fatal("an old request woke the client up")
		}
	})
}

func TestQuarantineIsLeftBySecurityAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.active().Client
		want(t, h.move(h.ann, "client:quarantine", id, lifecycle.Quarantine), clientele.Denied, "")
		h.must(h.move(h.sam, "client:quarantine", id, lifecycle.Quarantine))
		want(t, h.resume(h.ann, id), clientele.Conflict, "")
		_, err := h.submit(h.ann, lifecycle.Ask{Client: id, Purpose: "x", Scopes: []lifecycle.Scope{h.scope(h.staging, clientele.Read)}})
		want(t, err, clientele.Conflict, "")
		want(t, h.move(h.ann, "client:release", id, lifecycle.Release), clientele.Denied, "")
		h.must(h.move(h.sue, "client:release", id, lifecycle.Release))
		h.must(h.resume(h.ann, id))
	})
}

func TestRetiringEndsWhenEveryCredentialIsDead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.active().Client
		one, two := h.credential(id), h.credential(id)
		h.read(func(ctx context.Context, tx *db.Tx) error {
			im, err := lifecycle.Preview(ctx, tx, id, h.clock())
			if len(im.Grants) != 1 || len(im.Credentials) != 2 {
				t.Fatalf("%+v", im)
			}
			return err
		})
		dead := func(credential string) error {
			return h.do(h.ann, "client:confirm_dead", func(act *guard.Act) error { return lifecycle.ConfirmDead(act, id, credential, "401 from the API") })
		}
		want(t, dead(one), clientele.Conflict, "")
		h.must(h.move(h.ann, "client:retire", id, lifecycle.Retire))
		if len(h.grants(id)) != 0 || h.client(id).State != clientele.Retiring {
			t.Fatal("grants outlive their client")
		}
		want(t, dead("crd_none"), clientele.NotFound, "")
		h.must(dead(one))
		want(t, dead(one), clientele.Conflict, "")
		if h.client(id).State != clientele.Retiring {
			t.Fatal("retired with a live credential")
		}
		h.must(dead(two))
		if h.client(id).State != clientele.Retired {
			t.Fatal("not retired")
		}
		for _, err := range []error{h.move(h.ann, "client:retire", id, lifecycle.Retire), h.suspend(h.ann, id), h.handOver(h.ann, id, h.ida), dead(one), h.claim(h.ann, id, "", "")} {
			want(t, err, clientele.Conflict, "")
		}
	})
}

func TestAClientWithoutCredentialsIsRetiredAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.found(false)
		h.must(h.move(h.sam, "client:retire", id, lifecycle.Retire))
		if h.client(id).State != clientele.Retired || h.count("entry WHERE act = 'client:confirm_dead' AND client_id = ?", string(id)) != 1 {
			t.Fatal("not retired, or not on record")
		}
	})
}

func TestALeaverLosesWhatIsTheirsAndLeavesTheRestToOthers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		mine := h.ask(h.staging, "staging", clientele.Read)
		mine.New.Personal, mine.New.TeamID, mine.New.BackupID = true, "", ""
		personal, err := h.submit(h.ann, mine)
		h.must(err)
		team, low := h.powerful(), h.active()
		secret := h.credential(team.Client)
		pending, err := h.submit(h.ann, lifecycle.Ask{Client: team.Client, Purpose: "more", Scopes: []lifecycle.Scope{h.scope(h.production, clientele.Write)}})
		h.must(err)
		var report lifecycle.LeaverReport
		h.must(h.do(h.adm, "person:leave", func(act *guard.Act) (err error) {
			report, err = lifecycle.Leave(act, h.ann)
			return err
		}))
		if len(report.Personal) != 1 || report.Personal[0].ID != personal.Client || h.client(personal.Client).State != clientele.Suspended {
			t.Fatalf("%+v", report.Personal)
		}
		if len(report.HandOver) != 2 || len(report.HandOver[0].To) == 0 || report.HandOver[0].To[0].ID != h.ben {
			t.Fatalf("%+v", report.HandOver)
		}
		if len(report.Exposed) != 1 || report.Exposed[0].ID != secret {
			t.Fatalf("%+v", report.Exposed)
		}
		if h.count("request WHERE id = ? AND state = 'withdrawn'", pending.ID) != 1 {
			t.Fatal("a leaver's request still waits")
		}
		h.pass(15 * day)
		h.sweep()
		if h.client(team.Client).State != clientele.Suspended || h.client(low.Client).State != clientele.Active {
			t.Fatal("after the grace tier 2 is suspended, tier 1 is not")
		}
		want(t, h.resume(h.ben, team.Client), clientele.Conflict, "") // nobody owns it
		h.must(h.claim(h.ben, team.Client, "", ""))
		h.must(h.resume(h.ben, team.Client))
	})
}

func TestConditionsHaveReasons(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.active()
		names := func() map[clientele.ConditionName]bool {
			c, now, out := h.client(r.Client), h.clock(), map[clientele.ConditionName]bool{}
			h.read(func(ctx context.Context, tx *db.Tx) error {
				all, err := lifecycle.Conditions(ctx, tx, c, now)
				for _, x := range all {
					if len(x.Reasons) == 0 {
						t.Errorf("%s without a reason", x.Name)
					}
					out[x.Name] = true
				}
				return err
			})
			return out
		}
		if got := names(); len(got) != 0 {
			t.Fatalf("at first: %v", got)
		}
		one := h.credential(r.Client)
		other := h.active().Client
		h.must(h.d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE credential SET leaked_at = 5, holders = 2 WHERE id = ?", one)
			if err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), "INSERT INTO credential_place (client_id, credential_id, host, place, slot, file, path, line, name, excerpt, principal, scan_id, first_seen, last_seen) VALUES (?, ?, 'laptop', 'q', 's', 'f', '[]', 1, 'token', '', '', 'scn_1', 1, 1)", string(other), one)
			return err
		}))
		h.pass(170 * day)
		got := names()
		for _, n := range []clientele.ConditionName{clientele.Dormant, clientele.Leaked, clientele.Shared, clientele.OverScoped, clientele.Expiring} {
			if !got[n] {
				t.Errorf("not %s: %v", n, got)
			}
		}
		h.pass(15 * day)
		if got := names(); !got[clientele.Overdue] || !got[clientele.Expiring] {
			t.Errorf("after the review's day: %v", got)
		}
		h.must(h.do(h.adm, "person:leave", func(act *guard.Act) error {
			_, err := lifecycle.Leave(act, h.ann)
			return err
		}))
		if got := names(); !got[clientele.Orphaned] {
			t.Errorf("after the owner left: %v", got)
		}
	})
}

func TestAUsedGrantIsNotOverScoped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.active()
		h.pass(100 * day)
		h.must(h.system("usage:post", func(act *guard.Act) error {
			c, err := inventory.Get(act.Context(), act.Tx, r.Client)
			if err != nil {
				return err
			}
			if err := act.Allow(c.Resource()); err != nil {
				return err
			}
			return inventory.RecordUses(act, []inventory.Use{{Client: r.Client, ServiceID: h.staging, Method: "GET", Path: "/orders/7", Verb: clientele.Read, Count: 1, FirstAt: act.At.Add(-time.Hour), LastAt: act.At.Add(-time.Hour)}})
		}))
		h.read(func(ctx context.Context, tx *db.Tx) error {
			unused, err := lifecycle.Unused(ctx, tx, r.Client, h.clock())
			if len(unused) != 0 {
				t.Fatalf("%+v", unused)
			}
			return err
		})
	})
}
