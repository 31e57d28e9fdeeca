package lifecycle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// Drill is one try at revoking a vendor's access by the book.
type Drill struct {
	ID      string
	Client  clientele.ClientID
	Runbook string // SHA-256 of the text that was tried, in hex
	By      string
	Passed  bool
	Note    string
	At      time.Time
}

func runbookHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Drills lists the drills of a client's runbooks, the newest first, 100 at most.
func Drills(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Drill, error) {
	var all []Drill
	err := tx.Each(ctx, "SELECT id, client_id, runbook, by, passed, note, at FROM drill WHERE client_id = ? ORDER BY at DESC, id DESC LIMIT 100", []any{string(id)}, func(r db.Row) error {
		var d Drill
		var at int64
		err := r.Scan(&d.ID, &d.Client, &d.Runbook, &d.By, truth{&d.Passed}, &d.Note, &at)
		d.At = db.Time(at)
		all = append(all, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read drills: %w", err)
	}
	return all, nil
}

// drilledAt is when a runbook's text was last drilled with success, if its last drill was one.
func drilledAt(ctx context.Context, tx *db.Tx, id clientele.ClientID, runbook string) (time.Time, error) {
	if runbook == "" {
		return time.Time{}, nil
	}
	var passed bool
	var at int64
	err := tx.Row(ctx, "SELECT passed, at FROM drill WHERE client_id = ? AND runbook = ? ORDER BY at DESC, id DESC LIMIT 1", []any{string(id), runbookHash(runbook)}, truth{&passed}, &at)
	if guard.NoRows(err) || err == nil && !passed {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read drills: %w", err)
	}
	return db.Time(at), nil
}

// SetVendor writes who runs a client from outside: sponsor, contact, contract's end and
// revocation runbook. It is the act vendor:describe. Another text of the runbook counts as
// drilled only if that text was; the client of a vendor is active only with one that was.
func SetVendor(act *guard.Act, id clientele.ClientID, v inventory.Vendor, ifVersion int64) (inventory.Client, error) {
	c, err := governed(act, id)
	if err != nil {
		return c, err
	}
	switch {
	case !c.State.Live() || c.State == clientele.Retiring:
		return c, clientele.Errorf(clientele.Conflict, "this client is %s", c.State)
	case v.Name == "" && c.Vendor.Name != "" && c.State != clientele.Discovered && c.State != clientele.Claimed:
		return c, guard.Deny("vendors-stay-vendors", "a vendor's client stays one").WithHint("retire it, and ask for a client of your own")
	}
	if v.Name != "" {
		if _, err := person(act.Context(), act.Tx, v.SponsorID, "the sponsor"); err != nil {
			return c, err
		}
	}
	if v.DrilledAt, err = drilledAt(act.Context(), act.Tx, id, v.Runbook); err != nil {
		return c, err
	}
	changed := v.Runbook != c.Vendor.Runbook
	if v.Name != "" && c.State == clientele.Active && v.DrilledAt.IsZero() {
		return c, guard.Deny("vendor-runbook-drilled", "this client is active: its runbook is replaced by one that was drilled").
			WithHint("drill the new text first: clientele vendor drill %s --runbook FILE --passed", c.ID)
	}
	c.Vendor = v
	act.Detail("runbook_changed", changed)
	act.Detail("sponsor", v.SponsorID)
	if !v.ContractEnd.IsZero() {
		act.Detail("contract_end", v.ContractEnd.Format(time.RFC3339))
	}
	act.Private("contact", v.Contact)
	if err := inventory.Save(act, &c, ifVersion); err != nil {
		return c, err
	}
	if v.Name == "" || v.ContractEnd.IsZero() {
		return c, nil
	}
	until := v.ContractEnd
	if until.Before(act.At) {
		until = act.At
	}
	_, err = cutGrants(act, &c, until, func(g Grant) bool { return g.ValidTo.After(until) })
	return c, err
}

// RecordDrill records a try at revoking a vendor's access. It is the act vendor:drill.
// runbook is the text that was tried; empty stands for the one on file. A failed drill of
// the text on file suspends an active client.
func RecordDrill(act *guard.Act, id clientele.ClientID, runbook string, passed bool, note string) (Drill, error) {
	c, err := governed(act, id)
	if err != nil {
		return Drill{}, err
	}
	if runbook == "" {
		runbook = c.Vendor.Runbook
	}
	switch {
	case c.Vendor.Name == "" || !c.State.Live():
		return Drill{}, clientele.Errorf(clientele.Conflict, "this is no vendor's client").WithHint("describe the vendor first: clientele vendor set %s", c.ID)
	case runbook == "":
		return Drill{}, clientele.Errorf(clientele.Conflict, "no runbook is on file").WithHint("put it on file first: clientele vendor set %s --runbook FILE", c.ID)
	}
	if err := text("the note", note, true); err != nil {
		return Drill{}, err
	}
	d := Drill{ID: act.NewID("drl"), Client: id, Runbook: runbookHash(runbook), By: act.Actor.ID, Passed: passed, Note: note, At: act.At}
	_, err = act.Tx.Exec(act.Context(), "INSERT INTO drill (id, client_id, runbook, by, passed, note, at) VALUES "+db.Marks(7),
		d.ID, string(id), d.Runbook, d.By, db.Bool(passed), note, db.Micro(d.At))
	if err != nil {
		return d, fmt.Errorf("record a drill: %w", err)
	}
	act.Detail("drill", d.ID)
	act.Detail("passed", passed)
	act.Detail("runbook", d.Runbook)
	act.Private("note", note)
	if d.Runbook != runbookHash(c.Vendor.Runbook) {
		return d, nil
	}
	return d, drilled(act, &c, passed)
}

// drilled notes how the last drill of the text on file went.
func drilled(act *guard.Act, c *inventory.Client, passed bool) error {
	if !passed && c.State == clientele.Active {
		err := act.Then(clientele.System("lifecycle", "a drill of its revocation runbook failed"), "client:suspend", func(sub *guard.Act) error {
			return Suspend(sub, c.ID, "a drill of its revocation runbook failed")
		})
		if err != nil {
			return err
		}
		suspended, err := inventory.Get(act.Context(), act.Tx, c.ID)
		if err != nil {
			return err
		}
		*c = suspended
	}
	c.Vendor.DrilledAt = time.Time{}
	if passed {
		c.Vendor.DrilledAt = act.At
	}
	return inventory.Save(act, c, 0)
}

// vendorReady is what has to hold before a vendor's client is active.
func (e eyes) vendorReady(c inventory.Client) error {
	v := c.Vendor
	if v.Name == "" {
		return nil
	}
	there, err := active(e.ctx, e.tx, v.SponsorID)
	if err != nil {
		return err
	}
	drilled, err := drilledAt(e.ctx, e.tx, c.ID, v.Runbook)
	if err != nil {
		return err
	}
	rule, msg := "vendor-runbook-drilled", ""
	switch {
	case !there:
		rule, msg = "vendor-sponsor", "its sponsor is not here any more"
	case v.Runbook == "":
		msg = "no revocation runbook is on file"
	case drilled.IsZero():
		msg = "its revocation runbook was not drilled with success since it was last written"
	case !v.ContractEnd.After(e.at):
		rule, msg = "vendor-contract", "the contract's end is not on file or has passed"
	default:
		return nil
	}
	return guard.Deny(rule, "a vendor's client cannot be active: %s", msg).WithHint("clientele vendor set %s, and clientele vendor drill %s", c.ID, c.ID)
}
