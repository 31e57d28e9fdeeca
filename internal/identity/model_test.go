package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"pgregory.net/rapid"
)

// way is a secret that lets somebody in, and what a small model knows of it.
type way struct {
	secret clientele.Plaintext
	id     string // of the session or token
	owner  string
	until  time.Time
	ended  bool
}

// Whatever happens to people, accounts, sessions and tokens in whatever order: what the
// model says has ended lets nobody in, and everything else does.
func TestWhatEndedNeverLetsIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		m := &model{h: h, active: map[string]bool{}}
		for i := range 2 {
			m.people = append(m.people, h.person(fmt.Sprintf("p%d", i)).ID)
			m.accounts = append(m.accounts, h.account(fmt.Sprintf("a%d", i), clientele.AdminRole))
		}
		rapid.Check(t, func(rt *rapid.T) {
			m.begin()
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				m.step(rt)
				m.check(rt)
			}
		})
	})
}

type model struct {
	h        *house
	people   []string
	accounts []identity.Account
	active   map[string]bool
	ways     []*way
}

// begin forgets what was, and makes everybody active.
func (m *model) begin() {
	m.ways = nil
	for i, id := range m.people {
		m.h.must(admin, "person:write", func(act *guard.Act) error { return identity.Return(act, id) })
		a := &m.accounts[i]
		if !a.Active {
			a.Active = true
			m.h.must(admin, "person:write", func(act *guard.Act) error { return identity.UpdateAccount(act, a, 0) })
		}
		m.active[id], m.active[a.ID] = true, true
	}
}

func (m *model) step(rt *rapid.T) {
	h, i := m.h, rapid.IntRange(0, 1).Draw(rt, "whose")
	person, acct := m.people[i], &m.accounts[i]
	switch rapid.SampledFrom([]string{"begin", "begin", "issue", "issue", "end", "end all", "leave", "return", "account", "wait"}).Draw(rt, "step") {
	case "begin":
		if m.active[person] {
			s := h.signIn(person)
			m.ways = append(m.ways, &way{s.Token, s.SessionID, person, s.ExpiresAt, false})
		}
	case "issue":
		_ = h.try(admin, "role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, acct.ID, []clientele.SystemRole{clientele.AdminRole})
		})
		if secret, tok, err := h.token(admin, acct.ID, 2*time.Hour, clientele.AdminRole); err == nil {
			m.ways = append(m.ways, &way{secret, tok.ID, acct.ID, tok.ExpiresAt, false})
		}
	case "end":
		m.endOne(rt)
	case "end all":
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.EndAll(act, person) })
		m.endOf(person)
	case "leave":
		h.leave(person)
		m.active[person] = false
		m.endOf(person)
	case "return":
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.Return(act, person) })
		m.active[person] = true
	case "account":
		acct.Active = !acct.Active
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.UpdateAccount(act, acct, acct.Version) })
		m.active[acct.ID] = acct.Active
		m.endOf(acct.ID)
	case "wait":
		h.wait(time.Duration(rapid.IntRange(1, 5).Draw(rt, "hours")) * time.Hour)
	}
}

func (m *model) endOf(owner string) {
	for _, w := range m.ways {
		w.ended = w.ended || w.owner == owner
	}
}

func (m *model) endOne(rt *rapid.T) {
	if len(m.ways) == 0 {
		return
	}
	w := rapid.SampledFrom(m.ways).Draw(rt, "which")
	if strings.HasPrefix(w.id, "tok_") {
		m.h.must(admin, "token:revoke", func(act *guard.Act) error { return identity.RevokeToken(act, w.id) })
	} else {
		self := clientele.Actor{Kind: clientele.PersonActor, ID: w.owner}
		m.h.must(self, "session:end", func(act *guard.Act) error { return identity.End(act, w.id) })
	}
	w.ended = true
}

func (m *model) check(rt *rapid.T) {
	for _, w := range m.ways {
		now := m.h.now()
		want := !w.ended && now.Before(w.until) && m.active[w.owner]
		a, err := m.h.who(w.secret)
		if want && !m.h.now().Before(w.until) {
			continue // it ended while we looked
		}
		if want != (err == nil) || want && a.ID != w.owner || !want && a.ID != "" {
			rt.Fatalf("%+v at %s: %+v, %v", w, now, a, err)
		}
	}
}
