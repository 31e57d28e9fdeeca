package httpapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/ticket"
)

// distantJira stands for a system that is far away.
type distantJira struct {
	state ticket.State
	err   error
}

func (j *distantJira) Check(_ context.Context, key string) (ticket.Ticket, error) {
	return ticket.Ticket{Ref: ticket.Ref{System: ticket.Jira, Key: key}, URL: "https://acme.example/browse/" + key, Title: "Rotate", State: j.state}, j.err
}

func TestAChangeIsOpenedApprovedAndClosedOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ann, bob := h.as("per_ann", clientele.OwnerRole, clientele.ApproverRole), h.as("per_bob", clientele.ApproverRole)
		var c api.Change
		h.want(201, ann, "POST", "/v1/changes", `{"title":"Rotate the key"}`, &c)
		var p api.Problem
		h.want(403, ann, "POST", "/v1/changes/"+c.ID+"/approve", "", &p)
		if p.Rule != "change-author-is-not-approver" || !strings.Contains(p.Hint, "clientele change approve "+c.ID) || len(p.Approvers) == 0 {
			t.Fatalf("%+v", p)
		}
		status, _, _ := h.send(bob, "POST", "/v1/changes/"+c.ID+"/approve", "", "If-Match", `"7"`)
		if status != 409 {
			t.Fatalf("approved a version that is not there: %d", status)
		}
		status, header, body := h.send(bob, "POST", "/v1/changes/"+c.ID+"/approve", "", "If-Match", `"1"`, "Idempotency-Key", "k")
		if status != 200 || header.Get("ETag") != `"2"` {
			t.Fatal(status, header, body)
		}
		if again, header, same := h.send(bob, "POST", "/v1/changes/"+c.ID+"/approve", "", "If-Match", `"1"`, "Idempotency-Key", "k"); again != 200 || same != body || header.Get("Idempotency-Replayed") != "true" {
			t.Fatal(again, same)
		}
		h.want(200, ann, "POST", "/v1/changes/"+c.ID+"/close", `{"state":"closed"}`, &c)
		if c.State != "closed" || c.Open || c.Obstacle == "" {
			t.Fatalf("%+v", c)
		}
	})
}

func TestATicketIsVerifiedOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		jira := &distantJira{state: ticket.Approved}
		h.Changes = change.Checker{Drivers: ticket.Drivers{ticket.Jira: jira}}
		ann := h.as("per_ann", clientele.OwnerRole)
		var c api.Change
		h.want(201, ann, "POST", "/v1/changes", `{"ref":"https://acme.example/browse/OPS-1"}`, &c)
		if c.Open {
			t.Fatal("open before anybody asked")
		}
		h.want(200, ann, "POST", "/v1/changes/"+c.ID+"/verify", "", &c)
		if !c.Open || c.State != "approved" || c.Trouble != "" {
			t.Fatalf("%+v", c)
		}
		jira.err = &ticket.Unavailable{System: ticket.Jira, Why: "it did not answer"}
		h.want(200, ann, "POST", "/v1/changes/"+c.ID+"/verify", "", &c)
		if c.State != "approved" || !strings.Contains(c.Trouble, "did not answer") {
			t.Fatalf("%+v", c)
		}
		var list api.List[api.Change]
		h.want(200, ann, "GET", "/v1/changes?ref=jira:OPS-1", "", &list)
		if len(list.Items) != 1 || list.Items[0].ID != c.ID {
			t.Fatalf("%+v", list)
		}
		h.want(200, ann, "GET", "/v1/changes?ref=jira:OPS-2", "", &list)
		if len(list.Items) != 0 {
			t.Fatalf("%+v", list)
		}
		h.want(200, ann, "GET", "/v1/changes/"+c.ID, "", &c)
		if len(c.Checks) != 2 || c.Checks[0].Answer != "unavailable" {
			t.Fatalf("%+v", c.Checks)
		}
	})
}

func TestStrangersLearnNothingOfChanges(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	ann, none, viewer := h.as("per_ann", clientele.OwnerRole), h.as("per_none"), h.as("per_v", clientele.ViewerRole)
	var c api.Change
	h.want(201, ann, "POST", "/v1/changes", `{"title":"Rotate the key"}`, &c)
	_, _, there := h.send(none, "GET", "/v1/changes/"+c.ID, "")
	_, _, missing := h.send(none, "GET", "/v1/changes/chg_0", "")
	if cutRequest(there) != cutRequest(missing) {
		t.Fatalf("%s\n%s", there, missing)
	}
	for _, path := range []string{"approve", "verify", "close"} {
		body := ""
		if path == "close" {
			body = `{"state":"closed"}`
		}
		h.want(404, none, "POST", "/v1/changes/"+c.ID+"/"+path, body, nil)
		h.want(403, viewer, "POST", "/v1/changes/"+c.ID+"/"+path, body, nil)
	}
	h.want(403, none, "GET", "/v1/changes", "", nil)
	for _, body := range []string{"", "{", `{"title":""}`, `{"title":"x","ref":"jira:OPS-1"}`, `{"ref":"nonsense"}`, `{"title":"x","more":1}`,
		`{"title":"` + strings.Repeat("x", 301) + `"}`, `{"title":"x","window_from":"2026-03-03T09:00:00Z","window_to":"2026-03-03T08:00:00Z"}`} {
		h.want(400, ann, "POST", "/v1/changes", body, nil)
	}
	h.want(400, ann, "GET", "/v1/changes?limit=501", "", nil)
	h.want(400, ann, "GET", "/v1/changes?nosuch=1", "", nil)
	h.want(400, ann, "POST", "/v1/changes/"+c.ID+"/close", `{"state":"approved"}`, nil)
}

// cutRequest takes the request's number out of a problem.
func cutRequest(body string) string {
	before, _, _ := strings.Cut(body, `"request"`)
	return before
}
