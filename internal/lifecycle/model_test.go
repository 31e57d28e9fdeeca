package lifecycle_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/lifecycle"
	"pgregory.net/rapid"
)

// model is the small reference: what has to be so after every act, worked out by hand from
// the acts that were acknowledged.
type model struct {
	*house
	rt      *rapid.T
	own     string // a service of team shop, in production
	actors  []clientele.Actor
	names   map[string]string                      // of actors, for messages
	state   map[clientele.ClientID]clientele.State // of every client ever seen
	asked   map[string]lifecycle.Request           // requests as they were asked
	ended   map[string]string                      // requests that are final, and how
	yes     map[string]map[string]bool             // who approved what
	reuse   []func() error                         // replays of acts with their keys
	entries int
	digest  map[string][32]byte
	done    map[string]int // acts that succeeded, and states that clients ended in
}

// tables of this room and the one below, whose rows nobody changes without an entry.
var tables = []string{
	"client", "client_period", "ownership", "request", "request_scope", "decision", "decision_office", "access_grant",
	"drill", "delegation", "break_glass", "break_glass_enrolment", "dead_test", "due",
}

func TestNoSequenceOfActsBreaksTheLifecycle(t *testing.T) {
	done := runModel(t, dbtest.SQLite, 40, 60)
	t.Log(done)
	for _, name := range []string{
		"client:claim", "request:create", "request:approve", "request:deny", "request:withdraw", "client:suspend", "client:resume", "client:quarantine", "client:release",
		"client:retire", "client:confirm_dead", "client:narrow", "grant:revoke", "client:hand_over", "delegation:create", "break_glass:use",
	} {
		if done[name] == 0 {
			t.Errorf("no %s ever succeeded: the model tests less than it says", name)
		}
	}
	for _, s := range clientele.States {
		if done[string(s)] == 0 {
			t.Errorf("no client was ever %s", s)
		}
	}
}

func TestNoSequenceOfActsBreaksTheLifecycleOnPostgreSQL(t *testing.T) {
	runModel(t, dbtest.Postgres, 6, 40)
}

// runModel runs random acts, each check on a database of its own, and counts what was done.
func runModel(t *testing.T, open func(testing.TB) *db.DB, checks, steps int) map[string]int {
	for name, n := range map[string]int{"rapid.checks": checks, "rapid.steps": steps} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(fmt.Sprint(n)); err != nil {
				t.Fatal(err)
			}
			defer f.Value.Set(f.DefValue) //nolint:errcheck // it was that before
		}
	}
	done := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t, rt, open(t), done)
		rt.Repeat(map[string]func(*rapid.T){
			"discover":  m.discover,
			"claim":     m.claims,
			"ask":       m.asks,
			"ask again": m.asks,
			"approve":   m.approves,
			"decide":    m.approves,
			"deny":      m.denies,
			"withdraw":  m.withdraws,
			"move":      m.moves,
			"move on":   m.moves,
			"dead":      m.dies,
			"narrow":    m.narrows,
			"hand over": m.handsOver,
			"delegate":  m.delegates,
			"emergency": m.breaks,
			"replay":    m.replays,
			"race":      m.races,
			"wait":      m.waits,
			"":          func(*rapid.T) { m.check() },
		})
		m.verify()
		for _, s := range m.state {
			done[string(s)]++
		}
	})
	return done
}

