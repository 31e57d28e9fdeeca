package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/scim"
)

// Where a person or team comes from, and who may change what is known of them.
const (
	Local    = "local" // made here, or at a first sign-in
	FromSCIM = "scim"  // the identity provider keeps it
	FromCSV  = "csv"   // a file keeps it
)

// Person is somebody of the organisation.
type Person struct {
	ID          string
	ExternalID  string // the identity provider's, or the file's
	Subject     string // issuer#subject, once they signed in by OpenID Connect
	UserName    string // unique among people in the directory, whatever the case
	Email       string // where notices go
	DisplayName string
	Title       string
	Department  string
	Manager     string // an id or user name, as it was given
	Profile     Profile

	Active     bool // changed by Leave and Return alone
	Source     string
	LeftAt     time.Time
	RemovedAt  time.Time // taken out of the directory
	ShreddedAt time.Time // what was known of them is gone

	CreatedAt, UpdatedAt time.Time
	Version              int64
}

// Profile is what SCIM keeps of a person and nothing else here looks at.
type Profile struct {
	DisplayName    string // as SCIM gave it, which may be not at all
	Name           scim.Name
	Emails         []scim.Email
	EmployeeNumber string
}

// Resource is the person as policy sees them.
func (p Person) Resource() policy.Resource {
	return policy.Resource{Type: "Person", ID: p.ID, Attrs: map[string]any{"active": p.Active, "source": p.Source}}
}

const personColumns = `id, external_id, subject, user_name, email, display_name, title, department, manager, profile,
	active, source, left_at, removed_at, shredded_at, created_at, updated_at, version`

func scanPerson(r db.Row) (Person, error) {
	var p Person
	var profile string
	var left, removed, shredded, created, updated int64
	err := r.Scan(&p.ID, &p.ExternalID, &p.Subject, &p.UserName, &p.Email, &p.DisplayName, &p.Title, &p.Department, &p.Manager, &profile,
		(*flag)(&p.Active), &p.Source, &left, &removed, &shredded, &created, &updated, &p.Version)
	if err != nil {
		return Person{}, err
	}
	p.LeftAt, p.RemovedAt, p.ShreddedAt = db.Time(left), db.Time(removed), db.Time(shredded)
	p.CreatedAt, p.UpdatedAt = db.Time(created), db.Time(updated)
	return p, json.Unmarshal([]byte(profile), &p.Profile)
}

