package review_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/review"
)

const day = 24 * time.Hour

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// house is a database with people, a service, and a clock that stands still.
type house struct {
	t  testing.TB
	db *db.DB
	g  *guard.Guard

	mu  sync.Mutex // guards now
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(by)
}

// each runs a test on both engines. ann owns, bob stands in, both are of tea_1 with tim; max
// is ann's manager; sec is of security, out is nobody.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
		if err != nil {
			t.Fatal(err)
		}
		h := &house{t: t, db: d, now: start}
		if h.g, err = guard.New(t.Context(), d, audit.New(d, wrap), h.clock); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ann", "bob", "tim", "max", "sec", "out", "new"} {
			h.person(name)
		}
		h.sql("INSERT INTO role_grant (party_id, role, given_by, given_at) VALUES ('per_sec', 'security', 'per_x', 1)")
		h.team("Orders")
		for i, p := range []string{"ann", "bob", "tim"} {
			h.sql("INSERT INTO team_member (team_id, person_id, place, added_at) VALUES ('tea_1', 'per_%s', %d, 1)", p, i)
		}
		h.sql(`INSERT INTO service (id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version)
			VALUES ('srv_1', 'orders', 'https', 'orders.example', 'production', 'per_max', '', '[]', 1, 1, 1)`)
		test(t, h)
	})
}

// person makes a person whose id is made of the name. max is ann's manager.
func (h *house) person(name string) {
	h.t.Helper()
	err := h.g.Do(h.t.Context(), system, "person:write", func(act *guard.Act) error {
		p := identity.Person{UserName: name, Email: name + "@example.com"}
		if name == "ann" {
			p.Manager = "max"
		}
		return identity.CreatePerson(act, &p)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.sql("UPDATE person SET id = 'per_%[1]s' WHERE user_name = '%[1]s'", name)
}

// team makes tea_1.
func (h *house) team(name string) {
	h.t.Helper()
	err := h.g.Do(h.t.Context(), system, "person:write", func(act *guard.Act) error {
		return identity.CreateTeam(act, &identity.Team{Name: name})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.sql("UPDATE team SET id = 'tea_1'")
}

func (h *house) sql(format string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Handle().Exec(fmt.Sprintf(format, args...)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Read(h.t.Context(), func(tx *db.Tx) error { return fn(h.t.Context(), tx) }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) count(from string, args ...any) (n int) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Row(ctx, "SELECT COUNT(*) FROM "+fmt.Sprintf(from, args...), nil, &n)
	})
	return n
}

var system = clientele.System("test", "a test says so")

// client makes an active client of ann's at a tier, with its next review in that many days.
func (h *house) client(name string, tier int, next time.Duration) clientele.ClientID {
	h.t.Helper()
	id := clientele.ClientID("cli_" + name)
	err := h.g.Do(h.t.Context(), system, "request:create", func(act *guard.Act) error {
		c := inventory.Client{ID: id, Name: name, Tool: "postman", Kind: string(clientele.APIClient), Environment: "production", State: clientele.Requested,
			Tier: clientele.Tier(tier), OwnerID: "per_ann", BackupID: "per_bob", TeamID: "tea_1", AttestedAt: act.At, NextReviewAt: act.At.Add(next)}
		if err := act.Allow(c.Resource()); err != nil {
			return err
		}
		if err := inventory.Create(act, &c); err != nil {
			return err
		}
		return inventory.Move(act, &c, clientele.Approve)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// grant gives a client a grant that somebody asked for, and, if it was used, when last.
func (h *house) grant(id clientele.ClientID, grant, path string, verb clientele.Verb, tier int, requester string, used time.Duration) {
	h.t.Helper()
	at := db.Micro(h.clock())
	h.sql(`INSERT INTO request (id, client_id, requester, beneficiary, purpose, environment, change_id, lifetime_s, granted_s, round, tier, state, auto, policy_version, classification, eligible, created_at, decided_at, expires_at)
		VALUES ('req_%s', '%s', '%s', '', 'x', 'production', NULL, 99, 99, 0, %d, 'approved', 0, 0, '{}', '[]', %d, %d, 0)`, grant, id, requester, tier, at, at)
	destination, mask, caps := "", "", 0
	if verb == clientele.Export {
		destination, mask, caps = "s3", "none", 9
	}
	h.sql(`INSERT INTO access_grant (id, version, client_id, service_id, method, path, verb, row_cap, byte_cap, destination, mask, request_id, change_id, tier, policy_version, valid_from, valid_to, recorded_at, superseded_at)
		VALUES ('grt_%s', 1, '%s', 'srv_1', '', '%s', '%s', %d, %d, '%s', '%s', 'req_%s', NULL, %d, 0, %d, %d, %d, 0)`,
		grant, id, path, verb, caps, caps, destination, mask, grant, tier, at, at+db.Micro(time.Unix(0, 0).Add(29*day)), at)
	if used > 0 {
		h.use(id, path, verb, used)
	}
}

// use records that a client used a path that long ago.
func (h *house) use(id clientele.ClientID, path string, verb clientele.Verb, ago time.Duration) {
	h.t.Helper()
	err := h.g.Do(h.t.Context(), system, "usage:post", func(act *guard.Act) error {
		if err := act.Allow(inventory.Client{ID: id}.Resource()); err != nil {
			return err
		}
		at := act.At.Add(-ago)
		return inventory.RecordUses(act, []inventory.Use{{Client: id, ServiceID: "srv_1", Method: "GET", Path: path, Verb: verb, Count: 5, FirstAt: at, LastAt: at}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) sweep() review.Swept {
	h.t.Helper()
	s, err := review.Sweep(h.t.Context(), h.g)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// open is the client's open review.
func (h *house) open(id clientele.ClientID) review.Review {
	h.t.Helper()
	var all []review.Review
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		all, _, err = review.List(ctx, tx, review.Filter{Client: id, State: review.Open}, review.Page{})
		return err
	})
	if len(all) != 1 {
		h.t.Fatalf("%d open reviews of %s", len(all), id)
	}
	return h.review(all[0].ID)
}

func (h *house) review(id string) (r review.Review) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = review.Get(ctx, tx, id)
		return err
	})
	return r
}

func (h *house) get(id clientele.ClientID) (c inventory.Client) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = inventory.Get(ctx, tx, id)
		return err
	})
	return c
}

func (h *house) grants(id clientele.ClientID) (ids []string) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) error {
		all, err := lifecycle.Grants(ctx, tx, id, h.clock())
		for _, g := range all {
			ids = append(ids, g.ID)
		}
		return err
	})
	return ids
}

func who(name string, roles ...clientele.SystemRole) clientele.Actor {
	a := clientele.Actor{Kind: clientele.PersonActor, ID: "per_" + name, Roles: append(roles, clientele.OwnerRole)}
	if name == "ann" || name == "bob" || name == "tim" {
		a.Teams = []string{"tea_1"}
	}
	return a
}

func (h *house) decide(by string, ch review.Choice) (r review.Review, err error) {
	err = h.g.Do(h.t.Context(), who(by), "review:decide", func(act *guard.Act) (err error) {
		r, err = review.Decide(act, ch)
		return err
	})
	return r, err
}

func (h *house) must(by string, ch review.Choice) review.Review {
	h.t.Helper()
	r, err := h.decide(by, ch)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func want(t testing.TB, err error, kind clientele.ErrorKind) {
	t.Helper()
	if err == nil || clientele.KindOf(err) != kind {
		t.Fatalf("want an error of kind %s, got %v", kind, err)
	}
}
