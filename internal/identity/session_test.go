package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

func TestSessionsEnd(t *testing.T) {
	each(t, func(h *house) {
		ann, ben := h.person("ann", clientele.ViewerRole), h.person("ben")
		team := h.team("one", ann.ID)
		s := h.signIn(ann.ID)
		a, err := h.who(s.Token)
		if err != nil || a.ID != ann.ID || a.Session != s.SessionID || !slices.Equal(a.Teams, []string{team.ID}) || !slices.Equal(a.Roles, []clientele.SystemRole{clientele.ViewerRole}) {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := h.who(clientele.Secret("clt_s_" + s.Token.Reveal()[7:] + "A")); clientele.KindOf(err) != clientele.Unauthenticated {
			t.Errorf("a token like it: %v", err)
		}
		other, _ := h.who(h.signIn(ben.ID).Token)
		end := func(by clientele.Actor) error {
			return h.try(by, "session:end", func(act *guard.Act) error { return identity.End(act, s.SessionID) })
		}
		h.wants(end(other), clientele.NotFound, "")
		if err := end(a); err != nil {
			t.Fatal(err)
		}
		h.out(s.Token)

		s = h.signIn(ann.ID)
		h.wait(8 * time.Hour)
		h.out(s.Token)
		s, late := h.signIn(ann.ID), h.signIn(ann.ID)
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.EndAll(act, ann.ID) })
		h.out(s.Token)
		h.out(late.Token)
	})
}

func TestLeaversAreOutAtOnceAndStayOut(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann", clientele.AdminRole)
		s := h.signIn(ann.ID)
		var link clientele.Plaintext
		h.must(admin, "link:create", func(act *guard.Act) (err error) {
			link, err = identity.NewLink(act, ann.ID)
			return err
		})
		h.leave(ann.ID)
		h.out(s.Token)
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.Return(act, ann.ID) })
		h.out(s.Token)
		h.wants(h.use(link, nil), clientele.Unauthenticated, "")
	})
}

// use signs in with a link.
func (h *house) use(link clientele.Plaintext, s *identity.Signed) error {
	return h.try(system(), "session:begin", func(act *guard.Act) error {
		got, err := identity.UseLink(act, link, identity.How{Kind: identity.Browser, TTL: time.Hour})
		if s != nil {
			*s = got
		}
		return err
	})
}

func (h *house) link(actor clientele.Actor, id string) (link clientele.Plaintext, err error) {
	err = h.try(actor, "link:create", func(act *guard.Act) (err error) {
		link, err = identity.NewLink(act, id)
		return err
	})
	return link, err
}

func TestLinksLetInOnce(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		link, err := h.link(admin, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		var in atomic.Int32
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := h.use(link, nil); err == nil {
					in.Add(1)
				} else if clientele.KindOf(err) != clientele.Unauthenticated {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 || h.count("session") != 1 {
			t.Errorf("%d came in, %d sessions", in.Load(), h.count("session"))
		}

		link, _ = h.link(admin, ann.ID)
		h.wait(identity.LinkTTL)
		h.wants(h.use(link, nil), clientele.Unauthenticated, "")
		old, _ := h.link(admin, ann.ID)
		_, _ = h.link(admin, ann.ID)
		h.wants(h.use(old, nil), clientele.Unauthenticated, "")
		for _, bad := range []string{"", "clt_l_", strings.Repeat("x", 1<<20), h.signIn(ann.ID).Token.Reveal()} {
			h.wants(h.use(clientele.Secret(bad), nil), clientele.Unauthenticated, "")
		}
		_, err = h.link(h.actor(ann.ID), ann.ID)
		h.wants(err, clientele.NotFound, "")
	})
}

func TestSecretsAreNotKept(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		s := h.signIn(ann.ID)
		link, _ := h.link(admin, ann.ID)
		for _, secret := range []clientele.Plaintext{s.Token, link} {
			text := secret.Reveal()
			if len(text) != 49 || !strings.HasPrefix(text, "clt_") || strings.Contains(fmt.Sprintf("%+v %v", s, link), text[6:]) {
				t.Errorf("%d letters, or they print", len(text))
			}
			for _, table := range []string{"session", "login_link"} {
				if n := h.count(table+" WHERE hash = ?", []byte(text)); n != 0 {
					t.Errorf("%s keeps the secret itself", table)
				}
			}
			if n := h.count("entry WHERE body LIKE ?", "%"+text[6:]+"%"); n != 0 {
				t.Error("the log keeps the secret")
			}
		}
	})
}

func TestOnlyTheSystemBeginsOthersSessions(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		begin := func(actor clientele.Actor, how identity.How) error {
			return h.try(actor, "session:begin", func(act *guard.Act) error {
				_, err := identity.Begin(act, ann.ID, how)
				return err
			})
		}
		h.wants(begin(admin, identity.How{Kind: identity.CLI, TTL: time.Hour}), clientele.Denied, "sign-in-is-one's-own")
		h.wants(begin(system(), identity.How{Kind: identity.CLI, TTL: identity.MaxSession + 1}), clientele.Invalid, "")
		h.wants(begin(system(), identity.How{Kind: identity.CLI}), clientele.Invalid, "")
		h.leave(ann.ID)
		h.wants(begin(system(), identity.How{Kind: identity.CLI, TTL: time.Hour}), clientele.Denied, "only-active-people-sign-in")
	})
}

