package lifecycle_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

func sqlite(t testing.TB) *db.DB { return dbtest.SQLite(t) }

func identityRoles(act *guard.Act, id string, roles []clientele.SystemRole) error {
	return identity.SetRoles(act, id, roles)
}

// policy puts policies in force, by two people.
func (h *house) policy(text string) {
	h.t.Helper()
	var version int64
	h.must(h.do(h.sam, "policy:propose", func(act *guard.Act) (err error) {
		version, err = act.Propose(text, "test")
		return err
	}))
	h.must(h.do(h.sue, "policy:activate", func(act *guard.Act) error { return act.Activate(version) }))
}

// change opens a change record and returns its id.
func (h *house) change(who string) (id string) {
	h.t.Helper()
	h.must(h.do(who, "change:create", func(act *guard.Act) error {
		r, err := change.Open(act, change.Draft{Title: "work"})
		id = r.ID
		return err
	}))
	return id
}
