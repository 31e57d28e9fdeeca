package lifecycle

import (
	"context"
	"fmt"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
)

// LeaverReport is what a person leaves behind.
type LeaverReport struct {
	Person identity.Party
	// Personal are the clients that were theirs alone. Those that were active are suspended.
	Personal []inventory.Client
	// HandOver are the others, with who could take them.
	HandOver []Suggestion
	// Exposed are the secrets that the person could have seen: to be rotated.
	Exposed []inventory.Credential
}

// Suggestion is a client that needs somebody else, and who that could be.
type Suggestion struct {
	Client inventory.Client
	As     []string // what the person was to it: owner, backup, steward, sponsor
	To     []Successor
}

// Successor is who could take a client over, and why.
type Successor struct {
	ID, Name string
	Why      string
}

// Leave ends a person's access and what hangs on it. It is the act person:leave. Clients
// that were theirs alone are suspended at once; the others have a while to find a new
// owner. What they asked for, lent or were enrolled for ends.
func Leave(act *guard.Act, personID string) (LeaverReport, error) {
	p, err := identity.GetPerson(act.Context(), act.Tx, personID)
	if err != nil {
		return LeaverReport{}, err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return LeaverReport{}, err
	}
	report, err := Leaver(act.Context(), act.Tx, personID)
	if err != nil || !p.Active {
		return report, err // who left already leaves no more
	}
	if err := identity.Leave(act, personID); err != nil {
		return report, err
	}
	if err := endPowers(act, personID); err != nil {
		return report, err
	}
	suspended, err := suspendPersonal(act, report.Personal)
	if err != nil {
		return report, err
	}
	if err := orphan(act, report.HandOver, personID); err != nil {
		return report, err
	}
	act.Detail("person", personID)
	act.Detail("suspended", suspended)
	act.Detail("hand_over", len(report.HandOver))
	act.Detail("exposed_credentials", len(report.Exposed))
	report, err = Leaver(act.Context(), act.Tx, personID)
	return report, err
}

// orphan takes back what the leaver attested to, and begins the time in which somebody else
// has to.
func orphan(act *guard.Act, left []Suggestion, personID string) error {
	for _, s := range left {
		if s.Client.OwnerID != personID && s.Client.Vendor.SponsorID != personID {
			continue
		}
		err := act.Then(clientele.System("leaver", "its owner or sponsor left"), "client:assign", func(sub *guard.Act) error {
			c, err := governed(sub, s.Client.ID)
			if err != nil {
				return err
			}
			if c.OwnerID == personID {
				if err := inventory.SetOwner(sub, &c, c.OwnerID, c.BackupID, c.TeamID, false); err != nil {
					return err
				}
			}
			sub.Detail("attested", !c.AttestedAt.IsZero())
			return schedule(sub, graceOf(sub, &c, "its owner or sponsor left, and nobody took it over within "+span(Grace)))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func suspendPersonal(act *guard.Act, personal []inventory.Client) (n int, err error) {
	for _, c := range personal {
		if c.State != clientele.Active {
			continue
		}
		n++
		err := act.Then(clientele.System("leaver", "the owner of a personal client left"), "client:suspend", func(sub *guard.Act) error {
			return Suspend(sub, c.ID, "its owner left")
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// endPowers ends what a leaver asked for, lent, borrowed and was enrolled for.
func endPowers(act *guard.Act, personID string) error {
	pending, err := requests(act.Context(), act.Tx, "WHERE r.requester = ? AND r.state = 'pending'", personID)
	if err != nil {
		return err
	}
	for _, r := range pending {
		c, err := inventory.Get(act.Context(), act.Tx, r.Client)
		if err != nil {
			return err
		}
		err = act.Then(clientele.System("leaver", "who asked has left"), "request:withdraw", func(sub *guard.Act) error {
			if err := sub.Allow(resourceOf(&r, c, r.Eligible)); err != nil {
				return err
			}
			sub.About(c.ID, c.OwnerID, c.Environment)
			return closeRequest(sub, &r, &c, Withdrawn, clientele.Withdraw)
		})
		if err != nil {
			return err
		}
	}
	lent, err := delegations(act.Context(), act.Tx, "WHERE (lender = ? OR borrower = ?) AND ended_at = 0 AND ends_at > ?", personID, personID, db.Micro(act.At))
	if err != nil {
		return err
	}
	for _, d := range lent {
		err := act.Then(clientele.System("leaver", "who lent or borrowed the power has left"), "delegation:end", func(sub *guard.Act) error {
			return EndDelegation(sub, d.ID)
		})
		if err != nil {
			return err
		}
	}
	if err := endEnrolment(act, personID); err != nil {
		return fmt.Errorf("end an enrolment: %w", err)
	}
	return nil
}

// Leaver reports what a person leaves behind, or would.
func Leaver(ctx context.Context, tx *db.Tx, personID string) (LeaverReport, error) {
	p, err := identity.GetParty(ctx, tx, personID)
	if err != nil {
		return LeaverReport{}, err
	}
	report := LeaverReport{Person: p}
	all, err := inventory.OwnedBy(ctx, tx, personID)
	if err != nil {
		return report, err
	}
	for _, c := range all {
		if c.Personal && c.OwnerID == personID {
			report.Personal = append(report.Personal, c)
			continue
		}
		s := Suggestion{Client: c, As: rolesIn(c, personID)}
		if s.To, err = successors(ctx, tx, c, personID); err != nil {
			return report, err
		}
		report.HandOver = append(report.HandOver, s)
	}
	report.Exposed, err = inventory.Exposed(ctx, tx, personID)
	return report, err
}

func rolesIn(c inventory.Client, id string) []string {
	var as []string
	for _, r := range []struct{ is, as string }{{c.OwnerID, "owner"}, {c.BackupID, "backup"}, {c.StewardID, "steward"}, {c.Vendor.SponsorID, "sponsor"}} {
		if r.is == id {
			as = append(as, r.as)
		}
	}
	return as
}

// maxSuccessors is how many successors are named.
const maxSuccessors = 5

// successors are the backup, the first of the team, and those whom the files suggest.
func successors(ctx context.Context, tx *db.Tx, c inventory.Client, leaver string) ([]Successor, error) {
	type lead struct{ id, why string }
	leads := []lead{{c.OwnerID, "owns it"}, {c.BackupID, "is its backup"}, {c.StewardID, "looks after it"}}
	members, err := people(ctx, tx, c.TeamID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		leads = append(leads, lead{m, "is in its team"})
	}
	err = tx.Each(ctx, "SELECT party_id, evidence FROM candidate WHERE client_id = ? AND party_id <> '' ORDER BY confidence DESC, who LIMIT 20", []any{string(c.ID)}, func(r db.Row) error {
		var l lead
		err := r.Scan(&l.id, &l.why)
		leads = append(leads, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who could own a client: %w", err)
	}
	var all []Successor
	seen := map[string]bool{leaver: true, "": true}
	for _, l := range leads {
		if seen[l.id] || len(all) == maxSuccessors {
			continue
		}
		seen[l.id] = true
		p, err := identity.GetParty(ctx, tx, l.id)
		if err != nil && clientele.KindOf(err) != clientele.NotFound {
			return nil, err
		}
		if p.Active {
			all = append(all, Successor{ID: p.ID, Name: p.Name, Why: l.why})
		}
	}
	return all, nil
}
