package lifecycle_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/lifecycle"
)

func (h *house) could(q lifecycle.Question) (all []lifecycle.Answer) {
	h.t.Helper()
	h.read(func(ctx context.Context, tx *db.Tx) (err error) {
		all, _, err = lifecycle.Could(ctx, tx, q, lifecycle.Page{})
		return err
	})
	return all
}

func TestWhoCouldAtATimeAsKnownAtAnother(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ask := h.ask(h.production, "production", clientele.Export)
		ask.Change = h.change(h.ann)
		r, err := h.submit(h.ann, ask)
		h.must(err)
		_, err = h.approve(h.ida, r.ID, lifecycle.Verdict{})
		h.must(err)
		asked := h.clock()
		r, err = h.approve(h.dan, r.ID, lifecycle.Verdict{})
		h.must(err)
		h.pass(day)
		then := h.clock()
		question := lifecycle.Question{What: "customer", Verb: clientele.Export, At: then, KnownAt: then}

		h.pass(day)
		h.must(h.handOver(h.ann, r.Client, h.ben))
		h.must(h.claim(h.ben, r.Client, h.ida, ""))
		h.pass(day)
		h.must(h.do(h.sam, "grant:revoke", func(act *guard.Act) error {
			_, err := lifecycle.RevokeGrants(act, r.Client, []clientele.Verb{clientele.Export}, "no more")
			return err
		}))
		revoked := h.clock()

		for _, known := range []time.Time{then, revoked} { // as known then, and as known now
			question.KnownAt = known
			all := h.could(question)
			if len(all) != 1 {
				t.Fatalf("known at %s: %+v", known, all)
			}
			a := all[0]
			if a.OwnerID != h.ann || !a.Attested || a.Requester != h.ann || a.ChangeID != ask.Change || a.Auto || len(a.Decisions) != 2 || a.Host != "api.example.com" {
				t.Fatalf("%+v", a)
			}
		}
		// After the revocation it could not, although who looked before would have said so.
		later := revoked.Add(day)
		if all := h.could(lifecycle.Question{What: h.production, Verb: clientele.Export, At: later, KnownAt: revoked}); len(all) != 0 {
			t.Fatalf("%+v", all)
		}
		if all := h.could(lifecycle.Question{What: "api.example.com", Verb: clientele.Export, At: later, KnownAt: then}); len(all) != 1 {
			t.Fatal("what was known then is lost")
		}
		if all := h.could(lifecycle.Question{What: "customer", At: asked, KnownAt: revoked}); len(all) != 0 {
			t.Fatalf("before it was approved: %+v", all)
		}
		if all := h.could(lifecycle.Question{Client: r.Client, At: then, KnownAt: revoked, Owners: []string{h.dan}}); len(all) != 0 {
			t.Fatal("an owner sees another's")
		}
		if all := h.could(lifecycle.Question{Client: r.Client, At: then, KnownAt: revoked, Owners: []string{h.ben}}); len(all) != 1 {
			t.Fatal("an owner does not see their own")
		}
		h.read(func(ctx context.Context, tx *db.Tx) error {
			_, _, err := lifecycle.Could(ctx, tx, lifecycle.Question{What: "nosuch%", At: then, KnownAt: then}, lifecycle.Page{})
			want(t, err, clientele.NotFound, "")
			_, _, err = lifecycle.Could(ctx, tx, lifecycle.Question{At: then, KnownAt: then}, lifecycle.Page{})
			want(t, err, clientele.Invalid, "")
			return nil
		})
	})
}

func TestASuspendedClientCouldNot(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.powerful()
		before := h.clock()
		h.must(h.suspend(h.ann, r.Client))
		during := h.clock()
		h.pass(time.Hour)
		h.must(h.resume(h.ann, r.Client))
		after := h.clock()
		for at, n := range map[time.Time]int{before: 1, during: 0, after: 1} {
			if all := h.could(lifecycle.Question{What: h.production, Verb: clientele.Read, At: at, KnownAt: after}); len(all) != n {
				t.Errorf("at %s: %d", at, len(all))
			}
		}
	})
}

const (
	benchGrants   = 1_000_000
	benchClients  = 20_000
	benchServices = 500
)