func newModel(t *testing.T, rt *rapid.T, d *db.DB, done map[string]int) *model {
	h := newHouse(t, d)
	h.must(h.do(h.adm, "break_glass:enrol", func(act *guard.Act) error { return lifecycle.Enrol(act, h.ben, true) }))
	// Where the rules bite: ida holds two offices, and shop owns what its members ask for.
	h.must(h.system("role:assign", func(act *guard.Act) error {
		return identityRoles(act, h.ida, []clientele.SystemRole{clientele.OwnerRole, clientele.SecurityRole})
	}))
	own := h.service("shop.example.com", "production", h.shop, h.ida, "[]")
	m := &model{
		own: own, house: h, rt: rt, done: done, names: map[string]string{}, state: map[clientele.ClientID]clientele.State{}, asked: map[string]lifecycle.Request{},
		ended: map[string]string{}, yes: map[string]map[string]bool{},
	}
	for name, id := range map[string]string{"ann": h.ann, "ben": h.ben, "ida": h.ida, "dan": h.dan, "sam": h.sam, "sue": h.sue, "apo": h.apo, "adm": h.adm} {
		m.actors, m.names[id] = append(m.actors, h.as(id)), name
	}
	slices.SortFunc(m.actors, func(a, b clientele.Actor) int { return strings.Compare(m.names[a.ID], m.names[b.ID]) })
	m.actors = append(m.actors, clientele.Actor{Kind: clientele.MachineActor, ID: "svc_robot", Roles: clientele.SystemRoles})
	m.entries, m.digest = m.count("entry"), m.digests()
	return m
}

func (m *model) anyone() clientele.Actor { return rapid.SampledFrom(m.actors).Draw(m.rt, "actor") }

// likely is one of those who may, half of the time, else anyone.
func (m *model) likely(ids ...string) clientele.Actor {
	var may []clientele.Actor
	for _, a := range m.actors {
		if slices.Contains(ids, a.ID) {
			may = append(may, a)
		}
	}
	if len(may) > 0 && rapid.IntRange(0, 3).Draw(m.rt, "one who may") < 3 {
		return rapid.SampledFrom(may).Draw(m.rt, "actor")
	}
	return m.anyone()
}

// likelyClient is one in a state, half of the time, if there is one.
func (m *model) likelyClient(s clientele.State) clientele.ClientID {
	var ids []clientele.ClientID
	for _, id := range slices.Sorted(maps.Keys(m.state)) {
		if m.state[id] == s {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 && rapid.Bool().Draw(m.rt, "one in the right state") {
		return rapid.SampledFrom(ids).Draw(m.rt, "client")
	}
	return m.anyClient()
}

func (m *model) anyClient() clientele.ClientID {
	ids := slices.Sorted(maps.Keys(m.state))
	if len(ids) == 0 {
		m.rt.Skip("no client yet")
	}
	// The newest are the most alive.
	return rapid.SampledFrom(ids[max(0, len(ids)-8):]).Draw(m.rt, "client")
}

// anyRequest is one of the newest; one that waits, half of the time.
func (m *model) anyRequest() string {
	ids := slices.Sorted(maps.Keys(m.asked))
	if len(ids) == 0 {
		m.rt.Skip("no request yet")
	}
	waiting := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return m.ended[id] != "" })
	if len(waiting) > 0 && rapid.Bool().Draw(m.rt, "one that waits") {
		return rapid.SampledFrom(waiting).Draw(m.rt, "request")
	}
	return rapid.SampledFrom(ids[max(0, len(ids)-6):]).Draw(m.rt, "request")
}

// act runs one act, with a key now and then, and holds what came of it against the model:
// an act that failed changed nothing but the log.
func (m *model) act(who clientele.Actor, name string, fn func(*guard.Act) error) error {
	before := m.digests()
	ctx := m.t.Context()
	key := ""
	if rapid.Bool().Draw(m.rt, "with a key") {
		key = db.NewID("key", m.clock())
		var err error
		if ctx, err = guard.WithKey(ctx, key, []byte(name)); err != nil {
			m.rt.Fatal(err)
		}
	}
	run := func(ctx context.Context) error {
		return m.g.Do(ctx, who, name, func(act *guard.Act) error {
			if err := fn(act); err != nil {
				return err
			}
			return act.Answer(200, "ok")
		})
	}
	err := run(ctx)
	m.expect(err)
	after := m.digests()
	if err != nil {
		for table, sum := range before {
			if after[table] != sum {
				m.rt.Fatalf("%s by %s failed (%v) and changed %s", name, m.names[who.ID], err, table)
			}
		}
		return err
	}
	m.done[name]++
	if key != "" {
		m.reuse = append(m.reuse, func() error {
			ctx, err := guard.WithKey(m.t.Context(), key, []byte(name))
			if err != nil {
				return err
			}
			return run(ctx)
		})
	}
	return err
}

