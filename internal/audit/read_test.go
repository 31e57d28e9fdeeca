package audit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

// matches is what a filter means, said once more.
func matches(f audit.Filter, e clientele.Entry) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(string(f.Client), string(e.Client)) && is(f.Actor, e.Actor) && is(f.Object, e.Object) && is(f.Owner, e.Owner) && is(f.Change, e.Change) &&
		is(string(f.Verb), string(e.Verb)) && is(string(f.Outcome), string(e.Outcome)) && strings.HasPrefix(e.Act, f.Act) &&
		(f.From.IsZero() || !e.At.Before(f.From)) && (f.To.IsZero() || e.At.Before(f.To))
}

func TestSearchFindsWhatTheFilterMeans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(60)
		h.now = h.now.Add(-20 * time.Second) // the clock is set back
		h.fill(60)
		h.now = h.now.Add(40 * 24 * time.Hour)
		h.fill(30)
		var all []clientele.Entry
		h.read(func(tx *db.Tx) error {
			for seq := range int64(150) {
				e, err := audit.Get(t.Context(), tx, seq)
				if err != nil {
					return err
				}
				all = append(all, e)
			}
			return nil
		})
		maybe := func(r *rapid.T, name string, values ...string) string {
			return rapid.SampledFrom(append(slices.Repeat([]string{""}, 2*len(values)), values...)).Draw(r, name)
		}
		rapid.Check(t, func(r *rapid.T) {
			f := audit.Filter{
				Client: clientele.ClientID(maybe(r, "client", "cli_1", "cli_2", "cli_none")), Actor: maybe(r, "actor", "person:per_1"), Object: maybe(r, "object", "client:cli_1"),
				Owner: maybe(r, "owner", "per_1"), Change: maybe(r, "change", "chg_1"), Act: maybe(r, "act", "client:", "client:suspend", "request", "none", "_"),
				Verb: clientele.Verb(maybe(r, "verb", "export", "read")), Outcome: clientele.Outcome(maybe(r, "outcome", "done", "denied")),
			}
			if rapid.Bool().Draw(r, "from") {
				f.From = start.Add(time.Duration(rapid.IntRange(-10, 200).Draw(r, "seconds")) * time.Second)
			}
			if rapid.Bool().Draw(r, "to") {
				f.To = start.Add(time.Duration(rapid.IntRange(-10, 200).Draw(r, "until")) * time.Second)
			}
			p := audit.Page{Limit: rapid.IntRange(1, 40).Draw(r, "limit"), Oldest: rapid.Bool().Draw(r, "oldest")}
			want := map[int64]bool{}
			for _, e := range all {
				if matches(f, e) {
					want[e.Seq] = true
				}
			}
			var got []int64
			err := h.db.Read(context.Background(), func(tx *db.Tx) error {
				for {
					entries, next, err := audit.Search(context.Background(), tx, f, p)
					for _, e := range entries {
						got = append(got, e.Seq)
						if !want[e.Seq] {
							r.Fatalf("found %d twice, or wrongly", e.Seq)
						}
						delete(want, e.Seq)
					}
					if p.After = next; next == "" || err != nil {
						return err
					}
				}
			})
			if err != nil || len(want) > 0 {
				r.Fatalf("%v, not found: %v, found: %v", err, want, got)
			}
		})
	})
}

func TestNewestComesFirstUnlessOldestIsAskedFor(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.fill(9)
	for _, f := range []audit.Filter{{}, {Act: "client:"}, {From: start}, {Client: "cli_1"}} {
		for _, oldest := range []bool{false, true} {
			h.read(func(tx *db.Tx) error {
				entries, _, err := audit.Search(t.Context(), tx, f, audit.Page{Oldest: oldest})
				if !slices.IsSortedFunc(entries, func(a, b clientele.Entry) int {
					if (a.Seq > b.Seq) == oldest {
						return 1
					}
					return -1
				}) || len(entries) < 2 {
					t.Errorf("%+v: %v", f, entries)
				}
				return err
			})
		}
	}
}

func TestAnEntryReadsAsItWasWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		e := h.entry(4, "client:suspend")
		e.Rule, e.OnBehalf, e.Grant, e.PolicyVersion, e.Environment = "a-rule", []string{"per_5", "per_6"}, "grt_1", 3, "production"
		e.DataClasses, e.RequestNo = []string{"pan", "health"}, "r1"
		e.Details = map[string]any{"from": "active", "n": 1.5, "deep": map[string]any{"<b>": []any{"\u2028", nil, true}}}
		h.append(e)
		h.read(func(tx *db.Tx) error {
			got, err := audit.Get(t.Context(), tx, 0)
			if err != nil {
				return err
			}
			if err := h.log.Unseal(t.Context(), tx, &got); err != nil {
				return err
			}
			if diff := cmp.Diff(*e, got); diff != "" {
				t.Error(diff)
			}
			_, err = audit.Get(t.Context(), tx, 1)
			if clientele.KindOf(err) != clientele.NotFound {
				t.Errorf("got %v", err)
			}
			return nil
		})
	})
}

func TestWrongPagesAreRefused(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.read(func(tx *db.Tx) error {
		for _, p := range []audit.Page{{Limit: -1}, {Limit: 501}, {After: "x"}, {After: "1"}, {After: "1.x"}, {After: "1.2.3"}} {
			if _, _, err := audit.Search(t.Context(), tx, audit.Filter{}, p); clientele.KindOf(err) != clientele.Invalid {
				t.Errorf("%+v: %v", p, err)
			}
		}
		return nil
	})
}

// What people type into a filter must not become part of a record that cannot be shredded.
func TestTheRecordOfAReadingHoldsIDsOnly(t *testing.T) {
	id := "per_" + strings.Repeat("0", 26)
	f := audit.Filter{Client: "cli_1", Actor: "person:" + id, Owner: "Anna Schmidt", Object: "anna.schmidt", Act: "client:", Change: "anna@example.com", From: start}
	want := map[string]any{"client": "cli_1", "actor": "person:" + id, "owner": "(text)", "object": "(text)", "change": "(text)", "act": "client:", "from": "2026-01-02T03:04:05.678901Z"}
	if diff := cmp.Diff(want, f.Details()); diff != "" {
		t.Error(diff)
	}
}

func TestAFollowerSeesEveryEntryOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(25)
		var seen []string
		follow := func(limit int) (n int) {
			h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
				from, err := audit.Position(t.Context(), tx, "mail")
				if err != nil {
					return nil, err
				}
				entries, next, err := audit.Follow(t.Context(), tx, "mail", limit)
				if err != nil {
					return nil, err
				}
				for _, e := range entries {
					seen = append(seen, fmt.Sprint(e.Seq))
				}
				n = len(entries)
				if err := audit.Advance(t.Context(), tx, "mail", from, next, h.now); err != nil {
					return nil, err
				}
				if err := audit.Advance(t.Context(), tx, "mail", from, next, h.now); n > 0 && clientele.KindOf(err) != clientele.Conflict {
					t.Errorf("moved twice from %d: %v", from, err)
				}
				return nil, nil
			})
			return n
		}
		for follow(10) > 0 {
		}
		h.fill(1)
		if n := follow(10); n != 1 || len(seen) != 26 || !slices.IsSortedFunc(seen[:10], strings.Compare) {
			t.Errorf("%d, %v", n, seen)
		}
	})
}
