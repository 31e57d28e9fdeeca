package inventory_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/inventory"
	"pgregory.net/rapid"
)

// row is a client as the filling writes it: enough to say without the search whether it
// passes a filter.
type row struct {
	n                                    int
	name, tool, kind, environment, state string
	owner, backup, team, search          string
	tier, risk                           int64
	review, used                         int64
	rule, shared, leaked                 bool
}

var (
	nouns  = []string{"orders", "billing", "customers", "payments", "catalogue", "shipping", "returns", "ledger", "reports", "identity", "search", "media", "loyalty", "pricing", "stock", "tax"}
	places = []string{"eu", "us", "apac", "emea", "latam", "core", "edge", "lab"}
	tools  = []string{"postman", "insomnia", "bruno", "curl", "dbeaver", "psql", "github-actions", "claude-code"}
	states = []string{"discovered", "discovered", "discovered", "discovered", "discovered", "discovered", "claimed", "active", "active", "suspended", "retired"}
)

// made is the n-th client. The seed fixes all of them.
func made(n int) row {
	r := rand.New(rand.NewPCG(uint64(n), 42))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	c := row{n: n, tool: tools[min(r.IntN(8), r.IntN(8))], kind: "api_client", environment: pick(append([]string{"", ""}, clientele.Environments...)), state: pick(states)}
	c.name = fmt.Sprintf("%s %s %s %06d", strings.ToUpper(pick(nouns)[:1])+pick(nouns), pick(nouns), pick(places), r.IntN(1_000_000))
	c.search = strings.ToLower(fmt.Sprintf("%s %s api-%s.%s.example.com", c.name, c.tool, pick(nouns), pick(places)))
	if c.state != "discovered" {
		c.owner = fmt.Sprintf("per_%d", int(float64(20_000)*r.Float64()*r.Float64()))
		c.backup = fmt.Sprintf("per_b%d", r.IntN(20_000))
		c.team = fmt.Sprintf("tea_%d", r.IntN(500))
	}
	c.tier, c.risk = int64(r.IntN(5)), int64(max(r.IntN(8)-3, 0))
	if c.state == "active" {
		c.review = db.Micro(start.Add(time.Duration(r.IntN(180*24)-5*24) * time.Hour))
		c.used = db.Micro(start.Add(-time.Duration(r.IntN(60*24)) * time.Hour))
	}
	c.rule, c.shared, c.leaked = r.IntN(3) == 0, r.IntN(200) == 0, r.IntN(5000) == 0
	return c
}

// attested: one in eight owners was only named.
func (c row) attested() bool { return c.owner != "" && c.n%8 != 0 }

func (c row) id() string { return fmt.Sprintf("cli_%08d", c.n) }

