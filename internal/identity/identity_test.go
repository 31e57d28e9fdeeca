package identity_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/keywrap"
)

// house is an empty house with a clock that stands still until it is told to go on.
type house struct {
	*testing.T
	*guard.Guard

	mu  sync.Mutex // guards at
	at  time.Time
	log *audit.Log
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, at: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC), log: audit.New(d, wrap)}
	h.Guard, err = guard.New(t.Context(), d, h.log, h.now)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// each runs a test in an empty house on both engines.
func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(newHouse(t, d)) })
}

// now moves on a little, so that no two acts are at the same time.
func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(time.Millisecond)
	return h.at
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// admin is an administrator who is not in the directory.
var admin = clientele.Actor{Kind: clientele.PersonActor, ID: "per_0admin", Roles: []clientele.SystemRole{clientele.AdminRole}}

func system() clientele.Actor { return clientele.System("test", "the test says so") }

// try runs an act and returns its error.
func (h *house) try(actor clientele.Actor, name string, fn func(act *guard.Act) error) error {
	h.Helper()
	return h.Do(context.Background(), actor, name, fn)
}

// must runs an act that has to succeed.
func (h *house) must(actor clientele.Actor, name string, fn func(act *guard.Act) error) {
	h.Helper()
	if err := h.try(actor, name, fn); err != nil {
		h.Fatalf("%s: %v", name, err)
	}
}

func (h *house) read(fn func(tx *db.Tx) error) {
	h.Helper()
	if err := h.DB().Read(context.Background(), fn); err != nil {
		h.Fatal(err)
	}
}

// wants fails the test unless err is of the kind, and for a denial of the rule.
func (h *house) wants(err error, kind clientele.ErrorKind, rule string) {
	h.Helper()
	var e *clientele.Error
	if err == nil || !asError(err, &e) || e.Kind != kind || e.Rule != rule {
		h.Fatalf("want %s %s, got %v (%+v)", kind, rule, err, e)
	}
}

func (h *house) person(name string, roles ...clientele.SystemRole) identity.Person {
	h.Helper()
	p := identity.Person{UserName: name, Email: name + "@example.com", DisplayName: "Person " + name}
	h.must(admin, "person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) })
	if len(roles) > 0 {
		h.must(admin, "role:assign", func(act *guard.Act) error { return identity.SetRoles(act, p.ID, roles) })
	}
	return p
}

func (h *house) team(name string, members ...string) identity.Team {
	h.Helper()
	t := identity.Team{Name: name}
	h.must(admin, "person:write", func(act *guard.Act) error { return identity.CreateTeam(act, &t) })
	for _, id := range members {
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.AddMember(act, t.ID, id) })
	}
	return t
}

// leave is what lifecycle does, without its consequences.
func leave(act *guard.Act, id string) error {
	p, err := identity.GetPerson(act.Context(), act.Tx, id)
	if err != nil {
		return err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return err
	}
	return identity.Leave(act, id)
}

func (h *house) leave(id string) {
	h.Helper()
	h.must(admin, "person:leave", func(act *guard.Act) error { return leave(act, id) })
}

func (h *house) signIn(id string) identity.Signed {
	h.Helper()
	var s identity.Signed
	h.must(system(), "session:begin", func(act *guard.Act) (err error) {
		s, err = identity.Begin(act, id, identity.How{Kind: identity.Browser, TTL: 8 * time.Hour, Source: "192.0.2.7"})
		return err
	})
	return s
}

func (h *house) who(token clientele.Plaintext) (a clientele.Actor, err error) {
	h.Helper()
	h.read(func(tx *db.Tx) error {
		a, err = identity.Authenticate(context.Background(), tx, token, h.now())
		return nil
	})
	return a, err
}

// out fails the test if the token lets anybody in.
func (h *house) out(token clientele.Plaintext) {
	h.Helper()
	a, err := h.who(token)
	if clientele.KindOf(err) != clientele.Unauthenticated || a.ID != "" {
		h.Fatalf("let in: %+v, %v", a, err)
	}
}

func (h *house) count(rest string, args ...any) (n int) {
	h.Helper()
	h.read(func(tx *db.Tx) error {
		return tx.Row(context.Background(), "SELECT COUNT(*) FROM "+rest, args, &n)
	})
	return n
}

