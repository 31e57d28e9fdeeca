package lifecycle_test

import (
	"context"
	"errors"
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
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// house is a database with a guard, a clock that the test moves, and people:
//
//	ann, ben   developers of team shop          ida   owns the service api (staging and production)
//	sam, sue   security                          dan   owns the data of the service api
//	apo        approver                          adm   administrator
type house struct {
	t testing.TB
	d *db.DB
	g *guard.Guard

	mu  sync.Mutex // guards now
	now time.Time

	ann, ben, ida, dan, sam, sue, apo, adm string
	shop                                   string // team
	staging, production                    string // services
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Millisecond) // no two acts at the same time
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, d: d, now: start}
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	if h.g, err = guard.New(t.Context(), d, audit.New(d, wrap), h.clock); err != nil {
		t.Fatal(err)
	}
	h.ann, h.ben = h.person("ann", clientele.OwnerRole), h.person("ben", clientele.OwnerRole)
	h.ida, h.dan = h.person("ida", clientele.OwnerRole), h.person("dan", clientele.OwnerRole)
	h.sam, h.sue = h.person("sam", clientele.SecurityRole), h.person("sue", clientele.SecurityRole)
	h.apo, h.adm = h.person("apo", clientele.ApproverRole), h.person("adm", clientele.AdminRole)
	h.shop = h.team("shop", h.ann, h.ben)
	h.staging = h.service("api.staging.example.com", "staging", h.ida, h.dan, `[]`)
	h.production = h.service("api.example.com", "production", h.ida, h.dan, `["customer"]`)
	return h
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newHouse(t, d)) })
}

func (h *house) person(name string, roles ...clientele.SystemRole) string {
	h.t.Helper()
	p := identity.Person{UserName: name, Email: name + "@example.com", DisplayName: name, Active: true}
	h.must(h.system("person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) }))
	if len(roles) > 0 {
		h.must(h.system("role:assign", func(act *guard.Act) error { return identity.SetRoles(act, p.ID, roles) }))
	}
	return p.ID
}

func (h *house) team(name string, members ...string) string {
	h.t.Helper()
	t := identity.Team{Name: name}
	h.must(h.system("person:write", func(act *guard.Act) error { return identity.CreateTeam(act, &t) }))
	for _, m := range members {
		h.must(h.system("person:write", func(act *guard.Act) error { return identity.AddMember(act, t.ID, m) }))
	}
	return t.ID
}

// service makes a service known, as a scan would.
func (h *house) service(host, env, owner, dataOwner, classes string) string {
	h.t.Helper()
	id := db.NewID("srv", h.clock())
	h.must(h.d.Write(h.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(h.t.Context(), "INSERT INTO service (id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version) VALUES "+db.Marks(11),
			id, host, "https", host, env, owner, dataOwner, classes, 1, 1, 1)
		return err
	}))
	return id
}

// credential lets a secret stand in a client's files.
func (h *house) credential(client clientele.ClientID) string {
	h.t.Helper()
	id := db.NewID("crd", h.clock())
	h.must(h.d.Write(h.t.Context(), func(tx *db.Tx) error {
		for _, s := range []struct {
			query string
			args  []any
		}{
			{"INSERT INTO host (host, person_id, first_seen, last_seen) VALUES ('laptop', '', 1, 1) ON CONFLICT (host) DO NOTHING", nil},
			{"INSERT INTO scan (id, host, tool, once_key, meta, roots, scope, complete, parts, state, posted_by, started_at, begun_at) VALUES ('scn_1', 'laptop', 'clientele', '', '', '[]', '', 1, 1, 'finished', '', 1, 1) ON CONFLICT (id) DO NOTHING", nil},
			{"INSERT INTO credential (id, hash, role, class, provider, weak, expires_at, first_seen, last_seen) VALUES (?, ?, 'token', 'literal', '', 0, 0, 1, 1)", []any{id, id}},
			{"INSERT INTO credential_place (client_id, credential_id, host, place, slot, file, path, line, name, excerpt, principal, scan_id, first_seen, last_seen) VALUES (?, ?, 'laptop', 'p', 's', 'f', '[]', 1, 'token', '', '', 'scn_1', 1, 1)", []any{string(client), id}},
		} {
			if _, err := tx.Exec(h.t.Context(), s.query, s.args...); err != nil {
				return err
			}
		}
		return nil
	}))
	return id
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) system(act string, fn func(*guard.Act) error) error {
	return h.g.Do(h.t.Context(), clientele.System("test", "a test needs it"), act, fn)
}

// as is a person with the roles and teams they have now.
func (h *house) as(id string) (a clientele.Actor) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		a, err = identity.ActorOf(ctx, tx, id)
		return err
	})
	return a
}