// expect fails on what is nobody's fault but ours.
func (m *model) expect(err error) {
	var replay *guard.Replay
	if err != nil && clientele.KindOf(err) == clientele.Internal && !errors.As(err, &replay) {
		m.rt.Fatalf("%v", err)
	}
}

func (m *model) discover(*rapid.T) {
	before := len(m.state)
	m.state[m.found(rapid.Bool().Draw(m.rt, "with secrets"))] = clientele.Discovered
	if len(m.state) != before+1 {
		m.rt.Fatal("an id was used again")
	}
}

func (m *model) claims(*rapid.T) {
	id := m.anyClient()
	_ = m.act(m.anyone(), "client:claim", func(act *guard.Act) error { return lifecycle.Claim(act, id, "", m.shop) })
}

func (m *model) asks(*rapid.T) {
	who := m.likely(m.ann, m.ben)
	env, service := "staging", m.staging
	if rapid.Bool().Draw(m.rt, "production") {
		env, service = "production", rapid.SampledFrom([]string{m.own, m.production}).Draw(m.rt, "service")
	}
	verbs := rapid.SliceOfNDistinct(rapid.SampledFrom(clientele.Verbs), 1, 2, rapid.ID).Draw(m.rt, "verbs")
	ask := m.ask(service, env, verbs...)
	ask.Lifetime = time.Duration(rapid.IntRange(0, 9).Draw(m.rt, "hours")) * time.Hour
	if rapid.IntRange(0, 5).Draw(m.rt, "another environment") == 0 {
		ask.Environment = "test"
	}
	if len(m.state) > 0 && rapid.Bool().Draw(m.rt, "for one that is there") {
		ask.Client, ask.New, ask.Environment = m.likelyClient(rapid.SampledFrom([]clientele.State{clientele.Claimed, clientele.Active, clientele.Suspended}).Draw(m.rt, "state")), nil, ""
		c := m.client(ask.Client)
		who = m.likely(c.OwnerID, c.BackupID)
		if c.Environment == "production" {
			ask.Scopes = []lifecycle.Scope{m.scope(rapid.SampledFrom([]string{m.own, m.production}).Draw(m.rt, "service"), verbs[0])}
		} else if rapid.IntRange(0, 5).Draw(m.rt, "elsewhere") > 0 {
			ask.Scopes = []lifecycle.Scope{m.scope(m.staging, verbs[0])}
		}
	} else if !slices.Contains(who.Teams, m.shop) {
		ask.New.TeamID = ""
	} else if who.ID == m.ben {
		ask.New.BackupID = m.ann
	}
	var r lifecycle.Request
	if m.act(who, "request:create", func(act *guard.Act) (err error) { r, err = lifecycle.Submit(act, ask); return err }) != nil {
		return
	}
	if _, twice := m.asked[r.ID]; twice {
		m.rt.Fatal("a request's id was used again")
	}
	if _, there := m.state[r.Client]; ask.New != nil && there {
		m.rt.Fatal("a client's id was used again")
	}
	if r.State == lifecycle.Approved && (r.Outlook.Tier > 1 || slices.ContainsFunc(ask.Scopes, func(s lifecycle.Scope) bool { return s.Verb == clientele.Export }) || env == "production" && ask.New != nil) {
		m.rt.Fatalf("approved at once: %+v", r)
	}
	m.asked[r.ID] = r
}

