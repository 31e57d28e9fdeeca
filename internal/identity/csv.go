package identity

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/scim/peoplecsv"
)

// Summary is what an import did.
type Summary struct {
	Created, Updated, Unchanged, Left int
	Skipped                           int // whom, or whose team, the identity provider keeps; and strangers who are not active
	// Missing are people whom a file brought and whom this one does not name. They are
	// reported and not ended: half a file must not end half the house.
	Missing []string
	// Gone are people who left, and whom the file calls active. It brings nobody back, as it
	// calls active whomever it says nothing about.
	Gone []string
}

// Import makes the directory say what a file says. A person is found by external id, or
// else by user name. An empty cell leaves what is known. Who is not active leaves through
// the hook leave, as in Directory.
func Import(act *guard.Act, rows []peoplecsv.Person, leave func(act *guard.Act, personID string) error) (Summary, error) {
	if err := act.Allow(everybody); err != nil {
		return Summary{}, err
	}
	m := &merge{act: act, leave: leave, named: map[string]bool{}, names: map[string]*Person{}, external: map[string]*Person{},
		teams: map[string]*Team{}, in: map[string][]string{}, joins: map[string][]string{}}
	if err := m.load(); err != nil {
		return Summary{}, err
	}
	for _, row := range rows {
		if err := m.row(row); err != nil {
			return Summary{}, inLine(row.Line, err)
		}
	}
	if err := m.finish(); err != nil {
		return Summary{}, err
	}
	return m.sum, nil
}

// inLine names the line in an error that a person reads.
func inLine(line int, err error) error {
	var e *clientele.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("line %d: %w", line, err)
	}
	told := *e
	told.Msg = fmt.Sprintf("line %d: %s", line, e.Msg)
	return &told
}

// merge is an import as far as it came.
type merge struct {
	act   *guard.Act
	leave func(*guard.Act, string) error
	sum   Summary

	names    map[string]*Person  // by user name in lower case
	external map[string]*Person  // by external id, of people whom a file brought
	teams    map[string]*Team    // by name in lower case
	in       map[string][]string // the teams that a person is in
	named    map[string]bool     // ids that the file names

	changed, fresh   []Person
	joins            map[string][]string // new members of a team
	created, updated []string
}

func (m *merge) load() error {
	all, err := people(m.act.Context(), m.act.Tx, "WHERE removed_at = 0")
	if err != nil {
		return err
	}
	for i := range all {
		m.index(&all[i])
	}
	list, err := teams(m.act.Context(), m.act.Tx, "WHERE removed_at = 0")
	if err != nil {
		return err
	}
	for i := range list {
		m.teams[lower(list[i].Name)] = &list[i]
	}
	return m.act.Tx.Each(m.act.Context(), "SELECT m.person_id, m.team_id FROM team_member AS m JOIN team AS t ON t.id = m.team_id", nil, func(r db.Row) error {
		var person, team string
		err := r.Scan(&person, &team)
		m.in[person] = append(m.in[person], team)
		return err
	})
}

func (m *merge) index(p *Person) {
	m.names[lower(p.UserName)] = p
	if p.ExternalID != "" && p.Source == FromCSV {
		m.external[p.ExternalID] = p
	}
}

func (m *merge) row(row peoplecsv.Person) error {
	p := m.external[row.ExternalID]
	if p == nil {
		p = m.names[lower(row.UserName)]
	}
	switch {
	case p == nil && !row.Active:
		m.sum.Skipped++
		return nil
	case p == nil:
		return m.create(row)
	}
	m.named[p.ID] = true
	switch {
	case p.Source == FromSCIM:
		m.sum.Skipped++
		return nil
	case p.Active && !row.Active:
		m.sum.Left++
		p.Active = false
		return m.act.Then(m.act.Actor, "person:leave", func(sub *guard.Act) error { return m.leave(sub, p.ID) })
	case !p.Active && row.Active:
		m.sum.Gone = append(m.sum.Gone, p.ID)
		return nil
	}
	return m.update(p, row)
}

