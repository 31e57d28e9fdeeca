package inventory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/keywrap"
)

var (
	security = clientele.Actor{Kind: clientele.PersonActor, ID: "per_sec", Roles: []clientele.SystemRole{clientele.SecurityRole}}
	ann      = clientele.Actor{Kind: clientele.PersonActor, ID: "per_ann", Roles: []clientele.SystemRole{clientele.OwnerRole}}
	bob      = clientele.Actor{Kind: clientele.PersonActor, ID: "per_bob", Roles: []clientele.SystemRole{clientele.OwnerRole}}
)

// house is the inventory with a clock that moves on by a second an act.
type house struct {
	t  testing.TB
	db *db.DB
	g  *guard.Guard
	in *inventory.Intake
	s  atomic.Int64 // seconds since start
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d}
	h.g, err = guard.New(context.Background(), d, audit.New(d, wrap), func() time.Time {
		return start.Add(time.Duration(h.s.Add(1)) * time.Second)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.in, err = inventory.New(inventory.Config{Key: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newHouse(t, d)) })
}

func (h *house) do(actor clientele.Actor, name string, fn func(*guard.Act) error) error {
	return h.g.Do(context.Background(), actor, name, fn)
}

func (h *house) read(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Read(context.Background(), func(tx *db.Tx) error { return fn(context.Background(), tx) }); err != nil {
		h.t.Fatal(err)
	}
}

// count counts rows: "finding WHERE state = 'open'".
func (h *house) count(from string) (n int) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) error { return tx.Row(ctx, "SELECT COUNT(*) FROM "+from, nil, &n) })
	return n
}

func (h *house) text(query string) (s string) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) error { return tx.Row(ctx, query, nil, &s) })
	return s
}

func (h *house) get(id clientele.ClientID) (c inventory.Client) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = inventory.Get(ctx, tx, id)
		return err
	})
	return c
}

// only is the one client there is.
func (h *house) only() inventory.Client {
	h.t.Helper()
	if n := h.count("client"); n != 1 {
		h.t.Fatalf("%d clients", n)
	}
	return h.get(clientele.ClientID(h.text("SELECT id FROM client")))
}

func (h *house) begin(actor clientele.Actor, m inventory.ScanMeta) (s inventory.Scan, err error) {
	err = h.do(actor, "scan:post", func(act *guard.Act) error {
		s, err = h.in.Begin(act, m)
		return err
	})
	return s, err
}

func (h *house) part(actor clientele.Actor, id string, number int, p api.ScanPart) (s inventory.Scan, err error) {
	body, err := json.Marshal(p)
	if err != nil {
		return s, err
	}
	part, err := inventory.ReadPart(body)
	if err != nil {
		return s, err
	}
	err = h.do(actor, "scan:post", func(act *guard.Act) error {
		s, err = h.in.Part(act, id, number, part)
		return err
	})
	return s, err
}

func (h *house) finish(actor clientele.Actor, id string) (s inventory.Scan, err error) {
	for range 100 {
		err = h.do(actor, "scan:post", func(act *guard.Act) error {
			s, err = h.in.Finish(act, id)
			return err
		})
		if err != nil || s.State == inventory.ScanFinished {
			return s, err
		}
	}
	return s, fmt.Errorf("the scan %s does not end", id)
}

func meta(host string, parts int, roots ...string) inventory.ScanMeta {
	if len(roots) == 0 {
		roots = []string{"/home/x"}
	}
	return inventory.ScanMeta{Host: host, StartedAt: start, Tool: "clientele 0.1.0", Roots: roots, Parts: parts, Complete: true}
}

// scan sends a complete scan in one part.
func (h *house) scan(actor clientele.Actor, m inventory.ScanMeta, parts ...api.ScanPart) inventory.Scan {
	h.t.Helper()
	m.Parts = len(parts)
	s, err := h.begin(actor, m)
	for i, p := range parts {
		if err == nil {
			_, err = h.part(actor, s.ID, i+1, p)
		}
	}
	if err == nil {
		s, err = h.finish(actor, s.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// collection is a Postman collection that holds a token and calls one API.
func collection(id, name string) api.Client {
	return api.Client{
		ID: id, Name: name, Tool: "postman", Kind: "api_client", Files: []string{"~/" + name + ".json"}, Environment: "staging", Risk: "high",
		Endpoints: []api.Endpoint{
			{Method: "GET", Scheme: "https", Host: "api.example.com", Path: "/orders", Auth: "bearer"},
			{Method: "POST", Scheme: "https", Host: "api.example.com:443", Path: "/" + name, Auth: "bearer"},
		},
		Identities:  []api.Identity{{Scheme: "bearer", Principal: "ann@example.com", Kind: "person", Issuer: "https://id.example.com"}},
		Credentials: []api.Credential{secret("fp-" + name + "-00000000")},
		Owners:      []api.Owner{{Who: "Ann Lee <ann@example.com>", Kind: "person", Evidence: "12 of 15 commits", Confidence: 0.6}},
		Sync:        []api.Sync{{Mode: "local"}},
	}
}

func secret(fingerprint string) api.Credential {
	return api.Credential{Fingerprint: fingerprint, Role: "token", Class: "literal", Place: "auth", Name: "token", Location: api.Location{File: "c.json", Path: []string{"auth", "bearer"}, Line: 3}, Excerpt: "ghp_…x1"}
}

func embedded(client, fingerprint string) api.Finding {
	return api.Finding{Rule: "embedded-secret", Severity: "high", Client: client, Fingerprint: "f", Credential: fingerprint, Location: api.Location{File: "c.json", Path: []string{"auth", "bearer"}}, Message: "a token is written into c.json", Remedy: "move it"}
}

func part(clients ...api.Client) api.ScanPart {
	p := api.ScanPart{Clients: clients}
	for _, c := range clients {
		for _, k := range c.Credentials {
			p.Findings = append(p.Findings, embedded(c.ID, k.Fingerprint))
		}
	}
	return p
}
