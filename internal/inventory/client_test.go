package inventory_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// change runs fn on a client in an act of security.
func (h *house) change(id clientele.ClientID, fn func(act *guard.Act, c *inventory.Client) error) error {
	return h.do(security, "client:describe", func(act *guard.Act) error {
		c, err := inventory.Get(act.Context(), act.Tx, id)
		if err != nil {
			return err
		}
		if err := act.Allow(c.Resource()); err != nil {
			return err
		}
		return fn(act, &c)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// create makes a client that was asked for.
func (h *house) create(c inventory.Client) clientele.ClientID {
	h.t.Helper()
	if c.Name == "" {
		c.Name = "Orders"
	}
	c.Tool, c.Kind, c.State = "postman", "api_client", clientele.Requested
	var id clientele.ClientID
	h.must(h.do(clientele.System("test", "a client is needed"), "request:create", func(act *guard.Act) error {
		made := c
		if err := act.Allow(made.Resource()); err != nil {
			return err
		}
		err := inventory.Create(act, &made)
		id = made.ID
		return err
	}))
	return id
}

func TestMovesFollowTheTableAndLeaveATrail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.create(inventory.Client{OwnerID: "", Environment: "staging"})
		born := h.get(id).CreatedAt
		move := func(e clientele.Event) error {
			return h.change(id, func(act *guard.Act, c *inventory.Client) error { return inventory.Move(act, c, e) })
		}
		h.must(move(clientele.Approve))
		h.must(move(clientele.Suspend))
		if c := h.get(id); c.State != clientele.Suspended || c.SuspendedAt.IsZero() || c.Version != 3 {
			t.Fatalf("%+v", c)
		}
		suspended := h.get(id).SuspendedAt
		if err := move(clientele.Claim); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("%v", err)
		}
		h.must(move(clientele.Resume))
		if !h.get(id).SuspendedAt.IsZero() {
			t.Fatal("resumed, and still suspended since")
		}
		h.read(func(ctx context.Context, tx *db.Tx) error {
			now := start.Add(time.Hour)
			for _, x := range []struct {
				at, known time.Time
				want      clientele.State
			}{
				{born.Add(-time.Second), now, ""},
				{born, now, clientele.Requested},
				{suspended, now, clientele.Suspended},
				{suspended, suspended.Add(-time.Microsecond), clientele.Active}, // as it was known then
				{now, now, clientele.Active},
			} {
				got, err := inventory.StateAt(ctx, tx, id, x.at, x.known)
				if err != nil || got != x.want {
					t.Errorf("at %v as known at %v: %q %v, want %q", x.at, x.known, got, err, x.want)
				}
			}
			return nil
		})
		if n := h.count("entry WHERE client_id <> '' AND act = 'client:describe' AND body LIKE '%\"to\":\"suspended\"%'"); n != 1 {
			t.Fatalf("%d entries of the suspension", n)
		}
	})
}

func TestTwoMovesInOneActLeaveNoEmptyPeriod(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.create(inventory.Client{})
		h.must(h.change(id, func(act *guard.Act, c *inventory.Client) error {
			if err := inventory.Move(act, c, clientele.Approve); err != nil {
				return err
			}
			return inventory.Move(act, c, clientele.Suspend)
		}))
		if n := h.count("client_period WHERE superseded_at = 0"); n != 2 {
			t.Fatalf("%d periods", n)
		}
	})
}

func TestBackupIsNotOwnerWhoeverWritesIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.create(inventory.Client{})
		err := h.change(id, func(act *guard.Act, c *inventory.Client) error {
			return inventory.SetOwner(act, c, "per_ann", "per_ann", "", true)
		})
		if clientele.KindOf(err) != clientele.Denied {
			t.Fatalf("%v", err)
		}
		for _, q := range []string{
			"UPDATE client SET owner_id = 'per_a', backup_id = 'per_a'",
			"UPDATE client SET attested_at = 1, owner_id = ''",
			"UPDATE client SET vendor_name = 'Acme', state = 'active', vendor_runbook = 'call them', vendor_sponsor_id = 'per_a'",
			"UPDATE client SET state = 'gone'",
			"UPDATE client SET environment = 'moon'",
		} {
			if err := h.change(id, func(act *guard.Act, _ *inventory.Client) error {
				_, err := act.Tx.Exec(act.Context(), q)
				return err
			}); err == nil {
				t.Errorf("the table lets it pass: %s", q)
			}
		}
	})
}

