package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

const job = "review-sweep"

// sweepLimit is how many clients or reviews one kind of work takes in one sweep.
const sweepLimit = 500

// Swept counts what a sweep did.
type Swept struct {
	Opened, Renewed, Escalated, Missed, Verified, Closed int
}

// Sweep opens the reviews whose time or cause has come, renews what may be renewed by rule,
// reminds and passes on, acts on what was missed, looks whether what was to end has ended,
// and closes campaigns. What fails is reported and tried again in the next sweep; the rest is
// done. That two sweeps run at the same time does no harm.
func Sweep(ctx context.Context, g *guard.Guard) (Swept, error) {
	s := sweep{ctx: ctx, g: g}
	for _, step := range []func() error{s.causes, s.dues, s.items, s.stages, s.verify, s.campaigns} {
		if err := step(); err != nil {
			s.errs = append(s.errs, err)
		}
		if err := ctx.Err(); err != nil {
			return s.Swept, err
		}
	}
	return s.Swept, errors.Join(s.errs...)
}

type sweep struct {
	Swept
	ctx  context.Context
	g    *guard.Guard
	errs []error
}

// do runs one automatic act and counts it. What was known already counts for nothing.
func (s *sweep) do(name, rule string, count *int, fn func(*guard.Act) error) error {
	err := s.g.Do(s.ctx, clientele.System(job, rule), name, fn)
	switch {
	case err == nil:
		*count++
	case errors.Is(err, errKnown):
		return nil
	case s.ctx.Err() == nil:
		s.errs = append(s.errs, fmt.Errorf("%s: %w", name, err))
	}
	return err
}

// occasion is a cause of which there may be any number, found by a query for clients without
// an answer to it yet. The query gives client and subject; a time in it stands at args.
type occasion struct {
	name, rule string
	query      string
	args       []any
	within     time.Duration // the reviewer has
}

// governed are the states in which a client can do something, or could again by one act.
const governed = "c.state IN ('active', 'suspended', 'quarantined')"

// unasked keeps clients out that were asked about this occurrence. The two marks are the
// cause and the expression of its subject.
func unasked(cause, subject string) string {
	return " AND NOT EXISTS (SELECT 1 FROM review_cause AS k WHERE k.client_id = c.id AND k.cause = '" + cause + "' AND k.subject = " + subject + ") LIMIT ?"
}

// occasions are what calls for a review at a time.
func occasions(now time.Time) []occasion {
	before := func(d time.Duration) int64 { return db.Micro(now.Add(-d)) }
	return []occasion{
		{OwnerLeft, "the owner has left", `SELECT c.id, c.owner_id FROM person AS p JOIN client AS c ON c.owner_id = p.id
			WHERE p.active = 0 AND ` + governed + unasked(OwnerLeft, "c.owner_id"), nil, 7 * day},
		{OwnerMoved, "the owner is no longer in the client's team", `SELECT c.id, c.owner_id || ' ' || c.team_id FROM client AS c JOIN person AS p ON p.id = c.owner_id
			WHERE c.team_id <> '' AND p.active = 1 AND ` + governed + ` AND NOT EXISTS (SELECT 1 FROM team_member AS m WHERE m.team_id = c.team_id AND m.person_id = c.owner_id)` +
			unasked(OwnerMoved, "c.owner_id || ' ' || c.team_id"), nil, 14 * day},
		{Leak, "one of its credentials leaked", `SELECT c.id, k2.credential_id FROM credential AS x JOIN credential_place AS k2 ON k2.credential_id = x.id JOIN client AS c ON c.id = k2.client_id
			WHERE x.leaked_at <> 0 AND x.cleared_at = 0 AND ` + governed + unasked(Leak, "k2.credential_id"), nil, 3 * day},
		{VendorEnd, "the vendor's contract ends within 30 days, or has ended", `SELECT c.id, CAST(c.vendor_contract_end AS TEXT) FROM client AS c
			WHERE c.vendor_contract_end <> 0 AND c.vendor_contract_end <= ? AND ` + governed + unasked(VendorEnd, "CAST(c.vendor_contract_end AS TEXT)"), []any{db.Micro(now.Add(lifecycle.VendorWarning))}, 14 * day},
		{Dormant45, "not used for 45 days", dormant + unasked(Dormant45, "CAST(c.last_used_at AS TEXT)"), []any{before(45 * day)}, 14 * day},
		{Dormant90, "not used for 90 days", dormant + unasked(Dormant90, "CAST(c.last_used_at AS TEXT)"), []any{before(90 * day)}, 7 * day},
		{NewScope, "a verb at a service was granted for the first time", newScopes + unasked(NewScope, "g.id"), []any{before(2 * day), db.Micro(now.Add(7 * day))}, 30 * day},
	}
}

// dormant leaves out clients of which no use was ever known: where nobody reports use, all
// of them would have to be looked at.
const dormant = "SELECT c.id, CAST(c.last_used_at AS TEXT) FROM client AS c WHERE c.last_used_at <> 0 AND c.last_used_at <= ? AND c.state = 'active'"