func (m *model) approves(*rapid.T) {
	id := m.anyRequest()
	asked := m.asked[id]
	who := m.likely(append([]string{asked.Requester}, asked.Eligible...)...)
	var v lifecycle.Verdict
	switch rapid.IntRange(0, 4).Draw(m.rt, "how") {
	case 0:
		v.Lifetime = time.Duration(rapid.Int64Range(1, 2*int64(asked.Lifetime/time.Second)).Draw(m.rt, "seconds")) * time.Second
	case 1:
		v.Scopes = slices.Clone(asked.Scopes[:1])
		v.Scopes[0].Path = rapid.SampledFrom([]string{"", "/orders/7", "/orders/*", "/else"}).Draw(m.rt, "path")
		v.Scopes[0].RowCap = rapid.SampledFrom([]int64{0, 10, 1000, 5000}).Draw(m.rt, "rows")
	}
	err := m.act(who, "request:approve", func(act *guard.Act) error { _, err := lifecycle.Approve(act, id, v); return err })
	if err != nil {
		return
	}
	if who.ID == asked.Requester || who.Kind != clientele.PersonActor || m.ended[id] != "" {
		m.rt.Fatalf("%s approved a request of %s that was %q", m.names[who.ID], m.names[asked.Requester], m.ended[id])
	}
	if m.yes[id] == nil {
		m.yes[id] = map[string]bool{}
	}
	if m.yes[id][who.ID] {
		m.rt.Fatalf("%s counted twice", m.names[who.ID])
	}
	m.yes[id][who.ID] = true
}

func (m *model) denies(*rapid.T) {
	id := m.anyRequest()
	who := m.likely(m.asked[id].Eligible...)
	err := m.act(who, "request:deny", func(act *guard.Act) error { _, err := lifecycle.Deny(act, id, "no"); return err })
	if err == nil && (who.ID == m.asked[id].Requester || m.ended[id] != "") {
		m.rt.Fatalf("%s denied a request that was %q", m.names[who.ID], m.ended[id])
	}
}

func (m *model) withdraws(*rapid.T) {
	id := m.anyRequest()
	_ = m.act(m.likely(m.asked[id].Requester), "request:withdraw", func(act *guard.Act) error { _, err := lifecycle.Withdraw(act, id); return err })
}

func (m *model) moves(*rapid.T) {
	type move struct {
		name string
		fn   func(*guard.Act, clientele.ClientID, string) error
		from clientele.State
	}
	all := []move{
		{"client:suspend", lifecycle.Suspend, clientele.Active}, {"client:resume", lifecycle.Resume, clientele.Suspended},
		{"client:quarantine", lifecycle.Quarantine, clientele.Active}, {"client:quarantine", lifecycle.Quarantine, clientele.Suspended},
		{"client:release", lifecycle.Release, clientele.Quarantined}, {"client:retire", lifecycle.Retire, clientele.Suspended},
	}
	// Mostly something that is possible, as the wrong moves are tried by all others.
	possible := slices.DeleteFunc(slices.Clone(all), func(mv move) bool {
		return !slices.Contains(slices.Collect(maps.Values(m.state)), mv.from)
	})
	mv, id := all[0], clientele.ClientID("")
	if len(possible) > 0 && rapid.IntRange(0, 4).Draw(m.rt, "whatever") < 4 {
		mv = rapid.SampledFrom(possible).Draw(m.rt, "possible move")
		ids := slices.DeleteFunc(slices.Sorted(maps.Keys(m.state)), func(id clientele.ClientID) bool { return m.state[id] != mv.from })
		id = rapid.SampledFrom(ids).Draw(m.rt, "client")
	} else {
		mv, id = rapid.SampledFrom(all).Draw(m.rt, "move"), m.anyClient()
	}
	_ = m.act(m.likely(m.sam, m.sue), mv.name, func(act *guard.Act) error { return mv.fn(act, id, "because") })
}

func (m *model) dies(*rapid.T) {
	id := m.likelyClient(clientele.Retiring)
	crd := m.credential(id)
	if rapid.Bool().Draw(m.rt, "retire it first") {
		_ = m.act(m.anyone(), "client:retire", func(act *guard.Act) error { return lifecycle.Retire(act, id, "because") })
	}
	_ = m.act(m.anyone(), "client:confirm_dead", func(act *guard.Act) error { return lifecycle.ConfirmDead(act, id, crd, "401") })
}

