package identity_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/oidc"
	"github.com/clientele/clientele/internal/scim"
	"github.com/clientele/clientele/internal/scim/peoplecsv"
	"github.com/clientele/clientele/internal/scim/scimtest"
)

var provider = clientele.Actor{Kind: clientele.MachineActor, ID: "svc_0scim", Roles: []clientele.SystemRole{clientele.AdminRole}}

func (h *house) directory(leave func(*guard.Act, string) error) *identity.Directory {
	return &identity.Directory{Guard: h.Guard, Actor: func(context.Context) clientele.Actor { return provider }, Leave: leave}
}

func TestDirectoryConforms(t *testing.T) {
	for engine, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			scimtest.Run(t, func(t *testing.T) http.Handler {
				return scim.Handler(newHouse(t, open(t)).directory(leave), scim.Options{})
			})
		})
	}
}

func send(t *testing.T, d *identity.Directory, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, scim.Prefix+path, strings.NewReader(body))
	scim.Handler(d, scim.Options{}).ServeHTTP(w, r)
	return w
}

// A provider finds whom a file brought, takes them over, and ends them: with the hook once,
// their sessions, and an entry that says so.
func TestProviderEndsAPerson(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann", clientele.AdminRole)
		s := h.signIn(ann.ID)
		var mu sync.Mutex // guards left
		var left []string
		d := h.directory(func(act *guard.Act, id string) error {
			mu.Lock()
			defer mu.Unlock()
			left = append(left, id)
			return leave(act, id)
		})
		if got := send(t, d, "GET", "/Users?filter=userName%20eq%20%22ANN%22", "").Body.String(); !strings.Contains(got, ann.ID) || !strings.Contains(got, "ann@example.com") {
			t.Fatal(got)
		}
		for _, body := range []string{`{"Operations":[{"op":"replace","value":{"active":false}}]}`, `{"Operations":[{"op":"replace","value":{"title":"gone"}}]}`} {
			if w := send(t, d, "PATCH", "/Users/"+ann.ID, body); w.Code != 200 {
				t.Fatal(w.Code, w.Body)
			}
		}
		h.out(s.Token)
		if !slices.Equal(left, []string{ann.ID}) {
			t.Errorf("left: %v", left)
		}
		if n := h.count("entry WHERE act = 'person:leave' AND object = ? AND actor = 'machine:svc_0scim'", "person:"+ann.ID); n != 1 {
			t.Errorf("%d entries", n)
		}
		if w := send(t, d, "DELETE", "/Users/"+ann.ID, ""); w.Code != 204 {
			t.Fatal(w.Code)
		}
		if made := send(t, d, "POST", "/Users", `{"userName":"ann"}`); made.Code != 201 || strings.Contains(made.Body.String(), ann.ID) {
			t.Errorf("the name is not free, or the id came back: %s", made.Body)
		}
		if n := h.count("person WHERE id = ?", ann.ID); n != 1 {
			t.Error("the row is gone")
		}
	})
}

// If what follows from a leaver cannot be done, the provider hears of it and tries again.
func TestLeaverWhoCannotBeHandledIsNotHalfGone(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		s := h.signIn(ann.ID)
		d := h.directory(func(act *guard.Act, id string) error {
			if err := leave(act, id); err != nil {
				return err
			}
			return clientele.Errorf(clientele.Unavailable, "not now")
		})
		if w := send(t, d, "PATCH", "/Users/"+ann.ID, `{"Operations":[{"op":"replace","path":"active","value":false}]}`); w.Code < 500 {
			t.Fatal(w.Code, w.Body)
		}
		if _, err := h.who(s.Token); err != nil {
			t.Errorf("half gone: %v", err)
		}
	})
}

