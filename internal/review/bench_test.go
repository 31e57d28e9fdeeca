package review_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/review"
)

// crowd fills the tables of a house with clients that need nothing, n of them: what a sweep
// costs that finds nothing to do.
const crowd = `INSERT INTO client (id, name, tool, kind, environment, state, tier, owner_id, backup_id, team_id, steward_id, attested_at, personal, purpose,
	vendor_name, vendor_contact, vendor_sponsor_id, vendor_runbook, vendor_contract_end, vendor_drilled_at, replaces, risk, has_secrets, created_at, updated_at,
	first_seen_at, last_seen_at, last_used_at, next_review_at, suspended_at, version, hosts, search)
	WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
	SELECT 'cli_' || i, 'c', 'postman', 'api_client', 'staging', 'active', 1, 'per_' || (i %% 5000), '', 'tea_' || (i %% 500), '', 1, 0, '',
	'', '', '', '', 0, 0, '', 0, 0, 1, 1, 1, 1, %d, %d, 0, 1, '', 'c' FROM n`

func BenchmarkIdleSweep(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			wrap, err := keywrap.OpenFile(filepath.Join(b.TempDir(), "key"))
			if err != nil {
				b.Fatal(err)
			}
			h := &house{t: b, db: d, now: start}
			if h.g, err = guard.New(context.Background(), d, audit.New(d, wrap), h.clock); err != nil {
				b.Fatal(err)
			}
			h.sql(`INSERT INTO person (id, external_id, user_name, user_lower, email, email_lower, display_name, display_lower, title, department, manager, profile, active, source, version, created_at, updated_at)
				WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
				SELECT 'per_' || i, '', 'p' || i, 'p' || i, '', '', '', '', '', '', '', '{}', 1, 'local', 1, 1, 1 FROM n`)
			h.sql(`INSERT INTO team (id, external_id, name, name_lower, source, version, created_at, updated_at)
				WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 499) SELECT 'tea_' || i, '', 't' || i, 't' || i, 'local', 1, 1, 1 FROM n`)
			h.sql(`INSERT INTO team_member (team_id, person_id, place, added_at)
				WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) SELECT 'tea_' || (i %% 500), 'per_' || i, 0, 1 FROM n`)
			h.sql(crowd, 200_000, db.Micro(start.Add(-day)), db.Micro(start.Add(100*day)))
			h.sql("ANALYZE")
			for b.Loop() {
				if s, err := review.Sweep(context.Background(), h.g); err != nil || s != (review.Swept{}) {
					b.Fatal(s, err)
				}
			}
		})
	}
}