// account makes a service account with roles, of a team of its own.
func (h *house) account(name string, roles ...clientele.SystemRole) identity.Account {
	h.Helper()
	a := identity.Account{Name: name, TeamID: h.team("team of " + name).ID, Purpose: "tests"}
	h.must(admin, "person:write", func(act *guard.Act) error { return identity.CreateAccount(act, &a) })
	h.must(admin, "role:assign", func(act *guard.Act) error { return identity.SetRoles(act, a.ID, roles) })
	return a
}

func (h *house) token(by clientele.Actor, account string, ttl time.Duration, roles ...clientele.SystemRole) (clientele.Plaintext, identity.Token, error) {
	h.Helper()
	tok := identity.Token{AccountID: account, Roles: roles, Label: "of a test"}
	var secret clientele.Plaintext
	err := h.try(by, "token:create", func(act *guard.Act) (err error) {
		secret, err = identity.CreateToken(act, &tok, ttl)
		return err
	})
	return secret, tok, err
}

func TestMachineTokensAreShortAndNarrow(t *testing.T) {
	each(t, func(h *house) {
		acct := h.account("scanner", clientele.ViewerRole, clientele.OwnerRole)
		boss := clientele.Actor{Kind: clientele.PersonActor, ID: "per_boss", Roles: []clientele.SystemRole{clientele.AdminRole, clientele.OwnerRole, clientele.SecurityRole}}
		secret, tok, err := h.token(boss, acct.ID, 0, clientele.OwnerRole)
		if err != nil || tok.ExpiresAt.Sub(tok.CreatedAt) != identity.TokenTTL {
			t.Fatalf("%+v, %v", tok, err)
		}
		a, err := h.who(secret)
		if err != nil || a.Kind != clientele.MachineActor || a.ID != acct.ID || a.Session != tok.ID || !slices.Equal(a.Roles, []clientele.SystemRole{clientele.OwnerRole}) || !slices.Equal(a.Teams, []string{acct.TeamID}) {
			t.Fatalf("%+v, %v", a, err)
		}
		_, _, err = h.token(boss, acct.ID, 0, clientele.ViewerRole)
		h.wants(err, clientele.Denied, "token-within-own-roles")
		_, _, err = h.token(boss, acct.ID, 0, clientele.SecurityRole)
		h.wants(err, clientele.Invalid, "")
		_, _, err = h.token(boss, acct.ID, identity.MaxTokenTTL+1, clientele.OwnerRole)
		h.wants(err, clientele.Invalid, "")
		_, _, err = h.token(boss, acct.ID, 0)
		h.wants(err, clientele.Invalid, "")

		h.must(admin, "role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, acct.ID, []clientele.SystemRole{clientele.ViewerRole})
		})
		if a, _ := h.who(secret); len(a.Roles) != 0 {
			t.Errorf("the account lost the role, its token has %v", a.Roles)
		}
		h.must(admin, "token:revoke", func(act *guard.Act) error { return identity.RevokeToken(act, tok.ID) })
		h.out(secret)
		h.read(func(tx *db.Tx) error {
			all, next, err := identity.ListTokens(t.Context(), tx, acct.ID, identity.Page{})
			if len(all) != 1 || next != "" || all[0].RevokedAt.IsZero() || all[0].Label != "of a test" {
				t.Errorf("%+v", all)
			}
			return err
		})
	})
}

func TestMachinesGiveNoRolesAndNoTokens(t *testing.T) {
	each(t, func(h *house) {
		acct := h.account("robot", clientele.AdminRole)
		secret, _, err := h.token(admin, acct.ID, 0, clientele.AdminRole)
		if err != nil {
			t.Fatal(err)
		}
		robot, err := h.who(secret)
		if err != nil {
			t.Fatal(err)
		}
		ann := h.person("ann")
		h.wants(h.try(robot, "role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, ann.ID, []clientele.SystemRole{clientele.AdminRole})
		}), clientele.Denied, "administer-never-machines")
		_, _, err = h.token(robot, acct.ID, 0, clientele.AdminRole)
		h.wants(err, clientele.Denied, "administer-never-machines")
		_, err = h.link(robot, ann.ID)
		h.wants(err, clientele.Denied, "administer-never-machines")
	})
}

func TestInactiveAccountsAreOutForGood(t *testing.T) {
	each(t, func(h *house) {
		acct := h.account("robot", clientele.AdminRole)
		secret, _, _ := h.token(admin, acct.ID, 0, clientele.AdminRole)
		for _, active := range []bool{false, true} {
			acct.Active = active
			h.must(admin, "person:write", func(act *guard.Act) error { return identity.UpdateAccount(act, &acct, acct.Version) })
			h.out(secret)
		}
	})
}