// fill writes clients straight into the tables.
func fill(t testing.TB, d *db.DB, from, to int) {
	t.Helper()
	ctx := context.Background()
	exec := func(tx *sql.Tx, text string) {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			t.Fatalf("%v in %.300s", err, text)
		}
	}
	truth := map[bool]int{true: 1}
	for ; from < to; from += 500 {
		tx, err := d.Handle().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		var clients, findings, secrets, at []string
		for n := from; n < min(from+500, to); n++ {
			c := made(n)
			clients = append(clients, fmt.Sprintf("('%s','%s','%s','%s','%s','%s',%d,'%s','%s','%s','',%d,0,'','','','','',0,0,'',%d,%d,1,1,1,1,%d,%d,0,1,'','%s')",
				c.id(), c.name, c.tool, c.kind, c.environment, c.state, c.tier, c.owner, c.backup, c.team, truth[c.attested()], c.risk, truth[c.shared], c.used, c.review, c.search))
			if c.rule {
				rule := []string{"no-owner", "no-owner", "no-owner", "embedded-secret", "rare-rule"}[n%5]
				if rule == "rare-rule" && n%1000 > 5 {
					rule = "embedded-secret"
				}
				findings = append(findings, fmt.Sprintf("('fnd_%08d','%s','f','%s',%d,'','','','open',1)", n, c.id(), rule, c.risk))
			}
			if c.shared || c.leaked {
				secrets = append(secrets, fmt.Sprintf("('crd_%08d','%08d','token','literal','',0,0,%d,0,%d,1,1)", n, n, truth[c.leaked], 1+truth[c.shared]))
				at = append(at, fmt.Sprintf("('%s','crd_%08d','h','p','s','f','[]',1,'','','','scn_fill',1,1,0)", c.id(), n))
			}
		}
		if from == 0 {
			exec(tx, "INSERT INTO host (host, person_id, first_seen, last_seen) VALUES ('h', '', 1, 1)")
			exec(tx, "INSERT INTO scan (id, host, tool, once_key, meta, roots, scope, complete, parts, state, posted_by, started_at, begun_at) VALUES ('scn_fill', 'h', '', '', '', '[]', '', 0, 1, 'finished', '', 1, 1)")
		}
		exec(tx, "INSERT INTO client (id, name, tool, kind, environment, state, tier, owner_id, backup_id, team_id, steward_id, attested_at, personal, purpose, vendor_name, vendor_contact, vendor_sponsor_id, vendor_runbook, vendor_contract_end, vendor_drilled_at, replaces, risk, has_secrets, created_at, updated_at, first_seen_at, last_seen_at, last_used_at, next_review_at, suspended_at, version, hosts, search) VALUES "+strings.Join(clients, ","))
		for head, rows := range map[string][]string{
			"INSERT INTO finding (id, client_id, fingerprint, rule, severity, message, remedy, excuse, state, opened_at) VALUES ":                       findings,
			"INSERT INTO credential (id, hash, role, class, provider, weak, expires_at, leaked_at, cleared_at, holders, first_seen, last_seen) VALUES ": secrets,
		} {
			if len(rows) > 0 {
				exec(tx, head+strings.Join(rows, ","))
			}
		}
		if len(at) > 0 {
			exec(tx, "INSERT INTO credential_place (client_id, credential_id, host, place, slot, file, path, line, name, excerpt, principal, scan_id, first_seen, last_seen, gone_at) VALUES "+strings.Join(at, ","))
		}
		if d.Dialect == db.SQLite {
			exec(tx, fmt.Sprintf("INSERT INTO client_text (rowid, search) SELECT n, search FROM client WHERE id >= 'cli_%08d'", from))
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if d.Dialect == db.Postgres {
		if _, err := d.Handle().ExecContext(ctx, "VACUUM ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
}

// passes says what Filter means, row by row.
func (c row) passes(f inventory.Filter) bool {
	words := strings.Fields(strings.ToLower(f.Text))
	short := !slices.ContainsFunc(words, func(w string) bool { return len(w) > 2 })
	for _, w := range words {
		if short && !strings.HasPrefix(c.search, w) || !strings.Contains(c.search, w) {
			return false
		}
	}
	mine := func(ids []string, own ...string) bool {
		return slices.ContainsFunc(own, func(o string) bool { return o != "" && slices.Contains(ids, o) })
	}
	now := db.Micro(f.Now)
	switch {
	case f.State != "" && string(f.State) != c.state, f.Environment != "" && f.Environment != c.environment, f.Tool != "" && f.Tool != c.tool, f.Kind != "" && f.Kind != c.kind:
	case f.Tier != nil && int64(*f.Tier) != c.tier, int64(f.Risk) > c.risk:
	case f.Owner != nil && !mine(f.Owner, c.owner, c.backup, c.team):
	case f.VisibleTo != nil && c.owner != "" && !mine(f.VisibleTo, c.owner, c.backup, c.team):
	case f.Shared && !c.shared, f.Leaked && !c.leaked:
	case f.Orphaned && (c.attested() || c.state == "retired"):
	case f.Overdue && (c.review == 0 || c.review >= now):
	case f.Dormant && (c.state != "active" || c.used >= db.Micro(f.Now.Add(-inventory.DormantAfter))):
	default:
		return true
	}
	return false
}

// queries are searches as people make them: pages of lists, words, and both.
func queries(r *rand.Rand) inventory.Filter {
	f := inventory.Filter{Now: start}
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	for range 1 + r.IntN(3) {
		switch r.IntN(16) {
		case 0:
			f.Text = pick(nouns)
		case 1:
			f.Text = fmt.Sprintf("%05d", r.IntN(100_000))
		case 2:
			f.Text = pick(nouns)[:3] + " " + pick(places)
		case 3:
			f.Text = pick(nouns)[:2]
		case 4:
			f.Text = "api-" + pick(nouns) + "." + pick(places) + " " + pick(tools)
		case 5:
			f.State = clientele.State(pick(states))
		case 6:
			f.Owner = []string{fmt.Sprintf("per_%d", r.IntN(20_000))}
		case 7:
			f.Owner = []string{fmt.Sprintf("tea_%d", r.IntN(500))}
		case 8:
			f.Environment = pick(clientele.Environments)
		case 9:
			f.Tool = pick(tools)
		case 10:
			tier := clientele.Tier(r.IntN(5))
			f.Tier = &tier
		case 11:
			f.VisibleTo = []string{fmt.Sprintf("per_%d", r.IntN(20_000)), fmt.Sprintf("tea_%d", r.IntN(500)), fmt.Sprintf("tea_%d", r.IntN(500))}
		case 12:
			f.Overdue = true
		case 13:
			f.Dormant, f.Orphaned = r.IntN(2) == 0, r.IntN(2) == 0
		case 14:
			f.Shared, f.Leaked = r.IntN(2) == 0, r.IntN(2) == 0
		case 15:
			f.Rule = pick([]string{"no-owner", "embedded-secret", "rare-rule", "no-such-rule"})
		}
	}
	return f
}

// Pages of a search, put together, are what a look at every row finds, in order.
func TestSearchFindsWhatPasses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const all = 6000
		fill(t, h.db, 0, all)
		r := rand.New(rand.NewPCG(1, 2))
		for range 150 {
			f := queries(r)
			f.Rule = "" // the rows do not tell
			var want, got []string
			for n := range all {
				if c := made(n); c.passes(f) {
					want = append(want, c.id())
				}
			}
			h.read(func(ctx context.Context, tx *db.Tx) error {
				p := inventory.Page{Limit: 200}
				for {
					list, next, err := inventory.Search(ctx, tx, f, p)
					if err != nil {
						return err
					}
					for _, c := range list {
						got = append(got, string(c.ID))
					}
					if p.After = next; next == "" {
						return nil
					}
				}
			})
			if !slices.Equal(got, want) {
				t.Fatalf("%+v: %d found, %d pass", f, len(got), len(want))
			}
		}
	})
}