// newScopes are grants of the last days, to last a week or more, for a verb at a service that a client, which was
// looked at before, never had.
const newScopes = `SELECT c.id, g.id FROM request AS q JOIN access_grant AS g ON g.request_id = q.id JOIN client AS c ON c.id = g.client_id
	WHERE q.state = 'approved' AND q.decided_at > ? AND g.valid_to > ? AND g.version = 1 AND g.superseded_at = 0 AND c.state = 'active'
	AND EXISTS (SELECT 1 FROM access_grant AS o WHERE o.client_id = g.client_id AND o.recorded_at < g.recorded_at)
	AND NOT EXISTS (SELECT 1 FROM access_grant AS o WHERE o.client_id = g.client_id AND o.service_id = g.service_id AND o.verb = g.verb AND o.recorded_at < g.recorded_at)`

// causes opens reviews by event and by period.
func (s *sweep) causes() error {
	now := s.g.Now()
	for _, o := range occasions(now) {
		found, err := s.pairs(o.query, append(o.args, sweepLimit)...)
		if err != nil {
			return fmt.Errorf("look for clients: %s: %w", o.rule, err)
		}
		for _, f := range found {
			_ = s.do("review:open", o.rule, &s.Opened, func(act *guard.Act) error {
				_, err := open(act, clientele.ClientID(f[0]), cause{name: o.name, subject: f[1], due: act.At.Add(o.within)})
				return err
			})
		}
	}
	return s.periods(now)
}

// ahead is how long before its day a review is opened.
func ahead(tier clientele.Tier) time.Duration {
	if tier >= aloneTier {
		return 7 * day
	}
	return 14 * day
}

// periods opens the reviews that are due by their tier, or renews by rule.
func (s *sweep) periods(now time.Time) error {
	found, err := s.pairs(`SELECT c.id, CAST(c.tier AS TEXT) FROM client AS c
		WHERE c.next_review_at <> 0 AND c.next_review_at <= ? AND (c.tier < ? OR c.next_review_at <= ?) AND c.state = 'active'
		AND NOT EXISTS (SELECT 1 FROM review AS r WHERE r.client_id = c.id AND r.state = 'open')
		ORDER BY c.next_review_at LIMIT ?`,
		db.Micro(now.Add(ahead(0))), aloneTier, db.Micro(now.Add(ahead(aloneTier))), sweepLimit)
	if err != nil {
		return fmt.Errorf("look for clients whose review is due: %w", err)
	}
	for _, f := range found {
		id := clientele.ClientID(f[0])
		if f[1] <= "1" {
			renewed := s.Renewed
			_ = s.do("review:renew", "unchanged and in use at tier "+f[1]+", and a person looked the last time", &s.Renewed, func(act *guard.Act) error { return renew(act, id) })
			if s.Renewed > renewed {
				continue
			}
		}
		_ = s.do("review:open", "the review of tier "+f[1]+" is due", &s.Opened, func(act *guard.Act) error {
			c, err := inventory.Get(act.Context(), act.Tx, id)
			if err != nil {
				return err
			}
			_, err = open(act, id, cause{name: Period, subject: fmt.Sprint(db.Micro(c.NextReviewAt)), due: later(c.NextReviewAt, act.At.Add(ahead(c.Tier)/2))})
			return err
		})
	}
	return nil
}

func (s *sweep) pairs(query string, args ...any) (all [][2]string, err error) {
	err = s.g.DB().Read(s.ctx, func(tx *db.Tx) error {
		all = nil
		return tx.Each(s.ctx, query, args, func(row db.Row) error {
			var p [2]string
			err := row.Scan(&p[0], &p[1])
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// dues opens the reviews that the lifecycle put into its calendar, a week before their day:
// after emergency access, for one, at once.
func (s *sweep) dues() error {
	var due []lifecycle.Due
	err := s.g.DB().Read(s.ctx, func(tx *db.Tx) (err error) {
		due, err = lifecycle.DueBy(s.ctx, tx, lifecycle.DueReview, s.g.Now().Add(7*day), sweepLimit)
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range due {
		_ = s.do("review:open", d.Cause, &s.Opened, func(act *guard.Act) error { return openDue(act, d) })
	}
	return nil
}

func openDue(act *guard.Act, d lifecycle.Due) error {
	why := cause{name: OtherDue, subject: d.Ref, due: d.At}
	if strings.HasPrefix(d.Ref, "brk_") {
		b, err := lifecycle.BreakGlassOf(act.Context(), act.Tx, d.Ref)
		if err != nil {
			return err
		}
		why.name, why.taker = BreakGlass, b.PersonID
	}
	r, err := open(act, d.Client, why)
	if errors.Is(err, errKnown) {
		act.Detail("added", true) // nothing is: but its day is settled all the same
		err = act.Allow(r.resource(nil))
	}
	if err != nil {
		return err
	}
	there, err := lifecycle.Settle(act, d)
	if err == nil && !there {
		err = errKnown
	}
	return err
}

// stages takes every review on whose next stage has begun.
func (s *sweep) stages() error {
	found, err := s.pairs("SELECT id, CAST(stage AS TEXT) FROM review WHERE next_at <> 0 AND next_at <= ? ORDER BY next_at LIMIT ?", db.Micro(s.g.Now()), sweepLimit)
	if err != nil {
		return fmt.Errorf("look for reviews that nobody decides: %w", err)
	}
	for _, f := range found {
		if f[1] == fmt.Sprint(stageLead) {
			_ = s.do("review:miss", "nobody decided the review within 7 days after its day", &s.Missed, func(act *guard.Act) error { return step(act, f[0], miss) })
			continue
		}
		_ = s.do("review:escalate", escalations[f[1]], &s.Escalated, func(act *guard.Act) error { return step(act, f[0], escalate) })
	}
	return nil
}
