package identity

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/scim"
)

// Directory is the store behind SCIM: an identity provider's hand in the house. Its people
// and teams are those of everybody here, so that a provider finds whom a file or an
// administrator brought and takes them over.
type Directory struct {
	Guard *guard.Guard
	// Actor is whoever sends the request.
	Actor func(context.Context) clientele.Actor
	// Leave is what the house does when a person leaves: an act that calls Leave, among
	// others. It runs in the transaction that marks them.
	Leave func(act *guard.Act, personID string) error
}

var _ scim.Store = (*Directory)(nil)

var (
	everybody = policy.Resource{Type: "Person", ID: guard.All, Attrs: map[string]any{}}
	allTeams  = policy.Resource{Type: "Team", ID: guard.All, Attrs: map[string]any{}}
)

func (d *Directory) view(ctx context.Context, name string, r policy.Resource, fn func(tx *db.Tx) error) error {
	return said(d.Guard.View(ctx, d.Actor(ctx), name, func(v *guard.View) error {
		if err := v.Allow(r); err != nil {
			return err
		}
		return fn(v.Tx)
	}))
}

func (d *Directory) do(ctx context.Context, fn func(act *guard.Act) error) error {
	return said(d.Guard.Do(guard.WithoutKey(ctx), d.Actor(ctx), "person:write", fn))
}

// said is err in the words of SCIM.
func said(err error) error {
	var own *scim.Error
	var word *clientele.Error
	switch {
	case err == nil || errors.As(err, &own):
		return err
	case errors.Is(err, errTaken):
		return scim.Taken("userName")
	case errors.Is(err, errTeamTaken):
		return scim.Taken("displayName")
	case !errors.As(err, &word):
		return err
	case word.Kind == clientele.Denied:
		return &scim.Error{Status: http.StatusForbidden, Detail: word.Msg}
	case word.Kind == clientele.Conflict:
		return &scim.Error{Status: http.StatusConflict, Detail: word.Msg}
	}
	return err
}

// batch is how many rows are read at a time when a filter has to look at all of them.
const batch = 500

// Users is one page of people in the order in which they came.
func (d *Directory) Users(ctx context.Context, q scim.Query) (page []scim.User, total int, err error) {
	err = d.view(ctx, "person:list", everybody, func(tx *db.Tx) error {
		where, args := "", []any(nil)
		if s, ok := q.Filter.Equality("id"); ok {
			where, args = "AND id = ?", []any{s}
		} else if s, ok := q.Filter.Equality("userName"); ok {
			where, args = "AND user_lower = ?", []any{strings.ToLower(s)}
		} else if s, ok := q.Filter.Equality("externalId"); ok {
			where, args = "AND external_id = ?", []any{s}
		}
		if q.Filter == nil {
			page, total, err = userPage(ctx, tx, q)
			return err
		}
		page, total, err = scim.Page(userSeq(ctx, tx, where, args), q)
		return err
	})
	return page, total, err
}

func userPage(ctx context.Context, tx *db.Tx, q scim.Query) ([]scim.User, int, error) {
	var total int
	if err := tx.Row(ctx, "SELECT COUNT(*) FROM person WHERE removed_at = 0", nil, &total); err != nil {
		return nil, 0, fmt.Errorf("count people: %w", err)
	}
	all, err := people(ctx, tx, "WHERE removed_at = 0 ORDER BY id LIMIT ? OFFSET ?", q.Count, max(q.Start-1, 0))
	if err != nil {
		return nil, 0, err
	}
	page, err := users(ctx, tx, all)
	return page, total, err
}

// userSeq are the people of a condition, read in batches.
func userSeq(ctx context.Context, tx *db.Tx, where string, args []any) iter.Seq2[scim.User, error] {
	return batches(func(after string) ([]scim.User, string, error) {
		all, err := people(ctx, tx, "WHERE removed_at = 0 "+where+" AND id > ? ORDER BY id LIMIT ?", append(slices.Clone(args), after, batch)...)
		if err != nil || len(all) == 0 {
			return nil, "", err
		}
		page, err := users(ctx, tx, all)
		return page, all[len(all)-1].ID, err
	})
}

