package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// said is what the entries say of the other tables.
type said struct {
	keys    map[string]bool  // the persons whose keys entries use
	shreds  map[string]int64 // when a person's key was destroyed
	holds   map[string]LegalHold
	shown   map[showing]int64 // when a person showed a checkpoint
	policy  int64
	total   int64   // bodies pruned, by the last act of pruning
	below   int64   // and where they end
	missing []int64 // places of the first bodies that are gone
}

type showing struct {
	size   int64
	holder string
}

func newSaid() said {
	return said{keys: map[string]bool{}, shreds: map[string]int64{}, holds: map[string]LegalHold{}, shown: map[showing]int64{}}
}

func (s *said) gone(seq int64) {
	if len(s.missing) < 100 {
		s.missing = append(s.missing, seq)
	}
}

// hear notes what an entry says of other tables.
func (s *said) hear(x *row) {
	e := &x.said
	if e.outcome != string(clientele.Done) {
		return
	}
	_, id, _ := strings.Cut(e.object, ":")
	switch e.act {
	case actPrune:
		var d struct{ Pruned, Below int64 }
		if json.Unmarshal(x.parsed.Details, &d) == nil {
			s.total, s.below = d.Pruned, d.Below
		}
	case actLegalHold:
		s.hearHold(id, e, x.parsed.Details)
	case actShow:
		size, _ := strconv.ParseInt(id, 10, 64)
		s.shown[showing{size, e.actor}] = e.at
	case actShred:
		if s.shreds[id] == 0 {
			s.shreds[id] = e.at
		}
	case actActivate:
		s.policy, _ = strconv.ParseInt(id, 10, 64)
	}
}

func (s *said) hearHold(id string, e *columns, details []byte) {
	var d struct {
		Op, Matter string
		From, To   int64
	}
	if json.Unmarshal(details, &d) != nil {
		return
	}
	if d.Op == "lift" {
		h := s.holds[id]
		h.LiftedAt = db.Time(e.at)
		s.holds[id] = h
		return
	}
	_, by, _ := strings.Cut(e.actor, ":")
	s.holds[id] = LegalHold{ID: id, From: db.Time(d.From), To: db.Time(d.To), Matter: d.Matter, By: by, At: db.Time(e.at)}
}

// leafPosition is where the leaf of an entry is stored in the tree.
func leafPosition(seq int64) int64 { return tlog.NodeCount(seq) }

// beyond names rows that lie outside of what the head says.
func (v *verification) beyond(ctx context.Context, tx *db.Tx) error {
	for _, q := range []struct{ table, query string }{
		{"entry", "SELECT seq, '' FROM entry WHERE seq < 0 OR seq >= ? ORDER BY seq LIMIT 1000"},
		{"entry_box", "SELECT seq, subject FROM entry_box WHERE seq < 0 OR seq >= ? ORDER BY seq LIMIT 1000"},
		{"checkpoint", "SELECT size, '' FROM checkpoint WHERE size <= 0 OR size > ? ORDER BY size LIMIT 1000"},
		{"cosignature", "SELECT size, holder FROM cosignature WHERE size <= 0 OR size > ? ORDER BY size LIMIT 1000"},
	} {
		if err := v.extra(ctx, tx, q.table, q.query, v.size); err != nil {
			return err
		}
	}
	return v.extra(ctx, tx, "tree_node", "SELECT pos, '' FROM tree_node WHERE pos < 0 OR pos >= ? ORDER BY pos LIMIT 1000", tlog.NodeCount(v.size))
}

func (v *verification) extra(ctx context.Context, tx *db.Tx, table, query string, end int64) error {
	return tx.Each(ctx, query, []any{end}, func(r db.Row) error {
		var n int64
		var name string
		if err := r.Scan(&n, &name); err != nil {
			return err
		}
		v.report.add(Added, strings.TrimSpace(fmt.Sprintf("%s %d %s", table, n, name)), "it lies beyond the log's head of %d entries", v.size)
		return nil
	})
}

// prunings holds what is gone against what acts of pruning said.
func (v *verification) prunings(context.Context, *db.Tx) error {
	r := v.report
	r.Pruned = v.bodies
	if v.head.Pruned != v.said.below {
		r.add(Altered, "log_head 1", "it says that bodies below %d were pruned, the last act of pruning says below %d", v.head.Pruned, v.said.below)
	}
	if v.bodies != v.said.total {
		r.add(Missing, "entry "+strings.Trim(fmt.Sprint(v.said.missing), "[]"), "%d bodies are gone, and acts of pruning took %d; one of these was taken otherwise", v.bodies, v.said.total)
	}
	return nil
}

