package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
)

// insert makes a notice, unless there is one of this cause, or the recipient was told the
// same a short while ago.
func (m *maker) insert(kind, about, recipient string, f facts) error {
	if kinds[kind].quiet {
		var n int
		err := m.tx.Row(m.ctx, "SELECT COUNT(*) FROM notice WHERE recipient = ? AND kind = ? AND about = ? AND created_at > ? AND state IN ('pending', 'sent', 'folded')",
			[]any{recipient, kind, about, db.Micro(m.now.Add(-quietFor))}, &n)
		if err != nil {
			return fmt.Errorf("look for earlier notices: %w", err)
		}
		if n > 0 {
			return nil
		}
	}
	channel, err := m.channel(recipient)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("write a notice: %w", err)
	}
	state, sent := "pending", int64(0)
	if channel == Inbox {
		state, sent = "sent", db.Micro(m.now) // it is read where it is
	}
	_, err = m.tx.Exec(m.ctx, `INSERT INTO notice (id, cause, seq, kind, recipient, channel, about, state, payload, created_at, next_at, sent_at)
		VALUES `+db.Marks(12)+` ON CONFLICT (cause, recipient, kind) DO NOTHING`,
		m.id(kind, recipient, f), m.cause, m.seq, kind, recipient, channel, about, state, string(payload), db.Micro(m.now), db.Micro(m.now), sent)
	if err != nil {
		return fmt.Errorf("make a notice: %w", err)
	}
	return nil
}

// id is made of what the notice is, so that one that is made again after a backup was
// restored has the same, and another entry at the same place of the log has not. It begins
// with the time, so that ids sort.
func (m *maker) id(kind, recipient string, f facts) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{m.cause, m.salt, kind, recipient}, "\x00")))
	return fmt.Sprintf("ntc_%012x_%s", f.HappenedAt.UnixMilli(), hex.EncodeToString(sum[:12]))
}

// channel is how a recipient is told.
func (m *maker) channel(recipient string) (string, error) {
	if c, ok := m.n.c.Routes[recipient]; ok {
		return c, nil
	}
	if m.n.c.Senders[Mail] == nil {
		return Inbox, nil
	}
	p, err := identity.GetParty(m.ctx, m.tx, recipient)
	if err != nil {
		return "", err
	}
	if p.Email == "" {
		return Inbox, nil
	}
	return Mail, nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// id is the part of an object after its type, and "" if it is of another type.
func id(object, typ string) string {
	s, ok := strings.CutPrefix(object, typ+":")
	if !ok {
		return ""
	}
	return s
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func number(v any) int {
	f, _ := v.(float64)
	return int(f)
}

// list are the texts of a list that came out of JSON.
func list(v any) (out []string) {
	all, _ := v.([]any)
	for _, x := range all {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
