package identity_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

func (h *house) actor(id string) (a clientele.Actor) {
	h.Helper()
	h.read(func(tx *db.Tx) (err error) {
		a, err = identity.ActorOf(context.Background(), tx, id)
		return err
	})
	return a
}

func TestNobodyGivesRolesToThemselves(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann", clientele.AdminRole, clientele.ViewerRole)
		self := h.actor(ann.ID)
		for _, roles := range [][]clientele.SystemRole{{clientele.AdminRole, clientele.AuditorRole}, nil, self.Roles} {
			err := h.try(self, "role:assign", func(act *guard.Act) error { return identity.SetRoles(act, ann.ID, roles) })
			h.wants(err, clientele.Denied, "no-self-assignment")
			var e *clientele.Error
			if errors.As(err, &e); e.Hint == "" || len(e.Approvers) == 0 {
				t.Errorf("the denial does not say who could: %+v", e)
			}
		}
		if got := h.actor(ann.ID).Roles; !slices.Equal(got, self.Roles) {
			t.Errorf("roles %v", got)
		}
		if n := h.count("entry WHERE outcome = 'denied' AND act = 'role:assign'"); n != 3 {
			t.Errorf("%d denials on record", n)
		}
	})
}

func TestRolesThatEndedStayOnRecord(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann", clientele.ViewerRole, clientele.OwnerRole)
		h.must(admin, "role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, ann.ID, []clientele.SystemRole{clientele.OwnerRole, clientele.ApproverRole})
		})
		if got := h.actor(ann.ID).Roles; !slices.Equal(got, []clientele.SystemRole{clientele.OwnerRole, clientele.ApproverRole}) {
			t.Errorf("roles %v", got)
		}
		h.leave(ann.ID)
		h.read(func(tx *db.Tx) error {
			all, err := identity.RoleHistory(t.Context(), tx, ann.ID)
			if len(all) != 3 {
				t.Errorf("history %+v", all)
			}
			for _, g := range all {
				if g.EndedAt.IsZero() || g.EndedBy != admin.ID || g.GivenBy != admin.ID {
					t.Errorf("%+v", g)
				}
			}
			return err
		})
		h.wants(h.try(admin, "role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, ann.ID, []clientele.SystemRole{clientele.ViewerRole})
		}), clientele.Conflict, "")
		h.must(admin, "person:write", func(act *guard.Act) error { return identity.Return(act, ann.ID) })
		if got := h.actor(ann.ID).Roles; len(got) != 0 {
			t.Errorf("came back with %v", got)
		}
	})
}

// Administrators who take the role from each other at once, each with the roles they had a
// moment ago: one of them stays.
func TestAnAdministratorAlwaysRemains(t *testing.T) {
	each(t, func(h *house) {
		ann, ben := h.person("ann", clientele.AdminRole), h.person("ben", clientele.AdminRole)
		a, b := h.actor(ann.ID), h.actor(ben.ID)
		var wg sync.WaitGroup
		for range 4 {
			for who, whom := range map[*clientele.Actor]string{&a: ben.ID, &b: ann.ID} {
				wg.Go(func() {
					_ = h.try(*who, "role:assign", func(act *guard.Act) error { return identity.SetRoles(act, whom, nil) })
				})
			}
		}
		wg.Wait()
		h.read(func(tx *db.Tx) error {
			all, err := identity.WithRole(t.Context(), tx, clientele.AdminRole)
			if len(all) != 1 {
				t.Errorf("administrators: %v", all)
			}
			return err
		})
	})
}

func TestFirstAdministratorIsMadeOnce(t *testing.T) {
	each(t, func(h *house) {
		ensure := func() (id string) {
			h.must(clientele.System("bootstrap", "there was no administrator"), "system:bootstrap", func(act *guard.Act) (err error) {
				id, err = identity.EnsureFirstAdmin(act)
				return err
			})
			return id
		}
		first := ensure()
		a := h.actor(first)
		if slices.Contains(a.Roles, clientele.AuditorRole) || slices.Contains(a.Roles, clientele.ApproverRole) || !slices.Contains(a.Roles, clientele.AdminRole) {
			t.Errorf("roles %v", a.Roles)
		}
		if again := ensure(); again != first || h.count("person") != 1 {
			t.Errorf("again: %s", again)
		}
		h.leave(first)
		second := ensure()
		if second == first || len(h.actor(second).Roles) != 4 {
			t.Errorf("after the administrator left: %s", second)
		}
		h.wants(h.try(admin, "system:bootstrap", func(act *guard.Act) error {
			_, err := identity.EnsureFirstAdmin(act)
			return err
		}), clientele.Denied, "bootstrap-is-automatic")
	})
}