func TestSearchBoundsWhatItIsAsked(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	for _, f := range []inventory.Filter{{Text: strings.Repeat("a ", 7)}, {Text: strings.Repeat("a", 501)}, {Text: "a\x00b"}, {Owner: make([]string, 513)}} {
		h.read(func(ctx context.Context, tx *db.Tx) error {
			if _, _, err := inventory.Search(ctx, tx, f, inventory.Page{}); err == nil {
				t.Errorf("%.40v", f)
			}
			return nil
		})
	}
}

var manyClients = flag.Int("clients", 20_000, "how many clients the benchmarks have")

// Searches over -clients clients: the p50, p99 and slowest of them are reported.
func BenchmarkSearch(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			d := engine.open(b)
			exec := func(text string) {
				if _, err := d.Handle().ExecContext(b.Context(), text); err != nil {
					b.Fatal(err)
				}
			}
			if d.Dialect == db.Postgres { // its text index is built faster afterwards
				exec("DROP INDEX client_text")
			}
			fill(b, d, 0, *manyClients)
			if d.Dialect == db.Postgres {
				exec("CREATE INDEX client_text ON client USING gin (search gin_trgm_ops) WITH (fastupdate = off)")
			}
			if d.Dialect == db.SQLite {
				exec("PRAGMA wal_checkpoint(TRUNCATE)")
			}
			r := rand.New(rand.NewPCG(3, 4))
			type slow struct {
				took time.Duration
				f    inventory.Filter
			}
			var times []slow
			clock := spent
			if d.Dialect == db.Postgres {
				clock = pgCPU
			}
			search := func() slow {
				f := queries(r)
				from := clock()
				err := d.Read(b.Context(), func(tx *db.Tx) error {
					_, _, err := inventory.Search(b.Context(), tx, f, inventory.Page{})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				return slow{clock() - from, f}
			}
			for range 200 {
				search() // warm
			}
			for range 2000 {
				times = append(times, search())
			}
			b.ResetTimer()
			for b.Loop() {
				search()
			}
			slices.SortFunc(times, func(x, y slow) int { return int(x.took - y.took) })
			at := func(q float64) float64 {
				return float64(times[int(q*float64(len(times)-1))].took.Microseconds()) / 1000
			}
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.99), "p99-ms")
			b.ReportMetric(at(1), "max-ms")
			if testing.Verbose() {
				for _, s := range times[len(times)-30:] {
					b.Logf("%v %+v", s.took, s.f)
				}
			}
		})
	}
}

