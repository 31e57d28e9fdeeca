package audit

import (
	"context"
	"fmt"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// Published is the newest checkpoint with its cosignatures: what c2sp.org/tlog-tiles serves
// as "checkpoint".
func Published(ctx context.Context, tx *db.Tx) ([]byte, error) {
	s, err := Newest(ctx, tx)
	if err != nil {
		return nil, err
	}
	return Cosigned(ctx, tx, s)
}

// Tile gives what c2sp.org/tlog-tiles serves under a path: a tile of hashes, or a bundle of
// entries. What the newest checkpoint does not cover is NotFound, and so is a bundle of which
// an entry was pruned. The content of a path never changes.
func (l *Log) Tile(ctx context.Context, tx *db.Tx, path string) ([]byte, error) {
	t, err := tlog.ParseTile(path)
	if err != nil {
		return nil, clientele.Errorf(clientele.NotFound, "the log has no %.100q", path)
	}
	s, err := Newest(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !t.Entries {
		return t.Read(s.Size, l.Hashes(ctx, tx))
	}
	if !t.In(s.Size) {
		return nil, clientele.Errorf(clientele.NotFound, "a log of %d entries has no %s", s.Size, path)
	}
	return entryBundle(ctx, tx, t)
}

func entryBundle(ctx context.Context, tx *db.Tx, t tlog.Tile) ([]byte, error) {
	from, to := t.Range()
	var bundle []byte
	n := 0
	err := tx.Each(ctx, "SELECT body FROM entry WHERE seq >= ? AND seq < ? AND body IS NOT NULL ORDER BY seq", []any{from, to}, func(r db.Row) error {
		var body []byte
		err := r.Scan(&body)
		if err == nil {
			n++
			bundle, err = tlog.AppendEntry(bundle, body)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Path(), err)
	}
	if n != t.Width {
		return nil, clientele.Errorf(clientele.NotFound, "entries of %s were pruned", t.Path())
	}
	return bundle, nil
}

// Prove makes the proof that an entry is in the log, by the newest checkpoint that somebody
// else holds and that covers it, or else by the newest: the text of c2sp.org/tlog-proof.
func (l *Log) Prove(ctx context.Context, tx *db.Tx, seq int64) (tlog.Proof, error) {
	s, err := BestCheckpoint(ctx, tx, seq)
	if err != nil {
		return tlog.Proof{}, err
	}
	msg, err := Cosigned(ctx, tx, s)
	if err != nil {
		return tlog.Proof{}, err
	}
	hashes, err := tlog.ProveInclusion(s.Size, seq, l.Hashes(ctx, tx))
	if err != nil {
		return tlog.Proof{}, err
	}
	return tlog.Proof{Index: seq, Hashes: hashes, Checkpoint: msg}, nil
}

// BestCheckpoint is the newest checkpoint that somebody else holds if it covers the entry, or
// else the newest.
func BestCheckpoint(ctx context.Context, tx *db.Tx, seq int64) (Stored, error) {
	s, err := NewestHeld(ctx, tx)
	if err == nil && s.Size <= seq {
		s, err = Newest(ctx, tx)
	}
	if err == nil && s.Size <= seq {
		return s, clientele.Errorf(clientele.NotFound, "no signed checkpoint covers entry %d yet", seq).WithHint("one is signed every second: try again")
	}
	return s, err
}
