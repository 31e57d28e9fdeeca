package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
)

// teamTier is the highest tier at which everybody in a client's team may decide its review;
// aloneTier the lowest at which nobody keeps what they alone asked for or use.
const (
	teamTier  = 2
	aloneTier = 3
)

// Reviewer is a person who may decide a review.
type Reviewer struct {
	ID       string
	OnBehalf string // who lent them the power; empty: their own
	// Barred says that they must not keep it: they alone asked for it, or use it.
	Barred bool
}

func ids(who []Reviewer) []string {
	all := make([]string, 0, len(who))
	for _, w := range who {
		all = append(all, w.ID)
	}
	return all
}

// reviewers are those who may decide: the owner, the backup, whose turn it is, and at low
// tiers the team; those to whom they lent their power; and security, where otherwise nobody
// is left who may keep it.
func reviewers(ctx context.Context, tx *db.Tx, c inventory.Client, r Review, at time.Time) ([]Reviewer, error) {
	parties := []string{c.OwnerID, c.BackupID, r.ReviewerID}
	if r.Tier <= teamTier {
		parties = append(parties, c.TeamID)
	}
	var own []string
	for _, p := range parties {
		people, err := people(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		own = append(own, people...)
	}
	slices.Sort(own)
	own = slices.Compact(own)
	who, err := lent(ctx, tx, c.ID, own, at)
	if err != nil {
		return nil, err
	}
	for i := range who {
		who[i].Barred = r.bars(who[i].ID) || r.bars(who[i].OnBehalf)
	}
	if slices.ContainsFunc(who, func(w Reviewer) bool { return !w.Barred }) {
		return who, nil
	}
	security, err := identity.WithRole(ctx, tx, clientele.SecurityRole)
	for _, id := range security {
		if !slices.ContainsFunc(who, func(w Reviewer) bool { return w.ID == id }) {
			who = append(who, Reviewer{ID: id, Barred: r.bars(id)})
		}
	}
	return who, err
}

// bars reports whether a person must not keep the client: a second one has to look.
func (r Review) bars(person string) bool {
	return person != "" && (person == r.Taker || r.Tier >= aloneTier && (person == r.SoleRequester || person == r.SoleUser))
}

// lent adds to people those to whom they lent their decisions. What was lent is not lent on.
func lent(ctx context.Context, tx *db.Tx, client clientele.ClientID, own []string, at time.Time) ([]Reviewer, error) {
	who := make([]Reviewer, 0, len(own))
	for _, id := range own {
		who = append(who, Reviewer{ID: id})
	}
	if len(own) == 0 {
		return who, nil
	}
	args := []any{db.Micro(at), db.Micro(at), string(client)}
	for _, id := range own {
		args = append(args, id)
	}
	err := tx.Each(ctx, `SELECT d.borrower, d.lender FROM delegation AS d JOIN person AS p ON p.id = d.borrower
		WHERE d.starts_at <= ? AND d.ends_at > ? AND d.ended_at = 0 AND p.active = 1 AND (d.client_id IS NULL OR d.client_id = ?)
		AND d.lender IN `+db.Marks(len(own))+" ORDER BY d.borrower, d.id", args, func(row db.Row) error {
		var w Reviewer
		err := row.Scan(&w.ID, &w.OnBehalf)
		if !slices.ContainsFunc(who, func(x Reviewer) bool { return x.ID == w.ID }) {
			who = append(who, w)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	return who, nil
}

// people are the active persons behind a party: itself, a team's members, those of the team
// that answers for a service account.
func people(ctx context.Context, tx *db.Tx, id string) ([]string, error) {
	p, ok, err := active(ctx, tx, id)
	if err != nil || !ok {
		return nil, err
	}
	switch p.Kind {
	case identity.KindPerson:
		return []string{id}, nil
	case identity.KindTeam:
		return identity.Members(ctx, tx, id)
	}
	a, err := identity.GetAccount(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return identity.Members(ctx, tx, a.TeamID)
}

// active is the party, and whether there is one that has not left.
func active(ctx context.Context, tx *db.Tx, id string) (identity.Party, bool, error) {
	if id == "" {
		return identity.Party{}, false, nil
	}
	p, err := identity.GetParty(ctx, tx, id)
	if clientele.KindOf(err) == clientele.NotFound {
		return p, false, nil
	}
	return p, err == nil && p.Active, err
}

// first is the first party that is active and has somebody who may keep the client, or
// empty: then it is security's turn.
func (r Review) first(ctx context.Context, tx *db.Tx, parties ...string) (string, error) {
	for _, party := range parties {
		all, err := people(ctx, tx, party)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(all, func(id string) bool { return !r.bars(id) }) {
			return party, nil
		}
	}
	return "", nil
}

// lead is the owner's manager, else somebody of the team who is neither owner nor backup.
func (r Review) lead(ctx context.Context, tx *db.Tx, c inventory.Client) (string, error) {
	if p, ok, err := active(ctx, tx, c.OwnerID); err != nil {
		return "", err
	} else if ok && p.Kind == identity.KindPerson {
		owner, err := identity.GetPerson(ctx, tx, c.OwnerID)
		if err != nil {
			return "", err
		}
		manager, found, err := identity.Resolve(ctx, tx, owner.Manager)
		if err != nil {
			return "", err
		}
		if found && manager.Kind == identity.KindPerson && manager.Active && !r.bars(manager.ID) {
			return manager.ID, nil
		}
	}
	team, err := people(ctx, tx, c.TeamID)
	for _, id := range team {
		if id != c.OwnerID && id != c.BackupID && !r.bars(id) {
			return id, nil
		}
	}
	return "", err
}

// selfReview is the denial of a reviewer who is barred.
func (r Review) selfReview(who []Reviewer) error {
	e := guard.Deny("no-self-review", "you alone asked for what this client may do, or use it, or took its emergency access: somebody else has to keep or narrow it").
		WithHint("ask one of them for: clientele review keep %s", r.ID)
	for _, w := range who {
		if !w.Barred {
			e.Approvers = append(e.Approvers, w.ID)
		}
	}
	if len(e.Approvers) == 0 {
		e.Approvers = []string{"anyone else with the system role security"}
	}
	return e
}

// Concerns are the ids under which reviews concern an actor: their own, their teams', and of
// those who lent them their decisions.
func Concerns(ctx context.Context, tx *db.Tx, actor clientele.Actor, at time.Time) ([]string, error) {
	all := guard.Mine(actor)
	err := tx.Each(ctx, "SELECT lender FROM delegation WHERE borrower = ? AND starts_at <= ? AND ends_at > ? AND ended_at = 0", []any{actor.ID, db.Micro(at), db.Micro(at)}, func(row db.Row) error {
		var id string
		err := row.Scan(&id)
		all = append(all, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	return all, nil
}
