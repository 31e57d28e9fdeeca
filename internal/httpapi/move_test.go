package httpapi_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// estate is a house with people who are on record, by whose ids their tokens are named:
//
//	ann, ben   developers            ida, sam, sue   security
//	bob        a developer who has nothing to do with any of it
//	vic        a viewer              adm             administrator
type estate struct {
	*house
	ann, ben, bob, ida, sam, sue, vic, adm string // ids
	api                                    string // a service in staging that ida owns
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{house: newHouse(t, dbtest.SQLite(t))}
	e.ann, e.ben, e.bob = e.hire("ann", clientele.OwnerRole), e.hire("ben", clientele.OwnerRole), e.hire("bob", clientele.OwnerRole)
	e.ida, e.sam, e.sue = e.hire("ida", clientele.SecurityRole), e.hire("sam", clientele.SecurityRole), e.hire("sue", clientele.SecurityRole)
	e.vic, e.adm = e.hire("vic", clientele.ViewerRole), e.hire("adm", clientele.AdminRole)
	e.api = e.insert("srv", "INSERT INTO service (id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version) VALUES (?, 'api', 'https', 'api.staging.example.com', 'staging', '"+e.ida+"', '', '[]', 1, 1, 1)")
	return e
}

func (e *estate) system(name string, fn func(*guard.Act) error) {
	e.t.Helper()
	if err := e.Guard.Do(e.t.Context(), clientele.System("test", "a test needs it"), name, fn); err != nil {
		e.t.Fatal(err)
	}
}

func (e *estate) read(fn func(ctx context.Context, tx *db.Tx) error) {
	e.t.Helper()
	if err := e.Guard.DB().Read(e.t.Context(), func(tx *db.Tx) error { return fn(e.t.Context(), tx) }); err != nil {
		e.t.Fatal(err)
	}
}

// hire puts a person on record and signs them in.
func (e *estate) hire(name string, role clientele.SystemRole) string {
	e.t.Helper()
	p := identity.Person{UserName: name, Email: name + "@example.com", DisplayName: strings.ToUpper(name[:1]) + name[1:], Active: true}
	e.system("person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) })
	e.system("role:assign", func(act *guard.Act) error {
		return identity.SetRoles(act, p.ID, []clientele.SystemRole{role})
	})
	e.as(p.ID, role)
	return p.ID
}

func token(id string) string { return "token-" + id }

// insert writes a row as a scan would, whose id comes first.
func (e *estate) insert(prefix, query string, args ...any) string {
	e.t.Helper()
	id := db.NewID(prefix, e.Guard.Now())
	err := e.Guard.DB().Write(e.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(e.t.Context(), query, append([]any{id}, args...)...)
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return id
}

// discovered is a client that a scan found.
func (e *estate) discovered() string {
	e.t.Helper()
	c := inventory.Client{Name: "orders", Tool: "bruno", Kind: string(clientele.APIClient), State: clientele.Discovered, Environment: "staging"}
	e.system("scan:post", func(act *guard.Act) error {
		if err := act.Allow(c.Resource()); err != nil {
			return err
		}
		return inventory.Create(act, &c)
	})
	return string(c.ID)
}

// active is a client of ann's with a grant that policy gave, and ben as its backup.
func (e *estate) active() string {
	e.t.Helper()
	ask := lifecycle.Ask{
		New:     &lifecycle.NewClient{Name: "shop", Tool: "bruno", Kind: string(clientele.APIClient), BackupID: e.ben},
		Purpose: "check orders", Environment: "staging", Scopes: []lifecycle.Scope{{ServiceID: e.api, Path: "/orders/*", Verb: clientele.Read}},
	}
	var r lifecycle.Request
	err := e.Guard.Do(e.t.Context(), e.actors[token(e.ann)], "request:create", func(act *guard.Act) (err error) {
		r, err = lifecycle.Submit(act, ask)
		return err
	})
	if err != nil || r.State != lifecycle.Approved {
		e.t.Fatalf("%v %+v", err, r)
	}
	return string(r.Client)
}

// secret lets a secret stand in a client's files.
func (e *estate) secret(client string) string {
	e.t.Helper()
	e.insert("hst", "INSERT INTO host (host, person_id, first_seen, last_seen) VALUES (?, '', 1, 1)")
	var host string
	e.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Row(ctx, "SELECT host FROM host ORDER BY host DESC LIMIT 1", nil, &host)
	})
	scan := e.insert("scn", "INSERT INTO scan (id, host, tool, once_key, meta, roots, scope, complete, parts, state, posted_by, started_at, begun_at) VALUES (?, ?, 'clientele', '', '', '[]', '', 1, 1, 'finished', '', 1, 1)", host)
	id := e.insert("crd", "INSERT INTO credential (id, hash, role, class, provider, weak, expires_at, first_seen, last_seen) VALUES (?, ?, 'token', 'literal', '', 0, 0, 1, 1)", scan)
	e.insert("x", "INSERT INTO credential_place (file, client_id, credential_id, host, place, slot, path, line, name, excerpt, principal, scan_id, first_seen, last_seen) VALUES (?, ?, ?, ?, 'p', 's', '[]', 1, 'token', '', '', ?, 1, 1)", client, id, host, scan)
	return id
}

