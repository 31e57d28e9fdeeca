package change

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/ticket"
)

// Draft is what a person writes in a record that is kept here.
type Draft struct {
	Title                string
	WindowFrom, WindowTo time.Time // zero: no bound
}

// clean makes the title one line and holds the window to be one.
func (d *Draft) clean() error {
	d.Title = ticket.Line(d.Title)
	d.WindowFrom, d.WindowTo = d.WindowFrom.UTC().Truncate(time.Microsecond), d.WindowTo.UTC().Truncate(time.Microsecond)
	if d.Title == "" {
		return clientele.Errorf(clientele.Invalid, "a change record needs a title").WithHint("say in one line what is to be changed")
	}
	if !d.WindowTo.IsZero() && !d.WindowTo.After(d.WindowFrom) {
		return clientele.Errorf(clientele.Invalid, "the window of the change ends before it begins")
	}
	return nil
}

// Open opens a record that is kept here. It is the act change:create.
func Open(act *guard.Act, d Draft) (Record, error) {
	r := Record{ID: act.NewID("chg"), System: BuiltIn, State: StateOpen, By: act.Actor.ID, EditedBy: act.Actor.ID}
	r.Key = r.ID
	if err := act.Allow(r.Resource()); err != nil {
		return Record{}, err
	}
	if err := d.clean(); err != nil {
		return Record{}, err
	}
	r.Title, r.WindowFrom, r.WindowTo = d.Title, d.WindowFrom, d.WindowTo
	act.Private("title", r.Title)
	return r, insert(act, &r)
}

// Reference keeps a reference to a ticket of another system, which is verified later. A
// ticket has one record: if it is there already, that one is returned. It is the act
// change:create.
func Reference(act *guard.Act, ref ticket.Ref) (Record, error) {
	if err := ref.Validate(); err != nil {
		return Record{}, err
	}
	r, err := one(act.Context(), act.Tx, "WHERE system = ? AND key = ?", string(ref.System), ref.Key)
	if err == nil {
		return r, again(act, &r, ref.Host)
	}
	if clientele.KindOf(err) != clientele.NotFound {
		return Record{}, err
	}
	r = Record{
		ID: act.NewID("chg"), System: string(ref.System), Key: ref.Key, host: ref.Host, State: StateUnknown,
		By: act.Actor.ID, EditedBy: act.Actor.ID, NextCheckAt: act.At,
	}
	if err := act.Allow(r.Resource()); err != nil {
		return Record{}, err
	}
	return r, insert(act, &r)
}

// again refers to a ticket that has a record. Until it was verified, the last address that
// was given counts: nobody can spoil a ticket for others by a link to the wrong site.
func again(act *guard.Act, r *Record, host string) error {
	if err := act.Allow(r.Resource()); err != nil {
		return err
	}
	act.Under(r.ID)
	act.Detail("known", true)
	if r.URL != "" {
		if host != "" && host != r.site() {
			return clientele.Errorf(clientele.Invalid, "the link is to %s; %s is kept on %s", host, r.Ref(), r.site()).
				WithHint("write %s", r.Ref())
		}
		return nil
	}
	if host == r.host {
		return nil
	}
	r.host, r.NextCheckAt, r.Failures = host, act.At, 0
	return update(act, r)
}

// site is the host that the reference is good for, as far as it is known.
func (r Record) site() string {
	if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
		return strings.ToLower(u.Host)
	}
	return r.host
}

// Approve approves a record that is kept here. Who wrote it cannot. It is the act
// change:approve. ifVersion is the version that was read; 0: any.
func Approve(act *guard.Act, id string, ifVersion int64) (Record, error) {
	r, err := begin(act, id, ifVersion)
	if err != nil {
		return Record{}, err
	}
	if act.Actor.ID == r.By || act.Actor.ID == r.EditedBy {
		e := guard.Deny("change-author-is-not-approver", "you wrote this change record, so somebody else has to approve it").
			WithHint("ask them for: clientele change approve %s", id)
		e.Approvers = []string{"anyone else with the system role approver or security"}
		return Record{}, e
	}
	if r.State != StateOpen {
		return Record{}, conflict("look at it with clientele change show "+id, "the change record is %s", r.State)
	}
	r.State, r.ApprovedBy, r.ApprovedAt = StateApproved, act.Actor.ID, act.At
	return r, update(act, &r)
}