func (m *model) narrows(*rapid.T) {
	id := m.anyClient()
	if rapid.Bool().Draw(m.rt, "by security") {
		_ = m.act(m.anyone(), "grant:revoke", func(act *guard.Act) error {
			_, err := lifecycle.RevokeGrants(act, id, []clientele.Verb{clientele.Read}, "because")
			return err
		})
		return
	}
	_ = m.act(m.anyone(), "client:narrow", func(act *guard.Act) error { return lifecycle.Narrow(act, id, nil) })
}

func (m *model) handsOver(*rapid.T) {
	id, to := m.anyClient(), m.anyone()
	_ = m.act(m.anyone(), "client:hand_over", func(act *guard.Act) error { return lifecycle.HandOver(act, id, to.ID, "") })
}

func (m *model) delegates(*rapid.T) {
	who, to := m.anyone(), m.anyone()
	_ = m.act(who, "delegation:create", func(act *guard.Act) error {
		_, err := lifecycle.Delegate(act, lifecycle.Delegation{Borrower: to.ID, EndsAt: act.At.Add(12 * time.Hour)})
		return err
	})
}

func (m *model) breaks(*rapid.T) {
	id, who := m.likelyClient(clientele.Active), m.likely(m.ben)
	service := m.staging
	if m.client(id).Environment == "production" || rapid.IntRange(0, 4).Draw(m.rt, "elsewhere") == 0 {
		service = m.production
	}
	verb := rapid.SampledFrom(clientele.Verbs).Draw(m.rt, "verb")
	err := m.act(who, "break_glass:use", func(act *guard.Act) error {
		_, err := lifecycle.Break(act, lifecycle.Emergency{Client: id, Scopes: []lifecycle.Scope{m.scope(service, verb)}, Incident: "INC-1", Reason: "fire"})
		return err
	})
	if err == nil && (who.ID != m.ben || verb == clientele.Export) {
		m.rt.Fatalf("%s took emergency access to %s", m.names[who.ID], verb)
	}
}

// replays sends something again that was acknowledged: it has its effect once.
func (m *model) replays(*rapid.T) {
	if len(m.reuse) == 0 {
		m.rt.Skip("nothing to repeat")
	}
	before, entries := m.digests(), m.count("entry")
	err := rapid.SampledFrom(m.reuse).Draw(m.rt, "again")()
	var replay *guard.Replay
	if kind := clientele.KindOf(err); !errors.As(err, &replay) && kind != clientele.Denied && kind != clientele.NotFound {
		m.rt.Fatalf("a repetition was not answered as before: %v", err)
	}
	if clientele.KindOf(err) != clientele.Denied && m.count("entry") != entries || !maps.Equal(before, m.digests()) {
		m.rt.Fatal("a repetition changed something")
	}
}

// races lets several decide and move at the same time.
func (m *model) races(*rapid.T) {
	req, id := m.anyRequest(), m.anyClient()
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for _, who := range m.actors {
		for name, fn := range map[string]func(*guard.Act) error{
			"request:approve": func(act *guard.Act) error { _, err := lifecycle.Approve(act, req, lifecycle.Verdict{}); return err },
			"client:suspend":  func(act *guard.Act) error { return lifecycle.Suspend(act, id, "because") },
			"client:resume":   func(act *guard.Act) error { return lifecycle.Resume(act, id, "because") },
		} {
			wg.Go(func() { errs <- m.g.Do(m.t.Context(), who, name, fn) })
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		m.expect(err)
	}
	m.readYes(req)
}

// readYes takes over who approved in a race.
func (m *model) readYes(id string) {
	m.read(func(ctx context.Context, tx *db.Tx) error {
		r, err := lifecycle.GetRequest(ctx, tx, id)
		for _, d := range r.Decisions {
			if m.yes[id] == nil {
				m.yes[id] = map[string]bool{}
			}
			m.yes[id][d.By] = true
		}
		return err
	})
}

func (m *model) waits(*rapid.T) {
	m.pass(time.Duration(rapid.IntRange(1, 24*8).Draw(m.rt, "hours")) * time.Hour)
	m.sweep()
}
