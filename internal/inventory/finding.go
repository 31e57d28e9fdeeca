package inventory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// The states of a Finding.
const (
	FindingOpen       = "open"
	FindingClosed     = "closed"
	FindingSuppressed = "suppressed"
)

// Finding is one rule broken by one client. It opens, closes and opens again by what scans
// see.
type Finding struct {
	ID              string
	Client          clientele.ClientID
	Rule            string
	Severity        clientele.Severity
	CredentialID    string // of the value concerned, or empty
	Message, Remedy string
	Excuse          string // the reason for which the scanned tree lets it pass; it counts all the same
	State           string
	OpenedAt        time.Time
	ClosedAt        time.Time // zero unless closed
	Reopened        int64     // how often
	SuppressedUntil time.Time
	SuppressedBy    string
	SuppressedFor   string // the reason
}

// Resource is the finding as policy sees it, with the client it is on.
func (f Finding) Resource(c Client) policy.Resource {
	r := c.Resource()
	r.Type, r.ID = "Finding", f.ID
	r.Attrs["rule"], r.Attrs["severity"] = f.Rule, f.Severity.String()
	return r
}

const findingColumns = `f.id, f.client_id, f.rule, f.severity, COALESCE(f.credential_id, ''), f.message, f.remedy, f.excuse, f.state, f.opened_at, f.closed_at, f.reopened,
	f.suppressed_until, f.suppressed_by, f.suppressed_for`

func findings(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Finding, error) {
	var all []Finding
	err := tx.Each(ctx, query, args, func(r db.Row) error {
		var f Finding
		err := r.Scan(&f.ID, &f.Client, &f.Rule, &f.Severity, &f.CredentialID, &f.Message, &f.Remedy, &f.Excuse, &f.State, instant{&f.OpenedAt}, instant{&f.ClosedAt}, &f.Reopened,
			instant{&f.SuppressedUntil}, &f.SuppressedBy, &f.SuppressedFor)
		all = append(all, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return all, nil
}

// GetFinding reads a finding. The error is NotFound if there is none.
func GetFinding(ctx context.Context, tx *db.Tx, id string) (Finding, error) {
	all, err := findings(ctx, tx, "SELECT "+findingColumns+" FROM finding AS f WHERE f.id = ?", id)
	if err != nil {
		return Finding{}, err
	}
	if len(all) == 0 {
		return Finding{}, guard.NotFound("Finding")
	}
	return all[0], nil
}

// FindingFilter says which findings a list holds; empty fields leave it open.
type FindingFilter struct {
	Client    clientele.ClientID
	Rule      string
	State     string
	Severity  clientele.Severity // this or worse
	VisibleTo []string           // as in Filter; nil: all
}

// Findings lists findings by id.
func Findings(ctx context.Context, tx *db.Tx, f FindingFilter, p Page) ([]Finding, string, error) {
	where, args := []string{"f.id > ?"}, []any{p.After}
	add := func(piece string, more ...any) { where, args = append(where, piece), append(args, more...) }
	if f.Client != "" {
		add("f.client_id = ?", string(f.Client))
	}
	if f.Rule != "" {
		add("f.rule = ?", f.Rule)
	}
	if f.State != "" {
		add("f.state = ?", f.State)
	}
	if f.Severity > clientele.Info {
		add("f.severity >= ?", int64(f.Severity))
	}
	if f.VisibleTo != nil {
		seen := visibleCond(f.VisibleTo)
		add("EXISTS (SELECT 1 FROM client AS c WHERE c.id = f.client_id AND "+seen.test+")", seen.testArgs...)
	}
	limit := p.limit()
	all, err := findings(ctx, tx, "SELECT "+findingColumns+" FROM finding AS f WHERE "+strings.Join(where, " AND ")+" ORDER BY f.id LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	all, next := cutPage(all, limit, func(f Finding) string { return f.ID })
	return all, next, nil
}

// FindingPlace is where a finding holds, or held.
type FindingPlace struct {
	Host, File string
	Path       []string
	Line       int
	LastSeen   time.Time
	GoneAt     time.Time // zero: it holds
}

// FindingPlaces lists where a finding holds, up to 500.
func FindingPlaces(ctx context.Context, tx *db.Tx, id string) ([]FindingPlace, error) {
	var all []FindingPlace
	err := tx.Each(ctx, "SELECT host, file, path, line, last_seen, gone_at FROM finding_place WHERE finding_id = ? ORDER BY gone_at, host, place LIMIT 500", []any{id}, func(r db.Row) error {
		var p FindingPlace
		err := r.Scan(&p.Host, &p.File, list{&p.Path}, &p.Line, instant{&p.LastSeen}, instant{&p.GoneAt})
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read where a finding holds: %w", err)
	}
	return all, nil
}

// maxSuppression is how long a finding may be accepted at a time.
const maxSuppression = 366 * 24 * time.Hour

// SuppressFinding accepts a finding until a day: an act of its own, finding:suppress. A day
// that has come opens it again (ReopenFindings), and so does the zero time at once.
func SuppressFinding(act *guard.Act, id string, until time.Time, reason string) error {
	f, err := GetFinding(act.Context(), act.Tx, id)
	if err != nil {
		return err
	}
	c, err := Get(act.Context(), act.Tx, f.Client)
	if err != nil {
		return err
	}
	if err := act.Allow(f.Resource(c)); err != nil {
		return err
	}
	state := FindingSuppressed
	switch {
	case f.State == FindingClosed:
		return clientele.Errorf(clientele.Conflict, "the finding is closed already")
	case until.IsZero():
		state = FindingOpen
	case !until.After(act.At) || until.After(act.At.Add(maxSuppression)):
		return clientele.Errorf(clientele.Invalid, "a finding is accepted until a day within the next year")
	case reason == "" || len(reason) > maxMessage || strings.ContainsRune(reason, 0):
		return clientele.Errorf(clientele.Invalid, "say why, in up to %d bytes", maxMessage)
	}
	_, err = act.Tx.Exec(act.Context(), "UPDATE finding SET state = ?, suppressed_until = ?, suppressed_by = ?, suppressed_for = ? WHERE id = ?", state, db.Micro(until), act.Actor.ID, reason, id)
	if err != nil {
		return fmt.Errorf("suppress a finding: %w", err)
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Detail("rule", f.Rule)
	act.Detail("until", until.UTC().Format(time.DateOnly))
	act.Private("reason", reason)
	return recompute(act, []string{string(c.ID)})
}

// ReopenFindings opens up to 500 findings again whose day of suppression has come, and
// returns how many. It is no act of its own: a job calls it, under finding:suppress.
func ReopenFindings(act *guard.Act) (int, error) {
	due, err := findings(act.Context(), act.Tx, "SELECT "+findingColumns+" FROM finding AS f WHERE f.suppressed_until <> 0 AND f.suppressed_until <= ? AND f.state = 'suppressed' ORDER BY f.suppressed_until LIMIT 500", db.Micro(act.At))
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var ids, touched []string
	for _, f := range due {
		ids, touched = append(ids, f.ID), append(touched, string(f.Client))
	}
	if _, err := execIn(act.Context(), act.Tx, "UPDATE finding SET state = 'open', suppressed_until = 0 WHERE id", "", ids); err != nil {
		return 0, fmt.Errorf("open findings again: %w", err)
	}
	return len(due), recompute(act, touched)
}