// denied demands a denial that says which rule, who could allow it, and the one command.
func (e *estate) denied(who, method, path, body, command string) api.Problem {
	e.t.Helper()
	var p api.Problem
	e.want(403, token(who), method, path, body, &p)
	if p.Rule == "" || len(p.Approvers) == 0 || !strings.Contains(p.Hint, command) || p.Hint == "" {
		e.t.Errorf("%s %s: a denial without rule, approvers or command: %+v", method, path, p)
	}
	for _, a := range p.Approvers {
		if strings.HasPrefix(a, "per_") {
			e.t.Errorf("%s %s: %s is no name", method, path, a)
		}
	}
	return p
}

// hidden demands that to who a thing that is there looks like one that is not.
func (e *estate) hidden(who, method, path, id, body string) {
	e.t.Helper()
	missing := id[:4] + strings.Repeat("0", len(id)-4)
	status, _, there := e.send(token(who), method, path, body)
	also, _, none := e.send(token(who), method, strings.ReplaceAll(path, id, missing), strings.ReplaceAll(body, id, missing))
	if status != 404 || also != 404 || cutRequest(there) != cutRequest(none) {
		e.t.Errorf("%s %s: %d %s\nwithout: %d %s", method, path, status, there, also, none)
	}
}

func TestAClientIsClaimedHandedOverAndAssigned(t *testing.T) {
	e := newEstate(t)
	id := e.discovered()
	var o api.ClientOutcome
	e.want(200, token(e.ann), "POST", "/v1/clients/"+id+"/claim", `{"backup":"ben@example.com"}`, &o)
	if o.State != "claimed" || o.Owner != e.ann || o.Backup != e.ben || !o.Attested || !strings.Contains(o.Command, "clientele request "+id) {
		t.Fatalf("%+v", o)
	}
	e.want(200, token(e.ann), "POST", "/v1/clients/"+id+"/hand-over", `{"to":"Ben","backup":"ann"}`, &o)
	if o.Owner != e.ben || o.Backup != e.ann || o.Attested || o.Until.IsZero() || !strings.HasPrefix(o.Next, "Ben attests") || !strings.Contains(o.Command, "clientele owner claim "+id) {
		t.Fatalf("%+v", o)
	}
	status, header, body := e.send(token(e.ben), "POST", "/v1/clients/"+id+"/claim", `{}`, "Idempotency-Key", "once")
	if status != 200 || header.Get("ETag") == "" || !strings.Contains(body, `"attested":true`) {
		t.Fatal(status, header, body)
	}
	if _, header, again := e.send(token(e.ben), "POST", "/v1/clients/"+id+"/claim", `{}`, "Idempotency-Key", "once"); again != body || header.Get("Idempotency-Replayed") != "true" {
		t.Fatal(again)
	}
	e.want(200, token(e.sam), "POST", "/v1/clients/"+id+"/assign", `{"to":"`+e.ann+`","backup":"ben"}`, &o)
	if o.Owner != e.ann || o.Attested {
		t.Fatalf("%+v", o)
	}
	var p api.Problem
	e.want(400, token(e.sam), "POST", "/v1/clients/"+id+"/assign", `{"to":"who@example.com"}`, &p)
	if !strings.Contains(p.Detail, "nobody known") {
		t.Fatalf("%+v", p)
	}
	e.want(403, token(e.sam), "POST", "/v1/clients/"+id+"/assign", `{"to":"bob","backup":"bob"}`, &p)
	if p.Rule != "backup-is-not-owner" || p.Hint == "" {
		t.Fatalf("%+v", p)
	}
}