// batches reads on from where a batch ended until one is not full.
func batches[T any](read func(after string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var after string
		for {
			var page []T
			var err error
			page, after, err = read(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, x := range page {
				if !yield(x, nil) {
					return
				}
			}
			if len(page) < batch {
				return
			}
		}
	}
}

// users are people in the words of SCIM, with their groups.
func users(ctx context.Context, tx *db.Tx, all []Person) ([]scim.User, error) {
	if len(all) == 0 {
		return nil, nil
	}
	args := make([]any, len(all))
	for i, p := range all {
		args[i] = p.ID
	}
	groups := map[string][]scim.GroupRef{}
	err := tx.Each(ctx, "SELECT m.person_id, t.id, t.name FROM team_member AS m JOIN team AS t ON t.id = m.team_id WHERE m.person_id IN "+db.Marks(len(args))+" ORDER BY t.id",
		args, func(r db.Row) error {
			var person string
			var g scim.GroupRef
			err := r.Scan(&person, &g.ID, &g.Display)
			groups[person] = append(groups[person], g)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read people's teams: %w", err)
	}
	page := make([]scim.User, len(all))
	for i, p := range all {
		page[i] = userOf(p, groups[p.ID])
	}
	return page, nil
}

func userOf(p Person, groups []scim.GroupRef) scim.User {
	u := scim.User{
		ID: p.ID, ExternalID: p.ExternalID, UserName: p.UserName, Name: p.Profile.Name, DisplayName: p.DisplayName, Title: p.Title,
		Emails: p.Profile.Emails, Active: p.Active, Groups: groups,
		Enterprise: scim.Enterprise{EmployeeNumber: p.Profile.EmployeeNumber, Department: p.Department, Manager: p.Manager},
		Meta:       scim.Meta{Created: p.CreatedAt, LastModified: p.UpdatedAt, Version: strconv.FormatInt(p.Version, 10)},
	}
	if p.Source == FromSCIM {
		u.DisplayName = p.Profile.DisplayName
	} else if p.Email != "" {
		u.Emails = []scim.Email{{Value: p.Email, Type: "work", Primary: true}}
	}
	return u
}

// take makes p what the identity provider says it is; not whether they are active.
func take(p *Person, u scim.User) {
	p.Source, p.ExternalID, p.UserName, p.Title = FromSCIM, u.ExternalID, u.UserName, u.Title
	p.Department, p.Manager = u.Enterprise.Department, u.Enterprise.Manager
	p.DisplayName = firstOf(u.DisplayName, u.Name.Formatted, strings.TrimSpace(u.Name.GivenName+" "+u.Name.FamilyName))
	p.Email = mainAddress(u.Emails)
	p.Profile = Profile{DisplayName: u.DisplayName, Name: u.Name, Emails: u.Emails, EmployeeNumber: u.Enterprise.EmployeeNumber}
}

// mainAddress is where to write to: the primary address, or that for work, or the first.
func mainAddress(all []scim.Email) string {
	for _, fits := range []func(scim.Email) bool{
		func(e scim.Email) bool { return e.Primary },
		func(e scim.Email) bool { return strings.EqualFold(e.Type, "work") },
		func(scim.Email) bool { return true },
	} {
		if i := slices.IndexFunc(all, fits); i >= 0 {
			return all[i].Value
		}
	}
	return ""
}

func oneUser(ctx context.Context, tx *db.Tx, id string) (scim.User, error) {
	p, err := listed(ctx, tx, id)
	if err != nil {
		return scim.User{}, err
	}
	page, err := users(ctx, tx, []Person{p})
	if err != nil {
		return scim.User{}, err
	}
	return page[0], nil
}

// User is the person with the id.
func (d *Directory) User(ctx context.Context, id string) (u scim.User, err error) {
	err = d.view(ctx, "person:read", everybody, func(tx *db.Tx) error {
		u, err = oneUser(ctx, tx, id)
		return err
	})
	return u, err
}

// CreateUser adds a person.
func (d *Directory) CreateUser(ctx context.Context, u scim.User) (made scim.User, err error) {
	err = d.do(ctx, func(act *guard.Act) error {
		p := Person{ID: act.NewID("per")}
		take(&p, u)
		if err := act.Allow(p.Resource()); err != nil {
			return err
		}
		if err := add(act, &p); err != nil {
			return err
		}
		describe(act, p)
		if !u.Active {
			if err := Leave(act, p.ID); err != nil {
				return err
			}
		}
		made, err = oneUser(act.Context(), act.Tx, p.ID)
		return err
	})
	return made, err
}

// UpdateUser changes a person. Who is not active any more leaves, with all that follows.
func (d *Directory) UpdateUser(ctx context.Context, id string, change func(*scim.User) error) (after scim.User, err error) {
	err = d.do(ctx, func(act *guard.Act) error {
		p, u, err := d.forWriting(act, id)
		if err != nil {
			return err
		}
		was := u.Active
		if err := change(&u); err != nil {
			return err
		}
		take(&p, u)
		if err := save(act, &p); err != nil {
			return err
		}
		describe(act, p)
		switch {
		case was && !u.Active:
			err = d.leave(act, p.ID)
		case u.Active:
			err = activate(act, &p)
		}
		if err != nil {
			return err
		}
		after, err = oneUser(act.Context(), act.Tx, p.ID)
		return err
	})
	return after, err
}

func (d *Directory) forWriting(act *guard.Act, id string) (Person, scim.User, error) {
	p, err := listed(act.Context(), act.Tx, id)
	if err != nil {
		return Person{}, scim.User{}, err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return Person{}, scim.User{}, err
	}
	u, err := oneUser(act.Context(), act.Tx, id)
	return p, u, err
}

func (d *Directory) leave(act *guard.Act, id string) error {
	return act.Then(act.Actor, "person:leave", func(sub *guard.Act) error { return d.Leave(sub, id) })
}

// DeleteUser takes a person out of the directory, with all that follows when one leaves. The
// row and its id stay, the name is free again.
func (d *Directory) DeleteUser(ctx context.Context, id string, check func(scim.User) error) error {
	return d.do(ctx, func(act *guard.Act) error {
		p, u, err := d.forWriting(act, id)
		if err != nil {
			return err
		}
		if err := check(u); err != nil {
			return err
		}
		if p.Active {
			if err := d.leave(act, p.ID); err != nil {
				return err
			}
		}
		act.Detail("removed", true)
		at := db.Micro(act.At)
		return each(act, []statement{
			{"DELETE FROM team_member WHERE person_id = ?", []any{p.ID}},
			{"UPDATE person SET removed_at = ?, subject = '', version = version + 1, updated_at = ? WHERE id = ?", []any{at, at, p.ID}},
		})
	})
}
