package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/identity"
)

// newDirectory is a house whose sessions are real, beside those that the test makes, and
// the token of an administrator.
func newDirectory(t *testing.T, d *db.DB) (*house, string) {
	t.Helper()
	h := newHouse(t, d)
	h.SignIn.Session, h.SignIn.Devices = time.Hour, identity.NewDevices(h.Guard)
	made := h.Authenticate
	h.Authenticate = func(ctx context.Context, token clientele.Plaintext) (actor clientele.Actor, err error) {
		if actor, err := made(ctx, token); err == nil {
			return actor, nil
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			actor, err = identity.Authenticate(ctx, tx, token, h.Guard.Now())
			return err
		})
		return actor, err
	}
	return h, h.as("per_0boss", clientele.AdminRole, clientele.ViewerRole)
}

func (h *house) person(boss, name string) (p api.Person) {
	h.t.Helper()
	h.want(201, boss, "POST", "/v1/people", fmt.Sprintf(`{"user_name":%q,"email":"%s@example.com"}`, name, name), &p)
	return p
}

func (h *house) signIn(boss, id string) (s api.SignedIn) {
	h.t.Helper()
	var link api.OneTimeLink
	h.want(201, boss, "POST", "/v1/people/"+id+"/link", "", &link)
	_, secret, _ := strings.Cut(link.URL, "#")
	h.want(200, "", "POST", "/v1/sign-in/link", fmt.Sprintf(`{"link":%q}`, secret), &s)
	return s
}

func TestPeopleComeActAndLeaveOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, boss := newDirectory(t, d)
		ann := h.person(boss, "ann")
		status, header, _ := h.send(boss, "PUT", "/v1/people/ANN", `{"user_name":"ann","title":"Guide"}`, "If-Match", `"1"`)
		if status != 200 || header.Get("ETag") != `"2"` {
			t.Fatal(status, header)
		}
		if status, _, _ := h.send(boss, "PUT", "/v1/people/ann", `{"user_name":"ann"}`, "If-Match", `"1"`); status != 409 {
			t.Errorf("a late change: %d", status)
		}
		h.want(200, boss, "PUT", "/v1/roles/ann", `{"roles":["viewer","owner"]}`, nil)

		s := h.signIn(boss, ann.ID)
		var me api.Me
		h.want(200, s.Token, "GET", "/v1/me", "", &me)
		if me.ID != ann.ID || strings.Join(me.Roles, " ") != "viewer owner" {
			t.Errorf("%+v", me)
		}
		var list api.List[api.Person]
		h.want(200, s.Token, "GET", "/v1/people?search=AN&role=owner", "", &list)
		if len(list.Items) != 1 || list.Items[0].Title != "Guide" || strings.Join(list.Items[0].Roles, " ") != "viewer owner" {
			t.Errorf("%+v", list)
		}
		var p api.Problem
		h.want(403, s.Token, "PUT", "/v1/roles/ann", `{"roles":["admin"]}`, &p)

		var report api.LeaverReport
		h.want(200, boss, "GET", "/v1/people/ann/leaver", "", &report)
		h.want(200, boss, "POST", "/v1/people/ann/leave", "", &report)
		h.want(401, s.Token, "GET", "/v1/me", "", nil)
		h.want(200, boss, "POST", "/v1/people/"+ann.ID+"/shred", "", &ann)
		if ann.ShreddedAt.IsZero() || ann.UserName != "" || ann.DisplayName != "former person" {
			t.Errorf("%+v", ann)
		}
	})
}

func TestNobodyAssignsThemselvesOverHTTP(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	ann := h.person(boss, "ann")
	h.want(200, boss, "PUT", "/v1/roles/ann", `{"roles":["admin"]}`, nil)
	s := h.signIn(boss, ann.ID)
	var p api.Problem
	h.want(403, s.Token, "PUT", "/v1/roles/ann", `{"roles":["admin","auditor"]}`, &p)
	if p.Rule != "no-self-assignment" || len(p.Approvers) == 0 || !strings.Contains(p.Hint, "clientele person roles") {
		t.Errorf("%+v", p)
	}
}

