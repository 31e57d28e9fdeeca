package audit_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

var entries = flag.Int("entries", 100_000, "entries that the benchmarks search and verify; the targets are for 1000000")

var engines = []struct {
	name string
	open func(testing.TB) *db.DB
}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}}

// BenchmarkLog measures what is done with a long log: each of its parts on the same log.
func BenchmarkLog(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.name, func(b *testing.B) {
			h := newHouse(b, engine.open(b))
			began := time.Now()
			for n := 0; n < *entries; n += 1000 {
				var some []*clientele.Entry
				for i := n; i < n+1000; i++ {
					some = append(some, benchEntry(h, i))
				}
				h.append(some...)
				if n%10_000 == 0 {
					h.sign()
				}
			}
			h.sign()
			b.Logf("%d entries written in %v", *entries, time.Since(began))
			b.Run("verify", func(b *testing.B) { benchVerify(b, h) })
			b.Run("search", func(b *testing.B) { benchSearch(b, h) })
			b.Run("prove", func(b *testing.B) {
				i := int64(0)
				for b.Loop() {
					i = (i + 7919) % int64(*entries)
					err := h.db.Read(b.Context(), func(tx *db.Tx) error {
						_, err := h.log.Prove(b.Context(), tx, i)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func benchEntry(h *house, i int) *clientele.Entry {
	acts := []string{"client:suspend", "client:resume", "request:approve", "request:create", "review:decide", "scan:post", "usage:post", "session:begin", "audit:read"}
	h.now = h.now.Add(30 * time.Second)
	e := &clientele.Entry{
		At: h.now, Act: acts[i*7%len(acts)], Actor: fmt.Sprintf("person:per_%d", i%499), Object: fmt.Sprintf("client:cli_%d", i%1999),
		Client: clientele.ClientID(fmt.Sprintf("cli_%d", i%1999)), Owner: fmt.Sprintf("per_%d", i%211), Change: fmt.Sprintf("chg_%d", i%997),
		Environment: "production", PolicyVersion: 7, Outcome: clientele.Done, RequestNo: fmt.Sprintf("01k%023d", i),
		Details: map[string]any{"from": "active", "to": "suspended", "n": i, "reason_code": "review missed at tier 3"},
	}
	if i%50 == 0 {
		e.Verb, e.Outcome = clientele.Export, clientele.WasDenied
	}
	if i%20 == 0 {
		e.Private = map[string]string{"source": "192.0.2.1"}
	}
	if i%100_003 == 17 {
		e.Act = "policy:propose"
	}
	return e
}

func benchVerify(b *testing.B, h *house) {
	for b.Loop() {
		r, err := audit.Verify(b.Context(), h.db, audit.Check{Log: h.key.Verifier(), Witnesses: []note.Verifier{h.witness.Verifier()}})
		if err != nil || !r.OK() || r.Size != int64(*entries) {
			b.Fatal(err, r)
		}
	}
	b.ReportMetric(float64(*entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func benchSearch(b *testing.B, h *house) {
	day := h.now.Add(-h.now.Sub(start) / 2)
	for _, c := range []struct {
		name   string
		filter audit.Filter
	}{
		{"newest", audit.Filter{}},
		{"client", audit.Filter{Client: "cli_77"}},
		{"client-90-days", audit.Filter{Client: "cli_77", From: h.now.Add(-90 * 24 * time.Hour)}},
		{"actor-and-act", audit.Filter{Actor: "person:per_7", Act: "request:"}},
		{"object-none", audit.Filter{Object: "client:none"}},
		{"act-common", audit.Filter{Act: "client:"}},
		{"act-rare", audit.Filter{Act: "policy:"}},
		{"owner", audit.Filter{Owner: "per_5"}},
		{"denied", audit.Filter{Outcome: clientele.WasDenied}},
		{"exports-of-a-day", audit.Filter{Verb: clientele.Export, From: day, To: day.Add(24 * time.Hour)}},
		{"all-of-a-day", audit.Filter{From: day, To: day.Add(24 * time.Hour)}},
		{"act-of-a-day", audit.Filter{Act: "request:", From: day, To: day.Add(24 * time.Hour)}},
		{"change-of-a-day", audit.Filter{Change: "chg_5", From: day, To: day.Add(24 * time.Hour)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				err := h.db.Read(b.Context(), func(tx *db.Tx) error {
					_, _, err := audit.Search(context.Background(), tx, c.filter, audit.Page{})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