func TestPartiesAreFoundByIDAndName(t *testing.T) {
	each(t, func(h *house) {
		ann, ben := h.person("Ann"), h.person("ben")
		team := h.team("Größe", ann.ID)
		var acct identity.Account
		h.must(admin, "person:write", func(act *guard.Act) error {
			acct = identity.Account{Name: "Scanner", TeamID: team.ID, Purpose: "sends scans"}
			return identity.CreateAccount(act, &acct)
		})
		for who, want := range map[string]string{
			ann.ID: ann.ID, "ANN": ann.ID, "ann@EXAMPLE.com": ann.ID, " ben ": ben.ID, "GRÖSSE": "", "grÖße": team.ID, team.ID: team.ID,
			"scanner": acct.ID, acct.ID: acct.ID, "nobody": "", "": "", "a\x00b": "", "per_unknown": "", "%": "",
		} {
			h.read(func(tx *db.Tx) error {
				p, ok, err := identity.Resolve(t.Context(), tx, who)
				if p.ID != want || ok != (want != "") {
					t.Errorf("%q is %+v, want %q", who, p, want)
				}
				return err
			})
		}
		h.read(func(tx *db.Tx) error {
			p, err := identity.GetParty(t.Context(), tx, team.ID)
			if p.Kind != identity.KindTeam || p.Name != "Größe" || !p.Active {
				t.Errorf("the team is %+v", p)
			}
			if _, err := identity.GetParty(t.Context(), tx, "tea_none"); clientele.KindOf(err) != clientele.NotFound {
				t.Errorf("no team: %v", err)
			}
			return err
		})
	})
}

// One address of two people is nobody's, until one of them has left.
func TestAmbiguousNamesFindTheActiveOne(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		ben := identity.Person{UserName: "ann@example.com"}
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &ben) })
		find := func() (id string) {
			h.read(func(tx *db.Tx) error {
				p, _, err := identity.Resolve(t.Context(), tx, "ann@example.com")
				id = p.ID
				return err
			})
			return id
		}
		if got := find(); got != "" {
			t.Errorf("of two, %s was found", got)
		}
		h.leave(ann.ID)
		if got := find(); got != ben.ID {
			t.Errorf("found %q, want the one who is here", got)
		}
	})
}

func TestUserNamesDifferByMoreThanCase(t *testing.T) {
	each(t, func(h *house) {
		h.person("Änne")
		for _, name := range []string{"änne", "ÄNNE", " Änne "} {
			p := identity.Person{UserName: name}
			err := h.try(admin, "person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) })
			h.wants(err, clientele.Conflict, "")
		}
		ben := h.person("ben")
		ben.UserName = "ÄNNE"
		h.wants(h.try(admin, "person:write", func(act *guard.Act) error { return identity.UpdatePerson(act, &ben, 1) }), clientele.Conflict, "")
		for _, bad := range []string{"", " ", "a\nb", "a\x00", "\xff", string(make([]byte, 3000))} {
			p := identity.Person{UserName: bad}
			h.wants(h.try(admin, "person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) }), clientele.Invalid, "")
		}
		if n := h.count("person"); n != 2 {
			t.Errorf("%d people", n)
		}
	})
}

func TestSchemaRefusesWhatCodeForgets(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		for _, query := range []string{
			"INSERT INTO role_grant (party_id, role, given_by, given_at) VALUES ('" + ann.ID + "', 'admin', '" + ann.ID + "', 1)",
			"INSERT INTO role_grant (party_id, role, given_by, given_at) VALUES ('x', 'god', 'y', 1)",
			"UPDATE person SET left_at = 5 WHERE id = '" + ann.ID + "'",
			"UPDATE person SET shredded_at = 5, removed_at = 5, active = 0 WHERE id = '" + ann.ID + "'",
			"INSERT INTO team_member (team_id, person_id, place, added_at) VALUES ('tea_none', '" + ann.ID + "', 1, 1)",
		} {
			err := h.try(admin, "person:write", func(act *guard.Act) error {
				if err := act.Allow(ann.Resource()); err != nil {
					return err
				}
				_, err := act.Tx.Exec(act.Context(), query)
				return err
			})
			if err == nil {
				t.Errorf("the schema took: %s", query)
			}
		}
	})
}

func TestPeopleAreListedInPartsAndFound(t *testing.T) {
	each(t, func(h *house) {
		var all []string
		for _, name := range []string{"ann", "ben", "cem", "d_a", "dxa"} {
			all = append(all, h.person(name).ID)
		}
		h.leave(all[1])
		team := h.team("one", all[0], all[2])
		list := func(q identity.PeopleQuery) (found []string) {
			for {
				var page []identity.Person
				h.read(func(tx *db.Tx) (err error) {
					page, q.After, err = identity.ListPeople(t.Context(), tx, q)
					return err
				})
				for _, p := range page {
					found = append(found, p.ID)
				}
				if q.After == "" {
					return found
				}
			}
		}
		for i, c := range []struct {
			q    identity.PeopleQuery
			want []string
		}{
			{identity.PeopleQuery{Page: identity.Page{Limit: 2}}, all},
			{identity.PeopleQuery{Active: "no"}, all[1:2]},
			{identity.PeopleQuery{Search: "PERSON b"}, all[1:2]},
			{identity.PeopleQuery{Search: "d_a"}, all[3:4]},
			{identity.PeopleQuery{Search: "%"}, nil},
			{identity.PeopleQuery{Team: team.ID}, []string{all[0], all[2]}},
			{identity.PeopleQuery{Role: clientele.AdminRole}, nil},
		} {
			if got := list(c.q); !slices.Equal(got, c.want) {
				t.Errorf("%d: %v, want %v", i, got, c.want)
			}
		}
	})
}

func TestUpdatesThatAreLateAreRefused(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ann")
		p.Title = "first"
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.UpdatePerson(act, &p, 1) })
		h.wants(h.try(admin, "person:write", func(act *guard.Act) error { return identity.UpdatePerson(act, &p, 1) }), clientele.Conflict, "")
		if p.Version != 2 {
			t.Errorf("version %d", p.Version)
		}
	})
}

