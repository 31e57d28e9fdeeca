package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// Impact is what stops working when a client is retired.
type Impact struct {
	Client      inventory.Client
	Grants      []Grant // those that have not ended
	Uses        []inventory.Use
	Sightings   int64 // places where its files stand
	Hosts       int64 // machines they stand on
	Credentials []Mortal
}

// Mortal is a credential of a client that is to die with it.
type Mortal struct {
	inventory.Credential
	DeadAt time.Time // when it was tested dead; zero: not yet
	DeadBy string
}

// Dead reports whether it was tested dead after it was last seen alive here.
func (m Mortal) Dead() bool { return !m.DeadAt.IsZero() }

// Preview says what stops working when a client is retired, or suspended.
func Preview(ctx context.Context, tx *db.Tx, id clientele.ClientID, now time.Time) (Impact, error) {
	c, err := inventory.Get(ctx, tx, id)
	if err != nil {
		return Impact{}, err
	}
	im := Impact{Client: c}
	if im.Grants, err = open(ctx, tx, id, now); err != nil {
		return im, err
	}
	if im.Uses, err = inventory.Uses(ctx, tx, id); err != nil {
		return im, err
	}
	err = tx.Row(ctx, "SELECT COUNT(*), COUNT(DISTINCT host) FROM sighting WHERE client_id = ? AND gone_at = 0", []any{string(id)}, &im.Sightings, &im.Hosts)
	if err != nil {
		return im, fmt.Errorf("count a client's sightings: %w", err)
	}
	im.Credentials, err = mortals(ctx, tx, id)
	return im, err
}

// mortals are all credentials that ever stood in a client's files. One that was taken out
// of them may be alive all the same.
func mortals(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Mortal, error) {
	var all []Mortal
	err := tx.Each(ctx, `SELECT k.credential_id, COALESCE(d.at, 0), COALESCE(d.by, '') FROM (SELECT DISTINCT credential_id FROM credential_place WHERE client_id = ?) AS k
		LEFT JOIN dead_test AS d ON d.client_id = ? AND d.credential_id = k.credential_id ORDER BY k.credential_id`, []any{string(id), string(id)}, func(r db.Row) error {
		var m Mortal
		var at int64
		err := r.Scan(&m.ID, &at, &m.DeadBy)
		m.DeadAt = db.Time(at)
		all = append(all, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a client's credentials: %w", err)
	}
	for i := range all {
		if all[i].Credential, err = inventory.GetCredential(ctx, tx, all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Retire ends a client's grants and begins to revoke its credentials. It is the act
// client:retire. What stops working is in the entry. A client without credentials is
// retired when it returns.
func Retire(act *guard.Act, id clientele.ClientID, reason string) error {
	var left int
	var client inventory.Client
	err := moved(act, id, clientele.Retire, reason, func(c *inventory.Client) error {
		im, err := Preview(act.Context(), act.Tx, id, act.At)
		if err != nil {
			return err
		}
		left, client = len(im.Credentials), im.Client
		act.Detail("sightings", im.Sightings)
		act.Detail("hosts", im.Hosts)
		act.Detail("credentials", len(im.Credentials))
		act.Detail("uses", len(im.Uses))
		if !c.LastUsedAt.IsZero() {
			act.Detail("last_used", c.LastUsedAt.Format(time.RFC3339))
		}
		if err := dropPending(act, c, "its client is being retired"); err != nil {
			return err
		}
		if err := settle(act, string(id), DueGraceEnd); err != nil {
			return err
		}
		_, err = endGrants(act, c, func(Grant) bool { return true })
		return err
	})
	if err != nil || left > 0 {
		return err
	}
	return act.Then(clientele.System("lifecycle", "it holds no credential that could be alive"), "client:confirm_dead", func(sub *guard.Act) error {
		return moved(sub, client.ID, clientele.ConfirmDead, "it holds no credential", nil)
	})
}

// ConfirmDead records that a credential of a retiring client was revoked and tested dead,
// and how. It is the act client:confirm_dead. With the last one the client is a tombstone.
func ConfirmDead(act *guard.Act, id clientele.ClientID, credentialID, how string) error {
	c, err := governed(act, id)
	if err != nil {
		return err
	}
	if err := text("how it was tested", how, true); err != nil {
		return err
	}
	if c.State != clientele.Retiring {
		return clientele.Errorf(clientele.Conflict, "this client is %s: credentials are tested dead while it is retiring", c.State).WithHint("clientele client retire %s", c.ID)
	}
	all, err := mortals(act.Context(), act.Tx, id)
	if err != nil {
		return err
	}
	alive, found := 0, false
	for _, m := range all {
		switch {
		case m.ID == credentialID && m.Dead():
			return clientele.Errorf(clientele.Conflict, "this credential was tested dead on %s already", m.DeadAt.Format("2 January 2006"))
		case m.ID == credentialID:
			found = true
		case !m.Dead():
			alive++
		}
	}
	if !found {
		return guard.NotFound("Credential")
	}
	act.Detail("credential", credentialID)
	act.Detail("left", alive)
	act.Private("how", how)
	if _, err := act.Tx.Exec(act.Context(), "INSERT INTO dead_test (client_id, credential_id, by, at) VALUES (?, ?, ?, ?)", string(id), credentialID, act.Actor.ID, db.Micro(act.At)); err != nil {
		return fmt.Errorf("record that a credential is dead: %w", err)
	}
	if alive > 0 {
		return nil
	}
	return inventory.Move(act, &c, clientele.ConfirmDead)
}
