// Package change keeps change records: why, and when, something may be changed. A record is
// either kept here, or it refers to a ticket of Jira, ServiceNow, GitHub or GitLab together
// with what that system last said of it.
//
//	kept here   open ──approve (by somebody else)──▶ approved ──▶ closed
//	              └───────────────────────────────────────────▶ cancelled
//	            an edit of an approved record makes it open again
//	elsewhere   unknown ──verify──▶ what the system says: open, approved, closed, cancelled, unknown
//
// What another system said holds for a while (Record.GoodUntil) and is then asked again. If
// the system does not answer, the old state stands with its age, and is not relied upon.
package change

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/ticket"
)

// BuiltIn is the System of records that are kept here.
const BuiltIn = "clientele"

// The states of a record, in the words that package ticket has for those of other systems.
const (
	StateOpen      = string(ticket.Open)
	StateApproved  = string(ticket.Approved)
	StateClosed    = string(ticket.Closed)
	StateCancelled = string(ticket.Cancelled)
	StateUnknown   = string(ticket.Unknown)
)

// Record is one change record.
type Record struct {
	ID       string // chg_…
	System   string // BuiltIn, or a ticket.System
	Key      string // the ticket's key; the id of a record kept here
	URL      string // where a person opens the ticket, once verified
	Title    string
	State    string // one of the states above
	RawState string // in the other system's own words
	By       string // the id of who opened it, or first referred to it
	EditedBy string // who last wrote its title or window
	// ApprovedBy approved a record kept here: neither By nor EditedBy.
	ApprovedBy string
	// Verified says that State is what the other system answered at CheckedAt. It may be
	// relied on until GoodUntil.
	Verified             bool
	CheckedAt, GoodUntil time.Time
	// NextCheckAt is when the system is asked again by itself; zero: not.
	NextCheckAt time.Time
	Failures    int64 // checks in a row without an answer
	// WindowFrom and WindowTo bound when the change is to happen; zero: no bound.
	WindowFrom, WindowTo             time.Time
	ApprovedAt, CreatedAt, UpdatedAt time.Time
	Version                          int64

	host string // of the address the reference was read from
}

// Ref is how people write it: "jira:OPS-1", or the id of a record kept here.
func (r Record) Ref() string {
	if r.System == BuiltIn {
		return r.ID
	}
	return r.System + ":" + r.Key
}

func (r Record) ticketRef() ticket.Ref {
	return ticket.Ref{System: ticket.System(r.System), Key: r.Key, Host: r.host}
}

// Resource is the record as policy sees it.
func (r Record) Resource() policy.Resource {
	return policy.Resource{Type: "Change", ID: r.ID, Attrs: map[string]any{"author": r.By, "system": r.System, "state": r.State}}
}

// OpenAt reports whether something may be done under this record at t: it is open or
// approved, t is within its window, and, for a ticket, the other system said so not long ago.
func (r Record) OpenAt(t time.Time) bool { return r.Obstacle(t) == "" }

// Obstacle says why nothing may be done under this record at t, in words that follow "the
// change record"; it is empty if something may.
func (r Record) Obstacle(t time.Time) string {
	switch {
	case r.System != BuiltIn && r.CheckedAt.IsZero():
		return "was never verified"
	case r.System != BuiltIn && !r.Verified:
		return "could not be found by " + r.System
	case r.State != StateOpen && r.State != StateApproved:
		return "is " + r.State
	case r.System != BuiltIn && !t.Before(r.GoodUntil):
		return "was last verified at " + r.CheckedAt.Format(time.RFC3339) + ", which is too long ago"
	case t.Before(r.WindowFrom):
		return "is planned from " + r.WindowFrom.Format(time.RFC3339) + " on"
	case !r.WindowTo.IsZero() && !t.Before(r.WindowTo):
		return "was planned until " + r.WindowTo.Format(time.RFC3339)
	}
	return ""
}

const columns = `id, system, key, host, url, title, state, raw_state, verified, checked_at, good_until, next_check_at, failures,
	window_from, window_to, created_by, edited_by, approved_by, approved_at, created_at, updated_at, version`

