package identity

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/scim"
)

// Groups is one page of teams in the order in which they came.
func (d *Directory) Groups(ctx context.Context, q scim.Query) (page []scim.Group, total int, err error) {
	err = d.view(ctx, "person:list", allTeams, func(tx *db.Tx) error {
		where, args := "", []any(nil)
		if s, ok := q.Filter.Equality("id"); ok {
			where, args = "AND id = ?", []any{s}
		} else if s, ok := q.Filter.Equality("displayName"); ok {
			where, args = "AND name_lower = ?", []any{strings.ToLower(s)}
		} else if s, ok := q.Filter.Equality("externalId"); ok {
			where, args = "AND external_id = ?", []any{s}
		} else if s, ok := q.Filter.Equality("members.value"); ok {
			where, args = "AND id IN (SELECT team_id FROM team_member WHERE person_id = ?)", []any{s}
		}
		page, total, err = scim.Page(groupSeq(ctx, tx, !q.WithoutMembers, where, args), q)
		return err
	})
	return page, total, err
}

func groupSeq(ctx context.Context, tx *db.Tx, members bool, where string, args []any) iter.Seq2[scim.Group, error] {
	return batches(func(after string) ([]scim.Group, string, error) {
		all, err := teams(ctx, tx, "WHERE removed_at = 0 "+where+" AND id > ? ORDER BY id LIMIT ?", append(slices.Clone(args), after, batch)...)
		if err != nil || len(all) == 0 {
			return nil, "", err
		}
		page, err := groups(ctx, tx, all, members)
		return page, all[len(all)-1].ID, err
	})
}

// groups are teams in the words of SCIM.
func groups(ctx context.Context, tx *db.Tx, all []Team, withMembers bool) ([]scim.Group, error) {
	page := make([]scim.Group, len(all))
	args, at := make([]any, len(all)), map[string]int{}
	for i, t := range all {
		args[i], at[t.ID] = t.ID, i
		page[i] = scim.Group{ID: t.ID, ExternalID: t.ExternalID, DisplayName: t.Name,
			Meta: scim.Meta{Created: t.CreatedAt, LastModified: t.UpdatedAt, Version: strconv.FormatInt(t.Version, 10)}}
	}
	if !withMembers || len(all) == 0 {
		return page, nil
	}
	err := tx.Each(ctx, `SELECT m.team_id, p.id, CASE p.display_name WHEN '' THEN p.user_name ELSE p.display_name END FROM team_member AS m JOIN person AS p ON p.id = m.person_id
		WHERE m.team_id IN `+db.Marks(len(args))+" ORDER BY m.team_id, m.place, p.id", args, func(r db.Row) error {
		var team string
		var m scim.Member
		err := r.Scan(&team, &m.ID, &m.Display)
		page[at[team]].Members = append(page[at[team]].Members, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read teams' members: %w", err)
	}
	return page, nil
}

func oneGroup(ctx context.Context, tx *db.Tx, id string) (Team, scim.Group, error) {
	t, err := oneTeam(ctx, tx, "WHERE id = ? AND removed_at = 0", id)
	if err != nil {
		return Team{}, scim.Group{}, err
	}
	page, err := groups(ctx, tx, []Team{t}, true)
	if err != nil {
		return Team{}, scim.Group{}, err
	}
	return t, page[0], nil
}

// Group is the team with the id.
func (d *Directory) Group(ctx context.Context, id string) (g scim.Group, err error) {
	err = d.view(ctx, "person:read", allTeams, func(tx *db.Tx) error {
		_, g, err = oneGroup(ctx, tx, id)
		return err
	})
	return g, err
}

// CreateGroup adds a team.
func (d *Directory) CreateGroup(ctx context.Context, g scim.Group) (made scim.Group, err error) {
	err = d.do(ctx, func(act *guard.Act) error {
		t := Team{ID: act.NewID("tea"), ExternalID: g.ExternalID, Name: g.DisplayName, Source: FromSCIM}
		if err := act.Allow(t.Resource()); err != nil {
			return err
		}
		if err := addTeam(act, &t); err != nil {
			return err
		}
		if err := setMembers(act, t, nil, memberIDs(g)); err != nil {
			return err
		}
		_, made, err = oneGroup(act.Context(), act.Tx, t.ID)
		return err
	})
	return made, err
}

func memberIDs(g scim.Group) []string {
	list := make([]string, len(g.Members))
	for i, m := range g.Members {
		list[i] = m.ID
	}
	return list
}

// UpdateGroup changes a team, and writes of its members the difference alone.
func (d *Directory) UpdateGroup(ctx context.Context, id string, change func(*scim.Group) error) (after scim.Group, err error) {
	err = d.do(ctx, func(act *guard.Act) error {
		t, g, err := oneGroup(act.Context(), act.Tx, id)
		if err != nil {
			return err
		}
		if err := act.Allow(t.Resource()); err != nil {
			return err
		}
		have := memberIDs(g)
		if err := change(&g); err != nil {
			return err
		}
		t.Name, t.ExternalID, t.Source = g.DisplayName, g.ExternalID, FromSCIM
		if err := saveTeam(act, &t); err != nil {
			return err
		}
		if err := setMembers(act, t, have, memberIDs(g)); err != nil {
			return err
		}
		_, after, err = oneGroup(act.Context(), act.Tx, id)
		return err
	})
	return after, err
}

// DeleteGroup takes a team out of the directory.
func (d *Directory) DeleteGroup(ctx context.Context, id string, check func(scim.Group) error) error {
	return d.do(ctx, func(act *guard.Act) error {
		t, g, err := oneGroup(act.Context(), act.Tx, id)
		if err != nil {
			return err
		}
		if err := act.Allow(t.Resource()); err != nil {
			return err
		}
		if err := check(g); err != nil {
			return err
		}
		act.Detail("removed", true)
		return removeTeam(act, t)
	})
}