func (m *merge) create(row peoplecsv.Person) error {
	p := &Person{ID: m.act.NewID("per"), Active: true, Version: 1, CreatedAt: m.act.At, UpdatedAt: m.act.At}
	describeBy(p, row)
	if err := fitPerson(p); err != nil {
		return err
	}
	m.index(p)
	m.named[p.ID] = true
	m.fresh = append(m.fresh, *p)
	m.created = append(m.created, p.ID)
	m.sum.Created++
	_, err := m.join(p.ID, row.Team)
	return err
}

// describeBy takes over what the row says.
func describeBy(p *Person, row peoplecsv.Person) {
	p.Source, p.UserName = FromCSV, row.UserName
	for field, cell := range map[*string]string{
		&p.Email: row.Email, &p.DisplayName: row.DisplayName, &p.Manager: row.Manager, &p.ExternalID: row.ExternalID, &p.Title: row.Title,
	} {
		if cell != "" {
			*field = cell
		}
	}
}

func (m *merge) update(p *Person, row peoplecsv.Person) error {
	old := *p
	describeBy(p, row)
	changed := old.UserName != p.UserName || old.Email != p.Email || old.DisplayName != p.DisplayName || old.Source != p.Source ||
		old.Manager != p.Manager || old.ExternalID != p.ExternalID || old.Title != p.Title
	if changed {
		if other := m.names[lower(p.UserName)]; other != nil && other.ID != p.ID {
			return errTaken
		}
		if err := fitPerson(p); err != nil {
			return err
		}
		p.Version, p.UpdatedAt = p.Version+1, m.act.At
		m.changed = append(m.changed, *p)
		delete(m.names, lower(old.UserName))
		m.index(p)
	}
	moved, err := m.join(p.ID, row.Team)
	switch {
	case err != nil:
		return err
	case changed || moved:
		m.updated = append(m.updated, p.ID)
		m.sum.Updated++
	default:
		m.sum.Unchanged++
	}
	return nil
}

// join puts a person into the team that the file names, and out of others that files keep.
// It reports whether that changed anything.
func (m *merge) join(personID, name string) (bool, error) {
	if name == "" {
		return false, nil
	}
	t := m.teams[lower(name)]
	if t == nil {
		t = &Team{ID: m.act.NewID("tea"), Name: name, Source: FromCSV}
		if err := addTeam(m.act, t); err != nil {
			return false, err
		}
		m.teams[lower(name)] = t
	}
	if t.Source == FromSCIM {
		m.sum.Skipped++
		return false, nil
	}
	in := slices.Contains(m.in[personID], t.ID)
	if !in {
		m.joins[t.ID] = append(m.joins[t.ID], personID)
	}
	if len(m.in[personID]) == 0 || in && len(m.in[personID]) == 1 {
		return !in, nil
	}
	left, err := m.act.Tx.Exec(m.act.Context(), "DELETE FROM team_member WHERE person_id = ? AND team_id <> ? AND team_id IN (SELECT id FROM team WHERE source = 'csv')", personID, t.ID)
	return !in || left > 0, err
}

// finish writes what is written best at once, and says in the log whom it was about.
func (m *merge) finish() error {
	for chunk := range slices.Chunk(append(m.changed, m.fresh...), batch) {
		if err := writePeople(m.act, chunk); err != nil {
			return err
		}
	}
	for _, team := range slices.Sorted(maps.Keys(m.joins)) {
		if err := addMembers(m.act, team, m.joins[team]); err != nil {
			return err
		}
	}
	for _, p := range m.names {
		if p.Source == FromCSV && p.Active && !m.named[p.ID] {
			m.sum.Missing = append(m.sum.Missing, p.ID)
		}
	}
	slices.Sort(m.sum.Missing)
	m.act.Detail("source", FromCSV)
	return errors.Join(name(m.act, everybody, "created", m.created), name(m.act, everybody, "updated", m.updated))
}
