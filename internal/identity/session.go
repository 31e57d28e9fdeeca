package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// The kinds of Session.
const (
	Browser = "browser"
	CLI     = "cli"
)

// MaxSession is the longest that a session may last.
const MaxSession = 30 * 24 * time.Hour

// How says how somebody comes in.
type How struct {
	Kind string        // Browser or CLI
	TTL  time.Duration // at most MaxSession
	// Source is the network address. It is sealed with the person's key, which is why it
	// stands here and not in the system's actor that lets people in.
	Source string
}

// Signed is a session that has begun. Its token is shown this once.
type Signed struct {
	Token     clientele.Plaintext
	SessionID string
	PersonID  string
	ExpiresAt time.Time
}

// Session is a person's way in, without its token.
type Session struct {
	ID, PersonID, Kind            string
	CreatedAt, ExpiresAt, EndedAt time.Time
}

// Begin begins a session. A person begins their own only; the system, once somebody proved
// who they are, anybody's.
func Begin(act *guard.Act, personID string, how How) (Signed, error) {
	p, err := GetPerson(act.Context(), act.Tx, personID)
	if err != nil {
		return Signed{}, err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return Signed{}, err
	}
	if act.Actor.Kind != clientele.SystemActor && act.Actor.ID != p.ID {
		return Signed{}, guard.Deny("sign-in-is-one's-own", "you may not begin a session of someone else")
	}
	return begin(act, p, how)
}

// begin is Begin without asking.
func begin(act *guard.Act, p Person, how How) (Signed, error) {
	switch {
	case !p.Active:
		return Signed{}, errGone()
	case how.Kind != Browser && how.Kind != CLI:
		return Signed{}, clientele.Errorf(clientele.Internal, "there is no kind of session %q", how.Kind)
	case how.TTL <= 0 || how.TTL > MaxSession:
		return Signed{}, clientele.Errorf(clientele.Invalid, "a session lasts more than nothing and at most %s", MaxSession)
	}
	s := Signed{SessionID: act.NewID("ses"), PersonID: p.ID, ExpiresAt: act.At.Add(how.TTL)}
	var hash []byte
	s.Token, hash = newSecret(sessionPrefix)
	if err := each(act, []statement{
		{"DELETE FROM session WHERE person_id = ? AND expires_at < ?", []any{p.ID, db.Micro(act.At.Add(-MaxSession))}},
		{"INSERT INTO session (hash, id, person_id, kind, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
			[]any{hash, s.SessionID, p.ID, how.Kind, db.Micro(act.At), db.Micro(s.ExpiresAt)}},
	}); err != nil {
		return Signed{}, fmt.Errorf("begin a session: %w", err)
	}
	act.Detail("session", s.SessionID)
	act.Detail("kind", how.Kind)
	act.Private(p.ID+":source", how.Source)
	return s, nil
}

// errGone is what somebody is told who may not come in any more.
func errGone() error {
	return guard.Deny("only-active-people-sign-in", "your access has ended").WithHint("ask an administrator")
}

// errNobody is the one answer to every session and token that does not let anybody in.
func errNobody() error {
	return clientele.Errorf(clientele.Unauthenticated, "you are not signed in, or no longer").WithHint("sign in: clientele login")
}

// sessionActor and tokenActor find who comes with a secret, with their roles and teams of
// now. What has ended, and whose owner is not active, finds nobody.
var (
	sessionActor = "SELECT p.id, s.id, " + rolesOf("p.id") + ", '', " + teamsOf("p.id") + ` FROM session AS s JOIN person AS p ON p.id = s.person_id
		WHERE s.hash = ? AND s.ended_at = 0 AND s.expires_at > ? AND p.active = 1`
	tokenActor = "SELECT a.id, t.id, " + rolesOf("a.id") + `, t.roles, a.team_id FROM token AS t JOIN service_account AS a ON a.id = t.service_account_id
		WHERE t.hash = ? AND t.revoked_at = 0 AND t.expires_at > ? AND a.active = 1`
)

// Authenticate is who comes with a session's or machine's token. Everything else is
// Unauthenticated.
func Authenticate(ctx context.Context, tx *db.Tx, token clientele.Plaintext, now time.Time) (clientele.Actor, error) {
	a, query := clientele.Actor{Kind: clientele.PersonActor}, sessionActor
	switch {
	case is(token, sessionPrefix):
	case is(token, machinePrefix):
		a.Kind, query = clientele.MachineActor, tokenActor
	default:
		return clientele.Actor{}, errNobody()
	}
	var roles, only, teams string
	err := tx.Row(ctx, query, []any{hashOf(token), db.Micro(now)}, &a.ID, &a.Session, &roles, &only, &teams)
	if guard.NoRows(err) {
		return clientele.Actor{}, errNobody()
	}
	if err != nil {
		return clientele.Actor{}, fmt.Errorf("look a session up: %w", err)
	}
	a.Roles, a.Teams = splitRoles(roles), split(teams)
	if a.Kind == clientele.MachineActor {
		a.Roles = common(a.Roles, splitRoles(only))
	}
	return a, nil
}

// End ends a session. A person ends their own; an administrator anybody's, by Leave or by
// EndAll.
func End(act *guard.Act, sessionID string) error {
	var owner string
	err := act.Tx.Row(act.Context(), "SELECT person_id FROM session WHERE id = ?", []any{sessionID}, &owner)
	if guard.NoRows(err) || err == nil && owner != act.Actor.ID {
		return guard.NotFound("Session")
	}
	if err != nil {
		return fmt.Errorf("look a session up: %w", err)
	}
	if err := act.Allow(Person{ID: owner, Active: true}.Resource()); err != nil {
		return err
	}
	act.Detail("session", sessionID)
	_, err = act.Tx.Exec(act.Context(), "UPDATE session SET ended_at = ? WHERE id = ? AND ended_at = 0", db.Micro(act.At), sessionID)
	return err
}

// EndAll ends every session and unused link of a person, whose laptop was lost for one.
func EndAll(act *guard.Act, personID string) error {
	p, err := GetPerson(act.Context(), act.Tx, personID)
	if err != nil {
		return err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return err
	}
	act.Detail("sessions", "all")
	if _, err := act.Tx.Exec(act.Context(), "UPDATE login_link SET used_at = ? WHERE person_id = ? AND used_at = 0", db.Micro(act.At), p.ID); err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	return endSessions(act, p.ID)
}

func endSessions(act *guard.Act, personID string) error {
	_, err := act.Tx.Exec(act.Context(), "UPDATE session SET ended_at = ? WHERE person_id = ? AND ended_at = 0", db.Micro(act.At), personID)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// Sessions are those of a person that let them in now, newest first.
func Sessions(ctx context.Context, tx *db.Tx, personID string, now time.Time) ([]Session, error) {
	var all []Session
	err := tx.Each(ctx, `SELECT id, person_id, kind, created_at, expires_at, ended_at FROM session
		WHERE person_id = ? AND ended_at = 0 AND expires_at > ? ORDER BY id DESC`, []any{personID, db.Micro(now)}, func(r db.Row) error {
		var s Session
		var created, expires, ended int64
		err := r.Scan(&s.ID, &s.PersonID, &s.Kind, &created, &expires, &ended)
		s.CreatedAt, s.ExpiresAt, s.EndedAt = db.Time(created), db.Time(expires), db.Time(ended)
		all = append(all, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return all, nil
}