func TestTeamsKeepTheirPeople(t *testing.T) {
	each(t, func(h *house) {
		ann, ben := h.person("ann"), h.person("ben")
		team := h.team("Tools", ben.ID, ann.ID, ben.ID)
		members := func() (list []string) {
			h.read(func(tx *db.Tx) (err error) {
				list, err = identity.Members(t.Context(), tx, team.ID)
				return err
			})
			return list
		}
		if got := members(); !slices.Equal(got, []string{ben.ID, ann.ID}) {
			t.Errorf("members %v", got)
		}
		h.leave(ben.ID)
		if got := members(); !slices.Equal(got, []string{ann.ID}) {
			t.Errorf("active members %v", got)
		}
		h.wants(h.try(admin, "person:write", func(act *guard.Act) error { return identity.AddMember(act, team.ID, "per_none") }), clientele.Invalid, "")
		acct := identity.Account{Name: "a", TeamID: team.ID}
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.CreateAccount(act, &acct) })
		remove := func() error {
			return h.try(admin, "person:write", func(act *guard.Act) error { return identity.RemoveTeam(act, team.ID) })
		}
		h.wants(remove(), clientele.Conflict, "")
		acct.Active = false
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.UpdateAccount(act, &acct, acct.Version) })
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		if again := h.team("TOOLS"); again.ID == team.ID {
			t.Error("an id was used again")
		}
	})
}

func TestShreddingLeavesTheIDAlone(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann", clientele.ViewerRole)
		shred := func() error {
			return h.try(admin, "person:shred", func(act *guard.Act) error { return identity.Shred(act, ann.ID, h.log.Shred) })
		}
		h.wants(shred(), clientele.Conflict, "")
		h.leave(ann.ID)
		for range 2 {
			if err := shred(); err != nil {
				t.Fatal(err)
			}
		}
		h.read(func(tx *db.Tx) error {
			p, err := identity.GetPerson(t.Context(), tx, ann.ID)
			if err != nil || p.DisplayName != "former person" || p.UserName != "" || p.Email != "" || p.ShreddedAt.IsZero() {
				t.Errorf("%+v, %v", p, err)
			}
			return tx.Each(t.Context(), "SELECT body FROM entry", nil, func(r db.Row) error {
				var body string
				err := r.Scan(&body)
				e, err2 := audit.Decode([]byte(body))
				if err2 == nil {
					err2 = h.unsealed(e)
				}
				return firstErr(err, err2)
			})
		})
		if n := h.count("person WHERE user_lower LIKE '%ann%' OR email_lower LIKE '%ann%' OR display_lower LIKE '%ann%' OR profile LIKE '%ann%'"); n != 0 {
			t.Errorf("%d rows still know the name", n)
		}
		h.person("ann") // the name is free again
	})
}
