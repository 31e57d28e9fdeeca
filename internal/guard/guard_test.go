package guard_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/policy"
)

var security = clientele.Actor{Kind: clientele.PersonActor, ID: "per_1", Roles: []clientele.SystemRole{clientele.SecurityRole}, Source: "192.0.2.1"}

func newGuard(t testing.TB, d *db.DB) *guard.Guard {
	t.Helper()
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(context.Background(), d, audit.New(d, wrap), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func service(id string) policy.Resource {
	return policy.Resource{Type: "Service", ID: id, Attrs: map[string]any{}}
}

// mark is the smallest change an act can make.
func mark(act *guard.Act, name string, n int) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO follower (name, position, updated_at) VALUES (?, ?, ?)", name, n, 0)
	return err
}

func count(t testing.TB, d *db.DB, table string) (n int) {
	t.Helper()
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Row(context.Background(), "SELECT COUNT(*) FROM "+table, nil, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestActAndEntryAreOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuard(t, d)
		stop := errors.New("stop")
		for i, want := range []error{nil, stop} {
			err := g.Do(t.Context(), security, "service:write", func(act *guard.Act) error {
				if err := act.Allow(service("srv_1")); err != nil {
					return err
				}
				if err := mark(act, fmt.Sprint(i), i); err != nil {
					return err
				}
				return want
			})
			if !errors.Is(err, want) {
				t.Fatal(err)
			}
		}
		if rows, entries := count(t, d, "follower"), count(t, d, "entry"); rows != 1 || entries != 1 {
			t.Fatalf("%d rows, %d entries", rows, entries)
		}
	})
}

func TestActThatNeverAsksIsRolledBack(t *testing.T) {
	d := dbtest.SQLite(t)
	g := newGuard(t, d)
	err := g.Do(t.Context(), security, "service:write", func(act *guard.Act) error { return mark(act, "x", 1) })
	if err == nil || count(t, d, "follower") != 0 || count(t, d, "entry") != 0 {
		t.Fatalf("%v", err)
	}
}

func TestDenialsAreRecorded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuard(t, d)
		viewer := clientele.Actor{Kind: clientele.PersonActor, ID: "per_2", Roles: []clientele.SystemRole{clientele.ViewerRole}}
		for _, dirty := range []bool{false, true} {
			err := g.Do(t.Context(), viewer, "service:write", func(act *guard.Act) error {
				if dirty {
					if err := mark(act, "x", 1); err != nil {
						return err
					}
				}
				return act.Allow(service("srv_1"))
			})
			if clientele.KindOf(err) != clientele.Denied {
				t.Fatal(err)
			}
		}
		if count(t, d, "follower") != 0 || count(t, d, "entry WHERE outcome = 'denied'") != 2 {
			t.Fatal("a denial left a row, or no entry")
		}
	})
}

// Sixteen writers, of whom a third fail after they wrote and one panics: the others'
// acts stand, each once, with its entry.
func TestOneFailureDoesNotHurtTheBatch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuard(t, d)
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := range 12 {
					err := g.Do(t.Context(), security, "service:write", func(act *guard.Act) error {
						if err := act.Allow(service(fmt.Sprint(w, i))); err != nil {
							return err
						}
						if err := mark(act, fmt.Sprint(w, i), i); err != nil {
							return err
						}
						if i%3 == 1 {
							return mark(act, fmt.Sprint(w, i), i) // the second time it is there
						}
						if i == 6 && w == 3 {
							panic("at the disco")
						}
						return nil
					})
					if bad := i%3 == 1 || i == 6 && w == 3; bad != (err != nil) {
						t.Errorf("%d %d: %v", w, i, err)
					}
				}
			})
		}
		wg.Wait()
		if rows, entries := count(t, d, "follower"), count(t, d, "entry"); rows != 16*8-1 || entries != rows {
			t.Fatalf("%d rows, %d entries", rows, entries)
		}
	})
}

func TestSameKeySameAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuard(t, d)
		do := func(key, request string) error {
			ctx, err := guard.WithKey(t.Context(), key, []byte(request))
			if err != nil {
				t.Fatal(err)
			}
			return g.Do(ctx, security, "service:write", func(act *guard.Act) error {
				if err := act.Allow(service("srv_1")); err != nil {
					return err
				}
				if err := mark(act, act.NewID("x"), 1); err != nil {
					return err
				}
				return act.Answer(201, map[string]string{"id": "srv_1"})
			})
		}
		if err := do("k", "a"); err != nil {
			t.Fatal(err)
		}
		var r *guard.Replay
		if err := do("k", "a"); !errors.As(err, &r) || r.Status != 201 || string(r.Body) != `{"id":"srv_1"}` {
			t.Fatalf("%v %+v", err, r)
		}
		if err := do("k", "b"); clientele.KindOf(err) != clientele.Conflict {
			t.Fatal(err)
		}
		if n := count(t, d, "follower"); n != 1 {
			t.Fatalf("done %d times", n)
		}
	})
}

func TestPolicyNeedsTwoPeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuard(t, d)
		var version int64
		err := g.Do(t.Context(), security, "policy:propose", func(act *guard.Act) (err error) {
			version, err = act.Propose(`@id("freeze") @title("nothing changes") forbid (principal, action == Action::"service:write", resource);`, "freeze")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		activate := func(who string) error {
			a := security
			a.ID = who
			return g.Do(t.Context(), a, "policy:activate", func(act *guard.Act) error { return act.Activate(version) })
		}
		if err := activate("per_1"); clientele.KindOf(err) != clientele.Denied {
			t.Fatal(err)
		}
		if err := activate("per_2"); err != nil {
			t.Fatal(err)
		}
		err = g.Do(t.Context(), security, "service:write", func(act *guard.Act) error { return act.Allow(service("srv_1")) })
		var ce *clientele.Error
		if !errors.As(err, &ce) || ce.Rule != "freeze" {
			t.Fatal(err)
		}
	})
}

func BenchmarkAct(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		for _, writers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/raw/%d", engine.name, writers), func(b *testing.B) {
				d := engine.open(b)
				each(b, writers, func(i int) error {
					_, err := d.Handle().Exec(fmt.Sprintf("INSERT INTO follower (name, position, updated_at) VALUES ('%d', 1, 1)", i))
					return err
				})
			})
			b.Run(fmt.Sprintf("%s/act/%d", engine.name, writers), func(b *testing.B) {
				d := engine.open(b)
				g := newGuard(b, d)
				each(b, writers, func(i int) error {
					return g.Do(b.Context(), security, "service:write", func(act *guard.Act) error {
						if err := act.Allow(service("srv_1")); err != nil {
							return err
						}
						return mark(act, fmt.Sprint(i), 1)
					})
				})
			})
		}
	}
}

// each runs fn b.N times from as many goroutines and reports the rate.
func each(b *testing.B, writers int, fn func(i int) error) {
	var wg sync.WaitGroup
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			for i := w; i < b.N; i += writers {
				if err := fn(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acts/s")
}
