package inventory

import (
	"fmt"

	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// maxEnds is how many rows of a table one act ends.
const maxEnds = 2000

// ending is a kind of row that ends when a scan does not see it any more.
type ending struct{ table, key string }

var endings = []ending{
	{"finding_place", "finding_id, host, place"},
	{"credential_place", "client_id, credential_id, host, place, slot"},
	{"sighting", "client_id, host, place"},
}

// end ends what the scan did not see any more, up to a number of rows, and reports whether
// that was all.
func end(act *guard.Act, s *Scan) (bool, error) {
	scopes, err := scopesWithin(act, s)
	if err != nil {
		return false, err
	}
	for _, e := range endings {
		n, err := e.run(act, s, scopes)
		if err != nil {
			return false, fmt.Errorf("end what is gone: %w", err)
		}
		if n > 0 {
			if err := e.after(act, s); err != nil {
				return false, fmt.Errorf("end what is gone: %w", err)
			}
		}
		if n >= maxEnds {
			return false, nil
		}
	}
	return true, nil
}

// scopesWithin are the roots of all scans of the host that lie within those of this one.
func scopesWithin(act *guard.Act, s *Scan) ([]string, error) {
	var scopes []string
	err := act.Tx.Each(act.Context(), "SELECT scope, MIN(roots) FROM scan WHERE host = ? GROUP BY scope", []any{s.Host}, func(r db.Row) error {
		var scope string
		var roots []string
		if err := r.Scan(&scope, list{&roots}); err != nil {
			return err
		}
		if s.covered(roots) {
			scopes = append(scopes, scope)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the host's scans: %w", err)
	}
	return scopes, nil
}

// run marks rows of the host that no scan saw since this one began. Those of a sighting that
// went on are within the scope of this scan, as the sighting is.
func (e ending) run(act *guard.Act, s *Scan, scopes []string) (int64, error) {
	at, begun := db.Micro(act.At), db.Micro(s.BegunAt)
	var n int64
	err := chunks(scopes, func(marks string, args []any) error {
		in := "scope IN " + marks
		before := []any{at, s.Host, begun}
		if e.table != "sighting" {
			in = "place IN (SELECT place FROM sighting WHERE host = ? AND " + in + ")"
			before = append(before, s.Host)
		}
		more, err := act.Tx.Exec(act.Context(), "UPDATE "+e.table+" SET gone_at = ? WHERE ("+e.key+") IN (SELECT "+e.key+" FROM "+e.table+
			" WHERE host = ? AND gone_at = 0 AND last_seen < ? AND "+in+" LIMIT ?)", append(append(before, args...), maxEnds)...)
		n += more
		return err
	})
	return n, err
}

// after draws the consequences of the rows that ended in this act.
func (e ending) after(act *guard.Act, s *Scan) error {
	name := "client_id"
	if e.table == "finding_place" {
		name = "finding_id"
	}
	ids, err := column(act, "SELECT DISTINCT "+name+" FROM "+e.table+" WHERE host = ? AND gone_at = ?", s.Host, db.Micro(act.At))
	if err != nil {
		return err
	}
	switch e.table {
	case "finding_place":
		n, err := closeFindings(act, ids)
		s.Closed += n
		return err
	case "credential_place":
		secrets, err := column(act, "SELECT DISTINCT credential_id FROM credential_place WHERE host = ? AND gone_at = ?", s.Host, db.Micro(act.At))
		if err != nil {
			return err
		}
		if err := recountHolders(act, secrets); err != nil {
			return err
		}
	}
	return recompute(act, ids)
}

// column reads a column of texts.
func column(act *guard.Act, query string, args ...any) ([]string, error) {
	var all []string
	err := act.Tx.Each(act.Context(), query, args, func(r db.Row) error {
		var s string
		err := r.Scan(&s)
		all = append(all, s)
		return err
	})
	return all, err
}

// closeFindings closes those of the findings that hold nowhere any more.
func closeFindings(act *guard.Act, ids []string) (int64, error) {
	n, err := execIn(act.Context(), act.Tx, "UPDATE finding SET state = 'closed', closed_at = ? WHERE state <> 'closed' AND id",
		" AND NOT EXISTS (SELECT 1 FROM finding_place AS p WHERE p.finding_id = finding.id AND p.gone_at = 0)", ids, db.Micro(act.At))
	if err != nil {
		return 0, fmt.Errorf("close findings: %w", err)
	}
	var clients []string
	err = eachIn(act.Context(), act.Tx, "SELECT DISTINCT client_id FROM finding WHERE id", "", ids, func(r db.Row) error {
		var s string
		err := r.Scan(&s)
		clients = append(clients, s)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("close findings: %w", err)
	}
	return n, recompute(act, clients)
}