func (v *verification) policies(context.Context, *db.Tx) error {
	if v.head.Policy != v.said.policy {
		v.report.add(Altered, "log_head 1", "it says that policy version %d is in force, the entries say %d", v.head.Policy, v.said.policy)
	}
	return nil
}

func (v *verification) holds(ctx context.Context, tx *db.Tx) error {
	rows, err := Holds(ctx, tx)
	if err != nil {
		return err
	}
	for _, h := range rows {
		want, ok := v.said.holds[h.ID]
		delete(v.said.holds, h.ID)
		switch {
		case !ok:
			v.report.add(Added, "legal_hold "+h.ID, "no entry tells of this legal hold")
		case h != want:
			v.report.add(Altered, "legal_hold "+h.ID, "it is not as the entries tell of it")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.said.holds)) {
		v.report.add(Missing, "legal_hold "+id, "entries tell of this legal hold, and it is gone")
	}
	return nil
}

// shown holds what people showed against the entries that tell of it.
func (v *verification) shown(ctx context.Context, tx *db.Tx) error {
	err := tx.Each(ctx, "SELECT size, holder, at, line FROM cosignature WHERE holder LIKE '"+person+"%' ORDER BY size, holder", nil, func(r db.Row) error {
		var x cosigned
		if err := r.Scan(&x.size, &x.holder, &x.at, &x.line); err != nil {
			return err
		}
		at, ok := v.said.shown[showing{x.size, x.holder}]
		delete(v.said.shown, showing{x.size, x.holder})
		switch {
		case !ok:
			v.report.add(Added, x.name(), "no entry tells that this checkpoint was shown")
		case at != x.at || x.line != "":
			v.report.add(Altered, x.name(), "it is not as the entry tells of it")
		default:
			v.report.Held = max(v.report.Held, x.size)
		}
		return nil
	})
	for s := range v.said.shown {
		if s.size > v.head.Pruned {
			v.report.add(Missing, cosigned{size: s.size, holder: s.holder}.name(), "an entry tells that this checkpoint was shown, and the row is gone")
		}
	}
	return err
}

// keys holds the table of persons' keys against the entries.
func (v *verification) keys(ctx context.Context, tx *db.Tx) error {
	err := tx.Each(ctx, "SELECT subject, wrapped, shredded_at FROM subject_key ORDER BY subject", nil, func(r db.Row) error {
		var subject string
		var wrapped []byte
		var shredded int64
		if err := r.Scan(&subject, &wrapped, &shredded); err != nil {
			return err
		}
		v.key(subject, wrapped, shredded)
		return nil
	})
	for _, subject := range slices.Sorted(maps.Keys(v.said.keys)) {
		v.report.add(Missing, "subject_key "+subject, "entries have sealed boxes for this key, and it is gone")
	}
	for _, subject := range slices.Sorted(maps.Keys(v.said.shreds)) {
		v.report.add(Missing, "subject_key "+subject, "an entry tells that this key was destroyed, and its row is gone")
	}
	return err
}

func (v *verification) key(subject string, wrapped []byte, shredded int64) {
	name := "subject_key " + subject
	used := v.said.keys[subject]
	told := v.said.shreds[subject]
	delete(v.said.keys, subject)
	delete(v.said.shreds, subject)
	switch {
	case shredded != told && told == 0:
		v.report.add(Altered, name, "the key was destroyed, and no entry tells of it")
	case shredded != told:
		v.report.add(Altered, name, "the entries tell that it was destroyed at another time")
	case (shredded == 0) != (wrapped != nil):
		v.report.add(Altered, name, "the key is there after it was destroyed, or gone before")
	case !used && shredded == 0 && v.head.Pruned == 0:
		v.report.add(Added, name, "no entry uses this key")
	}
	if v.check.Keys != nil && wrapped != nil {
		if _, err := v.check.Keys.Unwrap(wrapped, keyPlace(subject)); err != nil {
			v.report.add(Altered, name, "the key does not open with the wrapping key")
		}
	}
}
