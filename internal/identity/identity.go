// Package identity keeps who there is: people, their teams, service accounts, the system
// roles they hold, and the sessions and tokens by which they come in.
//
// A person comes by hand, by a file or from an identity provider (SCIM, or at the first
// sign-in). One who leaves keeps the id for good and loses sessions and roles at once; what
// the house does about the things they owned is decided a floor above, see package
// lifecycle.
//
// Secrets that let somebody in (sessions, machine tokens, one-time links, device codes) are
// 256 random bits. They are shown once and kept as their SHA-256 alone. A prefix tells
// secret scanners what they are:
//
//	clt_s_…  a person's session        clt_l_…  a one-time link
//	clt_m_…  a machine's token         clt_d_…  a device code (RFC 8628)
package identity

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// The kinds of Party.
const (
	KindPerson  = "person"
	KindTeam    = "team"
	KindAccount = "service_account"
)

// Party is whoever may own a client: a person, a team or a service account.
type Party struct {
	ID, Kind, Name string
	Email          string // of a person
	Active         bool   // with the organisation; a team or account: not removed
}

// The queries for a Party have the columns id, kind, name, email, active.
const (
	personParty  = "SELECT id, 'person', CASE display_name WHEN '' THEN user_name ELSE display_name END, email, active FROM person WHERE "
	teamParty    = "SELECT id, 'team', name, '', CASE removed_at WHEN 0 THEN 1 ELSE 0 END FROM team WHERE "
	accountParty = "SELECT id, 'service_account', name, '', active FROM service_account WHERE "
)

// GetParty is the party with the id, also one that is gone. None is a NotFound.
func GetParty(ctx context.Context, tx *db.Tx, id string) (Party, error) {
	query, typ := personParty, "Person"
	switch {
	case strings.HasPrefix(id, "tea_"):
		query, typ = teamParty, "Team"
	case strings.HasPrefix(id, "svc_"):
		query, typ = accountParty, "Machine"
	}
	var p Party
	err := tx.Row(ctx, query+"id = ?", []any{id}, &p.ID, &p.Kind, &p.Name, &p.Email, (*flag)(&p.Active))
	if guard.NoRows(err) {
		return Party{}, guard.NotFound(typ)
	}
	if err != nil {
		return Party{}, fmt.Errorf("read a party: %w", err)
	}
	return p, nil
}

// Resolve finds a party by id, e-mail address, user name, team name or service account's
// name, whatever the case of the letters. Where several fit, the only active one does; if
// there is no only one, none is found.
func Resolve(ctx context.Context, tx *db.Tx, who string) (Party, bool, error) {
	if !fit(who) || who == "" {
		return Party{}, false, nil
	}
	name := lower(who)
	var found []Party
	err := tx.Each(ctx, personParty+"id = ? UNION ALL "+
		personParty+"removed_at = 0 AND (user_lower = ? OR email_lower = ?) UNION ALL "+
		teamParty+"removed_at = 0 AND (id = ? OR name_lower = ?) UNION ALL "+
		accountParty+"id = ? OR name_lower = ?",
		[]any{name, name, name, name, name, name, name}, func(r db.Row) error {
			var p Party
			if err := r.Scan(&p.ID, &p.Kind, &p.Name, &p.Email, (*flag)(&p.Active)); err != nil {
				return err
			}
			found = append(found, p)
			return nil
		})
	if err != nil {
		return Party{}, false, fmt.Errorf("look a party up: %w", err)
	}
	p, ok := only(found)
	return p, ok, nil
}

// only is the only party, or the only active one.
func only(found []Party) (Party, bool) {
	var active []Party
	for _, p := range found {
		if p.Active {
			active = append(active, p)
		}
	}
	switch {
	case len(active) == 1:
		return active[0], true
	case len(found) == 1:
		return found[0], true
	}
	return Party{}, false
}

// TeamsOf are the ids of the teams a person is in.
func TeamsOf(ctx context.Context, tx *db.Tx, personID string) ([]string, error) {
	return ids(ctx, tx, "SELECT team_id FROM team_member WHERE person_id = ? ORDER BY team_id", personID)
}