func TestOwnersAreKeptBitemporally(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.create(inventory.Client{})
		set := func(owner, backup string) time.Time {
			h.must(h.change(id, func(act *guard.Act, c *inventory.Client) error {
				return inventory.SetOwner(act, c, owner, backup, "tea_1", true)
			}))
			return h.get(id).AttestedAt
		}
		first, second := set("per_ann", "per_bob"), set("per_bob", "per_ann")
		h.read(func(ctx context.Context, tx *db.Tx) error {
			late := start.Add(time.Hour)
			for _, x := range []struct {
				at, known time.Time
				want      string
			}{{first, late, "per_ann"}, {second, late, "per_bob"}, {late, first, "per_ann"}, {first.Add(-time.Microsecond), late, ""}} {
				o, err := inventory.OwnerAt(ctx, tx, id, x.at, x.known)
				if err != nil || o.OwnerID != x.want {
					t.Errorf("at %v as known at %v: %+v %v, want %q", x.at, x.known, o, err, x.want)
				}
			}
			for _, party := range []string{"per_ann", "per_bob", "tea_1"} {
				if list, err := inventory.OwnedBy(ctx, tx, party); err != nil || len(list) != 1 {
					t.Errorf("%s: %v %v", party, list, err)
				}
			}
			list, err := inventory.OwnedBy(ctx, tx, "per_zoe")
			if len(list) != 0 {
				t.Errorf("%v", list)
			}
			return err
		})
	})
}

func TestSaveIsForTheVersionThatWasRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.create(inventory.Client{})
		save := func(version int64) error {
			return h.change(id, func(act *guard.Act, c *inventory.Client) error {
				c.Purpose, c.Name = "Reconciles the Tax ledger", "Renamed"
				return inventory.Save(act, c, version)
			})
		}
		h.must(save(1))
		if err := save(1); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("%v", err)
		}
		h.must(save(2))
		h.read(func(ctx context.Context, tx *db.Tx) error {
			for text, want := range map[string]int{"tax led": 1, "RENAM": 1, "re": 1, "orders": 0, "x%": 0, `"`: 0, "tax-": 0} {
				list, _, err := inventory.Search(ctx, tx, inventory.Filter{Text: text}, inventory.Page{})
				if err != nil || len(list) != want {
					t.Errorf("%q: %d %v", text, len(list), err)
				}
			}
			return nil
		})
	})
}

func TestVendorsClientWaitsForItsDrill(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.create(inventory.Client{Vendor: inventory.Vendor{Name: "Acme", SponsorID: "per_ann", Runbook: "call them"}})
		approve := func() error {
			return h.change(id, func(act *guard.Act, c *inventory.Client) error { return inventory.Move(act, c, clientele.Approve) })
		}
		if err := approve(); clientele.KindOf(err) != clientele.Denied {
			t.Fatalf("%v", err)
		}
		h.must(h.change(id, func(act *guard.Act, c *inventory.Client) error {
			c.Vendor.DrilledAt = act.At
			return inventory.Save(act, c, 0)
		}))
		h.must(approve())
	})
}

func TestExposedIsWhatALeaverCouldSee(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, who := range []clientele.Actor{ann, bob, security} {
			name := []string{"A", "B", "C"}[i]
			h.scan(who, meta("host-"+name, 1), part(collection("c_"+name, name)))
		}
		own := clientele.ClientID(h.text("SELECT id FROM client WHERE name = 'C'"))
		for _, owner := range []string{"per_ann", "per_bob"} { // Ann owned it once
			h.must(h.change(own, func(act *guard.Act, c *inventory.Client) error {
				return inventory.SetOwner(act, c, owner, "", "", false)
			}))
		}
		h.scan(ann, meta("host-A", 1), api.ScanPart{}) // nothing there any more, but it was seen
		h.read(func(ctx context.Context, tx *db.Tx) error {
			list, err := inventory.Exposed(ctx, tx, "per_ann")
			if len(list) != 2 {
				t.Errorf("%d credentials", len(list))
			}
			return err
		})
	})
}

func TestLeaksAreDeclaredAndCleared(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		id := h.text("SELECT id FROM credential")
		leak := func(actor clientele.Actor, name string, fn func(*guard.Act, string, string) (inventory.Credential, error)) error {
			return h.do(actor, name, func(act *guard.Act) error {
				_, err := fn(act, id, "it was in a chat")
				return err
			})
		}
		if err := leak(ann, "credential:leak", inventory.Leak); clientele.KindOf(err) != clientele.Denied {
			t.Fatalf("%v", err)
		}
		h.must(leak(security, "credential:leak", inventory.Leak))
		if err := leak(security, "credential:leak", inventory.Leak); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("%v", err)
		}
		leaked := func(want int) {
			t.Helper()
			h.read(func(ctx context.Context, tx *db.Tx) error {
				list, _, err := inventory.Search(ctx, tx, inventory.Filter{Leaked: true}, inventory.Page{})
				if len(list) != want {
					t.Errorf("%d clients", len(list))
				}
				return err
			})
		}
		leaked(1)
		h.must(leak(security, "credential:clear", inventory.ClearLeak))
		leaked(0)
		if n := h.count("entry WHERE body LIKE '%chat%'"); n != 0 {
			t.Fatal("the reason stands in the clear")
		}
	})
}

func TestFindingIsAcceptedUntilADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		id := h.text("SELECT id FROM finding")
		suppress := func(until time.Time) error {
			return h.do(security, "finding:suppress", func(act *guard.Act) error {
				return inventory.SuppressFinding(act, id, until, "a test system")
			})
		}
		if err := suppress(start.AddDate(2, 0, 0)); clientele.KindOf(err) != clientele.Invalid {
			t.Fatalf("%v", err)
		}
		h.must(suppress(start.Add(time.Hour)))
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		if s := h.text("SELECT state FROM finding"); s != inventory.FindingSuppressed || h.only().Risk != clientele.Info {
			t.Fatal(s)
		}
		reopen := func() (n int) {
			h.must(h.do(clientele.System("findings", "a suppression has ended"), "finding:suppress", func(act *guard.Act) (err error) {
				if err := act.Allow(inventory.Finding{ID: "*"}.Resource(inventory.Client{})); err != nil {
					return err
				}
				n, err = inventory.ReopenFindings(act)
				return err
			}))
			return n
		}
		if n := reopen(); n != 0 {
			t.Fatalf("%d too early", n)
		}
		h.s.Add(7200)
		if n := reopen(); n != 1 || h.only().Risk != clientele.High {
			t.Fatalf("%d, risk %v", n, h.only().Risk)
		}
	})
}

func TestServicesAreDescribedBySecurity(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		var s inventory.Service
		h.read(func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = inventory.FindService(ctx, tx, "API.example.com:443")
			if clientele.KindOf(err) != clientele.NotFound {
				t.Fatalf("a port without a scheme is part of the host: %v", err)
			}
			s, err = inventory.FindService(ctx, tx, "https://API.example.com:443")
			return err
		})
		describe := func(actor clientele.Actor, version int64) error {
			return h.do(actor, "service:write", func(act *guard.Act) error {
				next := s
				next.Environment, next.OwnerID, next.DataOwnerID, next.DataClasses = "production", "per_ann", "per_bob", []string{"payment", "customer", "payment"}
				return inventory.DescribeService(act, &next, version)
			})
		}
		if err := describe(ann, 1); clientele.KindOf(err) != clientele.Denied {
			t.Fatalf("%v", err)
		}
		h.must(describe(security, 1))
		if err := describe(security, 1); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("%v", err)
		}
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		h.read(func(ctx context.Context, tx *db.Tx) error {
			list, _, err := inventory.Services(ctx, tx, inventory.ServiceFilter{Text: "EXAMPLE", Environment: "production", Owner: []string{"per_bob"}}, inventory.Page{})
			if len(list) != 1 || !slices.Equal(list[0].DataClasses, []string{"customer", "payment"}) {
				t.Fatalf("%+v", list)
			}
			return err
		})
	})
}

func TestUsesAddUp(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		c, service := h.only(), h.text("SELECT id FROM service")
		use := inventory.Use{Client: c.ID, ServiceID: service, Method: "GET", Path: "/orders", Verb: clientele.Read, Count: 3, FirstAt: start, LastAt: start.Add(time.Second)}
		record := func(u inventory.Use) error {
			return h.do(security, "usage:post", func(act *guard.Act) error {
				if err := act.Allow(c.Resource()); err != nil {
					return err
				}
				return inventory.RecordUses(act, []inventory.Use{u})
			})
		}
		h.must(record(use))
		use.Count, use.FirstAt, use.LastAt = 4, start.Add(-time.Hour), start.Add(-time.Minute)
		h.must(record(use))
		use.Verb = "steal"
		if err := record(use); clientele.KindOf(err) != clientele.Invalid {
			t.Fatalf("%v", err)
		}
		h.read(func(ctx context.Context, tx *db.Tx) error {
			list, err := inventory.Uses(ctx, tx, c.ID)
			if len(list) != 1 || list[0].Count != 7 || !list[0].FirstAt.Equal(start.Add(-time.Hour)) || !list[0].LastAt.Equal(start.Add(time.Second)) {
				t.Fatalf("%+v", list)
			}
			return err
		})
		if got := h.only().LastUsedAt; !got.Equal(start.Add(time.Second)) {
			t.Fatalf("%v", got)
		}
	})
}

func TestCandidatesAreTiedToPeople(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.must(h.do(clientele.System("test", "a person is needed"), "person:write", func(act *guard.Act) error {
			if err := act.Allow(inventory.Client{}.Resource()); err != nil {
				return err
			}
			_, err := act.Tx.Exec(act.Context(), `INSERT INTO person (id, external_id, user_name, user_lower, email, email_lower, display_name, display_lower, title, department, manager, profile, active, source, version, created_at, updated_at)
				VALUES ('per_ann', '', 'ann', 'ann', 'ann@example.com', 'ann@example.com', 'Ann Lee', 'ann lee', '', '', '', '{}', 1, 'local', 1, 1, 1)`)
			return err
		}))
		c := collection("c_1", "C")
		c.Owners = append(c.Owners, c.Owners[0], c.Owners[0])
		c.Owners[1].Who, c.Owners[2].Who = "@acme/ann", "somebody else"
		h.scan(ann, meta("laptop", 1), part(c))
		if n := h.count("candidate WHERE party_id = 'per_ann'"); n != 2 {
			t.Fatalf("%d of %d candidates are Ann", n, h.count("candidate"))
		}
	})
}