func TestAClientIsSuspendedResumedAndQuarantined(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	for _, step := range []struct{ who, verb, state, command string }{
		{e.ann, "suspend", "suspended", "clientele client resume " + id},
		{e.ben, "resume", "active", ""},
		{e.sam, "quarantine", "quarantined", "clientele client release " + id},
		{e.sam, "release", "suspended", "clientele client resume " + id},
		{e.ann, "resume", "active", ""},
	} {
		var o api.ClientOutcome
		e.want(200, token(step.who), "POST", "/v1/clients/"+id+"/"+step.verb, `{"reason":"a try"}`, &o)
		if o.State != step.state || o.Happened == "" || o.Next == "" || !strings.HasPrefix(o.Command, step.command) || (o.State == "suspended") == o.Until.IsZero() && o.State != "active" {
			t.Fatalf("%s: %+v", step.verb, o)
		}
	}
	e.want(409, token(e.ann), "POST", "/v1/clients/"+id+"/resume", `{"reason":"again"}`, nil)
	for _, body := range []string{"", "{}", `{"reason":""}`, `{"reason":" "}`, `{"reason":7}`, `{"reason":"x","more":1}`, `{"reason":"` + strings.Repeat("x", 4097) + `"}`} {
		e.want(400, token(e.ann), "POST", "/v1/clients/"+id+"/suspend", body, nil)
	}
}

func TestRetiringShowsWhatStopsAndEndsWithTheLastCredential(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	first, second := e.secret(id), e.secret(id)
	path := "/v1/clients/" + id
	var im api.Impact
	e.want(200, token(e.ann), "GET", path+"/retire-preview", "", &im)
	if len(im.Grants) != 1 || im.Grants[0].Service != "api.staging.example.com" || len(im.Credentials) != 2 || im.Seen == "" {
		t.Fatalf("%+v", im)
	}
	third := e.secret(id) // what was shown is not true any more
	e.want(409, token(e.ann), "POST", path+"/retire", `{"reason":"done","seen":"`+im.Seen+`"}`, nil)
	e.want(400, token(e.ann), "POST", path+"/retire", `{"reason":"done"}`, nil)
	e.want(409, token(e.ann), "POST", path+"/confirm-dead", `{"credential":"`+first+`","how":"called it"}`, nil)
	e.want(200, token(e.ann), "GET", path+"/retire-preview", "", &im)
	if im.State != "active" || len(im.Grants) != 1 {
		t.Fatalf("a refused retirement changed something: %+v", im)
	}
	var o api.ClientOutcome
	e.want(200, token(e.ann), "POST", path+"/retire", `{"reason":"done","seen":"`+im.Seen+`"}`, &o)
	if o.State != "retiring" || !strings.Contains(o.Next, "3 credentials") || !strings.Contains(o.Command, "confirm-dead") {
		t.Fatalf("%+v", o)
	}
	e.want(404, token(e.ann), "POST", path+"/confirm-dead", `{"credential":"crd_0","how":"called it"}`, nil)
	for i, k := range []string{first, second, third} {
		o = api.ClientOutcome{}
		e.want(200, token(e.ann), "POST", path+"/confirm-dead", fmt.Sprintf(`{"credential":%q,"how":"called it: 401"}`, k), &o)
		if want := map[bool]string{true: "retired", false: "retiring"}[i == 2]; o.State != want {
			t.Fatalf("%d: %+v", i, o)
		}
	}
	if o.Command != "" || !strings.Contains(o.Next, "never used again") {
		t.Fatalf("%+v", o)
	}
	e.want(409, token(e.ann), "POST", path+"/claim", `{}`, nil)
}