func people(ctx context.Context, tx *db.Tx, rest string, args ...any) ([]Person, error) {
	var all []Person
	err := tx.Each(ctx, "SELECT "+personColumns+" FROM person "+rest, args, func(r db.Row) error {
		p, err := scanPerson(r)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return all, nil
}

// GetPerson is the person with the id, also one who left. None is a NotFound.
func GetPerson(ctx context.Context, tx *db.Tx, id string) (Person, error) {
	return onePerson(ctx, tx, "WHERE id = ?", id)
}

// listed is a person who is in the directory.
func listed(ctx context.Context, tx *db.Tx, id string) (Person, error) {
	return onePerson(ctx, tx, "WHERE id = ? AND removed_at = 0", id)
}

func onePerson(ctx context.Context, tx *db.Tx, rest string, args ...any) (Person, error) {
	all, err := people(ctx, tx, rest, args...)
	if err == nil && len(all) == 0 {
		err = guard.NotFound("Person")
	}
	if err != nil {
		return Person{}, err
	}
	return all[0], nil
}

// PeopleQuery chooses people of the directory. Empty fields choose all.
type PeopleQuery struct {
	Page
	Search string // a part of the name, user name or e-mail address
	Active string // "yes" or "no"
	Team   string // a team's id
	Role   clientele.SystemRole
}

// ListPeople is a part of the people of the directory, and the cursor of the next.
func ListPeople(ctx context.Context, tx *db.Tx, q PeopleQuery) ([]Person, string, error) {
	where, args := "WHERE removed_at = 0 AND id > ?", []any{q.After}
	if q.Search != "" {
		like := "%" + escapeLike(lower(q.Search)) + "%"
		where += ` AND (user_lower LIKE ? ESCAPE '\' OR email_lower LIKE ? ESCAPE '\' OR display_lower LIKE ? ESCAPE '\')`
		args = append(args, like, like, like)
	}
	if q.Active != "" {
		where += " AND active = ?"
		args = append(args, db.Bool(q.Active == "yes"))
	}
	if q.Team != "" {
		where += " AND id IN (SELECT person_id FROM team_member WHERE team_id = ?)"
		args = append(args, q.Team)
	}
	if q.Role != "" {
		where += " AND id IN (SELECT party_id FROM role_grant WHERE role = ? AND ended_at = 0)"
		args = append(args, string(q.Role))
	}
	all, err := people(ctx, tx, where+" ORDER BY id LIMIT ?", append(args, q.limit()+1)...)
	if err != nil {
		return nil, "", err
	}
	all, next := cut(all, q.limit(), func(p Person) string { return p.ID })
	return all, next, nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

func escapeLike(s string) string { return likeEscaper.Replace(s) }

// CreatePerson adds a person by hand and sets their id.
func CreatePerson(act *guard.Act, p *Person) error {
	p.ID, p.Source = act.NewID("per"), Local
	if err := act.Allow(p.Resource()); err != nil {
		return err
	}
	if err := add(act, p); err != nil {
		return err
	}
	describe(act, *p)
	return nil
}

// UpdatePerson changes what is known of a person, if they are still of that version; 0
// stands for any. What an identity provider keeps is changed there.
func UpdatePerson(act *guard.Act, p *Person, ifVersion int64) error {
	old, err := listed(act.Context(), act.Tx, p.ID)
	if err != nil {
		return err
	}
	if err := act.Allow(old.Resource()); err != nil {
		return err
	}
	switch {
	case old.Source == FromSCIM:
		return clientele.Errorf(clientele.Conflict, "the identity provider keeps this person").WithHint("change them there")
	case ifVersion != 0 && old.Version != ifVersion:
		return clientele.Errorf(clientele.Conflict, "somebody changed this person meanwhile").WithHint("look again, then change them")
	}
	next := old
	next.UserName, next.Email, next.DisplayName = p.UserName, p.Email, p.DisplayName
	next.Title, next.Department, next.Manager, next.ExternalID = p.Title, p.Department, p.Manager, p.ExternalID
	if err := save(act, &next); err != nil {
		return err
	}
	describe(act, next)
	*p = next
	return nil
}

// describe puts who the person is into the entry, sealed with their key.
func describe(act *guard.Act, p Person) {
	act.Detail("source", p.Source)
	act.Private(p.ID+":user_name", p.UserName)
	act.Private(p.ID+":email", p.Email)
	act.Private(p.ID+":name", p.DisplayName)
}

// add inserts an active person. Whoever calls it has asked for leave.
func add(act *guard.Act, p *Person) error {
	if err := checkPerson(act, p); err != nil {
		return err
	}
	p.Active, p.Version, p.CreatedAt, p.UpdatedAt = true, 1, act.At, act.At
	return writePeople(act, []Person{*p})
}

const personWidth = 18

// writePeople adds people, or changes what is known of them, many with one statement.
func writePeople(act *guard.Act, all []Person) error {
	args := make([]any, 0, personWidth*len(all))
	for _, p := range all {
		profile, err := json.Marshal(p.Profile)
		if err != nil {
			return err
		}
		args = append(args, p.ID, p.ExternalID, p.Subject, p.UserName, lower(p.UserName), p.Email, lower(p.Email), p.DisplayName,
			lower(p.DisplayName), p.Title, p.Department, p.Manager, string(profile), db.Bool(p.Active), p.Source, p.Version, db.Micro(p.CreatedAt), db.Micro(p.UpdatedAt))
	}
	_, err := act.Tx.Exec(act.Context(), `INSERT INTO person (id, external_id, subject, user_name, user_lower, email, email_lower, display_name,
		display_lower, title, department, manager, profile, active, source, version, created_at, updated_at) VALUES `+db.Rows(len(all), personWidth)+`
		ON CONFLICT (id) DO UPDATE SET external_id = excluded.external_id, subject = excluded.subject, user_name = excluded.user_name, user_lower = excluded.user_lower,
		email = excluded.email, email_lower = excluded.email_lower, display_name = excluded.display_name, display_lower = excluded.display_lower, title = excluded.title,
		department = excluded.department, manager = excluded.manager, profile = excluded.profile, source = excluded.source, version = excluded.version, updated_at = excluded.updated_at`, args...)
	if err != nil {
		return fmt.Errorf("write people: %w", err)
	}
	return nil
}

// save writes what is known of a person; not whether they are active.
func save(act *guard.Act, p *Person) error {
	if err := checkPerson(act, p); err != nil {
		return err
	}
	p.Version, p.UpdatedAt = p.Version+1, act.At
	return writePeople(act, []Person{*p})
}

// checkPerson sees to it that the columns can hold the person, and nobody has the name.
func checkPerson(act *guard.Act, p *Person) error {
	if err := fitPerson(p); err != nil {
		return err
	}
	other, err := ids(act.Context(), act.Tx, "SELECT id FROM person WHERE user_lower = ? AND removed_at = 0 AND id <> ?", lower(p.UserName), p.ID)
	if err == nil && len(other) > 0 {
		err = errTaken
	}
	return err
}

func fitPerson(p *Person) error {
	p.UserName, p.Email = strings.TrimSpace(p.UserName), strings.TrimSpace(p.Email)
	if p.UserName == "" {
		return clientele.Errorf(clientele.Invalid, "a person needs a user name")
	}
	for name, s := range map[string]string{
		"user name": p.UserName, "e-mail address": p.Email, "name": p.DisplayName, "title": p.Title,
		"department": p.Department, "manager": p.Manager, "external id": p.ExternalID,
	} {
		if !fit(s) {
			return clientele.Errorf(clientele.Invalid, "the %s is longer than %d bytes or holds control characters", name, maxText)
		}
	}
	return nil
}

// errTaken is the answer to a user name that somebody has.
var errTaken = clientele.Errorf(clientele.Conflict, "the user name is taken").WithHint("choose another, or change who has it")

// Leave marks a person as gone: their sessions, links and system roles end with the act. It
// is not an act of its own: lifecycle.Leave is, and does what else follows.
func Leave(act *guard.Act, personID string) error {
	p, err := GetPerson(act.Context(), act.Tx, personID)
	if err != nil || !p.Active {
		return err
	}
	at := db.Micro(act.At)
	if err := each(act, []statement{
		{"UPDATE person SET active = 0, left_at = ?, version = version + 1, updated_at = ? WHERE id = ?", []any{at, at, p.ID}},
		{"UPDATE role_grant SET ended_by = ?, ended_at = ? WHERE party_id = ? AND ended_at = 0", []any{act.Actor.ID, at, p.ID}},
		{"UPDATE login_link SET used_at = ? WHERE person_id = ? AND used_at = 0", []any{at, p.ID}},
	}); err != nil {
		return fmt.Errorf("mark a person as gone: %w", err)
	}
	return endSessions(act, p.ID)
}

// statement is a write whose result nobody needs.
type statement struct {
	query string
	args  []any
}

func each(act *guard.Act, all []statement) error {
	for _, s := range all {
		if _, err := act.Tx.Exec(act.Context(), s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// Return brings somebody back who had left: without the roles and sessions of before.
func Return(act *guard.Act, personID string) error {
	p, err := listed(act.Context(), act.Tx, personID)
	if err != nil {
		return err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return err
	}
	act.Detail("returned", true)
	return activate(act, &p)
}

// activate makes a person active again.
func activate(act *guard.Act, p *Person) error {
	if p.Active {
		return nil
	}
	p.Active, p.LeftAt, p.Version, p.UpdatedAt = true, time.Time{}, p.Version+1, act.At
	_, err := act.Tx.Exec(act.Context(), "UPDATE person SET active = 1, left_at = 0, version = ?, updated_at = ? WHERE id = ?", p.Version, db.Micro(act.At), p.ID)
	if err != nil {
		return fmt.Errorf("bring a person back: %w", err)
	}
	return nil
}

// Shred makes a person unreadable for good. What the log says of them was sealed with a key
// that destroy destroys; what the directory knows is blanked here. The id stays, and is
// never used again (NIST SP 800-53, IA-4). Somebody active has to leave first.
func Shred(act *guard.Act, personID string, destroy func(ctx context.Context, tx *db.Tx, subject string, at time.Time) error) error {
	p, err := GetPerson(act.Context(), act.Tx, personID)
	if err != nil {
		return err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return err
	}
	if p.Active {
		return clientele.Errorf(clientele.Conflict, "this person has not left").WithHint("end their access first: clientele leaver end %s --yes", p.ID)
	}
	if !p.ShreddedAt.IsZero() {
		return nil
	}
	if err := blank(act, p.ID); err != nil {
		return fmt.Errorf("blank a person: %w", err)
	}
	return destroy(act.Context(), act.Tx, p.ID, act.At)
}

func blank(act *guard.Act, id string) error {
	at := db.Micro(act.At)
	return each(act, []statement{
		{`UPDATE person SET external_id = '', subject = '', user_name = '', user_lower = '', email = '', email_lower = '',
			display_name = 'former person', display_lower = '', title = '', department = '', manager = '', profile = '{}',
			removed_at = CASE removed_at WHEN 0 THEN ? ELSE removed_at END, shredded_at = ?, version = version + 1, updated_at = ? WHERE id = ?`, []any{at, at, at, id}},
		{"DELETE FROM team_member WHERE person_id = ?", []any{id}},
	})
}