// Update writes the title and the window of a record that is kept here. One that was
// approved has to be approved again. It is the act change:update. ifVersion is the version
// that was read; 0: any.
func Update(act *guard.Act, id string, ifVersion int64, d Draft) (Record, error) {
	r, err := begin(act, id, ifVersion)
	if err != nil {
		return Record{}, err
	}
	if err := d.clean(); err != nil {
		return Record{}, err
	}
	if ended(r.State) {
		return Record{}, conflict("open a new one", "the change record is %s", r.State)
	}
	act.Detail("approval_ended", r.State == StateApproved)
	act.Private("title", d.Title)
	r.Title, r.WindowFrom, r.WindowTo, r.EditedBy = d.Title, d.WindowFrom, d.WindowTo, act.Actor.ID
	r.State, r.ApprovedBy, r.ApprovedAt = StateOpen, "", time.Time{}
	return r, update(act, &r)
}

// Close ends a record that is kept here: as closed, or as cancelled. It is the act
// change:update. ifVersion is the version that was read; 0: any.
func Close(act *guard.Act, id string, ifVersion int64, state string) (Record, error) {
	r, err := begin(act, id, ifVersion)
	if err != nil {
		return Record{}, err
	}
	if !ended(state) {
		return Record{}, clientele.Errorf(clientele.Invalid, "a change record ends as closed or cancelled")
	}
	if ended(r.State) {
		return Record{}, conflict("open a new one", "the change record is %s", r.State)
	}
	act.Detail("from", r.State)
	r.State = state
	return r, update(act, &r)
}

func ended(state string) bool { return state == StateClosed || state == StateCancelled }

// begin reads a record for an act upon it, asks policy, and refuses what only the other
// system can change.
func begin(act *guard.Act, id string, ifVersion int64) (Record, error) {
	r, err := Get(act.Context(), act.Tx, id)
	if err != nil {
		return Record{}, err
	}
	if err := act.Allow(r.Resource()); err != nil {
		return Record{}, err
	}
	act.Under(r.ID)
	if ifVersion != 0 && ifVersion != r.Version {
		return Record{}, conflict("read it again", "the change record was changed by somebody else")
	}
	if r.System != BuiltIn {
		return Record{}, conflict("change it in "+r.System+", then run clientele change verify "+r.Ref(), "this change record is kept in %s", r.System)
	}
	return r, nil
}

func insert(act *guard.Act, r *Record) error {
	act.Under(r.ID)
	act.Detail("system", r.System)
	r.Version, r.CreatedAt, r.UpdatedAt = 1, act.At, act.At
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO change ("+columns+") VALUES "+db.Marks(22),
		r.ID, r.System, r.Key, r.host, r.URL, r.Title, r.State, r.RawState, db.Bool(r.Verified), db.Micro(r.CheckedAt), db.Micro(r.GoodUntil),
		db.Micro(r.NextCheckAt), r.Failures, db.Micro(r.WindowFrom), db.Micro(r.WindowTo), r.By, r.EditedBy, r.ApprovedBy, db.Micro(r.ApprovedAt),
		db.Micro(r.CreatedAt), db.Micro(r.UpdatedAt), r.Version)
	if err != nil {
		return fmt.Errorf("keep a change record: %w", err)
	}
	return nil
}

func update(act *guard.Act, r *Record) error {
	r.Version++
	r.UpdatedAt = act.At
	act.Detail("state", r.State)
	_, err := act.Tx.Exec(act.Context(), `UPDATE change SET host = ?, url = ?, title = ?, state = ?, raw_state = ?, verified = ?, checked_at = ?,
			good_until = ?, next_check_at = ?, failures = ?, window_from = ?, window_to = ?, edited_by = ?, approved_by = ?, approved_at = ?,
			updated_at = ?, version = ?
		WHERE id = ?`,
		r.host, r.URL, r.Title, r.State, r.RawState, db.Bool(r.Verified), db.Micro(r.CheckedAt),
		db.Micro(r.GoodUntil), db.Micro(r.NextCheckAt), r.Failures, db.Micro(r.WindowFrom), db.Micro(r.WindowTo), r.EditedBy, r.ApprovedBy, db.Micro(r.ApprovedAt),
		db.Micro(r.UpdatedAt), r.Version, r.ID)
	if err != nil {
		return fmt.Errorf("write a change record: %w", err)
	}
	return nil
}
