package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/notice"
)

// A recipient gets up to maxAlone messages in a window by themselves. What comes beyond
// waits for the end of the window and is folded into digests of up to maxFolded, so that
// each decision in one is shown with its link.
const (
	maxAlone  = 5
	window    = 10 * time.Minute
	maxFolded = 25 // what a letter shows
	maxGather = 5000
)

// fresh is a notice that was not tried yet.
type fresh struct {
	id, recipient, kind string
	next                int64
}

// plan is what is done about too many notices for one recipient.
type plan struct {
	fold []fresh   // into digests, now
	hold []fresh   // back
	till time.Time // for those held
}

// gather holds back and folds what is too much for a recipient of the channel.
func (n *Notifier) gather(ctx context.Context, channel string) error {
	now := n.now()
	var plans []plan
	err := n.c.DB.Read(ctx, func(tx *db.Tx) (err error) { // most of the time nothing is: do not lock
		plans, err = plansOf(ctx, tx, channel, now)
		return err
	})
	if err != nil || len(plans) == 0 {
		return err
	}
	return n.c.DB.Write(ctx, func(tx *db.Tx) error {
		plans, err := plansOf(ctx, tx, channel, now)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if err := p.carryOut(ctx, tx, channel, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// plansOf looks at all recipients for whom something is due.
func plansOf(ctx context.Context, tx *db.Tx, channel string, now time.Time) (plans []plan, err error) {
	all, err := untried(ctx, tx, channel)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	recent, err := recentOf(ctx, tx, channel, now)
	if err != nil {
		return nil, err
	}
	for len(all) > 0 {
		k := slices.IndexFunc(all, func(f fresh) bool { return f.recipient != all[0].recipient })
		if k < 0 {
			k = len(all)
		}
		if p := planFor(all[:k], recent[all[0].recipient], now); p != nil {
			plans = append(plans, *p)
		}
		all = all[k:]
	}
	return plans, nil
}

// planFor decides about one recipient: nil lets everything go.
func planFor(all []fresh, sent recent, now time.Time) *plan {
	var due []fresh
	for _, f := range all {
		if f.next <= db.Micro(now) {
			due = append(due, f)
		}
	}
	switch {
	case len(due) == 0 || sent.n+len(all) <= maxAlone:
		return nil
	case sent.n > 0:
		return &plan{hold: due, till: sent.last.Add(window)}
	}
	return &plan{fold: all}
}

// untried lists what may be held back or folded, by recipient.
func untried(ctx context.Context, tx *db.Tx, channel string) (out []fresh, err error) {
	err = tx.Each(ctx, `SELECT id, recipient, kind, next_at FROM notice WHERE channel = ? AND state = 'pending' AND attempts = 0
		ORDER BY recipient, id LIMIT ?`, []any{channel, maxGather}, func(r db.Row) error {
		var f fresh
		err := r.Scan(&f.id, &f.recipient, &f.kind, &f.next)
		if !kinds[f.kind].urgent {
			out = append(out, f)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for notices to fold: %w", err)
	}
	return out, nil
}

// recent is what a recipient was sent within the window: how much, and when last.
type recent struct {
	n    int
	last time.Time
}

func recentOf(ctx context.Context, tx *db.Tx, channel string, now time.Time) (map[string]recent, error) {
	out := map[string]recent{}
	err := tx.Each(ctx, `SELECT recipient, COUNT(*), MAX(sent_at) FROM notice WHERE channel = ? AND state = 'sent' AND sent_at > ? GROUP BY recipient`,
		[]any{channel, db.Micro(now.Add(-window))}, func(r db.Row) error {
			var who string
			var last int64
			var x recent
			err := r.Scan(&who, &x.n, &last)
			x.last = db.Time(last)
			out[who] = x
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("count what was sent: %w", err)
	}
	return out, nil
}

func (p plan) carryOut(ctx context.Context, tx *db.Tx, channel string, now time.Time) error {
	for _, f := range p.hold {
		if _, err := tx.Exec(ctx, "UPDATE notice SET next_at = ? WHERE id = ?", db.Micro(p.till), f.id); err != nil {
			return fmt.Errorf("hold a notice back: %w", err)
		}
	}
	for _, group := range groups(p.fold) {
		if err := fold(ctx, tx, channel, group, now); err != nil {
			return err
		}
	}
	return nil
}

// groups shares notices out to digests: each decision is among the first 25 of one.
func groups(due []fresh) [][]fresh {
	var decisions, others []fresh
	for _, f := range due {
		if kinds[f.kind].decision {
			decisions = append(decisions, f)
		} else {
			others = append(others, f)
		}
	}
	out := slices.Collect(slices.Chunk(decisions, maxFolded))
	if len(others) == 0 {
		return out
	}
	if k := len(out) - 1; k >= 0 && len(out[k])+len(others) <= maxFolded {
		out[k] = slices.Concat(out[k], others)
		return out
	}
	return append(out, others)
}

// fold puts notices into a new digest.
func fold(ctx context.Context, tx *db.Tx, channel string, group []fresh, now time.Time) error {
	h := sha256.New()
	for _, f := range group {
		h.Write([]byte(f.id + "\x00"))
	}
	sum := hex.EncodeToString(h.Sum(nil)[:12])
	id := fmt.Sprintf("ntc_%012x_%s", now.UnixMilli(), sum)
	payload, err := json.Marshal(facts{HappenedAt: now})
	if err != nil {
		return fmt.Errorf("write a digest: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO notice (id, cause, seq, kind, recipient, channel, about, state, payload, created_at, next_at) VALUES `+db.Marks(11),
		id, "digest:"+sum, -1, Digest, group[0].recipient, channel, "", "pending", string(payload), db.Micro(now), db.Micro(now))
	if err != nil {
		return fmt.Errorf("make a digest: %w", err)
	}
	for chunk := range slices.Chunk(group, 500) {
		args := []any{id}
		for _, f := range chunk {
			args = append(args, f.id)
		}
		_, err := tx.Exec(ctx, "UPDATE notice SET state = 'folded', digest_id = ? WHERE state = 'pending' AND id IN "+db.Marks(len(chunk)), args...)
		if err != nil {
			return fmt.Errorf("fold notices: %w", err)
		}
	}
	return nil
}

// digest writes the message of a digest from what is still true of its notices. A letter
// shows the first 25, and the decisions are no more than that.
func (w writer) digest(a *attempt) (notice.Message, bool, error) {
	var folded []attempt
	err := w.tx.Each(w.ctx, "SELECT id, kind, payload FROM notice WHERE digest_id = ? ORDER BY id", []any{a.id}, func(r db.Row) error {
		var f attempt
		var payload string
		if err := r.Scan(&f.id, &f.kind, &payload); err != nil {
			return err
		}
		folded = append(folded, f)
		return json.Unmarshal([]byte(payload), &folded[len(folded)-1].facts)
	})
	if err != nil {
		return notice.Message{}, false, fmt.Errorf("read a digest: %w", err)
	}
	slices.SortStableFunc(folded, func(a, b attempt) int { return rank(a.kind) - rank(b.kind) })
	m := notice.Message{Kind: Digest, At: a.facts.HappenedAt}
	decisions := 0
	for _, f := range folded {
		item, ok, err := w.message(f.kind, f.facts)
		if err != nil {
			return notice.Message{}, false, err
		}
		if ok {
			m.Digest = append(m.Digest, item)
			decisions += 1 - rank(f.kind)
		}
	}
	m.Subject = subject(decisions, len(m.Digest)-decisions)
	m.More = []notice.Link{{Label: "All of your notices", URL: w.base + "/notices"}}
	return m, len(m.Digest) > 0, nil
}

// rank puts decisions first.
func rank(kind string) int {
	if kinds[kind].decision {
		return 0
	}
	return 1
}

func subject(decisions, others int) string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{{decisions, "decision waits for you", "decisions wait for you"}, {others, "thing to know", "things to know"}} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.one)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.many))
		}
	}
	return strings.Join(parts, ", ")
}
