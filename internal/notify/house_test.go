package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
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
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// house is a database with a clock that the test moves, and people: ann and ben are
// developers of team shop, ida owns the service, sam and sue are security.
type house struct {
	t testing.TB
	d *db.DB
	g *guard.Guard
	l *audit.Log

	mu  sync.Mutex // guards now
	now time.Time

	ann, ben, ida, sam, sue, shop, service string
	mail                                   *postbox
	n                                      *notify.Notifier
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, d: d, now: start, mail: &postbox{}}
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	h.must(err)
	h.l = audit.New(d, wrap)
	h.g, err = guard.New(t.Context(), d, h.l, h.clock)
	h.must(err)
	h.ann, h.ben, h.ida = h.person("ann", clientele.OwnerRole), h.person("ben", clientele.OwnerRole), h.person("ida", clientele.OwnerRole)
	h.sam, h.sue = h.person("sam", clientele.SecurityRole), h.person("sue", clientele.SecurityRole)
	team := identity.Team{Name: "shop"}
	h.must(h.system("person:write", func(act *guard.Act) error { return identity.CreateTeam(act, &team) }))
	h.shop = team.ID
	for _, p := range []string{h.ann, h.ben} {
		h.must(h.system("person:write", func(act *guard.Act) error { return identity.AddMember(act, team.ID, p) }))
	}
	h.service = "srv_api"
	h.sql("INSERT INTO service (id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version) VALUES ('srv_api', 'api', 'https', 'api.example.com', 'production', '" +
		h.ida + "', '', '[\"customer\"]', 1, 1, 1)")
	h.n = h.notifier(nil)
	h.skip()
	return h
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newHouse(t, d)) })
}

// notifier is one with mail to the postbox, after change had its way.
func (h *house) notifier(change func(*notify.Config)) *notify.Notifier {
	h.t.Helper()
	c := notify.Config{
		DB: h.d, BaseURL: "https://clientele.example/", Senders: map[string]notice.Sender{notify.Mail: h.mail},
		Log: slog.New(slog.DiscardHandler), Now: h.clock, Every: 5 * time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	n, err := notify.New(c)
	h.must(err)
	return n
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) sql(query string) {
	h.t.Helper()
	_, err := h.d.Handle().ExecContext(h.t.Context(), query)
	h.must(err)
}

func (h *house) person(name string, roles ...clientele.SystemRole) string {
	h.t.Helper()
	p := identity.Person{UserName: name, Email: name + "@example.com", DisplayName: name, Active: true}
	h.must(h.system("person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) }))
	if len(roles) > 0 {
		h.must(h.system("role:assign", func(act *guard.Act) error { return identity.SetRoles(act, p.ID, roles) }))
	}
	return p.ID
}

func (h *house) system(act string, fn func(*guard.Act) error) error {
	return h.g.Do(h.t.Context(), clientele.System("test", "a test needs it"), act, fn)
}

func (h *house) do(who, name string, fn func(*guard.Act) error) {
	h.t.Helper()
	var a clientele.Actor
	h.must(h.d.Read(h.t.Context(), func(tx *db.Tx) (err error) {
		a, err = identity.ActorOf(h.t.Context(), tx, who)
		return err
	}))
	h.must(h.g.Do(h.t.Context(), a, name, fn))
}

// ask makes a request of ann's that waits for ida.
func (h *house) ask(name string) (r lifecycle.Request) {
	h.t.Helper()
	h.do(h.ann, "request:create", func(act *guard.Act) (err error) {
		r, err = lifecycle.Submit(act, lifecycle.Ask{
			New:     &lifecycle.NewClient{Name: name, Tool: "bruno", Kind: string(clientele.APIClient), TeamID: h.shop, BackupID: h.ben},
			Purpose: "check orders", Environment: "production",
			Scopes: []lifecycle.Scope{{ServiceID: h.service, Path: "/orders/*", Verb: clientele.Read}},
		})
		return err
	})
	if r.State != lifecycle.Pending {
		h.t.Fatalf("%+v", r)
	}
	return r
}

// approve makes ida say yes.
func (h *house) approve(id string) {
	h.t.Helper()
	h.do(h.ida, "request:approve", func(act *guard.Act) error {
		_, err := lifecycle.Approve(act, id, lifecycle.Verdict{})
		return err
	})
}

// entry writes an entry as some act would.
func (h *house) entry(e clientele.Entry) {
	h.t.Helper()
	e.At, e.Outcome = h.clock(), clientele.Done
	ctx := h.t.Context()
	h.must(h.d.Write(ctx, func(tx *db.Tx) error {
		head, err := h.l.Lock(ctx, tx)
		if err != nil {
			return err
		}
		return h.l.Append(ctx, tx, head, []*clientele.Entry{&e})
	}))
}

// follow makes all notices.
func (h *house) follow() {
	h.t.Helper()
	for {
		n, err := h.n.Follow(h.t.Context())
		h.must(err)
		if n == 0 {
			return
		}
	}
}

// skip makes notices and forgets them.
func (h *house) skip() {
	h.t.Helper()
	h.follow()
	h.sql("DELETE FROM notice")
}

// deliver makes all notices and sends what is due.
func (h *house) deliver() []notice.Message {
	h.t.Helper()
	h.follow()
	return h.send()
}

func (h *house) send() []notice.Message {
	h.t.Helper()
	for {
		n, err := h.n.Send(h.t.Context(), notify.Mail)
		h.must(err)
		if n == 0 {
			return h.mail.take()
		}
	}
}

func (h *house) count(where string) (n int) {
	h.t.Helper()
	h.must(h.d.Read(h.t.Context(), func(tx *db.Tx) error {
		return tx.Row(h.t.Context(), "SELECT COUNT(*) FROM notice WHERE "+where, nil, &n)
	}))
	return n
}

// postbox is a sender that drops what it has by its id, as a receiver does, and fails as it
// is told.
type postbox struct {
	mu            sync.Mutex // guards the fields below
	got           []notice.Message
	seen          map[string]int
	before, after func() error
}

func (p *postbox) Send(_ context.Context, m notice.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before != nil {
		if err := p.before(); err != nil {
			return err
		}
	}
	if _, err := m.Letter(); err != nil {
		return notice.Permanent(err)
	}
	if p.seen == nil {
		p.seen = map[string]int{}
	}
	if p.seen[m.ID]++; p.seen[m.ID] == 1 {
		p.got = append(p.got, m)
	}
	if p.after != nil {
		return p.after()
	}
	return nil
}

func (p *postbox) take() []notice.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// links are all links that decide something, of messages and of what is in digests.
func links(all []notice.Message) (out []string) {
	for _, m := range all {
		if m.Act != nil {
			out = append(out, m.Act.URL)
		}
		out = append(out, links(m.Digest)...)
	}
	return out
}

// summary is "recipient: kind", sorted.
func summary(all []notice.Message) string {
	var out []string
	for _, m := range all {
		out = append(out, m.To.Name+": "+m.Kind)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

var errDown = notice.Temporary(errors.New("the mail server is down"))

func requestURL(id string) string { return fmt.Sprint("https://clientele.example/requests/", id) }
