package review

import (
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// How long after its day a review is passed on, and acted upon; and how long a reviewer has
// at least between the two, should a sweep come late.
const (
	leadAfter  = 3 * day
	missAfter  = 7 * day
	leastPause = day
)

// escalations are the rules by the stage that a review is in before.
var escalations = map[string]string{
	"0": "half of the review's time has passed",
	"1": "the review's day has come",
	"2": "3 days after the review's day",
}

// powerful are the verbs whose grants do not outlive the day of their review from tier 3 on.
var powerful = []clientele.Verb{clientele.Write, clientele.Admin, clientele.Export}

// step takes a review to its next stage if that has begun and nobody else did.
func step(act *guard.Act, id string, fn func(*guard.Act, *Review, inventory.Client) error) error {
	r, err := Get(act.Context(), act.Tx, id)
	if err != nil {
		return err
	}
	if r.State != Open || r.NextAt.After(act.At) {
		return errKnown
	}
	c, err := inventory.Get(act.Context(), act.Tx, r.Client)
	if err != nil {
		return err
	}
	if err := act.Allow(r.resource(nil)); err != nil {
		return err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Detail("due_at", r.DueAt.Format(time.RFC3339))
	if !c.State.Live() || c.State == clientele.Retiring {
		act.Detail("state", string(Cancelled))
		r.State, r.DecidedAt, r.NextAt = Cancelled, act.At, time.Time{}
		return update(act, &r)
	}
	if err := r.look(act.Context(), act.Tx, c, act.At); err != nil {
		return err
	}
	return fn(act, &r, c)
}

// escalate reminds, or passes the review on to somebody else who may keep the client.
func escalate(act *guard.Act, r *Review, c inventory.Client) (err error) {
	r.Stage++
	reviewer := r.ReviewerID
	switch r.Stage {
	case stageReminded:
		reviewer, err = r.first(act.Context(), act.Tx, r.ReviewerID, c.OwnerID, c.BackupID, c.TeamID)
		r.NextAt = r.DueAt
	case stageBackup:
		reviewer, err = r.first(act.Context(), act.Tx, c.BackupID, c.TeamID, r.ReviewerID)
		r.NextAt = later(r.DueAt.Add(leadAfter), act.At)
	case stageLead:
		reviewer, err = r.lead(act.Context(), act.Tx, c)
		r.NextAt = later(r.DueAt.Add(missAfter), act.At.Add(leastPause))
	}
	if err != nil {
		return err
	}
	if r.NextAt.IsZero() || !r.NextAt.After(act.At) {
		r.NextAt = act.At.Add(time.Microsecond)
	}
	r.ReviewerID = reviewer
	act.Detail("stage", r.Stage)
	act.Detail("reviewer", reviewer)
	if r.Stage == stageBackup && r.Tier >= aloneTier {
		return r.cut(act)
	}
	return update(act, r)
}

// cut ends what is powerful when the day of the review has come: from tier 3 on it does not
// go on because nobody looked.
func (r *Review) cut(act *guard.Act) error {
	ended := r.Evidence.with(powerful...)
	if len(ended) == 0 {
		return update(act, r)
	}
	rule := fmt.Sprintf("review not decided on its day at tier %d: writes, administration and exports end", r.Tier)
	r.Ended = append(r.Ended, ended...)
	r.VerifiedAt = time.Time{}
	act.Detail("ends_grants", len(ended))
	if err := update(act, r); err != nil {
		return err
	}
	return act.Then(clientele.System(job, rule), "grant:revoke", func(sub *guard.Act) error {
		_, err := lifecycle.RevokeGrants(sub, r.Client, powerful, rule)
		return err
	})
}

// miss suspends the client of a review that nobody decided. Nothing is deleted: its owner
// resumes it within fourteen days.
func miss(act *guard.Act, r *Review, c inventory.Client) error {
	r.Stage, r.State, r.DecidedAt, r.NextAt = stageMissed, Missed, act.At, time.Time{}
	act.Detail("tier", int(r.Tier))
	act.Detail("last_used_at", db.Micro(r.Evidence.LastUsedAt))
	act.Detail("machines", r.Evidence.Machines)
	if err := update(act, r); err != nil {
		return err
	}
	if c.State != clientele.Active {
		return nil
	}
	rule := fmt.Sprintf("review missed at tier %d", r.Tier)
	return act.Then(clientele.System(job, rule), "client:suspend", func(sub *guard.Act) error { return lifecycle.Suspend(sub, c.ID, rule) })
}

// verify looks, in a state of the database after the act, whether what was to end has ended.
func (s *sweep) verify() error {
	found, err := s.pairs("SELECT id, client_id FROM review WHERE verified_at = 0 AND ended_grants <> '[]' ORDER BY id LIMIT ?", sweepLimit)
	if err != nil {
		return fmt.Errorf("look for what was to end: %w", err)
	}
	for _, f := range found {
		_ = s.do("review:verify", "what a review ended is looked at again", &s.Verified, func(act *guard.Act) error {
			r, err := Get(act.Context(), act.Tx, f[0])
			if err != nil {
				return err
			}
			live, err := lifecycle.Grants(act.Context(), act.Tx, r.Client, act.At)
			if err != nil {
				return err
			}
			if !r.VerifiedAt.IsZero() || alive(live, r.Ended) > 0 {
				return errKnown
			}
			if err := act.Allow(r.resource(nil)); err != nil {
				return err
			}
			act.About(r.Client, r.OwnerID, r.Evidence.Environment)
			act.Detail("ended_grants", len(r.Ended))
			r.VerifiedAt = act.At
			return update(act, &r)
		})
	}
	return nil
}

// alive counts grants of the list that still allow something.
func alive(live []lifecycle.Grant, ended []string) int {
	n := 0
	for _, g := range live {
		for _, id := range ended {
			if g.ID == id {
				n++
			}
		}
	}
	return n
}
