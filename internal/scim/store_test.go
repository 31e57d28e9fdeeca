package scim_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/scim"
)

// memory is a store that keeps everything in memory, in the order in which it came.
type memory struct {
	mu     sync.Mutex // guards the fields below
	users  []scim.User
	groups []scim.Group
	last   int // number given out last
	writes int // how many reached the store
	broken error
}

var epoch = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func (m *memory) stamp(old scim.Meta) scim.Meta {
	m.last++
	m.writes++
	at := epoch.Add(time.Duration(m.last) * time.Second)
	if old.Created.IsZero() {
		old.Created = at
	}
	return scim.Meta{Created: old.Created, LastModified: at, Version: strconv.Itoa(m.last)}
}

func each[R scim.Resource](list []R, view func(R) R) func(func(R, error) bool) {
	return func(yield func(R, error) bool) {
		for _, r := range list {
			if !yield(view(r), nil) {
				return
			}
		}
	}
}

func missing(id string) error {
	return &clientele.Error{Kind: clientele.NotFound, Msg: "nothing has the id " + id}
}

// userView is u with the groups that it is in.
func (m *memory) userView(u scim.User) scim.User {
	u.Emails = slices.Clone(u.Emails)
	for _, g := range m.groups {
		if slices.ContainsFunc(g.Members, func(x scim.Member) bool { return x.ID == u.ID }) {
			u.Groups = append(u.Groups, scim.GroupRef{ID: g.ID, Display: g.DisplayName})
		}
	}
	return u
}

// groupView is g with the names of its members.
func (m *memory) groupView(g scim.Group) scim.Group {
	g.Members = slices.Clone(g.Members)
	for i, x := range g.Members {
		if at, err := m.user(x.ID); err == nil {
			g.Members[i].Display = m.users[at].UserName
		}
	}
	return g
}

func (m *memory) user(id string) (int, error) {
	at := slices.IndexFunc(m.users, func(u scim.User) bool { return u.ID == id })
	if at < 0 {
		return 0, missing(id)
	}
	return at, m.broken
}

func (m *memory) group(id string) (int, error) {
	at := slices.IndexFunc(m.groups, func(g scim.Group) bool { return g.ID == id })
	if at < 0 {
		return 0, missing(id)
	}
	return at, m.broken
}

func (m *memory) nameTaken(u scim.User) error {
	for _, other := range m.users {
		if other.ID != u.ID && strings.EqualFold(other.UserName, u.UserName) {
			return fmt.Errorf("store user: %w", scim.Taken("userName"))
		}
	}
	return nil
}

func (m *memory) Users(_ context.Context, q scim.Query) ([]scim.User, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, 0, m.broken
	}
	candidates := m.users
	if id, ok := q.Filter.Equality("id"); ok {
		candidates = slices.DeleteFunc(slices.Clone(candidates), func(u scim.User) bool { return u.ID != id })
	}
	return scim.Page(each(candidates, m.userView), q)
}

func (m *memory) User(_ context.Context, id string) (scim.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.user(id)
	if err != nil {
		return scim.User{}, err
	}
	return m.userView(m.users[at]), nil
}

func (m *memory) CreateUser(_ context.Context, u scim.User) (scim.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.nameTaken(u); err != nil {
		return u, err
	}
	u.Meta = m.stamp(scim.Meta{})
	u.ID = fmt.Sprintf("u%d", m.last)
	m.users = append(m.users, u)
	return m.userView(u), nil
}

func (m *memory) UpdateUser(_ context.Context, id string, change func(*scim.User) error) (scim.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.user(id)
	if err != nil {
		return scim.User{}, err
	}
	u := m.userView(m.users[at])
	if err := change(&u); err != nil {
		return u, fmt.Errorf("change user: %w", err)
	}
	if err := m.nameTaken(u); err != nil {
		return u, err
	}
	u.Groups, u.Meta = nil, m.stamp(u.Meta)
	m.users[at] = u
	return m.userView(u), nil
}

func (m *memory) DeleteUser(_ context.Context, id string, check func(scim.User) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.user(id)
	if err != nil {
		return err
	}
	if err := check(m.users[at]); err != nil {
		return err
	}
	m.users = slices.Delete(m.users, at, at+1)
	for i, g := range m.groups {
		m.groups[i].Members = slices.DeleteFunc(slices.Clone(g.Members), func(x scim.Member) bool { return x.ID == id })
	}
	return nil
}

func (m *memory) Groups(_ context.Context, q scim.Query) ([]scim.Group, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return scim.Page(each(m.groups, func(g scim.Group) scim.Group {
		if q.WithoutMembers {
			g.Members = nil
			return g
		}
		return m.groupView(g)
	}), q)
}

func (m *memory) Group(_ context.Context, id string) (scim.Group, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.group(id)
	if err != nil {
		return scim.Group{}, err
	}
	return m.groupView(m.groups[at]), nil
}

// known refuses members that are not there.
func (m *memory) known(g scim.Group) error {
	ids := map[string]bool{}
	for _, u := range m.users {
		ids[u.ID] = true
	}
	for _, x := range g.Members {
		if !ids[x.ID] {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "no user has the id " + x.ID}
		}
	}
	return nil
}

func (m *memory) CreateGroup(_ context.Context, g scim.Group) (scim.Group, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.known(g); err != nil {
		return g, err
	}
	g.Meta = m.stamp(scim.Meta{})
	g.ID = fmt.Sprintf("g%d", m.last)
	m.groups = append(m.groups, g)
	return m.groupView(g), nil
}

func (m *memory) UpdateGroup(_ context.Context, id string, change func(*scim.Group) error) (scim.Group, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.group(id)
	if err != nil {
		return scim.Group{}, err
	}
	g := m.groupView(m.groups[at])
	if err := change(&g); err != nil {
		return g, err
	}
	if err := m.known(g); err != nil {
		return g, err
	}
	g.Meta = m.stamp(g.Meta)
	m.groups[at] = g
	return m.groupView(g), nil
}

func (m *memory) DeleteGroup(_ context.Context, id string, check func(scim.Group) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.group(id)
	if err != nil {
		return err
	}
	if err := check(m.groups[at]); err != nil {
		return err
	}
	m.groups = slices.Delete(m.groups, at, at+1)
	return nil
}