// Ingest of -clients clients through Part, 500 a part.
func BenchmarkIngest(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			for b.Loop() {
				h := newHouse(b, engine.open(b))
				parts := (*manyClients + 499) / 500
				s, err := h.begin(security, meta("host", parts))
				if err != nil {
					b.Fatal(err)
				}
				slowest, from := time.Duration(0), time.Now()
				for n := range parts {
					var list []api.Client
					for k := range 500 {
						id := fmt.Sprint(n*500 + k)
						c := collection("c_"+id, "Collection-"+id)
						c.Owners[0].Who = fmt.Sprintf("person%d@example.com", (n*500+k)%300)
						list = append(list, c)
					}
					began := time.Now()
					if _, err := h.part(security, s.ID, n+1, part(list...)); err != nil {
						b.Fatal(err)
					}
					slowest = max(slowest, time.Since(began))
				}
				if _, err := h.finish(security, s.ID); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(parts*500)/time.Since(from).Seconds(), "clients/s")
				b.ReportMetric(float64(slowest.Milliseconds()), "slowest-part-ms")
			}
		})
	}
}

// Whatever the order in which parts come, and however often, the inventory is the same.
func TestOrderAndRepetitionOfPartsDoNotMatter(t *testing.T) {
	var parts []api.ScanPart
	for n := range 5 {
		var list []api.Client
		for k := range 3 {
			c := collection(fmt.Sprintf("c_%d_%d", n, k), fmt.Sprintf("N%d", (n+k)%4)) // some are one client
			if k == 1 {
				c.ExternalID = fmt.Sprintf("v%d", n%2)
			}
			c.Credentials = append(c.Credentials, secret(fmt.Sprintf("shared-%d-xxxx", (n*k)%3)))
			list = append(list, c)
		}
		parts = append(parts, part(list...))
	}
	want := ""
	rapid.Check(t, func(r *rapid.T) {
		h := newHouse(t, dbtest.SQLite(t))
		s, err := h.begin(ann, meta("laptop", len(parts)))
		if err != nil {
			r.Fatal(err)
		}
		order := rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(r, "order")
		order = append(order, rapid.SliceOfN(rapid.IntRange(0, 4), 0, 5).Draw(r, "again")...)
		for _, n := range order {
			if _, err := h.part(ann, s.ID, n+1, parts[n]); err != nil {
				r.Fatal(err)
			}
		}
		if _, err := h.finish(ann, s.ID); err != nil {
			r.Fatal(err)
		}
		got := h.snapshot()
		if want == "" {
			want = got
		}
		if got != want {
			r.Fatalf("order %v:\n%s\nnot\n%s", order, got, want)
		}
	})
}

// snapshot is the inventory without ids and times.
func (h *house) snapshot() string {
	h.t.Helper()
	var lines []string
	for _, q := range []string{
		"SELECT c.name || '|' || c.environment || '|' || c.risk || '|' || c.personal || '|' || (SELECT COUNT(*) FROM client_key AS k WHERE k.client_id = c.id) FROM client AS c",
		"SELECT c.name || '|' || s.place || '|' || s.gone_at FROM sighting AS s JOIN client AS c ON c.id = s.client_id",
		"SELECT c.name || '|' || e.method || '|' || e.path FROM endpoint AS e JOIN client AS c ON c.id = e.client_id",
		"SELECT k.hash || '|' || k.holders || '|' || (SELECT COUNT(*) FROM credential_place AS p WHERE p.credential_id = k.id) FROM credential AS k",
		"SELECT c.name || '|' || f.fingerprint || '|' || f.state || '|' || f.reopened FROM finding AS f JOIN client AS c ON c.id = f.client_id",
		"SELECT CASE WHEN a.name < b.name THEN a.name || '|' || b.name ELSE b.name || '|' || a.name END FROM client_duplicate AS d JOIN client AS a ON a.id = d.client_id JOIN client AS b ON b.id = d.other_id",
	} {
		h.read(func(ctx context.Context, tx *db.Tx) error {
			var some []string
			err := tx.Each(ctx, q, nil, func(r db.Row) error {
				var s string
				err := r.Scan(&s)
				some = append(some, s)
				return err
			})
			slices.Sort(some)
			lines = append(lines, some...)
			return err
		})
	}
	return strings.Join(lines, "\n")
}

func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