// fillGrants writes a million grants over three years, as a long life would leave them.
func fillGrants(b testing.TB, d *db.DB) {
	b.Helper()
	ctx := b.Context()
	bulk := func(table, columns string, width, n int, row func(i int) []any) {
		b.Helper()
		per := 30_000 / width
		for from := 0; from < n; from += per {
			rows := min(per, n-from)
			args := make([]any, 0, rows*width)
			for i := range rows {
				args = append(args, row(from+i)...)
			}
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO "+table+" ("+columns+") VALUES "+db.Rows(rows, width), args...)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	hour := int64(time.Hour / time.Microsecond)
	first := db.Micro(start.AddDate(-3, 0, 0))
	id := func(prefix string, i int) string { return fmt.Sprintf("%s_%08d", prefix, i) }
	bulk("service", "id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version", 11, benchServices, func(i int) []any {
		classes := "[]"
		if i%50 == 0 {
			classes = `["customer"]`
		}
		return []any{id("srv", i), fmt.Sprintf("service %d", i), "https", fmt.Sprintf("s%d.example.com", i), "production", "", "", classes, 1, 1, 1}
	})
	columns := "id, name, tool, kind, environment, state, tier, owner_id, backup_id, team_id, steward_id, attested_at, personal, purpose, vendor_name, vendor_contact, vendor_sponsor_id, vendor_runbook, vendor_contract_end, vendor_drilled_at, replaces, risk, has_secrets, created_at, updated_at, first_seen_at, last_seen_at, last_used_at, next_review_at, suspended_at, version, hosts, search"
	bulk("client", columns, strings.Count(columns, ",")+1, benchClients, func(i int) []any {
		return []any{id("cli", i), "c", "bruno", "api_client", "production", "active", 2, id("per", i%900), "", "", "", 1, 0, "", "", "", "", "", 0, 0, "", 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, "", ""}
	})
	bulk("client_period", "client_id, state, valid_from, valid_to, recorded_at, superseded_at", 6, 3*benchClients, func(i int) []any {
		c, third := i%benchClients, int64(i/benchClients)
		states := []string{"active", "suspended", "active"}
		from, to := first+third*24*365*hour, first+(third+1)*24*365*hour
		if third == 2 {
			to = 0
		} else if third == 1 {
			to = from + 24*30*hour
		}
		if third == 2 {
			from = first + (24*365+24*30)*hour
		}
		return []any{id("cli", c), states[third], from, to, from, 0}
	})
	bulk("ownership", "client_id, owner_id, backup_id, team_id, attested, valid_from, valid_to, recorded_at, superseded_at", 9, 2*benchClients, func(i int) []any {
		c, half := i%benchClients, int64(i/benchClients)
		from, to := first+half*24*500*hour, first+24*500*hour
		if half == 1 {
			to = 0
		}
		return []any{id("cli", c), id("per", (c+int(half))%900), "", "", 1, from, to, from, 0}
	})
	bulk("request", "id, client_id, requester, beneficiary, purpose, environment, lifetime_s, granted_s, round, tier, state, auto, policy_version, classification, eligible, created_at, decided_at, expires_at", 18, benchClients, func(i int) []any {
		return []any{id("req", i), id("cli", i), id("per", i%900), "", "x", "production", 1, 1, 0, 2, "approved", 0, 1, "{}", "[]", 1, 1, 1}
	})
	verbs := []string{"read", "read", "read", "read", "read", "read", "write", "write", "export", "admin"}
	bulk("access_grant", "id, version, client_id, service_id, method, path, verb, row_cap, byte_cap, destination, mask, request_id, tier, policy_version, valid_from, valid_to, recorded_at, superseded_at", 18, benchGrants, func(i int) []any {
		from := first + int64(i)*(3*365*24*hour/benchGrants)
		verb := verbs[i/benchServices%len(verbs)]
		lasts := 90 * 24 * hour
		if verb == "export" {
			lasts = 30 * 24 * hour
		}
		superseded := int64(0)
		if i%7 == 0 {
			superseded = from + 24*hour
		}
		return []any{id("grt", i), 1, id("cli", i%benchClients), id("srv", i%benchServices), "", "", verb, 100, 100, "s3://x", "none", id("req", i%benchClients), 2, 1, from, from + lasts, from, superseded}
	})
	if _, err := d.Handle().ExecContext(ctx, "ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

// The figure that counts is p99-ms: it is to be under 50.
func BenchmarkWhoCouldOverAMillionGrants(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		d := engine.open(b)
		fillGrants(b, d)
		for _, q := range []struct {
			name string
			q    lifecycle.Question
		}{
			{"service-export", lifecycle.Question{What: "srv_00000250", Verb: clientele.Export}},
			{"class-export", lifecycle.Question{What: "customer", Verb: clientele.Export}},
			{"class-any", lifecycle.Question{What: "customer"}},
			{"client", lifecycle.Question{Client: "cli_00000777"}},
			{"owner", lifecycle.Question{What: "customer", Owners: []string{"per_00000001"}}},
		} {
			b.Run(engine.name+"/"+q.name, func(b *testing.B) {
				var took []time.Duration
				rows, i := 0, 0
				for b.Loop() {
					i++
					q := q.q
					q.At = start.AddDate(0, 0, -1-i*37%1000)
					q.KnownAt = start
					begin := time.Now()
					err := d.Read(b.Context(), func(tx *db.Tx) error {
						all, _, err := lifecycle.Could(b.Context(), tx, q, lifecycle.Page{})
						rows += len(all)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				b.ReportMetric(float64(rows)/float64(len(took)), "rows")
			})
		}
	}
}
