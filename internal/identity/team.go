package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// Team is a group of people that may own clients.
type Team struct {
	ID         string
	ExternalID string // the identity provider's
	Name       string // unique among teams in the directory, whatever the case
	Source     string // Local, FromSCIM or FromCSV
	RemovedAt  time.Time

	CreatedAt, UpdatedAt time.Time
	Version              int64
}

// Resource is the team as policy sees it.
func (t Team) Resource() policy.Resource {
	return policy.Resource{Type: "Team", ID: t.ID, Attrs: map[string]any{"source": t.Source}}
}

func teams(ctx context.Context, tx *db.Tx, rest string, args ...any) ([]Team, error) {
	var all []Team
	err := tx.Each(ctx, "SELECT id, external_id, name, source, removed_at, created_at, updated_at, version FROM team "+rest, args, func(r db.Row) error {
		var t Team
		var removed, created, updated int64
		err := r.Scan(&t.ID, &t.ExternalID, &t.Name, &t.Source, &removed, &created, &updated, &t.Version)
		t.RemovedAt, t.CreatedAt, t.UpdatedAt = db.Time(removed), db.Time(created), db.Time(updated)
		all = append(all, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read teams: %w", err)
	}
	return all, nil
}

// GetTeam is the team with the id, also one that was removed. None is a NotFound.
func GetTeam(ctx context.Context, tx *db.Tx, id string) (Team, error) {
	return oneTeam(ctx, tx, "WHERE id = ?", id)
}

func oneTeam(ctx context.Context, tx *db.Tx, rest string, args ...any) (Team, error) {
	all, err := teams(ctx, tx, rest, args...)
	if err == nil && len(all) == 0 {
		err = guard.NotFound("Team")
	}
	if err != nil {
		return Team{}, err
	}
	return all[0], nil
}

// ListTeams is a part of the teams of the directory whose name holds search, and the cursor
// of the next.
func ListTeams(ctx context.Context, tx *db.Tx, search string, p Page) ([]Team, string, error) {
	all, err := teams(ctx, tx, `WHERE removed_at = 0 AND id > ? AND name_lower LIKE ? ESCAPE '\' ORDER BY id LIMIT ?`,
		p.After, "%"+escapeLike(lower(search))+"%", p.limit()+1)
	if err != nil {
		return nil, "", err
	}
	all, next := cut(all, p.limit(), func(t Team) string { return t.ID })
	return all, next, nil
}

// CreateTeam adds a team by hand and sets its id.
func CreateTeam(act *guard.Act, t *Team) error {
	t.ID, t.Source = act.NewID("tea"), Local
	if err := act.Allow(t.Resource()); err != nil {
		return err
	}
	return addTeam(act, t)
}

// RenameTeam gives a team another name, if it is still of that version; 0 stands
// for any.
func RenameTeam(act *guard.Act, id, name string, ifVersion int64) (Team, error) {
	t, err := ownTeam(act, id)
	if err != nil {
		return Team{}, err
	}
	if ifVersion != 0 && t.Version != ifVersion {
		return Team{}, clientele.Errorf(clientele.Conflict, "somebody changed this team meanwhile").WithHint("look again, then change it")
	}
	t.Name = name
	return t, saveTeam(act, &t)
}

// ownTeam is a team that may be changed by hand.
func ownTeam(act *guard.Act, id string) (Team, error) {
	t, err := oneTeam(act.Context(), act.Tx, "WHERE id = ? AND removed_at = 0", id)
	if err != nil {
		return Team{}, err
	}
	if err := act.Allow(t.Resource()); err != nil {
		return Team{}, err
	}
	if t.Source == FromSCIM {
		return Team{}, clientele.Errorf(clientele.Conflict, "the identity provider keeps this team").WithHint("change it there")
	}
	return t, nil
}

// AddMember puts a person into a team.
func AddMember(act *guard.Act, teamID, personID string) error {
	return changeMembers(act, teamID, func(have []string) []string {
		if slices.Contains(have, personID) {
			return have
		}
		return append(have, personID)
	})
}

// RemoveMember takes a person out of a team.
func RemoveMember(act *guard.Act, teamID, personID string) error {
	return changeMembers(act, teamID, func(have []string) []string {
		return slices.DeleteFunc(have, func(id string) bool { return id == personID })
	})
}

func changeMembers(act *guard.Act, teamID string, change func([]string) []string) error {
	t, err := ownTeam(act, teamID)
	if err != nil {
		return err
	}
	have, err := allMembers(act.Context(), act.Tx, t.ID)
	if err != nil {
		return err
	}
	if err := setMembers(act, t, have, change(slices.Clone(have))); err != nil {
		return err
	}
	return saveTeam(act, &t)
}

// RemoveTeam takes a team out of the directory. Its id is never used again. Service
// accounts it answers for need another team first.
func RemoveTeam(act *guard.Act, id string) error {
	t, err := ownTeam(act, id)
	if err != nil {
		return err
	}
	return removeTeam(act, t)
}

func removeTeam(act *guard.Act, t Team) error {
	accounts, err := ids(act.Context(), act.Tx, "SELECT id FROM service_account WHERE team_id = ? AND active = 1 ORDER BY id", t.ID)
	if err != nil {
		return err
	}
	if len(accounts) > 0 {
		return clientele.Errorf(clientele.Conflict, "the team answers for %d service accounts, %s among them", len(accounts), accounts[0]).
			WithHint("give them to another team first")
	}
	at := db.Micro(act.At)
	if err := each(act, []statement{
		{"DELETE FROM team_member WHERE team_id = ?", []any{t.ID}},
		{"UPDATE team SET removed_at = ?, version = version + 1, updated_at = ? WHERE id = ?", []any{at, at, t.ID}},
	}); err != nil {
		return fmt.Errorf("remove a team: %w", err)
	}
	return nil
}

// addTeam inserts a team. Whoever calls it has asked for leave.
func addTeam(act *guard.Act, t *Team) error {
	if err := checkTeam(act, t); err != nil {
		return err
	}
	t.Version, t.CreatedAt, t.UpdatedAt = 1, act.At, act.At
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO team (id, external_id, name, name_lower, source, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		t.ID, t.ExternalID, t.Name, lower(t.Name), t.Source, t.Version, db.Micro(t.CreatedAt), db.Micro(t.UpdatedAt))
	if err != nil {
		return fmt.Errorf("add a team: %w", err)
	}
	return nil
}

func saveTeam(act *guard.Act, t *Team) error {
	if err := checkTeam(act, t); err != nil {
		return err
	}
	t.Version, t.UpdatedAt = t.Version+1, act.At
	_, err := act.Tx.Exec(act.Context(), "UPDATE team SET external_id = ?, name = ?, name_lower = ?, source = ?, version = ?, updated_at = ? WHERE id = ?",
		t.ExternalID, t.Name, lower(t.Name), t.Source, t.Version, db.Micro(t.UpdatedAt), t.ID)
	if err != nil {
		return fmt.Errorf("change a team: %w", err)
	}
	return nil
}

func checkTeam(act *guard.Act, t *Team) error {
	t.Name = strings.TrimSpace(t.Name)
	if t.Name == "" || !fit(t.Name) || !fit(t.ExternalID) {
		return clientele.Errorf(clientele.Invalid, "a team needs a name of at most %d bytes without control characters", maxText)
	}
	other, err := ids(act.Context(), act.Tx, "SELECT id FROM team WHERE name_lower = ? AND removed_at = 0 AND id <> ?", lower(t.Name), t.ID)
	if err == nil && len(other) > 0 {
		err = errTeamTaken
	}
	return err
}

// errTeamTaken is the answer to a name that another team has.
var errTeamTaken = clientele.Errorf(clientele.Conflict, "a team has that name").WithHint("choose another")

// allMembers are the ids of a team's people, those who left as well, in the team's order.
func allMembers(ctx context.Context, tx *db.Tx, teamID string) ([]string, error) {
	return ids(ctx, tx, "SELECT person_id FROM team_member WHERE team_id = ? ORDER BY place, person_id", teamID)
}

// setMembers writes the difference between the members a team has and those it should have,
// and names it in the entry.
func setMembers(act *guard.Act, t Team, have, want []string) error {
	gone, fresh := minus(have, want), minus(want, have)
	if err := known(act, fresh); err != nil {
		return err
	}
	for chunk := range slices.Chunk(gone, 500) {
		if _, err := act.Tx.Exec(act.Context(), "DELETE FROM team_member WHERE team_id = ? AND person_id IN "+db.Marks(len(chunk)), append([]any{t.ID}, anys(chunk)...)...); err != nil {
			return fmt.Errorf("take people out of a team: %w", err)
		}
	}
	placed := fresh
	if want = minus(want, nil); !slices.Equal(append(minus(have, gone), fresh...), want) {
		placed = want // in another order
	}
	if err := addMembers(act, t.ID, placed); err != nil {
		return err
	}
	if err := name(act, t.Resource(), "added", fresh); err != nil {
		return err
	}
	return name(act, t.Resource(), "removed", gone)
}

// addMembers puts people into a team, or who is in it already after those who are.
func addMembers(act *guard.Act, teamID string, fresh []string) error {
	if len(fresh) == 0 {
		return nil
	}
	var last int64
	if err := act.Tx.Row(act.Context(), "SELECT COALESCE(MAX(place), 0) FROM team_member WHERE team_id = ?", []any{teamID}, &last); err != nil {
		return fmt.Errorf("read a team's order: %w", err)
	}
	for chunk := range slices.Chunk(fresh, 500) {
		args := make([]any, 0, 4*len(chunk))
		for _, id := range chunk {
			last++
			args = append(args, teamID, id, last, db.Micro(act.At))
		}
		if _, err := act.Tx.Exec(act.Context(), "INSERT INTO team_member (team_id, person_id, place, added_at) VALUES "+db.Rows(len(chunk), 4)+
			" ON CONFLICT (team_id, person_id) DO UPDATE SET place = excluded.place", args...); err != nil {
			return fmt.Errorf("put people into a team: %w", err)
		}
	}
	return nil
}

// known refuses ids that are no people of the directory.
func known(act *guard.Act, list []string) error {
	for chunk := range slices.Chunk(list, 500) {
		found, err := ids(act.Context(), act.Tx, "SELECT id FROM person WHERE removed_at = 0 AND id IN "+db.Marks(len(chunk)), anys(chunk)...)
		if err != nil {
			return err
		}
		if missing := minus(chunk, found); len(missing) > 0 {
			return clientele.Errorf(clientele.Invalid, "nobody has the id %.40q", missing[0])
		}
	}
	return nil
}

// maxNamed is how many ids stand in one entry: what is more stands in further ones.
const maxNamed = 500

// name puts ids into the act's entry, or into entries that follow it where they are many.
func name(act *guard.Act, r policy.Resource, key string, list []string) error {
	if len(list) == 0 {
		return nil
	}
	if len(list) <= maxNamed {
		act.Detail(key, list)
		return nil
	}
	act.Detail(key+"_count", len(list))
	for chunk := range slices.Chunk(list, maxNamed) {
		err := act.Then(act.Actor, "person:write", func(sub *guard.Act) error {
			sub.Detail(key, chunk)
			return sub.Allow(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// minus is what a has and b has not, each once, in the order of a.
func minus(a, b []string) []string {
	seen := make(map[string]bool, len(a)+len(b))
	for _, s := range b {
		seen[s] = true
	}
	var rest []string
	for _, s := range a {
		if !seen[s] {
			seen[s] = true
			rest = append(rest, s)
		}
	}
	return rest
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}