// What a person without a role asks for looks the same whether it is there or not.
func TestDirectoryDoesNotLeak(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, boss := newDirectory(t, d)
		h.person(boss, "ann")
		var team api.Team
		h.want(201, boss, "POST", "/v1/teams", `{"name":"tools"}`, &team)
		h.want(201, boss, "POST", "/v1/service-accounts", fmt.Sprintf(`{"name":"robot","team":%q}`, team.ID), nil)
		stranger := h.as("per_0stranger")
		for _, c := range []struct{ method, path, body string }{
			{"GET", "/v1/people/%s", ""}, {"PUT", "/v1/people/%s", `{"user_name":"x"}`}, {"POST", "/v1/people/%s/leave", ""},
			{"POST", "/v1/people/%s/return", ""}, {"POST", "/v1/people/%s/link", ""}, {"GET", "/v1/people/%s/leaver", ""}, {"PUT", "/v1/roles/%s", `{"roles":[]}`}, {"GET", "/v1/roles/%s", ""},
			{"GET", "/v1/teams/%s", ""}, {"PUT", "/v1/teams/%s", `{"name":"x"}`}, {"DELETE", "/v1/teams/%s", ""}, {"PUT", "/v1/teams/%s/members/x", ""},
			{"GET", "/v1/service-accounts/%s", ""}, {"PUT", "/v1/service-accounts/%s", `{"name":"x","team":"tea_1"}`},
		} {
			there := map[string]string{"p": "ann", "r": "ann", "t": "tools", "s": "robot"}[c.path[4:5]]
			answers := map[string]bool{}
			for _, who := range []string{there, "nobody"} {
				status, _, body := h.send(stranger, c.method, fmt.Sprintf(c.path, who), c.body)
				var p api.Problem
				if err := json.Unmarshal([]byte(body), &p); err != nil || status < 400 {
					t.Fatalf("%s %s: %d %s", c.method, c.path, status, body)
				}
				answers[fmt.Sprint(status, p.Type, p.Detail, p.Rule)] = true
			}
			if len(answers) != 1 {
				t.Errorf("%s %s leaks: %v", c.method, c.path, answers)
			}
		}
	})
}

func TestTeamsAndTokensOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, boss := newDirectory(t, d)
		h.person(boss, "ann")
		var team api.Team
		h.want(201, boss, "POST", "/v1/teams", `{"name":"Tools"}`, &team)
		h.want(200, boss, "PUT", "/v1/teams/tools/members/ann", "", &team)
		h.want(200, boss, "PUT", "/v1/teams/tools", `{"name":"Things"}`, &team)
		if team.Name != "Things" || len(team.Members) != 1 {
			t.Errorf("%+v", team)
		}
		var acct api.ServiceAccount
		h.want(201, boss, "POST", "/v1/service-accounts", fmt.Sprintf(`{"name":"robot","team":%q}`, team.ID), &acct)
		h.want(200, boss, "PUT", "/v1/roles/robot", `{"roles":["viewer"]}`, nil)
		status, _, body := h.send(boss, "POST", "/v1/tokens", fmt.Sprintf(`{"account":%q,"roles":["viewer"]}`, acct.ID), "Idempotency-Key", "k")
		var tok api.NewToken
		if err := json.Unmarshal([]byte(body), &tok); err != nil || status != 201 || !strings.HasPrefix(tok.Secret, "clt_m_") {
			t.Fatal(status, body)
		}
		for _, table := range []string{"idempotency WHERE answer", "entry WHERE body", "token WHERE label"} {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Each(t.Context(), "SELECT "+strings.Fields(table)[2]+" FROM "+strings.Fields(table)[0], nil, func(r db.Row) error {
					var kept []byte
					err := r.Scan(&kept)
					if bytes.Contains(kept, []byte(tok.Secret[6:])) {
						t.Errorf("%s keeps the secret", table)
					}
					return err
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		h.want(200, tok.Secret, "GET", "/v1/teams/things", "", nil)
		var revoked api.Token
		h.want(200, boss, "POST", "/v1/tokens/"+tok.ID+"/revoke", "", &revoked)
		h.want(401, tok.Secret, "GET", "/v1/teams/things", "", nil)
		h.want(409, boss, "DELETE", "/v1/teams/things", "", nil)
		h.want(200, boss, "PUT", "/v1/service-accounts/robot", fmt.Sprintf(`{"name":"robot","team":%q,"disabled":true}`, team.ID), nil)
		h.want(200, boss, "DELETE", "/v1/teams/things", "", &team)
		if team.RemovedAt.IsZero() {
			t.Errorf("%+v", team)
		}
	})
}

func TestCommandLineIsLetInOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, boss := newDirectory(t, d)
		ann := h.signIn(boss, h.person(boss, "ann").ID)
		var dev api.DeviceSignIn
		h.want(200, "", "POST", "/v1/sign-in/device", "", &dev)
		if !strings.HasPrefix(dev.CompleteURI, h.url+"/device?user_code=") {
			t.Error(dev.CompleteURI)
		}
		poll := fmt.Sprintf(`{"device_code":%q}`, dev.DeviceCode)
		for _, want := range []string{api.DevicePending, api.DeviceSlowDown} {
			var p api.Problem
			h.want(400, "", "POST", "/v1/sign-in/device/token", poll, &p)
			if p.Type != want {
				t.Errorf("%+v", p)
			}
		}
		h.want(400, ann.Token, "POST", "/v1/session/device", `{"user_code":"BBBB-BBBB","allow":true}`, nil)
		h.want(200, ann.Token, "POST", "/v1/session/device", fmt.Sprintf(`{"user_code":%q,"allow":true}`, dev.UserCode), nil)
		var s api.SignedIn
		h.want(200, "", "POST", "/v1/sign-in/device/token", poll, &s)
		var list api.List[api.Session]
		h.want(200, s.Token, "GET", "/v1/session", "", &list)
		if len(list.Items) != 2 || !list.Items[0].Current || s.Person != ann.Person {
			t.Errorf("%+v", list)
		}
		h.want(200, s.Token, "POST", "/v1/session/"+ann.Session+"/end", "", nil)
		h.want(401, ann.Token, "GET", "/v1/me", "", nil)
		h.want(404, boss, "POST", "/v1/session/"+s.Session+"/end", "", nil)
	})
}

func TestFileOfPeopleIsTriedAndImported(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, boss := newDirectory(t, d)
		post := func(status int, query, body string) (out api.Import) {
			t.Helper()
			req, _ := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/people/import"+query, strings.NewReader(body))
			req.Header.Set("Authorization", "Bearer "+boss)
			req.Header.Set("Content-Type", "text/csv")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			if res.StatusCode != status {
				t.Fatalf("%d %s", res.StatusCode, b)
			}
			_ = json.Unmarshal(b, &out)
			return out
		}
		const file = "user_name,email,team\nann,ann@example.com,Tools\nben,,Tools\n"
		if out := post(200, "?dry_run=true", file); out.Created != 2 || !out.DryRun {
			t.Errorf("%+v", out)
		}
		var list api.List[api.Person]
		h.want(200, boss, "GET", "/v1/people", "", &list)
		if len(list.Items) != 0 {
			t.Errorf("a dry run made %+v", list.Items)
		}
		post(200, "", file)
		if out := post(200, "?dry_run=false", file+"cem,,\n"); out.Created != 1 || out.Unchanged != 2 {
			t.Errorf("%+v", out)
		}
		post(400, "", "user_name,email\n,x\nann,y\nann,z@\n")
	})
}

// A provider's token, and nobody else's, opens SCIM; a key for repetition does not confuse it.
func TestProviderComesInThroughSCIM(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, boss := newDirectory(t, d)
		h.want(401, "", "GET", "/scim/v2/Users", "", nil)
		h.want(403, h.as("per_0stranger"), "GET", "/scim/v2/Users", "", nil)
		status, _, body := h.send(boss, "POST", "/scim/v2/Users", `{"userName":"ann"}`, "Idempotency-Key", "k")
		if status != 201 || !strings.Contains(body, "/scim/v2/Users/per_") {
			t.Fatal(status, body)
		}
		ann := h.signIn(boss, "ann")
		h.want(200, boss, "PATCH", "/scim/v2/Users/"+ann.Person, `{"Operations":[{"op":"replace","path":"active","value":"False"}]}`, nil)
		h.want(401, ann.Token, "GET", "/v1/me", "", nil)
		var n int
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row(t.Context(), "SELECT COUNT(*) FROM entry WHERE act = 'person:leave' AND object = ?", []any{"person:" + ann.Person}, &n)
		})
		if err != nil || n != 1 {
			t.Error(n, err)
		}
	})
}

// What a person says while signing in is sealed with their key, and not the system's.
func TestAddressOfSignInIsThePersons(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	s := h.signIn(boss, h.person(boss, "ann").ID)
	var subjects []string
	err := h.Guard.DB().Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(t.Context(), "SELECT b.subject FROM entry AS e JOIN entry_box AS b ON b.seq = e.seq WHERE e.act = 'session:begin'", nil, func(r db.Row) error {
			var one string
			err := r.Scan(&one)
			subjects = append(subjects, one)
			return err
		})
	})
	if err != nil || len(subjects) != 1 || subjects[0] != s.Person {
		t.Errorf("%v %v", subjects, err)
	}
}