func (h *house) do(who, act string, fn func(*guard.Act) error) error {
	h.t.Helper()
	return h.g.Do(h.t.Context(), h.as(who), act, fn)
}

func (h *house) read(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	h.must(h.d.Read(h.t.Context(), func(tx *db.Tx) error { return fn(h.t.Context(), tx) }))
}

func (h *house) client(id clientele.ClientID) (c inventory.Client) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = inventory.Get(ctx, tx, id)
		return err
	})
	return c
}

func (h *house) grants(id clientele.ClientID) (all []lifecycle.Grant) {
	h.t.Helper()
	now := h.clock()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = lifecycle.Grants(ctx, tx, id, now)
		return err
	})
	return all
}

func (h *house) count(where string, args ...any) (n int) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Row(ctx, "SELECT COUNT(*) FROM "+where, args, &n)
	})
	return n
}

func (h *house) submit(who string, ask lifecycle.Ask) (r lifecycle.Request, err error) {
	h.t.Helper()
	err = h.do(who, "request:create", func(act *guard.Act) (err error) {
		r, err = lifecycle.Submit(act, ask)
		return err
	})
	return r, err
}

func (h *house) approve(who, id string, v lifecycle.Verdict) (r lifecycle.Request, err error) {
	h.t.Helper()
	err = h.do(who, "request:approve", func(act *guard.Act) (err error) {
		r, err = lifecycle.Approve(act, id, v)
		return err
	})
	return r, err
}

func (h *house) deny(who, id string) error {
	h.t.Helper()
	return h.do(who, "request:deny", func(act *guard.Act) error {
		_, err := lifecycle.Deny(act, id, "not now")
		return err
	})
}

func (h *house) sweep() int {
	h.t.Helper()
	n, err := lifecycle.Sweep(h.t.Context(), h.g, h.clock())
	h.must(err)
	return n
}

// ask is a request for a new client of ann's team.
func (h *house) ask(service, env string, verbs ...clientele.Verb) lifecycle.Ask {
	a := lifecycle.Ask{
		New:     &lifecycle.NewClient{Name: "shop", Tool: "bruno", Kind: string(clientele.APIClient), TeamID: h.shop, BackupID: h.ben},
		Purpose: "check orders", Environment: env,
	}
	for _, v := range verbs {
		a.Scopes = append(a.Scopes, h.scope(service, v))
	}
	return a
}

func (h *house) scope(service string, v clientele.Verb) lifecycle.Scope {
	s := lifecycle.Scope{ServiceID: service, Path: "/orders/*", Verb: v}
	if v == clientele.Export {
		s.RowCap, s.ByteCap, s.Destination, s.Mask = 1000, 1<<20, "s3://bucket", "customers"
	}
	return s
}

// active is an active client of ann's, by a request that policy approves.
func (h *house) active() lifecycle.Request {
	h.t.Helper()
	r, err := h.submit(h.ann, h.ask(h.staging, "staging", clientele.Read))
	h.must(err)
	if r.State != lifecycle.Approved {
		h.t.Fatalf("not approved at once: %+v", r)
	}
	return r
}

// powerful is an active client of ann's that reads production.
func (h *house) powerful() lifecycle.Request {
	h.t.Helper()
	r, err := h.submit(h.ann, h.ask(h.production, "production", clientele.Read))
	h.must(err)
	r, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
	h.must(err)
	return r
}

func want(t testing.TB, err error, kind clientele.ErrorKind, rule string) {
	t.Helper()
	var ce *clientele.Error
	if !errors.As(err, &ce) || ce.Kind != kind || rule != "" && ce.Rule != rule {
		t.Fatalf("want %s %s, got %v (%s)", kind, rule, err, ruleOf(err))
	}
	if kind == clientele.Denied && ce.Hint == "" && len(ce.Approvers) == 0 {
		t.Fatalf("a denial without a way out: %v", err)
	}
}

func ruleOf(err error) string {
	var ce *clientele.Error
	if errors.As(err, &ce) {
		return fmt.Sprint(ce.Kind, " ", ce.Rule)
	}
	return ""
}
