package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// stocked is a house whose inventory holds two clients, Ann's and Bob's, that call one service
// and hold one secret together and one each.
type stocked struct {
	*house
	anns, bobs             string // ids of clients
	service                string
	sharedKey, bobsKey     string // ids of credentials
	bobsFinding            string
	security, viewer, none string // tokens
	ann                    string
}

const (
	sharedPrint = "00112233445566778899aabbccddeeff"
	annsPrint   = "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"
	bobsPrint   = "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"
)

func stock(t *testing.T) *stocked {
	t.Helper()
	return stockOn(t, dbtest.SQLite(t))
}

func stockOn(t *testing.T, d *db.DB) *stocked {
	t.Helper()
	h := &stocked{house: newHouse(t, d)}
	var err error
	if h.Intake, err = inventory.New(inventory.Config{Key: bytes.Repeat([]byte{7}, 32)}); err != nil {
		t.Fatal(err)
	}
	h.security, h.viewer, h.none = h.as("per_sec", clientele.SecurityRole), h.as("per_view", clientele.ViewerRole), h.as("per_none")
	h.ann = h.as("per_ann", clientele.OwnerRole)
	h.as("per_bob", clientele.OwnerRole)
	for _, who := range []struct{ name, print string }{{"ann", annsPrint}, {"bob", bobsPrint}} {
		h.scan(who.name, who.print, sharedPrint)
		h.must(who.name, "client:assign", func(act *guard.Act) error {
			c, err := inventory.Get(act.Context(), act.Tx, clientele.ClientID(h.text("SELECT id FROM client WHERE owner_id = ''")))
			if err != nil {
				return err
			}
			if err := act.Allow(c.Resource()); err != nil {
				return err
			}
			return inventory.SetOwner(act, &c, "per_"+who.name, "", "", false)
		})
	}
	h.anns, h.bobs = h.text("SELECT id FROM client WHERE owner_id = 'per_ann'"), h.text("SELECT id FROM client WHERE owner_id = 'per_bob'")
	h.service = h.text("SELECT id FROM service")
	h.sharedKey = h.text("SELECT id FROM credential WHERE holders = 2")
	h.bobsKey = h.text("SELECT credential_id FROM credential_place WHERE client_id = '" + h.bobs + "' AND credential_id <> '" + h.sharedKey + "'")
	h.bobsFinding = h.text("SELECT id FROM finding WHERE client_id = '" + h.bobs + "' AND credential_id = '" + h.bobsKey + "'")
	return h
}

// must runs an act of the security that set the house up.
func (h *stocked) must(name, act string, fn func(*guard.Act) error) {
	h.t.Helper()
	actor := clientele.Actor{Kind: clientele.PersonActor, ID: "per_sec", Roles: []clientele.SystemRole{clientele.SecurityRole}}
	if err := h.Guard.Do(h.t.Context(), actor, act, fn); err != nil {
		h.t.Fatal(name, err)
	}
}

func (h *stocked) text(query string) (s string) {
	h.t.Helper()
	err := h.Guard.DB().Read(h.t.Context(), func(tx *db.Tx) error { return tx.Row(h.t.Context(), query, nil, &s) })
	if err != nil {
		h.t.Fatal(query, err)
	}
	return s
}

// scan sends the scan of one laptop, with one client that has the secrets in its files.
func (h *stocked) scan(name string, prints ...string) {
	h.t.Helper()
	c := api.Client{
		ID: "c_" + name, Name: "Orders of " + name, Tool: "postman", Kind: "api_client", Files: []string{"~/" + name + ".json"}, Environment: "staging", Risk: "high",
		Endpoints: []api.Endpoint{{Method: "GET", Scheme: "https", Host: "api.example.com", Path: "/orders"}, {Method: "POST", Scheme: "https", Host: "api.example.com", Path: "/" + name}},
		Sync:      []api.Sync{{Mode: "local"}},
	}
	p := api.ScanPart{}
	for i, print := range prints {
		at := api.Location{File: name + ".json", Path: []string{"auth", fmt.Sprint(i)}, Line: 3 + i}
		c.Credentials = append(c.Credentials, api.Credential{Fingerprint: print, Role: "token", Class: "literal", Place: "auth", Name: "token", Location: at, Excerpt: "ghp_…x1"})
		p.Findings = append(p.Findings, api.Finding{Rule: "embedded-secret", Severity: "high", Client: c.ID, Fingerprint: "f" + print, Credential: print, Location: at, Message: "a token is written into " + name + ".json", Remedy: "move it"})
	}
	p.Clients = []api.Client{c}
	body, err := json.Marshal(p)
	if err != nil {
		h.t.Fatal(err)
	}
	part, err := inventory.ReadPart(body)
	if err != nil {
		h.t.Fatal(err)
	}
	var s inventory.Scan
	h.must("begin", "scan:post", func(act *guard.Act) (err error) {
		s, err = h.Intake.Begin(act, inventory.ScanMeta{Host: "laptop-" + name, StartedAt: time.Now().Add(-time.Minute), Tool: "clientele 0.1.0", Roots: []string{"/home/" + name}, Parts: 1, Complete: true})
		return err
	})
	h.must("part", "scan:post", func(act *guard.Act) error {
		_, err := h.Intake.Part(act, s.ID, 1, part)
		return err
	})
	for range 20 {
		h.must("finish", "scan:post", func(act *guard.Act) (err error) {
			s, err = h.Intake.Finish(act, s.ID)
			return err
		})
		if s.State == inventory.ScanFinished {
			return
		}
	}
	h.t.Fatal("the scan does not end")
}

// sameAsNone demands that one who may not see a thing is told what they are told of a thing
// that is not there.
func (h *stocked) sameAsNone(token, method, path, there, body string) {
	h.t.Helper()
	missing := there[:4] + "00000000000000000000000000"
	status, _, got := h.send(token, method, fmt.Sprintf(path, there), body)
	noStatus, _, none := h.send(token, method, fmt.Sprintf(path, missing), body)
	if status != 404 || noStatus != 404 || cutRequest(got) != cutRequest(none) {
		h.t.Errorf("%s %s: %d %s\nnot like what is not there: %d %s", method, path, status, got, noStatus, none)
	}
}

func TestInventoryIsSeenFromItsOtherEndOnBothEngines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := stockOn(t, d)
		for _, who := range []struct {
			token          string
			clients, calls int
		}{{h.security, 2, 3}, {h.ann, 1, 2}} {
			var s api.ServiceDetail
			h.want(200, who.token, "GET", "/v1/services/"+h.service, "", &s)
			var k api.CredentialDetail
			h.want(200, who.token, "GET", "/v1/credentials/"+h.sharedKey, "", &k)
			if len(s.Clients) != who.clients || len(s.Endpoints) != who.calls || len(k.Clients) != who.clients || len(k.Places) != who.clients {
				t.Errorf("%+v\n%+v", s, k)
			}
			if got := h.credentials(who.token, "?shared=true&leaked=false&role=token&client="+h.anns); len(got) != 1 {
				t.Errorf("%+v", got)
			}
		}
		if got := h.findings(h.ann, "?owner=me&state=open&severity=high&rule=embedded-secret&client="+h.anns); len(got) != 2 {
			t.Errorf("%+v", got)
		}
		h.want(200, h.security, "POST", "/v1/usage", report(use(h.anns, "https://api.example.com", "")), nil)
	})
}