// Members are the ids of a team's active people, in the team's order.
func Members(ctx context.Context, tx *db.Tx, teamID string) ([]string, error) {
	return ids(ctx, tx, `SELECT m.person_id FROM team_member AS m JOIN person AS p ON p.id = m.person_id
		WHERE m.team_id = ? AND p.active = 1 ORDER BY m.place, m.person_id`, teamID)
}

// WithRole are the ids of the active people who hold a system role.
func WithRole(ctx context.Context, tx *db.Tx, role clientele.SystemRole) ([]string, error) {
	return ids(ctx, tx, `SELECT p.id FROM role_grant AS g JOIN person AS p ON p.id = g.party_id
		WHERE g.role = ? AND g.ended_at = 0 AND p.active = 1 ORDER BY p.id`, string(role))
}

// ActorOf is an active person with the roles and teams they have now, without a session.
// One who is not active is Unauthenticated.
func ActorOf(ctx context.Context, tx *db.Tx, personID string) (clientele.Actor, error) {
	a := clientele.Actor{Kind: clientele.PersonActor, ID: personID}
	var roles, teams string
	err := tx.Row(ctx, "SELECT "+rolesOf("p.id")+", "+teamsOf("p.id")+" FROM person AS p WHERE p.id = ? AND p.active = 1",
		[]any{personID}, &roles, &teams)
	if guard.NoRows(err) {
		return clientele.Actor{}, clientele.Errorf(clientele.Unauthenticated, "there is no active person of that id")
	}
	if err != nil {
		return clientele.Actor{}, fmt.Errorf("read a person's roles: %w", err)
	}
	a.Roles, a.Teams = splitRoles(roles), split(teams)
	return a, nil
}

// Standing is what a person may do and where they belong, now.
type Standing struct {
	Roles []clientele.SystemRole
	Teams []string
}

// Standings are those of several people or service accounts, at most as many as a Page has.
func Standings(ctx context.Context, tx *db.Tx, ids []string) (map[string]Standing, error) {
	all := make(map[string]Standing, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	query := "SELECT x.id, " + rolesOf("x.id") + ", " + teamsOf("x.id") + " FROM person AS x WHERE x.id IN " + db.Marks(len(ids)) +
		" UNION ALL SELECT x.id, " + rolesOf("x.id") + ", x.team_id FROM service_account AS x WHERE x.id IN " + db.Marks(len(ids))
	err := tx.Each(ctx, query, append(anys(ids), anys(ids)...), func(r db.Row) error {
		var id, roles, teams string
		err := r.Scan(&id, &roles, &teams)
		all[id] = Standing{splitRoles(roles), split(teams)}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read roles and teams: %w", err)
	}
	return all, nil
}

// rolesOf and teamsOf are the expressions for a party's roles and teams, with commas.
func rolesOf(column string) string {
	return "COALESCE((SELECT string_agg(g.role, ',') FROM role_grant AS g WHERE g.party_id = " + column + " AND g.ended_at = 0), '')"
}

func teamsOf(column string) string {
	return "COALESCE((SELECT string_agg(m.team_id, ',') FROM team_member AS m WHERE m.person_id = " + column + "), '')"
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// splitRoles puts roles into the order of clientele.SystemRoles.
func splitRoles(list string) []clientele.SystemRole { return ordered(split(list)) }

func ids(ctx context.Context, tx *db.Tx, query string, args ...any) ([]string, error) {
	var all []string
	err := tx.Each(ctx, query, args, func(r db.Row) error {
		var id string
		err := r.Scan(&id)
		all = append(all, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look people up: %w", err)
	}
	return all, nil
}

// maxText is the longest name or other text about a party, in bytes.
const maxText = 2 << 10

// fit reports whether s may stand in a column about a party.
func fit(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// lower is how names and addresses are compared.
func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Page asks for a part of a list, in the order of ids.
type Page struct {
	Limit int    // 0: 50; at most 500
	After string // the cursor that came with the part before
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 500)
}

// cut is a part of a list that was read with one row more than asked for, and the cursor of
// the next.
func cut[T any](all []T, limit int, id func(T) string) ([]T, string) {
	if len(all) <= limit {
		return all, ""
	}
	return all[:limit], id(all[limit-1])
}

// flag reads a truth from its column.
type flag bool

func (f *flag) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 0 || n > 1 {
		return fmt.Errorf("%v is no truth", v)
	}
	*f = n == 1
	return nil
}
