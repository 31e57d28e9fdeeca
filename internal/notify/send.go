package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/notice"
)

// How often and how long a notice is tried.
const (
	maxAttempts = 20
	firstRetry  = time.Minute
	longRetry   = 6 * time.Hour
	sendTimeout = time.Minute
	lease       = 2 * time.Minute // for one attempt, after which another may be made
	// maxInRow failures end a round: the channel is down, and trying all others of it only
	// uses their attempts up.
	maxInRow = 3
	maxRound = 200 // messages in one round
)

// attempt is a notice that this process has taken to send.
type attempt struct {
	id, kind, recipient, channel string
	number                       int64 // of the attempt, which nobody else has
	facts                        facts
}

// Send sends what is due on a channel and returns how many messages it tried. Before that
// it folds what is too much into digests.
func (n *Notifier) Send(ctx context.Context, channel string) (int, error) {
	if err := n.gather(ctx, channel); err != nil {
		return 0, err
	}
	failed := 0
	for i := range maxRound {
		if failed == maxInRow || ctx.Err() != nil {
			return 0, ctx.Err() // wait a while
		}
		a, err := n.take(ctx, channel)
		if err != nil || a == nil {
			return i, err
		}
		ok, err := n.try(ctx, a)
		if err != nil {
			return i, err
		}
		if failed++; ok {
			failed = 0
		}
	}
	return maxRound, nil
}

// take marks the next due notice as tried, before it is, so that nobody else sends it
// meanwhile, and returns nil if there is none.
func (n *Notifier) take(ctx context.Context, channel string) (*attempt, error) {
	var a *attempt
	err := n.c.DB.Write(ctx, func(tx *db.Tx) error {
		now := n.now()
		err := tx.Each(ctx, "SELECT id, kind, recipient, channel, attempts, payload FROM notice WHERE channel = ? AND state = 'pending' AND next_at <= ? ORDER BY next_at, id LIMIT 1",
			[]any{channel, db.Micro(now)}, func(r db.Row) error {
				a = &attempt{}
				var payload string
				if err := r.Scan(&a.id, &a.kind, &a.recipient, &a.channel, &a.number, &payload); err != nil {
					return err
				}
				return json.Unmarshal([]byte(payload), &a.facts)
			})
		if err != nil || a == nil {
			return err
		}
		changed, err := tx.Exec(ctx, "UPDATE notice SET attempts = attempts + 1, next_at = ? WHERE id = ? AND state = 'pending' AND attempts = ?",
			db.Micro(now.Add(lease)), a.id, a.number)
		if a.number++; changed == 0 {
			a = nil // another process was faster
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take a notice: %w", err)
	}
	return a, nil
}

// try sends one notice and notes how it went. It reports whether the channel works.
func (n *Notifier) try(ctx context.Context, a *attempt) (bool, error) {
	var m notice.Message
	still := false
	err := n.c.DB.Read(ctx, func(tx *db.Tx) (err error) {
		m, still, err = n.write(ctx, tx, a)
		return err
	})
	if err != nil && a.number >= maxAttempts {
		return true, n.settle(ctx, a, "failed", "it could not be written")
	}
	if err != nil {
		return false, fmt.Errorf("write the notice %s: %w", a.id, err)
	}
	if !still {
		return true, n.settle(ctx, a, "expired", "")
	}
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err = n.c.Senders[a.channel].Send(sending, m)
	if err == nil {
		n.c.Metrics.count(a.channel, "sent")
		return true, n.settle(ctx, a, "sent", "")
	}
	if ctx.Err() != nil {
		return false, nil // we are stopping: it is tried again when the lease is over
	}
	return n.refused(ctx, a, notice.AsFailure(err))
}

// refused notes a failure: the next attempt, or the end.
func (n *Notifier) refused(ctx context.Context, a *attempt, f *notice.Failure) (bool, error) {
	n.c.Log.Warn("a notice was not sent", "notice", a.id, "channel", a.channel, "attempt", a.number, "error", f)
	if !f.Temporary || a.number >= maxAttempts {
		n.c.Metrics.count(a.channel, "failed")
		return !f.Temporary && !f.Disable, n.settle(ctx, a, "failed", f.Error())
	}
	n.c.Metrics.count(a.channel, "retried")
	err := n.c.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE notice SET next_at = ?, error = ? WHERE id = ? AND state = 'pending' AND attempts = ?",
			db.Micro(n.now().Add(max(pause(a.number), f.RetryAfter))), f.Error(), a.id, a.number)
		return err
	})
	return false, err
}

// pause doubles from a minute to six hours, and is up to a tenth longer, so that what failed
// together does not come back together.
func pause(attempt int64) time.Duration {
	d := longRetry
	if attempt < 10 {
		d = min(d, firstRetry<<(attempt-1))
	}
	return d + rand.N(d/10)
}

// settle ends a notice, if it is still this attempt's.
func (n *Notifier) settle(ctx context.Context, a *attempt, state, problem string) error {
	// What was sent is noted although the program is about to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	now := n.now()
	sent := int64(0)
	if state == "sent" {
		sent = db.Micro(now)
	}
	err := n.c.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE notice SET state = ?, sent_at = ?, error = ? WHERE id = ? AND state = 'pending' AND attempts = ?",
			state, sent, problem, a.id, a.number)
		return err
	})
	if err != nil {
		return fmt.Errorf("note how a notice went: %w", err)
	}
	return nil
}

// write writes a notice's message; false if there is nothing to say any more, or nobody to
// say it to.
func (n *Notifier) write(ctx context.Context, tx *db.Tx, a *attempt) (notice.Message, bool, error) {
	w := writer{ctx, tx, n.c.BaseURL, n.now()}
	to, ok, err := w.recipient(a.recipient)
	if err != nil || !ok {
		return notice.Message{}, false, err
	}
	var m notice.Message
	if a.kind == Digest {
		m, ok, err = w.digest(a)
	} else {
		m, ok, err = w.message(a.kind, a.facts)
	}
	m.ID, m.To = a.id, to
	return m, ok, err
}

// recipient looks up whom a notice is for; false for people who left.
func (w writer) recipient(id string) (notice.Recipient, bool, error) {
	if len(id) > 5 && id[:5] == "role:" {
		return notice.Recipient{Name: id[5:]}, true, nil
	}
	p, err := identity.GetParty(w.ctx, w.tx, id)
	if clientele.KindOf(err) == clientele.NotFound {
		return notice.Recipient{}, false, nil
	}
	return notice.Recipient{Name: p.Name, Email: p.Email}, err == nil && p.Active, err
}
