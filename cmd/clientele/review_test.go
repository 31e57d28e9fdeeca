package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/review"
)

// reviewServer is a server with two clients of ann's whose reviews are open. A token is the
// name of a person.
func reviewServer(t *testing.T) {
	t.Helper()
	d := dbtest.SQLite(t)
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(t.Context(), d, audit.New(d, wrap), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	actors := map[string]clientele.Actor{}
	do := func(name string, fn func(*guard.Act) error) {
		t.Helper()
		if err := g.Do(t.Context(), clientele.System("test", "a test says so"), name, fn); err != nil {
			t.Fatal(err)
		}
	}
	for name, role := range map[string]clientele.SystemRole{"ann": clientele.OwnerRole, "bob": clientele.ApproverRole, "sec": clientele.SecurityRole} {
		do("person:write", func(act *guard.Act) error {
			p := identity.Person{UserName: name, Email: name + "@example.com", DisplayName: name}
			err := identity.CreatePerson(act, &p)
			actors[name] = clientele.Actor{Kind: clientele.PersonActor, ID: p.ID, Roles: []clientele.SystemRole{role}}
			return err
		})
	}
	for _, name := range []string{"orders", "billing"} {
		do("request:create", func(act *guard.Act) error {
			c := inventory.Client{ID: clientele.ClientID("cli_" + name), Name: name, Tool: "postman", Kind: string(clientele.APIClient), State: clientele.Requested,
				OwnerID: actors["ann"].ID, AttestedAt: act.At, NextReviewAt: act.At.Add(5 * 24 * time.Hour)}
			if err := act.Allow(c.Resource()); err != nil {
				return err
			}
			if err := inventory.Create(act, &c); err != nil {
				return err
			}
			return inventory.Move(act, &c, clientele.Approve)
		})
	}
	if s, err := review.Sweep(t.Context(), g); err != nil || s.Opened != 2 {
		t.Fatalf("%+v %v", s, err)
	}
	h := &httpapi.House{Guard: g, Version: "test"}
	h.Authenticate = func(_ context.Context, token clientele.Plaintext) (clientele.Actor, error) {
		a, ok := actors[token.Reveal()]
		if !ok {
			return a, clientele.Errorf(clientele.Unauthenticated, "no such session")
		}
		return a, nil
	}
	server := httptest.NewServer(httpapi.Doorstep(h, httpapi.New(h)))
	t.Cleanup(server.Close)
	t.Setenv("CLIENTELE_SERVER", server.URL)
}

// as runs a command as a person and gives its exit code and all it wrote.
func as(t *testing.T, who, in string, args ...string) (int, string) {
	t.Helper()
	t.Setenv("CLIENTELE_TOKEN", who)
	var out bytes.Buffer
	code := run(args, strings.NewReader(in), &out, &out)
	return code, out.String()
}

// says demands an exit code and texts in what a command wrote.
func says(t *testing.T, code int, out string, want int, texts ...string) {
	t.Helper()
	if code != want {
		t.Fatalf("exit code %d, want %d:\n%s", code, want, out)
	}
	for _, s := range texts {
		if !strings.Contains(out, s) {
			t.Fatalf("no %q in:\n%s", s, out)
		}
	}
}

func TestReviewsAreWalkedThrough(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "ann", "", "review", "list")
	says(t, code, out, exitOK, "orders", "billing", "in 6 days", "0 of 0 in 90 days")
	code, out = as(t, "ann", "x\nk\nr\nwrong\nn\nunused\nr\nbilling\nno longer needed\n", "review", "walk")
	says(t, code, out, exitOK, "1 of 2", "kept orders", "nothing would be left", "retired billing", "2 decided, 0 left")
	code, out = as(t, "ann", "", "review", "list", "--all", "--state", "", "--format", "json")
	says(t, code, out, exitOK, `"state": "kept"`, `"state": "retired"`, `"reason": "no longer needed"`)
}

func TestRetiringShowsWhatEndsBeforeItDoes(t *testing.T) {
	reviewServer(t)
	_, out := as(t, "ann", "", "review", "list")
	id := "rev_" + strings.Fields(strings.SplitN(out, "rev_", 2)[1])[0]
	code, out := as(t, "ann", "", "review", "retire", id, "--reason", "gone")
	says(t, code, out, exitUsage, "no use of it is known", "nothing was done", "--yes")
	code, out = as(t, "bob", "", "review", "keep", id)
	says(t, code, out, exitDenied)
	code, out = as(t, "ann", "", "review", "retire", id, "--reason", "gone", "--yes")
	says(t, code, out, exitOK, "retired orders")
}

func TestCampaignsSayWhomTheyAskFirst(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "sec", "", "campaign", "start", "Spring")
	says(t, code, out, exitUsage, "it would ask 1 owners about 2 clients", "add --yes")
	code, out = as(t, "sec", "", "campaign", "start", "Spring", "--yes")
	says(t, code, out, exitOK, "began cmp_", "due in 13 days")
	id := "cmp_" + strings.TrimSuffix(strings.Fields(strings.SplitN(out, "cmp_", 2)[1])[0], ":")
	code, out = as(t, "sec", "", "campaign", "show", id)
	says(t, code, out, exitOK, "covered", "passed", "no")
	code, out = as(t, "sec", "", "campaign", "cancel", id, "--reason", "not now")
	says(t, code, out, exitOK, "cancelled")
	code, out = as(t, "ann", "", "campaign", "list")
	says(t, code, out, exitDenied)
}

func TestChangesAreKeptByTwoPeople(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "ann", "", "change", "open", "Rotate the key", "--from", "2h", "--for", "1h")
	says(t, code, out, exitOK, "opened chg_", "clientele change approve chg_")
	id := strings.Fields(out)[1]
	code, out = as(t, "ann", "", "change", "show", id)
	says(t, code, out, exitOK, "Rotate the key", "not open now: it is planned from")
	code, out = as(t, "sec", "", "change", "edit", id, "Rotate both keys")
	says(t, code, out, exitOK, "open now")
	code, out = as(t, "sec", "", "change", "approve", id)
	says(t, code, out, exitDenied, "rule: change-author-is-not-approver", "who can allow it")
	code, out = as(t, "bob", "", "change", "approve", id)
	says(t, code, out, exitOK, "approved "+id)
	code, out = as(t, "ann", "", "change", "close", id)
	says(t, code, out, exitOK, "closed "+id)
	code, out = as(t, "ann", "", "change", "refer", "jira:OPS-1")
	says(t, code, out, exitFailed, "jira:OPS-1", "was never verified", "jira is not connected")
	code, out = as(t, "ann", "", "change", "show", "jira:OPS-2")
	says(t, code, out, exitUsage, "clientele change refer jira:OPS-2")
	code, out = as(t, "ann", "", "change", "list", "--state", "closed")
	says(t, code, out, exitOK, id, "Rotate both keys")
}
