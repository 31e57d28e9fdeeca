package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/api"
)

// organisation is a small one: people, a team, a service with owners, all made by commands.
type organisation struct {
	admin, ana, ben, cleo, dan *person // dan audits; cleo owns the CRM and its data
	ids                        map[string]string
}

var printedLink = regexp.MustCompile(`https?://[^\s']+#[^\s']+`)

func newOrganisation(t *testing.T, s *server) *organisation {
	t.Helper()
	o := &organisation{admin: s.admin(), ids: map[string]string{}}
	csv := "user_name,email,display_name,team\nana,ana@acme.example,Ana,payments\nben,ben@acme.example,Ben,payments\ncleo,cleo@acme.example,Cleo,crm\ndan,dan@acme.example,Dan,audit\n"
	file := filepath.Join(o.admin.dir, "people.csv")
	if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	o.admin.run("person", "import", file)
	for name, to := range map[string]**person{"ana": &o.ana, "ben": &o.ben, "cleo": &o.cleo, "dan": &o.dan} {
		roles := []string{"viewer", "owner"}
		if name == "dan" {
			roles = []string{"auditor"}
		}
		if name == "cleo" {
			roles = append(roles, "approver")
		}
		o.admin.run(append([]string{"person", "roles", name}, roles...)...)
		*to = s.at(name)
		link := printedLink.FindString(o.admin.run("person", "link", name))
		(*to).run("login", link)
		var me api.Me
		(*to).json(&me, "whoami")
		o.ids[name] = me.ID
	}
	o.admin.run("service", "add", "https://crm.acme.example", "--environment", "production", "--owner", "cleo", "--data-owner", "cleo", "--data-class", "customers")
	o.admin.run("service", "add", "https://orders.staging.acme.example", "--environment", "staging", "--owner", "ben")
	return o
}

// timed runs what a journey's target is about and prints its time beside the target.
func timed(t *testing.T, what string, target time.Duration, do func()) {
	t.Helper()
	begin := time.Now()
	do()
	took := time.Since(begin)
	t.Logf("%-60s %8s  (target %s)", what, took.Round(time.Millisecond), target)
	if took > target {
		t.Errorf("%s took %s, the target is %s", what, took, target)
	}
}

// A developer asks for a client outside production and has it at once; one in production
// waits for its owner, and nobody decides on a request of their own.
func TestJourneyRequest(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *server) {
		o := newOrganisation(t, s)
		ask := []string{"request", "--name", "orders in Bruno", "--tool", "bruno", "--team", "payments", "--backup", "ben", "--env", "staging",
			"--read", "orders.staging.acme.example/orders/*", "--purpose", "look at order 42"}
		var forecast, granted api.AccessRequest
		o.ana.json(&forecast, append(ask, "--dry-run")...)
		if !forecast.Auto || forecast.Tier != 1 || forecast.Obstacle != "" {
			t.Fatalf("%+v", forecast)
		}
		timed(t, "request: from the question to an active client", 60*time.Second, func() { o.ana.json(&granted, ask...) })
		if granted.State != "approved" || granted.ClientState != "active" {
			t.Fatalf("%+v", granted)
		}
		export := []string{"request", "--name", "churn", "--tool", "curl", "--kind", "script", "--team", "payments", "--backup", "ben", "--env", "production",
			"--export", "crm.acme.example/customers", "--to", "s3://analytics", "--rows", "1000", "--bytes", "1000000", "--mask", "pii", "--purpose", "churn model"}
		var pending api.AccessRequest
		o.ana.json(&pending, export...)
		if pending.State != "pending" || pending.Tier != 3 {
			t.Fatalf("%+v", pending)
		}
		for _, p := range []*person{o.ana, o.admin} {
			if _, errOut, code := p.try("approve", pending.ID); code != exitDenied || !strings.Contains(errOut, "rule:") || !strings.Contains(errOut, "who can allow it:") {
				t.Fatalf("%s: exit code %d: %s", p.name, code, errOut)
			}
		}
		o.cleo.run("approve", pending.ID, "--for", "8h")
		var got api.AccessRequest
		o.ana.json(&got, "request", "show", pending.ID)
		if got.State != "approved" || got.LifetimeHours != 8 || len(got.Decisions) != 1 {
			t.Fatalf("%+v", got)
		}
	})
}

