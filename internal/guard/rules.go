package guard

import (
	"context"
	"fmt"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/policy"
)

// Rules is one version of the organisation's policies.
type Rules struct {
	Version            int64
	Text, Note         string
	Author, Approver   string // person ids; Approver is empty until it is put in force
	ProposedAt         int64  // microseconds, as all times here
	ValidFrom, ValidTo int64
}

func rulesResource(version int64) policy.Resource {
	return policy.Resource{Type: "Policy", ID: fmt.Sprint(version), Attrs: map[string]any{}}
}

// Propose keeps a text as the next version, not in force.
func (a *Act) Propose(text, note string) (int64, error) {
	var version int64
	if err := a.Tx.Row(a.ctx, "SELECT COALESCE(MAX(version), 0) + 1 FROM policy_version", nil, &version); err != nil {
		return 0, fmt.Errorf("number the policies: %w", err)
	}
	if err := a.Allow(rulesResource(version)); err != nil {
		return 0, err
	}
	if _, err := policy.Compile(version, text); err != nil {
		return 0, err
	}
	a.Private("note", note)
	_, err := a.Tx.Exec(a.ctx, "INSERT INTO policy_version (version, text, note, author, proposed_at) VALUES (?, ?, ?, ?, ?)",
		version, text, note, a.Actor.ID, db.Micro(a.At))
	return version, err
}

// Activate puts a proposed version in force. Its author cannot: another person reads it.
func (a *Act) Activate(version int64) error {
	if err := a.Allow(rulesResource(version)); err != nil {
		return err
	}
	var author, text string
	var from int64
	err := a.Tx.Row(a.ctx, "SELECT author, text, valid_from FROM policy_version WHERE version = ?", []any{version}, &author, &text, &from)
	switch {
	case NoRows(err):
		return NotFound("Policy")
	case err != nil:
		return fmt.Errorf("read the policies: %w", err)
	case author == a.Actor.ID:
		e := Deny("policy-author-is-not-approver", "you proposed these policies, so somebody else has to put them in force")
		e.Approvers = []string{"anyone else with the system role security"}
		return e
	case from != 0:
		return clientele.Errorf(clientele.Conflict, "version %d was in force already", version).WithHint("propose its text again")
	}
	now := db.Micro(a.At)
	if _, err := a.Tx.Exec(a.ctx, "UPDATE policy_version SET valid_to = ? WHERE valid_from <> 0 AND valid_to = 0", now); err != nil {
		return fmt.Errorf("end the old policies: %w", err)
	}
	if _, err := a.Tx.Exec(a.ctx, "UPDATE policy_version SET approver = ?, valid_from = ? WHERE version = ?", a.Actor.ID, now, version); err != nil {
		return fmt.Errorf("put the policies in force: %w", err)
	}
	_, err = a.Tx.Exec(a.ctx, "UPDATE log_head SET policy = ? WHERE id = 1", version)
	return err
}

// ListRules lists the versions, newest first.
func ListRules(ctx context.Context, tx *db.Tx) ([]Rules, error) {
	var all []Rules
	err := tx.Each(ctx, "SELECT version, text, note, author, approver, proposed_at, valid_from, valid_to FROM policy_version ORDER BY version DESC", nil, func(r db.Row) error {
		var v Rules
		err := r.Scan(&v.Version, &v.Text, &v.Note, &v.Author, &v.Approver, &v.ProposedAt, &v.ValidFrom, &v.ValidTo)
		all = append(all, v)
		return err
	})
	return all, err
}
