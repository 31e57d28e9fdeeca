package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// Periods are bitemporal. A change at t supersedes the open row and records two: what held
// until t, and what holds from t on. A change in the same instant as the last leaves no
// period between.

// recordState records that the client is in its state from now on.
func recordState(act *guard.Act, c *Client) error {
	at := db.Micro(act.At)
	var n, from int64
	var state string
	err := act.Tx.Row(act.Context(), "SELECT n, state, valid_from FROM client_period WHERE client_id = ? AND valid_to = 0 AND superseded_at = 0", []any{string(c.ID)}, &n, &state, &from)
	if err != nil && !guard.NoRows(err) {
		return fmt.Errorf("read a client's periods: %w", err)
	}
	if err == nil {
		if _, err := act.Tx.Exec(act.Context(), "UPDATE client_period SET superseded_at = ? WHERE n = ?", at, n); err != nil {
			return fmt.Errorf("end a client's period: %w", err)
		}
		if from < at {
			if err := insertPeriod(act, string(c.ID), state, from, at); err != nil {
				return err
			}
		}
	}
	return insertPeriod(act, string(c.ID), string(c.State), at, 0)
}

func insertPeriod(act *guard.Act, id, state string, from, to int64) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO client_period (client_id, state, valid_from, valid_to, recorded_at, superseded_at) VALUES (?, ?, ?, ?, ?, 0)", id, state, from, to, db.Micro(act.At))
	if err != nil {
		return fmt.Errorf("record a client's period: %w", err)
	}
	return nil
}

// Ownership is who answered for a client at a time.
type Ownership struct {
	OwnerID, BackupID, TeamID string
	Attested                  bool
	ValidFrom, ValidTo        time.Time // zero ValidTo: still
	RecordedAt                time.Time
}

// recordOwnership records that the client has its owner from now on.
func recordOwnership(act *guard.Act, c *Client) error {
	at := db.Micro(act.At)
	var n int64
	var o Ownership
	err := act.Tx.Row(act.Context(), "SELECT n, owner_id, backup_id, team_id, attested, valid_from FROM ownership WHERE client_id = ? AND valid_to = 0 AND superseded_at = 0", []any{string(c.ID)},
		&n, &o.OwnerID, &o.BackupID, &o.TeamID, truth{&o.Attested}, instant{&o.ValidFrom})
	if err != nil && !guard.NoRows(err) {
		return fmt.Errorf("read a client's owners: %w", err)
	}
	if err == nil {
		if _, err := act.Tx.Exec(act.Context(), "UPDATE ownership SET superseded_at = ? WHERE n = ?", at, n); err != nil {
			return fmt.Errorf("end an ownership: %w", err)
		}
		if db.Micro(o.ValidFrom) < at {
			o.ValidTo = act.At
			if err := insertOwnership(act, c.ID, o); err != nil {
				return err
			}
		}
	}
	return insertOwnership(act, c.ID, Ownership{OwnerID: c.OwnerID, BackupID: c.BackupID, TeamID: c.TeamID, Attested: !c.AttestedAt.IsZero(), ValidFrom: act.At})
}

func insertOwnership(act *guard.Act, id clientele.ClientID, o Ownership) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO ownership (client_id, owner_id, backup_id, team_id, attested, valid_from, valid_to, recorded_at, superseded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
		string(id), o.OwnerID, o.BackupID, o.TeamID, db.Bool(o.Attested), db.Micro(o.ValidFrom), db.Micro(o.ValidTo), db.Micro(act.At))
	if err != nil {
		return fmt.Errorf("record an ownership: %w", err)
	}
	return nil
}

// OwnerAt is who answered for a client at a time, as it was known at another. The zero value
// is nobody.
func OwnerAt(ctx context.Context, tx *db.Tx, id clientele.ClientID, at, known time.Time) (Ownership, error) {
	t, k := db.Micro(at), db.Micro(known)
	var o Ownership
	err := tx.Row(ctx, `SELECT owner_id, backup_id, team_id, attested, valid_from, valid_to, recorded_at FROM ownership
		WHERE client_id = ? AND valid_from <= ? AND (valid_to = 0 OR valid_to > ?) AND recorded_at <= ? AND (superseded_at = 0 OR superseded_at > ?)
		ORDER BY n DESC LIMIT 1`, []any{string(id), t, t, k, k},
		&o.OwnerID, &o.BackupID, &o.TeamID, truth{&o.Attested}, instant{&o.ValidFrom}, instant{&o.ValidTo}, instant{&o.RecordedAt})
	if err != nil && !guard.NoRows(err) {
		return Ownership{}, fmt.Errorf("read a client's owners: %w", err)
	}
	return o, nil
}

// StateAt is the state of a client at a time, as it was known at another; empty: there was
// no such client.
func StateAt(ctx context.Context, tx *db.Tx, id clientele.ClientID, at, known time.Time) (clientele.State, error) {
	t, k := db.Micro(at), db.Micro(known)
	var s clientele.State
	err := tx.Row(ctx, `SELECT state FROM client_period
		WHERE client_id = ? AND valid_from <= ? AND (valid_to = 0 OR valid_to > ?) AND recorded_at <= ? AND (superseded_at = 0 OR superseded_at > ?)
		ORDER BY n DESC LIMIT 1`, []any{string(id), t, t, k, k}, &s)
	if err != nil && !guard.NoRows(err) {
		return "", fmt.Errorf("read a client's periods: %w", err)
	}
	return s, nil
}