func TestProviderWithoutTheRoleIsRefused(t *testing.T) {
	each(t, func(h *house) {
		d := h.directory(leave)
		d.Actor = func(context.Context) clientele.Actor {
			return clientele.Actor{Kind: clientele.MachineActor, ID: "svc_1", Roles: []clientele.SystemRole{clientele.ViewerRole}}
		}
		if w := send(t, d, "POST", "/Users", `{"userName":"ann"}`); w.Code != 403 && w.Code != 404 || h.count("person") != 0 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		d.Actor = func(context.Context) clientele.Actor {
			return clientele.Actor{Kind: clientele.MachineActor, ID: "svc_1"}
		}
		if w := send(t, d, "GET", "/Users", ""); w.Code != 403 && w.Code != 404 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestLargeGroupsAreWrittenByTheirDifference(t *testing.T) {
	each(t, func(h *house) {
		d := h.directory(leave)
		rows := make([]peoplecsv.Person, 1200)
		for i := range rows {
			rows[i] = peoplecsv.Person{Line: i + 2, UserName: fmt.Sprintf("p%04d", i), Active: true}
		}
		h.imports(rows)
		var all []scim.Member
		h.read(func(tx *db.Tx) error {
			return tx.Each(t.Context(), "SELECT id FROM person ORDER BY user_lower", nil, func(r db.Row) error {
				var m scim.Member
				err := r.Scan(&m.ID)
				all = append(all, m)
				return err
			})
		})
		g, err := d.CreateGroup(t.Context(), scim.Group{DisplayName: "all", Members: all})
		if err != nil || len(g.Members) != 1200 {
			t.Fatal(len(g.Members), err)
		}
		before := h.count("team_member WHERE added_at > 0")
		var added string
		g, err = d.UpdateGroup(t.Context(), g.ID, func(g *scim.Group) error {
			g.Members = append(g.Members[1:1000:1000], g.Members[1001:]...)
			return nil
		})
		if err != nil || len(g.Members) != 1198 || h.count("team_member") != before-2 {
			t.Fatal(len(g.Members), err)
		}
		h.read(func(tx *db.Tx) error {
			return tx.Row(t.Context(), "SELECT body FROM entry ORDER BY seq DESC LIMIT 1", nil, &added)
		})
		if strings.Count(added, "per_") != 2 || !strings.Contains(added, `"removed"`) {
			t.Errorf("the entry does not name the difference: %.300s", added)
		}
		if n := h.count("entry WHERE object = ?", "team:"+g.ID); n != 1+3+1 {
			t.Errorf("%d entries name the team's people", n)
		}
	})
}

func (h *house) imports(rows []peoplecsv.Person) (sum identity.Summary) {
	h.Helper()
	h.must(admin, "person:write", func(act *guard.Act) (err error) {
		sum, err = identity.Import(act, rows, leave)
		return err
	})
	return sum
}

func file(t *testing.T, lines ...string) []peoplecsv.Person {
	t.Helper()
	rows, err := peoplecsv.Read(strings.NewReader("user_name,email,display_name,active,team,external_id\n" + strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestFilesAreImported(t *testing.T) {
	each(t, func(h *house) {
		both := file(t, "ann,ann@example.com,Ann,true,Tools,7", "ben,ben@example.com,Ben,,tools,", "cem,,,false,,")
		if sum := h.imports(both); sum.Created != 2 || sum.Skipped != 1 {
			t.Errorf("%+v", sum)
		}
		if sum := h.imports(both); sum.Unchanged != 2 || sum.Created+sum.Updated+sum.Left != 0 || h.count("team") != 1 || h.count("team_member") != 2 {
			t.Errorf("again: %+v", sum)
		}
		ann, ben := h.find("ann"), h.find("ben")
		s := h.signIn(ben)
		sum := h.imports(file(t, "Anna,,,,Things,7", "BEN,,,false,,"))
		if sum.Updated != 1 || sum.Left != 1 || h.find("anna") != ann || h.find("ann@example.com") != ann {
			t.Errorf("renamed, moved and left: %+v", sum)
		}
		h.out(s.Token)
		h.read(func(tx *db.Tx) error {
			teams, err := identity.TeamsOf(t.Context(), tx, ann)
			if len(teams) != 1 {
				t.Errorf("ann is in %v", teams)
			}
			return err
		})
		sum = h.imports(file(t, "ben,,,,,"))
		if !slices.Equal(sum.Gone, []string{ben}) || !slices.Equal(sum.Missing, []string{ann}) {
			t.Errorf("gone and missing: %+v", sum)
		}
		if _, err := h.tryActor(ann); err != nil {
			t.Error("whom a file forgot was ended")
		}
	})
}

func (h *house) find(who string) (id string) {
	h.Helper()
	h.read(func(tx *db.Tx) error {
		p, _, err := identity.Resolve(context.Background(), tx, who)
		id = p.ID
		return err
	})
	return id
}

func (h *house) tryActor(id string) (a clientele.Actor, err error) {
	h.read(func(tx *db.Tx) error {
		a, err = identity.ActorOf(context.Background(), tx, id)
		return nil
	})
	return a, err
}

func TestFilesLeaveTheProvidersPeopleAlone(t *testing.T) {
	each(t, func(h *house) {
		d := h.directory(leave)
		if w := send(t, d, "POST", "/Users", `{"userName":"ann","displayName":"Ann"}`); w.Code != 201 {
			t.Fatal(w.Body)
		}
		if sum := h.imports(file(t, "ann,evil@example.com,Other,false,,")); sum.Skipped != 1 || sum.Left != 0 {
			t.Errorf("%+v", sum)
		}
		ben := h.person("ben")
		err := h.try(admin, "person:write", func(act *guard.Act) error {
			_, err := identity.Import(act, file(t, "x,,,,,1", "y,,,,,2", "ben,,,,,9"), leave)
			return err
		})
		if err != nil || h.find("ben") != ben.ID {
			t.Error(err)
		}
		err = h.try(admin, "person:write", func(act *guard.Act) error {
			_, err := identity.Import(act, file(t, "z,,,,,", "ben,,,,,1"), leave)
			return err
		})
		h.wants(err, clientele.Conflict, "")
		if h.find("z") != "" || !strings.HasPrefix(err.Error(), "line 3: ") {
			t.Errorf("half an import, or no line: %v", err)
		}
	})
}

func (h *house) signInBy(c oidc.Claims, m identity.Mapping) (s identity.Signed, err error) {
	h.Helper()
	err = h.try(system(), "session:begin", func(act *guard.Act) (err error) {
		s, err = identity.SignIn(act, c, m, identity.How{Kind: identity.Browser, TTL: time.Hour})
		return err
	})
	return s, err
}

func TestSignInFindsThePerson(t *testing.T) {
	each(t, func(h *house) {
		send(t, h.directory(leave), "POST", "/Users", `{"userName":"ann","emails":[{"value":"Ann@Example.com"}]}`)
		ann := h.find("ann")
		claims := oidc.Claims{Issuer: "https://id.example.com", Subject: "s1", Email: "ann@example.com", EmailVerified: true}
		unverified, other := claims, claims
		unverified.EmailVerified, other.Subject = false, "s2"

		_, err := h.signInBy(unverified, identity.Mapping{})
		h.wants(err, clientele.Denied, "unknown-people-stay-out")
		if s, err := h.signInBy(claims, identity.Mapping{}); err != nil || s.PersonID != ann {
			t.Fatal(s, err)
		}
		claims.Email = "new@example.com" // the address may change now, the subject does not
		if s, err := h.signInBy(claims, identity.Mapping{}); err != nil || s.PersonID != ann {
			t.Fatal(s, err)
		}
		_, err = h.signInBy(other, identity.Mapping{Create: true})
		h.wants(err, clientele.Denied, "address-of-another-sign-in")
		_, err = h.link(admin, ann)
		h.wants(err, clientele.Denied, "identity-provider-vouches")

		h.leave(ann)
		_, err = h.signInBy(claims, identity.Mapping{Create: true})
		h.wants(err, clientele.Denied, "only-active-people-sign-in")
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.Return(act, ann) })
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.Unlink(act, ann) })
		if s, err := h.signInBy(other, identity.Mapping{}); err != nil || s.PersonID != ann {
			t.Fatal(s, err)
		}
	})
}

// Whoever left and never signed in does not come back as somebody new.
func TestSignInDoesNotRenewLeavers(t *testing.T) {
	each(t, func(h *house) {
		send(t, h.directory(leave), "POST", "/Users", `{"userName":"ann","emails":[{"value":"ann@example.com"}],"active":false}`)
		_, err := h.signInBy(oidc.Claims{Issuer: "i", Subject: "s", Email: "ann@example.com", EmailVerified: true}, identity.Mapping{Create: true})
		h.wants(err, clientele.Denied, "only-active-people-sign-in")
		if n := h.count("person"); n != 1 {
			t.Errorf("%d people", n)
		}
	})
}

func TestSignInFollowsGroups(t *testing.T) {
	each(t, func(h *house) {
		m := identity.Mapping{Create: true, Default: []clientele.SystemRole{clientele.ViewerRole}, Groups: map[string][]clientele.SystemRole{
			"sec": {clientele.SecurityRole, clientele.ViewerRole}, "own": {clientele.OwnerRole},
		}}
		c := oidc.Claims{Issuer: "i", Subject: "s", Email: "x@example.com", Name: "X", Groups: []string{"sec", "else"}}
		roles := func(groups ...string) []clientele.SystemRole {
			t.Helper()
			c.Groups = groups
			s, err := h.signInBy(c, m)
			if err != nil {
				t.Fatal(err)
			}
			return h.actor(s.PersonID).Roles
		}
		if got := roles("sec", "else"); !slices.Equal(got, []clientele.SystemRole{clientele.ViewerRole, clientele.SecurityRole}) {
			t.Errorf("%v", got)
		}
		id := h.find("s") // an address that nobody verified is no name
		h.must(admin, "role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, id, []clientele.SystemRole{clientele.ViewerRole, clientele.SecurityRole, clientele.ApproverRole})
		})
		if got := roles("own"); !slices.Equal(got, []clientele.SystemRole{clientele.ViewerRole, clientele.OwnerRole, clientele.ApproverRole}) {
			t.Errorf("%v", got)
		}
		if n := h.count("entry WHERE act = 'role:assign' AND actor LIKE 'system:%'"); n != 3 {
			t.Errorf("%d entries about roles", n)
		}
	})
}

func TestSignInTakesNobodysName(t *testing.T) {
	each(t, func(h *house) {
		h.person("ann@example.com")
		_, err := h.signInBy(oidc.Claims{Issuer: "i", Subject: "s", Email: "ann@example.com", EmailVerified: true}, identity.Mapping{Create: true})
		h.wants(err, clientele.Denied, "name-of-another-person")
		if h.count("person") != 1 || h.count("session") != 0 {
			t.Error("half a sign-in")
		}
	})
}