// An auditor asks who could export customers on a day, as known then and as known now, and
// takes away a bundle that verifies on a machine without a server.
func TestJourneyAuditor(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *server) {
		o := newOrganisation(t, s)
		var change api.Change
		o.ana.json(&change, "change", "open", "Churn model, first export")
		var pending api.AccessRequest
		o.ana.json(&pending, "request", "--name", "churn", "--tool", "curl", "--kind", "script", "--team", "payments", "--backup", "ben", "--env", "production", "--change", change.ID,
			"--export", "crm.acme.example", "--to", "s3://analytics", "--rows", "1000", "--bytes", "1000000", "--mask", "pii", "--purpose", "churn model")
		before := time.Now().UTC().Format(time.RFC3339Nano)
		o.cleo.run("approve", pending.ID)
		now := time.Now().UTC().Add(time.Second).Format(time.RFC3339Nano)
		time.Sleep(1100 * time.Millisecond) // the question is about a second that has to pass
		var could []api.WhoCould
		timed(t, "auditor: who could export customers", 5*time.Second, func() { o.dan.json(&could, "who-could", "export", "customers", "--at", now) })
		if len(could) != 1 || could[0].OwnerName != "Ana" || could[0].Change != change.ID || len(could[0].Decisions) != 1 || could[0].Decisions[0].ByName != "Cleo" {
			t.Fatalf("%+v", could)
		}
		o.dan.json(&could, "who-could", "export", "customers", "--at", before)
		if len(could) != 0 {
			t.Fatalf("before the approval: %+v", could)
		}
		o.dan.json(&could, "who-could", "export", "customers", "--at", now, "--known-at", before)
		if len(could) != 0 {
			t.Fatalf("as known before the approval: %+v", could)
		}
		bundle := filepath.Join(o.dan.dir, "evidence.zip")
		timed(t, "auditor: an evidence bundle, verified offline", 5*time.Second, func() {
			o.dan.run("audit", "bundle", "-o", bundle)
			s.stop()
			o.dan.run("audit", "verify", bundle)
		})
		damaged := damage(t, bundle)
		if _, _, code := o.dan.try("audit", "verify", damaged); code == 0 {
			t.Fatal("a damaged bundle verifies")
		}
	})
}

// damage writes a copy of a file with a byte changed in its middle.
func damage(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/3] ^= 0x20
	if err := os.WriteFile(file+".damaged", b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file + ".damaged"
}

// Somebody leaves: the identity provider says so by SCIM, and at once their own clients are
// dead, their sessions ended, and what they could see is listed.
func TestJourneyLeaver(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *server) {
		o := newOrganisation(t, s)
		var mine, shared api.AccessRequest
		o.ana.json(&mine, "request", "--name", "my scratch collection", "--personal", "--backup", "ben", "--env", "staging", "--read", "orders.staging.acme.example", "--purpose", "checks")
		o.ana.json(&shared, "request", "--name", "nightly check", "--kind", "ci_job", "--tool", "github-actions", "--team", "payments", "--backup", "ben", "--env", "staging",
			"--read", "orders.staging.acme.example", "--purpose", "nightly")
		if mine.ClientState != "active" && mine.State != "pending" {
			t.Fatalf("%+v", mine)
		}
		timed(t, "leaver: from the word of HR to dead personal clients", 5*time.Minute, func() { o.admin.run("leaver", "end", "ana", "--yes") })
		var client api.ClientDetail
		if mine.ClientState == "active" {
			o.admin.json(&client, "client", "show", mine.Client)
			if client.State != "suspended" {
				t.Fatalf("the personal client is %s", client.State)
			}
		}
		o.admin.json(&client, "client", "show", shared.Client)
		if client.State != "active" {
			t.Fatalf("the team's client is %s", client.State)
		}
		orphaned := false
		for _, c := range client.Conditions {
			orphaned = orphaned || c.Name == "orphaned"
		}
		if !orphaned {
			t.Fatalf("the team's client is not orphaned: %+v", client.Conditions)
		}
		if _, errOut, code := o.ana.try("whoami"); code != exitDenied {
			t.Fatalf("who left is still signed in: %d %s", code, errOut)
		}
		report := o.admin.run("leaver", "report", "ana", "--format", "json")
		if !json.Valid([]byte(report)) || !strings.Contains(report, shared.Client) {
			t.Fatalf("the report does not name the client that is left behind: %s", report)
		}
	})
}

// An owner renews: one look, one key, and the next review has its day.
func TestJourneyRenewal(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *server) {
		o := newOrganisation(t, s)
		var clients []string
		for _, name := range []string{"one", "two", "three"} {
			var r api.AccessRequest
			o.ana.json(&r, "request", "--name", name, "--tool", "bruno", "--team", "payments", "--backup", "ben", "--env", "staging", "--read", "orders.staging.acme.example", "--purpose", "checks")
			if r.ClientState != "active" {
				t.Fatalf("%+v", r)
			}
			clients = append(clients, r.Client)
		}
		o.admin.run("campaign", "start", "spring", "--yes")
		var open []api.Review
		for deadline := time.Now().Add(30 * time.Second); len(open) < len(clients) && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
			o.ana.json(&open, "review", "list")
		}
		if len(open) < len(clients) {
			t.Fatalf("%d reviews for %d clients", len(open), len(clients))
		}
		timed(t, "renewal: one client", 30*time.Second, func() { o.ana.run("review", "keep", open[0].ID) })
		args := []string{"review", "keep"}
		for _, r := range open[1:] {
			args = append(args, r.ID)
		}
		timed(t, "renewal: the rest in one go", 5*time.Minute, func() { o.ana.run(args...) })
		o.ana.json(&open, "review", "list")
		if len(open) != 0 {
			t.Fatalf("still open: %+v", open)
		}
	})
}
