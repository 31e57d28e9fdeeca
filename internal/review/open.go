package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// periods are how often a client is reviewed, by its tier.
var periods = [...]time.Duration{365 * day, 180 * day, 90 * day, 30 * day, 30 * day}

// Every is how often a client of the tier is reviewed.
func Every(tier clientele.Tier) time.Duration { return periods[tier] }

// cause is why a review is to be opened.
type cause struct {
	name, subject string
	due           time.Time
	reviewer      string // whose turn it is first; empty: the owner's
	taker         string // who took the emergency access that it is about
}

// errKnown says that there is nothing to open: it was asked about already.
var errKnown = errors.New("this was looked at already")

// known is err, or else errKnown.
func known(err error) error {
	if err != nil {
		return err
	}
	return errKnown
}

// open opens a review of a client, or adds the cause to the one that is open. It is the act
// review:open. If the cause was given before it is errKnown, with the review it was given for.
func open(act *guard.Act, id clientele.ClientID, why cause) (Review, error) {
	ctx := act.Context()
	if why.name != Period && why.name != InCampaign {
		var before string
		err := act.Tx.Row(ctx, "SELECT review_id FROM review_cause WHERE client_id = ? AND cause = ? AND subject = ? LIMIT 1", []any{string(id), why.name, why.subject}, &before)
		if !guard.NoRows(err) {
			return Review{ID: before, Client: id}, known(err)
		}
	}
	c, err := inventory.Get(ctx, act.Tx, id)
	if err != nil {
		return Review{}, err
	}
	r, there, err := current(ctx, act.Tx, id)
	if err != nil {
		return Review{}, err
	}
	if there && why.name == Period {
		return Review{}, errKnown
	}
	if !there {
		r = Review{ID: act.NewID("rev"), Client: id, State: Open, OpenedAt: act.At, DueAt: later(why.due, act.At.Add(time.Hour)),
			ClientName: c.Name, OwnerID: c.OwnerID, BackupID: c.BackupID, TeamID: c.TeamID}
	}
	if err := act.Allow(r.resource(nil)); err != nil {
		return Review{}, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Detail("cause", why.name)
	if there {
		return r, hasten(act, &r, why)
	}
	return r, begin(act, c, &r, why)
}

// begin writes a review that is new.
func begin(act *guard.Act, c inventory.Client, r *Review, why cause) error {
	if err := r.look(act.Context(), act.Tx, c, act.At); err != nil {
		return err
	}
	r.Taker = why.taker
	first, err := r.first(act.Context(), act.Tx, why.reviewer, c.OwnerID, c.BackupID, c.TeamID)
	if err != nil {
		return err
	}
	r.ReviewerID, r.NextAt = first, r.halfway()
	act.Detail("due_at", r.DueAt.Format(time.RFC3339))
	act.Detail("reviewer", r.ReviewerID)
	if err := insert(act, r); err != nil {
		return err
	}
	return r.because(act, why)
}

// hasten adds a cause to a review that is open; its day comes sooner if the cause asks for
// that.
func hasten(act *guard.Act, r *Review, why cause) error {
	act.Detail("added", true)
	if why.taker != "" {
		r.Taker = why.taker
	}
	if err := r.because(act, why); err != nil {
		return err
	}
	if due := later(why.due, act.At.Add(time.Hour)); due.Before(r.DueAt) && r.Stage < stageBackup {
		r.DueAt = due
		r.NextAt = due
		if r.Stage == stageOpened {
			r.NextAt = r.halfway()
		}
	}
	return update(act, r)
}

func (r Review) halfway() time.Time {
	return r.OpenedAt.Add(r.DueAt.Sub(r.OpenedAt) / 2).Truncate(time.Microsecond)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (r *Review) because(act *guard.Act, why cause) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO review_cause (review_id, client_id, cause, subject, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		r.ID, string(r.Client), why.name, why.subject, db.Micro(act.At))
	if err != nil {
		return fmt.Errorf("note why a review was opened: %w", err)
	}
	r.Causes = append(r.Causes, Cause{why.name, why.subject, act.At})
	return nil
}

// current is the client's open review, if there is one.
func current(ctx context.Context, tx *db.Tx, id clientele.ClientID) (Review, bool, error) {
	all, err := query(ctx, tx, "WHERE r.client_id = ? AND r.state = 'open'", string(id))
	if err != nil || len(all) == 0 {
		return Review{}, false, err
	}
	return all[0], true, nil
}

func exists(ctx context.Context, tx *db.Tx, query string, args ...any) (bool, error) {
	var one int
	err := tx.Row(ctx, query+" LIMIT 1", args, &one)
	if guard.NoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// renewable reports whether a client may be renewed without a person: nothing about it is
// new, changed, unused or wrong, it is of tier 0 or 1, and a person looked the last time.
func (r Review) renewable(ctx context.Context, tx *db.Tx, c inventory.Client) (bool, error) {
	before, ok, err := lastCompleted(ctx, tx, c.ID)
	if err != nil || !ok || before.Automatic {
		return false, err
	}
	_, there, err := active(ctx, tx, c.OwnerID)
	e := r.Evidence
	wrong := slices.ContainsFunc(e.Conditions, func(c clientele.Condition) bool { return c.Name != clientele.Expiring && c.Name != clientele.Overdue })
	return there && !c.AttestedAt.IsZero() && e.Tier <= 1 && r.Delta.Unchanged > 0 && r.Delta.Unchanged == len(e.Grants) &&
		len(e.Changes) == 0 && e.Findings == 0 && !wrong, err
}

// renew keeps a client by rule, with the evidence on record. It is the act review:renew, and
// errKnown if the client may not be renewed like that.
func renew(act *guard.Act, id clientele.ClientID) error {
	ctx := act.Context()
	c, err := inventory.Get(ctx, act.Tx, id)
	if err != nil {
		return err
	}
	if _, there, err := current(ctx, act.Tx, id); err != nil || there {
		return known(err)
	}
	r := Review{ID: act.NewID("rev"), Client: id, State: Kept, OpenedAt: act.At, DueAt: act.At.Add(time.Hour), DecidedAt: act.At, VerifiedAt: act.At, Automatic: true,
		OwnerID: c.OwnerID, BackupID: c.BackupID, TeamID: c.TeamID}
	if err := r.look(ctx, act.Tx, c, act.At); err != nil {
		return err
	}
	if ok, err := r.renewable(ctx, act.Tx, c); err != nil || !ok {
		return known(err)
	}
	if err := act.Allow(r.resource(nil)); err != nil {
		return err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Detail("unchanged", r.Delta.Unchanged)
	if err := insert(act, &r); err != nil {
		return err
	}
	if err := r.because(act, cause{name: Period, subject: fmt.Sprint(db.Micro(c.NextReviewAt))}); err != nil {
		return err
	}
	return reviewed(act, id, r.Tier)
}

// reviewed sets a client's next review.
func reviewed(act *guard.Act, id clientele.ClientID, tier clientele.Tier) error {
	return nextReview(act, id, act.At.Add(Every(tier)))
}

func nextReview(act *guard.Act, id clientele.ClientID, at time.Time) error {
	c, err := inventory.Get(act.Context(), act.Tx, id)
	if err != nil {
		return err
	}
	c.NextReviewAt = at
	return inventory.Save(act, &c, 0)
}
