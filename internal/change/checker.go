package change

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/ticket"
)

const (
	// defaultMaxAge is how long an answer may be relied on.
	defaultMaxAge = 15 * time.Minute
	// recheck is how often an open ticket is asked after by itself, and the longest wait
	// after a system did not answer.
	recheck = time.Hour
	// giveUp is how often a ticket is asked after that its system does not know, or whose
	// system is not connected.
	giveUp = 10
	// batch is how many records one sweep looks at.
	batch = 100
)

// Checker asks the other systems. Its methods do network and are no acts themselves: they
// ask first, and record what was said in one.
type Checker struct {
	Guard   *guard.Guard
	Drivers ticket.Drivers
	// MaxAge is how long an answer may be relied on before the system has to be asked
	// again. 0 stands for 15 minutes.
	MaxAge time.Duration
}

// Verify asks the system that keeps the record how it stands and records the answer, in the
// act change:verify. It returns the record as it is then: if the system did not answer, as
// it was before, together with an error of kind Unavailable.
func (c Checker) Verify(ctx context.Context, actor clientele.Actor, id string) (Record, error) {
	r, err := c.look(ctx, actor, id)
	if err != nil {
		return Record{}, err
	}
	if r.System == BuiltIn {
		return r, nil
	}
	asked := c.Guard.Now()
	t, said := c.Drivers.Check(ctx, r.ticketRef())
	if err := ctx.Err(); err != nil {
		return Record{}, err // who asked has gone: that says nothing of the ticket
	}
	err = c.Guard.Do(ctx, actor, "change:verify", func(act *guard.Act) (err error) {
		r, err = c.record(act, id, asked, t, said)
		return err
	})
	if err != nil {
		return Record{}, err
	}
	return r, said
}

// Fresh is Verify for a record whose last answer is too old to be relied on, and reads all
// others.
func (c Checker) Fresh(ctx context.Context, actor clientele.Actor, id string) (Record, error) {
	r, err := c.look(ctx, actor, id)
	if err != nil || r.Verified && c.Guard.Now().Before(r.GoodUntil) {
		return r, err
	}
	return c.Verify(ctx, actor, id)
}

// look reads the record and asks policy before any other system is. A denial is recorded.
func (c Checker) look(ctx context.Context, actor clientele.Actor, id string) (r Record, err error) {
	err = c.Guard.View(ctx, actor, "change:verify", func(v *guard.View) (err error) {
		if r, err = Get(ctx, v.Tx, id); err != nil {
			return err
		}
		return v.Allow(r.Resource())
	})
	if clientele.KindOf(err) == clientele.Denied {
		err = c.Guard.Do(ctx, actor, "change:verify", func(act *guard.Act) error { return act.Allow(r.Resource()) })
	}
	return r, err
}

// record writes what was said, unless something newer is there already.
func (c Checker) record(act *guard.Act, id string, asked time.Time, t ticket.Ticket, said error) (Record, error) {
	r, err := Get(act.Context(), act.Tx, id)
	if err != nil {
		return Record{}, err
	}
	if err := act.Allow(r.Resource()); err != nil {
		return Record{}, err
	}
	act.Under(r.ID)
	act.Detail("system", r.System)
	check := Check{At: asked, Answer: "said"}
	switch {
	case said == nil:
		check.State, check.RawState, check.Title = string(t.State), t.RawState, t.Title
		check.WindowFrom, check.WindowTo = t.WindowFrom, t.WindowTo
		act.Private(r.ID+":assignee", t.Assignee)
	case clientele.KindOf(said) == clientele.NotFound:
		check.Answer, check.Reason = "missing", said.Error()
	default:
		check.Answer, check.Reason = "unavailable", reason(said)
	}
	act.Detail("answer", check.Answer)
	if asked.Before(r.CheckedAt) {
		act.Detail("outdated", true)
	} else {
		c.apply(&r, act.At, check, t.URL, said)
	}
	if err := update(act, &r); err != nil {
		return Record{}, err
	}
	return r, keep(act, r, check)
}