func scan(row db.Row) (Record, error) {
	var r Record
	var verified, checked, good, next, from, to, approved, created, updated int64
	err := row.Scan(&r.ID, &r.System, &r.Key, &r.host, &r.URL, &r.Title, &r.State, &r.RawState, &verified, &checked, &good, &next, &r.Failures,
		&from, &to, &r.By, &r.EditedBy, &r.ApprovedBy, &approved, &created, &updated, &r.Version)
	r.Verified = verified == 1
	r.CheckedAt, r.GoodUntil, r.NextCheckAt = db.Time(checked), db.Time(good), db.Time(next)
	r.WindowFrom, r.WindowTo, r.ApprovedAt = db.Time(from), db.Time(to), db.Time(approved)
	r.CreatedAt, r.UpdatedAt = db.Time(created), db.Time(updated)
	return r, err
}

func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Record, error) {
	var all []Record
	err := tx.Each(ctx, "SELECT "+columns+" FROM change "+where, args, func(row db.Row) error {
		r, err := scan(row)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read change records: %w", err)
	}
	return all, nil
}

func one(ctx context.Context, tx *db.Tx, where string, args ...any) (Record, error) {
	all, err := query(ctx, tx, where, args...)
	if err != nil {
		return Record{}, err
	}
	if len(all) == 0 {
		return Record{}, guard.NotFound("Change")
	}
	return all[0], nil
}

// Get reads a record by its id.
func Get(ctx context.Context, tx *db.Tx, id string) (Record, error) {
	return one(ctx, tx, "WHERE id = ?", id)
}

// Find reads a record by its id, by the short form of a reference, or by the address of the
// ticket's page: chg_…, jira:OPS-1, https://acme.atlassian.net/browse/OPS-1. A text that is
// none of these is Invalid.
func Find(ctx context.Context, tx *db.Tx, text string) (Record, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "chg_") {
		return Get(ctx, tx, text)
	}
	ref, err := ticket.ParseRef(text)
	if err != nil {
		return Record{}, err
	}
	r, err := one(ctx, tx, "WHERE system = ? AND key = ?", string(ref.System), ref.Key)
	if err != nil {
		return Record{}, err
	}
	if ref.Host != "" && r.site() != "" && ref.Host != r.site() {
		return Record{}, guard.NotFound("Change")
	}
	return r, nil
}

// Page is a part of a list: at most Limit records (0: 50, at most 500) after the id After.
type Page struct {
	Limit int
	After string
}

// Filter chooses records; an empty field chooses all.
type Filter struct {
	System, State string
	By            string // who opened it
}

// List lists records by id, oldest first, and gives the cursor of the next page.
func List(ctx context.Context, tx *db.Tx, f Filter, p Page) ([]Record, string, error) {
	if p.Limit <= 0 {
		p.Limit = 50
	}
	p.Limit = min(p.Limit, 500)
	where, args := "WHERE id > ?", []any{p.After}
	for _, c := range []struct{ piece, value string }{{" AND system = ?", f.System}, {" AND state = ?", f.State}, {" AND created_by = ?", f.By}} {
		if c.value != "" {
			where, args = where+c.piece, append(args, c.value)
		}
	}
	all, err := query(ctx, tx, where+" ORDER BY id LIMIT ?", append(args, p.Limit+1)...)
	if err != nil || len(all) <= p.Limit {
		return all, "", err
	}
	return all[:p.Limit], all[p.Limit-1].ID, nil
}

// Check is what was said when another system was asked.
type Check struct {
	At                   time.Time
	Answer               string // said, unavailable, or missing: the system does not know the ticket
	State, RawState      string
	Title                string
	WindowFrom, WindowTo time.Time
	Reason               string // why there was no answer
}

// History lists the latest checks of a record, newest first, 100 at most.
func History(ctx context.Context, tx *db.Tx, id string) ([]Check, error) {
	var all []Check
	err := tx.Each(ctx, `SELECT at, answer, state, raw_state, title, window_from, window_to, reason
		FROM change_check WHERE change_id = ? ORDER BY version DESC LIMIT 100`, []any{id}, func(row db.Row) error {
		var c Check
		var at, from, to int64
		err := row.Scan(&at, &c.Answer, &c.State, &c.RawState, &c.Title, &from, &to, &c.Reason)
		c.At, c.WindowFrom, c.WindowTo = db.Time(at), db.Time(from), db.Time(to)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the checks of a change record: %w", err)
	}
	return all, nil
}

func conflict(hint, format string, args ...any) error {
	return clientele.Errorf(clientele.Conflict, format, args...).WithHint("%s", hint)
}
