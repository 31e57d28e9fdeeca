// Package evidence gives the audit out and looks after it: reading, showing checkpoints,
// legal holds and pruning, each a governed act of its own, and bundles of entries with their
// proofs that can be verified without the database.
package evidence

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/tlog"
)

// Desk is where evidence is asked for.
type Desk struct {
	Log       *audit.Log
	Key       note.Verifier   // of the log
	KeyText   string          // the same as text, "name+hash+key"
	Witnesses []note.Verifier // that the log asks
	// WitnessTexts are their keys as text.
	WitnessTexts []string
	Signer       *audit.Signer // nil where this process signs nothing
	// Retention is how long bodies are kept at least; 0 stands for audit.Retention.
	Retention time.Duration
}

// Everything is the log as policy sees it.
func Everything() policy.Resource {
	return policy.Resource{Type: "Audit", ID: guard.All, Attrs: map[string]any{}}
}

// maxPrivate is how many entries are shown at a time with what they say of people: each is
// opened while other acts wait.
const maxPrivate = 100

// Read is the act audit:read: entries that match, one page of them. What they say of people
// is opened if private says so.
func (d *Desk) Read(act *guard.Act, f audit.Filter, p audit.Page, private bool) ([]clientele.Entry, string, error) {
	if err := act.Allow(Everything()); err != nil {
		return nil, "", err
	}
	if private {
		p.Limit = min(p.Limit, maxPrivate)
	}
	describe(act, f, private)
	entries, next, err := audit.Search(act.Context(), act.Tx, f, p)
	if err != nil || !private {
		return entries, next, err
	}
	for i := range entries {
		if err := d.Log.Unseal(act.Context(), act.Tx, &entries[i]); err != nil {
			return nil, "", err
		}
	}
	return entries, next, nil
}

// describe puts what is read into the act's entry.
func describe(act *guard.Act, f audit.Filter, private bool) {
	for k, v := range f.Details() {
		act.Detail(k, v)
	}
	if private {
		act.Detail("private", true)
	}
}

// Get is the act audit:read for one entry, with what it says of people.
func (d *Desk) Get(act *guard.Act, seq int64) (clientele.Entry, error) {
	if err := act.Allow(policy.Resource{Type: "Audit", ID: strconv.FormatInt(seq, 10), Attrs: map[string]any{}}); err != nil {
		return clientele.Entry{}, err
	}
	act.Detail("private", true)
	e, err := audit.Get(act.Context(), act.Tx, seq)
	if err != nil {
		return e, err
	}
	return e, d.Log.Unseal(act.Context(), act.Tx, &e)
}

// Export is the act audit:export, which precedes WriteBundle.
func (d *Desk) Export(act *guard.Act, f audit.Filter) error {
	if err := act.Allow(Everything()); err != nil {
		return err
	}
	describe(act, f, false)
	return nil
}

// Status is how far the log is signed, and who else holds it.
type Status struct {
	Head       audit.Head
	Signed     audit.Stored // of size 0: nothing
	Checkpoint []byte       // that one with its cosignatures
	Refused    error        // why nothing is signed
	Held       audit.Held
}

// Status reads how the log stands.
func (d *Desk) Status(ctx context.Context, tx *db.Tx) (s Status, err error) {
	if s.Head, err = d.Log.Head(ctx, tx); err != nil {
		return s, err
	}
	if s.Signed, err = audit.Newest(ctx, tx); err != nil {
		return s, err
	}
	if s.Signed.Size > 0 {
		if s.Checkpoint, err = audit.Cosigned(ctx, tx, s.Signed); err != nil {
			return s, err
		}
	}
	if d.Signer != nil {
		s.Refused = d.Signer.Err()
	}
	s.Held, err = d.Log.Held(ctx, tx)
	return s, err
}

// Show is the act audit:hold: the actor shows a signed checkpoint that they hold. If the log
// does not begin with its tree, it is audit.ErrRewritten.
func (d *Desk) Show(act *guard.Act, msg []byte) (audit.Stored, error) {
	c, err := tlog.Unverified(msg)
	if err != nil {
		return audit.Stored{}, err
	}
	if err := act.Allow(policy.Resource{Type: "Checkpoint", ID: strconv.FormatInt(c.Size, 10), Attrs: map[string]any{}}); err != nil {
		return audit.Stored{}, err
	}
	if act.Actor.Kind != clientele.PersonActor {
		return audit.Stored{}, clientele.Errorf(clientele.Invalid, "a checkpoint is shown by a person; machines are witnesses").
			WithHint("name the witness in the settings")
	}
	return d.Log.Show(act.Context(), act.Tx, msg, d.Key, act.Actor.String(), act.At)
}

// Prune is the act audit:prune: bodies of entries older than before go, but for legal holds.
// The zero time stands for what the retention allows.
func (d *Desk) Prune(act *guard.Act, before time.Time) (audit.Pruned, error) {
	if err := act.Allow(Everything()); err != nil {
		return audit.Pruned{}, err
	}
	before, err := d.Prunable(act.At, before)
	if err != nil {
		return audit.Pruned{}, err
	}
	p, err := d.Log.Prune(act.Context(), act.Tx, before)
	if err != nil {
		return p, err
	}
	act.Detail("before", before.UTC().Format(time.RFC3339))
	for k, v := range p.Details() {
		act.Detail(k, v)
	}
	return p, nil
}

// Prunable is the time before which bodies may be pruned: what is asked for if the retention
// allows it, and what it allows if nothing is.
func (d *Desk) Prunable(now, before time.Time) (time.Time, error) {
	latest := now.Add(-d.retention())
	if before.After(latest) {
		return before, clientele.Errorf(clientele.Invalid, "entries are kept until they are %d days old", int(d.retention().Hours()/24)).
			WithHint("prune before %s, or change the retention in the settings", latest.Format(time.DateOnly))
	}
	if before.IsZero() {
		return latest, nil
	}
	return before, nil
}

func (d *Desk) retention() time.Duration {
	if d.Retention == 0 {
		return audit.Retention
	}
	return d.Retention
}

func legalHold(id string) policy.Resource {
	return policy.Resource{Type: "LegalHold", ID: id, Attrs: map[string]any{}}
}

// PlaceHold is the act audit:legal_hold: entries from a time to another are not pruned.
// matter is the reference of a case, and names no person.
func (d *Desk) PlaceHold(act *guard.Act, from, to time.Time, matter string) (audit.LegalHold, error) {
	h := audit.LegalHold{ID: act.NewID("hld"), From: from.UTC(), To: to.UTC(), Matter: matter, By: act.Actor.ID, At: act.At}
	if err := act.Allow(legalHold(h.ID)); err != nil {
		return audit.LegalHold{}, err
	}
	for k, v := range h.Details() {
		act.Detail(k, v)
	}
	return h, audit.PlaceHold(act.Context(), act.Tx, h)
}

// LiftHold is the act audit:legal_hold that ends one.
func (d *Desk) LiftHold(act *guard.Act, id string) error {
	if err := act.Allow(legalHold(id)); err != nil {
		return err
	}
	act.Detail("op", "lift")
	return audit.LiftHold(act.Context(), act.Tx, id, act.At)
}
