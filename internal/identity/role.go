package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// RoleGrant is a system role that a person or service account has, or had.
type RoleGrant struct {
	Role    clientele.SystemRole
	GivenBy string // a person's id, or the job that gave it
	GivenAt time.Time
	EndedBy string
	EndedAt time.Time // zero: has it now
}

// RolesOf are the system roles of a person or service account, now.
func RolesOf(ctx context.Context, tx *db.Tx, partyID string) ([]clientele.SystemRole, error) {
	list, err := ids(ctx, tx, "SELECT role FROM role_grant WHERE party_id = ? AND ended_at = 0", partyID)
	return ordered(list), err
}

// ordered puts roles into the order of clientele.SystemRoles, each once.
func ordered[S ~string](list []S) []clientele.SystemRole {
	var roles []clientele.SystemRole
	for _, r := range clientele.SystemRoles {
		if slices.Contains(list, S(r)) {
			roles = append(roles, r)
		}
	}
	return roles
}

// RoleHistory is every system role a party ever had, oldest first.
func RoleHistory(ctx context.Context, tx *db.Tx, partyID string) ([]RoleGrant, error) {
	var all []RoleGrant
	err := tx.Each(ctx, "SELECT role, given_by, given_at, ended_by, ended_at FROM role_grant WHERE party_id = ? ORDER BY given_at, role", []any{partyID}, func(r db.Row) error {
		var g RoleGrant
		var given, ended int64
		err := r.Scan(&g.Role, &g.GivenBy, &given, &g.EndedBy, &ended)
		g.GivenAt, g.EndedAt = db.Time(given), db.Time(ended)
		all = append(all, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read system roles: %w", err)
	}
	return all, nil
}

// SetRoles makes roles the system roles of an active person or service account. Nobody
// gives roles to themselves, or takes them, and the last administrator stays one.
func SetRoles(act *guard.Act, partyID string, roles []clientele.SystemRole) error {
	p, err := GetParty(act.Context(), act.Tx, partyID)
	if err != nil {
		return err
	}
	if err := act.Allow(resourceOf(p)); err != nil {
		return err
	}
	if err := mayHave(act, p, roles); err != nil {
		return err
	}
	have, err := RolesOf(act.Context(), act.Tx, p.ID)
	if err != nil {
		return err
	}
	taken := without(have, roles)
	if err := othersRemain(act, p.ID, taken); err != nil {
		return err
	}
	return changeRoles(act, p.ID, without(roles, have), taken)
}

// othersRemain refuses to take the role from the last administrator: who asks for that may
// have been one a moment ago.
func othersRemain(act *guard.Act, partyID string, taken []clientele.SystemRole) error {
	if !slices.Contains(taken, clientele.AdminRole) {
		return nil
	}
	admins, err := WithRole(act.Context(), act.Tx, clientele.AdminRole)
	if err == nil && slices.Equal(admins, []string{partyID}) {
		err = clientele.Errorf(clientele.Conflict, "this is the last administrator").WithHint("make somebody else one first")
	}
	return err
}

// resourceOf is a person or service account as policy sees them, by id alone.
func resourceOf(p Party) policy.Resource {
	typ := map[string]string{KindPerson: "Person", KindTeam: "Team", KindAccount: "Machine"}[p.Kind]
	return policy.Resource{Type: typ, ID: p.ID, Attrs: map[string]any{"active": p.Active}}
}

func mayHave(act *guard.Act, p Party, roles []clientele.SystemRole) error {
	if p.ID == act.Actor.ID {
		e := guard.Deny("no-self-assignment", "you may not change your own system roles").
			WithHint("let them run: clientele person roles %s …", p.ID)
		e.Approvers = []string{"anyone else with the system role admin"}
		return e
	}
	if p.Kind == KindTeam {
		return clientele.Errorf(clientele.Invalid, "teams have no system roles: their people have")
	}
	if !p.Active && len(roles) > 0 {
		return clientele.Errorf(clientele.Conflict, "who is not active gets no system roles")
	}
	for _, r := range roles {
		if !slices.Contains(clientele.SystemRoles, r) {
			return clientele.Errorf(clientele.Invalid, "there is no system role %.40q", string(r)).WithHint("the roles are %v", clientele.SystemRoles)
		}
	}
	return nil
}

// changeRoles writes roles given and taken, keeping what was, and names them in the entry.
func changeRoles(act *guard.Act, partyID string, given, taken []clientele.SystemRole) error {
	at := db.Micro(act.At)
	var all []statement
	for _, r := range taken {
		all = append(all, statement{"UPDATE role_grant SET ended_by = ?, ended_at = ? WHERE party_id = ? AND role = ? AND ended_at = 0",
			[]any{act.Actor.ID, at, partyID, string(r)}})
	}
	for _, r := range given {
		all = append(all, statement{"INSERT INTO role_grant (party_id, role, given_by, given_at) VALUES (?, ?, ?, ?)",
			[]any{partyID, string(r), act.Actor.ID, at}})
	}
	act.Detail("given", strs(given))
	act.Detail("taken", strs(taken))
	if err := each(act, all); err != nil {
		return fmt.Errorf("change system roles: %w", err)
	}
	return nil
}

// without is what a has and b has not, in the order of clientele.SystemRoles.
func without(a, b []clientele.SystemRole) []clientele.SystemRole {
	return slices.DeleteFunc(ordered(a), func(r clientele.SystemRole) bool { return slices.Contains(b, r) })
}

func strs(roles []clientele.SystemRole) []string {
	list := make([]string, len(roles))
	for i, r := range roles {
		list[i] = string(r)
	}
	return list
}

// firstRoles are those of the first administrator: enough to set the house up alone, to be
// somebody who owns clients, and to contain a leak on the first day. Not approver: as long
// as there is one person nothing is approved but what policy approves by itself. And not
// auditor: who audits must not be who set up what is audited, so this person has to name
// another.
var firstRoles = []clientele.SystemRole{clientele.ViewerRole, clientele.OwnerRole, clientele.SecurityRole, clientele.AdminRole}

// EnsureFirstAdmin makes the local person "admin" an administrator, unless an active person
// is one, and returns the id of whoever is, its own first. Call it as clientele.System; as it always leaves
// an entry, look with WithRole first.
func EnsureFirstAdmin(act *guard.Act) (string, error) {
	if act.Actor.Kind != clientele.SystemActor {
		return "", guard.Deny("bootstrap-is-automatic", "the first administrator is set up when Clientele starts")
	}
	p := Person{ID: act.NewID("per"), UserName: "admin", DisplayName: "Administrator", Source: Local}
	old, err := people(act.Context(), act.Tx, "WHERE user_lower = 'admin' AND removed_at = 0")
	if err != nil {
		return "", err
	}
	if len(old) == 1 && old[0].Active && old[0].Source == Local {
		p = old[0]
	} else if len(old) == 1 {
		p.UserName += "-" + p.ID // "admin" belongs to someone who left, or whom others keep
	}
	if err := act.Allow(p.Resource()); err != nil {
		return "", err
	}
	admins, err := WithRole(act.Context(), act.Tx, clientele.AdminRole)
	if slices.Contains(admins, p.ID) {
		return p.ID, nil
	}
	if err != nil || len(admins) > 0 {
		return first(admins), err
	}
	if p.Version == 0 {
		if err := add(act, &p); err != nil {
			return "", err
		}
	}
	have, err := RolesOf(act.Context(), act.Tx, p.ID)
	if err != nil {
		return "", err
	}
	return p.ID, changeRoles(act, p.ID, without(firstRoles, have), nil)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
