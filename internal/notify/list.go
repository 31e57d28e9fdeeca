package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/notice"
)

// List shows what a person was told, or is about to be, by themselves, as one of a team or
// by their system roles: the newest first, with the cursor of what follows. waiting leaves
// out all but decisions that are still to be made; a page then may hold fewer than limit.
func (n *Notifier) List(ctx context.Context, tx *db.Tx, who clientele.Actor, waiting bool, limit int, after string) ([]notice.Told, string, error) {
	if limit <= 0 || limit > 500 {
		limit = 50
	}
	rows, err := n.kept(ctx, tx, recipients(who), after, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	w := writer{ctx, tx, n.c.BaseURL, n.now()}
	var out []notice.Told
	for _, r := range rows {
		t, err := w.told(r)
		if err != nil {
			return nil, "", err
		}
		if t.Waits || !waiting {
			out = append(out, t)
		}
	}
	return out, next, nil
}

// recipients are the names under which an actor is told things.
func recipients(a clientele.Actor) []any {
	out := []any{a.ID}
	for _, t := range a.Teams {
		out = append(out, t)
	}
	for _, r := range a.Roles {
		out = append(out, "role:"+string(r))
	}
	return out
}

// row is a notice as it is kept.
type row struct {
	notice.Told
	facts facts
}

func (n *Notifier) kept(ctx context.Context, tx *db.Tx, who []any, after string, limit int) (out []row, err error) {
	query := "SELECT id, kind, channel, state, payload, created_at, sent_at FROM notice WHERE kind <> 'digest' AND recipient IN " + db.Marks(len(who))
	args := slices.Clone(who)
	if after != "" {
		query += " AND id < ?"
		args = append(args, after)
	}
	err = tx.Each(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit), func(r db.Row) error {
		var k row
		var payload string
		var created, sent int64
		if err := r.Scan(&k.ID, &k.Kind, &k.Channel, &k.State, &payload, &created, &sent); err != nil {
			return err
		}
		k.CreatedAt, k.SentAt = db.Time(created), db.Time(sent)
		out = append(out, k)
		return json.Unmarshal([]byte(payload), &out[len(out)-1].facts)
	})
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return out, nil
}

// told is a notice with what it says now.
func (w writer) told(r row) (notice.Told, error) {
	m, still, err := w.message(r.Kind, r.facts)
	if err != nil {
		return notice.Told{}, err
	}
	m.ID, m.Kind, m.At = r.ID, r.Kind, r.facts.HappenedAt
	if !still {
		m.Subject, m.Lines, m.Act = settled(r.Kind), nil, nil
		m.More = w.about(r.facts)
	}
	t := r.Told
	t.Message, t.Waits = m, still && m.Act != nil
	return t, nil
}

// settled says that a notice of a kind needs nobody any more: "request.decide: settled".
func settled(kind string) string {
	noun, _, _ := strings.Cut(kind, ".")
	return "This " + strings.ReplaceAll(noun, "_", " ") + " needs nothing of you any more"
}

// about links to what a notice is about.
func (w writer) about(f facts) []notice.Link {
	switch {
	case f.Request != "":
		return w.link("The request", "/requests/", f.Request)
	case f.Review != "":
		return w.link("The review", "/reviews/", f.Review)
	case f.Client != "":
		return w.link("The client", "/clients/", f.Client)
	}
	return nil
}

// Try sends a person a message over every channel, to see whether that works. It is at once
// and keeps nothing.
func (n *Notifier) Try(ctx context.Context, personID string) ([]notice.Trial, error) {
	var p identity.Party
	err := n.c.DB.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = identity.GetParty(ctx, tx, personID)
		return err
	})
	if err != nil {
		return nil, err
	}
	now := n.now()
	m := notice.Message{
		ID: fmt.Sprintf("ntc_test_%x", now.UnixNano()), Kind: "notice.test", At: now, To: notice.Recipient{Name: p.Name, Email: p.Email},
		Subject: "This is how notices arrive", Lines: []string{"Somebody tried this channel out. There is nothing to do."},
		More: []notice.Link{{Label: "Clientele", URL: n.c.BaseURL}},
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var out []notice.Trial
	for _, channel := range slices.Sorted(maps.Keys(n.c.Senders)) {
		t := notice.Trial{Channel: channel}
		if err := n.c.Senders[channel].Send(ctx, m); err != nil {
			t.Problem = notice.AsFailure(err).Error()
		}
		out = append(out, t)
	}
	return out, nil
}

// span is a length of time in the unit people think of it in.
func span(d time.Duration) string {
	if d >= 2*day {
		return fmt.Sprintf("%d days", int(d/day))
	}
	return fmt.Sprintf("%d hours", int(d/time.Hour))
}