// apply makes the answer the record's state, and says when to ask again.
func (c Checker) apply(r *Record, now time.Time, check Check, url string, said error) {
	maxAge := c.MaxAge
	if maxAge <= 0 {
		maxAge = defaultMaxAge
	}
	switch check.Answer {
	case "said":
		r.URL, r.Title, r.State, r.RawState = url, check.Title, check.State, check.RawState
		r.WindowFrom, r.WindowTo = check.WindowFrom, check.WindowTo
		if !r.WindowTo.IsZero() && !r.WindowTo.After(r.WindowFrom) {
			r.WindowTo = r.WindowFrom.Add(time.Microsecond) // a window that is none: it opens for nobody
		}
		r.Verified, r.CheckedAt, r.GoodUntil, r.Failures = true, check.At, check.At.Add(maxAge), 0
		r.NextCheckAt = now.Add(recheck)
		if ended(r.State) {
			r.NextCheckAt = time.Time{}
		}
	case "missing":
		r.Verified, r.CheckedAt, r.GoodUntil, r.State, r.RawState = false, check.At, time.Time{}, StateUnknown, ""
		r.Failures++
		r.NextCheckAt = now.Add(backoff(r.Failures, 0))
		if r.Failures >= giveUp {
			r.NextCheckAt = time.Time{}
		}
	default:
		r.Failures++
		r.NextCheckAt = now.Add(backoff(r.Failures, wait(said)))
		if clientele.KindOf(said) == clientele.Invalid && r.Failures >= giveUp {
			r.NextCheckAt = time.Time{} // its system is not connected, or the link is to another
		}
	}
}

// backoff is a minute, doubled with each failure up to an hour, and at least what the
// system asked for.
func backoff(failures int64, atLeast time.Duration) time.Duration {
	return max(min(time.Minute<<min(failures-1, 10), recheck), atLeast)
}

func wait(err error) time.Duration {
	var u *ticket.Unavailable
	if errors.As(err, &u) {
		return u.Wait
	}
	return 0
}

// reason is what a person may read of an error.
func reason(err error) string {
	var u *ticket.Unavailable
	if errors.As(err, &u) || clientele.KindOf(err) == clientele.Invalid {
		return err.Error()
	}
	return "the check did not work"
}

func keep(act *guard.Act, r Record, c Check) error {
	_, err := act.Tx.Exec(act.Context(), `INSERT INTO change_check (change_id, version, at, answer, state, raw_state, title, window_from, window_to, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Version, db.Micro(c.At), c.Answer, c.State, c.RawState, c.Title, db.Micro(c.WindowFrom), db.Micro(c.WindowTo), c.Reason)
	if err != nil {
		return fmt.Errorf("keep what was said of a change: %w", err)
	}
	return nil
}

// Sweep asks after the records that are due and returns how many got an answer. A system
// that does not answer is left alone for the rest of the sweep. That two sweeps run at the
// same time does no harm.
func (c Checker) Sweep(ctx context.Context) (int, error) {
	actor := clientele.System("change-check", "an open change is checked every hour")
	var due []Record
	err := c.Guard.DB().Read(ctx, func(tx *db.Tx) (err error) {
		due, err = query(ctx, tx, "WHERE next_check_at > 0 AND next_check_at <= ? ORDER BY next_check_at LIMIT ?", db.Micro(c.Guard.Now()), batch)
		return err
	})
	if err != nil {
		return 0, err
	}
	var n int
	var errs []error
	down := map[string]bool{}
	for _, r := range due {
		if down[r.System] {
			continue
		}
		_, err := c.Verify(ctx, actor, r.ID)
		switch kind := clientele.KindOf(err); {
		case err == nil:
			n++
		case ctx.Err() != nil:
			return n, ctx.Err()
		case kind == clientele.Unavailable:
			down[r.System] = true
		case kind != clientele.NotFound && kind != clientele.Invalid:
			errs = append(errs, fmt.Errorf("check %s: %w", r.Ref(), err))
		}
	}
	return n, errors.Join(errs...)
}
