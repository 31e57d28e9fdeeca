package sink_test

import (
	"context"
	"encoding/json"
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
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/ocsf"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/sink"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"))
}

var security = clientele.Actor{Kind: clientele.PersonActor, ID: "per_1", Roles: []clientele.SystemRole{clientele.SecurityRole}}

func newGuard(t testing.TB, d *db.DB) *guard.Guard {
	t.Helper()
	return guardIn(t, d, t.TempDir())
}

// guardIn makes a guard whose key is in the folder dir.
func guardIn(t testing.TB, d *db.DB, dir string) *guard.Guard {
	t.Helper()
	wrap, err := keywrap.OpenFile(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(context.Background(), d, audit.New(d, wrap), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// act makes n entries, many at once, so that they share commits.
func act(t testing.TB, g *guard.Guard, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := w; i < n; i += 16 {
				err := g.Do(t.Context(), security, "service:write", func(act *guard.Act) error {
					act.Detail("n", i)
					act.Private("reason", "because of Ann Ode")
					return act.Allow(policy.Resource{Type: "Service", ID: fmt.Sprint("srv_", i)})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// memory is a target that keeps what it gets and fails as it is told.
type memory struct {
	mu     sync.Mutex // guards the fields below
	got    []sink.Record
	before func(n int) error // asked before a delivery, with how many there were
	after  func(n int) error // asked after one
	n      int
}

func (m *memory) Deliver(_ context.Context, records []sink.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	if m.before != nil {
		if err := m.before(m.n); err != nil {
			return err
		}
	}
	m.got = append(m.got, records...)
	if m.after != nil {
		return m.after(m.n)
	}
	return nil
}

func (m *memory) seqs() (out []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.got {
		out = append(out, r.Entry.Seq)
	}
	return out
}

// firsts are the numbers in the order of their first arrival.
func firsts(all []int64) (out []int64) {
	for _, n := range all {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func upTo(n int) (out []int64) {
	for i := range n {
		out = append(out, int64(i))
	}
	return out
}

func config(d *db.DB, target sink.Target) sink.Config {
	return sink.Config{
		Name: "test", Target: target, DB: d, Mapper: ocsf.Mapper{Program: "test"}, Log: slog.New(slog.DiscardHandler),
		Every: 5 * time.Millisecond, Retry: time.Millisecond, MaxRetry: 5 * time.Millisecond,
	}
}

func open(t testing.TB, c sink.Config) *sink.Sink {
	t.Helper()
	s, err := sink.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drain steps until there is nothing more.
func drain(t testing.TB, s *sink.Sink) {
	t.Helper()
	for {
		n, err := s.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond) // between polls
	}
}

// run runs the sink until the test ends, or stop is called.
func run(t *testing.T, s *sink.Sink) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

func TestEntriesArriveOnceAndInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g, m := newGuard(t, d), &memory{}
		s := open(t, config(d, m))
		for range 3 {
			act(t, g, 100)
			drain(t, s)
		}
		if !slices.Equal(m.seqs(), upTo(300)) {
			t.Fatalf("%d arrived", len(m.seqs()))
		}
		for _, r := range m.got {
			var ev ocsf.Event
			if err := json.Unmarshal(r.JSON, &ev); err != nil || ev.Metadata.UID != fmt.Sprint(r.Entry.Seq) || strings.Contains(string(r.JSON), "Ann") || strings.Contains(string(r.JSON), "\n") {
				t.Fatalf("%v: %s", err, r.JSON)
			}
		}
	})
}

// The process dies after a delivery and before its position is saved, again and again: what
// arrives twice is allowed, what does not arrive is not.
func TestCrashBetweenDeliveryAndPositionLosesNothing(t *testing.T) {
	for name, c := range map[string]db.Config{"sqlite": {Dir: t.TempDir()}, "postgres": {}} {
		t.Run(name, func(t *testing.T) {
			if name == "postgres" {
				c.PostgresURL = clientele.Secret(dbtest.PostgresURL(t))
			}
			m, dir := &memory{}, t.TempDir()
			for round := range 6 {
				d, err := db.Open(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if err := d.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				act(t, guardIn(t, d, dir), 7)
				m.after = nil
				if round < 5 {
					m.after = func(int) error { panic("killed") }
				}
				step := func() (killed any) {
					defer func() { killed = recover() }()
					if _, err := open(t, config(d, m)).Step(t.Context()); err != nil {
						t.Error(err)
					}
					return nil
				}
				if (step() != nil) != (round < 5) {
					t.Fatalf("round %d", round)
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(firsts(m.seqs()), upTo(42)) || len(m.seqs()) <= 42 {
				t.Fatalf("%v", m.seqs())
			}
		})
	}
}

func TestTargetThatIsDownForAWhileGetsEverything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		reg := prometheus.NewRegistry()
		g, m := newGuard(t, d), &memory{}
		down := errors.New("down")
		m.before = func(n int) error {
			if n <= 10 {
				return down
			}
			return nil
		}
		m.after = func(n int) error { // every other answer is lost on the way
			if n%2 == 1 && n < 20 {
				return down
			}
			return nil
		}
		c := config(d, m)
		c.Metrics, c.Grown = sink.NewMetrics(reg), g.Grown
		act(t, g, 300)
		run(t, open(t, c))
		act(t, g, 100)
		await(t, "all to arrive", func() bool { return len(firsts(m.seqs())) == 400 })
		if !slices.Equal(firsts(m.seqs()), upTo(400)) {
			t.Fatal("out of order")
		}
		await(t, "the lag to be gone", func() bool {
			return testutil.ToFloat64(find(t, reg, "clientele_sink_lag_entries")) == 0
		})
		if got := testutil.ToFloat64(find(t, reg, "clientele_sink_failures_total")); got < 10 {
			t.Fatalf("%v failures", got)
		}
	})
}

// find makes a collector of one metric of a registry that has one series.
func find(t *testing.T, reg *prometheus.Registry, name string) prometheus.Collector {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name && len(f.GetMetric()) == 1 {
			g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "found"})
			g.Set(f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue())
			return g
		}
	}
	t.Fatalf("no %s", name)
	return nil
}

func TestPrunedAndSpoiltEntriesStillArrive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		act(t, newGuard(t, d), 3)
		for _, q := range []string{"UPDATE entry SET body = NULL WHERE seq = 0", "UPDATE entry SET body = '{' WHERE seq = 1"} {
			if _, err := d.Handle().ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		m := &memory{}
		drain(t, open(t, config(d, m)))
		for i, want := range []string{"pruned", "unreadable", `"n":`} {
			if !strings.Contains(string(m.got[i].JSON), want) || m.got[i].Entry.Act != "service:write" || m.got[i].Entry.At.IsZero() {
				t.Errorf("%d: %s", i, m.got[i].JSON)
			}
		}
	})
}

func TestSinksDoNotShareAPosition(t *testing.T) {
	d := dbtest.SQLite(t)
	act(t, newGuard(t, d), 5)
	a, b := &memory{}, &memory{}
	ca, cb := config(d, a), config(d, b)
	cb.Name = "other"
	drain(t, open(t, ca))
	drain(t, open(t, cb))
	if len(a.seqs()) != 5 || len(b.seqs()) != 5 {
		t.Fatal(a.seqs(), b.seqs())
	}
}

func TestPositionNeverGoesBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuard(t, d)
		act(t, g, 5)
		fast := open(t, config(d, &memory{}))
		slow := &memory{}
		slow.after = func(n int) error { // while the slow one delivers, the other overtakes it
			if n == 1 {
				act(t, g, 5)
				drain(t, fast)
			}
			return nil
		}
		s := open(t, config(d, slow))
		drain(t, s)
		if n, err := s.Step(t.Context()); n != 0 || err != nil || len(slow.seqs()) != 5 {
			t.Fatal(n, err, slow.seqs())
		}
	})
}

func TestRunEndsWhileTheTargetIsDown(t *testing.T) {
	d := dbtest.SQLite(t)
	act(t, newGuard(t, d), 1)
	m := &memory{before: func(int) error { return errors.New("down") }}
	c := config(d, m)
	c.Retry, c.MaxRetry = time.Hour, time.Hour
	stop := run(t, open(t, c))
	await(t, "an attempt", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.n > 0 })
	stop()
}