func TestAClientWithoutCredentialsIsRetiredAtOnce(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	var im api.Impact
	e.want(200, token(e.ann), "GET", "/v1/clients/"+id+"/retire-preview", "", &im)
	var o api.ClientOutcome
	e.want(200, token(e.ann), "POST", "/v1/clients/"+id+"/retire", `{"reason":"done","seen":"`+im.Seen+`"}`, &o)
	if o.State != "retired" {
		t.Fatalf("%+v", o)
	}
}

// moves are the routes about a client that change it, with a body that would do.
var moves = map[string]string{
	"claim": `{}`, "assign": `{"to":"bob"}`, "hand-over": `{"to":"bob"}`, "suspend": `{"reason":"x"}`, "resume": `{"reason":"x"}`, "quarantine": `{"reason":"x"}`,
	"release": `{"reason":"x"}`, "retire": `{"reason":"x","seen":"x"}`, "confirm-dead": `{"credential":"crd_1","how":"x"}`, "drills": `{"passed":true,"note":"x"}`,
}

func TestAnothersClientLooksLikeNone(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	for verb, body := range moves {
		e.hidden(e.bob, "POST", "/v1/clients/"+id+"/"+verb, id, body)
	}
	e.hidden(e.bob, "POST", "/v1/clients/"+id+"/hand-over", id, `{"to":"nobody at all"}`)
	e.hidden(e.bob, "PUT", "/v1/clients/"+id+"/vendor", id, `{"name":"Acme","sponsor":"nobody at all"}`)
	e.hidden(e.bob, "GET", "/v1/clients/"+id+"/vendor", id, "")
	e.hidden(e.bob, "GET", "/v1/clients/"+id+"/retire-preview", id, "")
}

func TestWhoMayOnlyLookIsToldWhoMayMore(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	for verb, body := range moves {
		command := map[string]string{"claim": "hand-over", "assign": "owner assign", "hand-over": "owner hand-over", "drills": "vendor drill"}[verb]
		if command == "" {
			command = "client " + verb
		}
		if verb == "claim" {
			continue // whose it is already is told below
		}
		e.denied(e.vic, "POST", "/v1/clients/"+id+"/"+verb, body, "clientele "+command+" "+id)
	}
	p := e.denied(e.ben, "POST", "/v1/clients/"+id+"/quarantine", `{"reason":"x"}`, "clientele client quarantine "+id)
	if p.Approvers[0] != "Ann" && p.Approvers[1] != "Ann" {
		t.Errorf("%+v", p)
	}
	e.denied(e.vic, "PUT", "/v1/clients/"+id+"/vendor", `{"name":"Acme"}`, "clientele vendor set "+id)
	e.denied(e.vic, "POST", "/v1/clients/"+id+"/claim", `{}`, "clientele")
	if status, _, _ := e.send("", "POST", "/v1/clients/"+id+"/suspend", `{"reason":"x"}`); status != 401 {
		t.Errorf("nobody: %d", status)
	}
	e.want(200, token(e.vic), "GET", "/v1/clients/"+url.PathEscape(id)+"/retire-preview", "", nil)
}
