package lifecycle_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/tlog"
)

// digests are hashes of all rows of the tables.
func (m *model) digests() map[string][32]byte {
	out := map[string][32]byte{}
	m.read(func(ctx context.Context, tx *db.Tx) error {
		for _, table := range tables {
			var rows []string
			text := "SELECT CAST(t.* AS TEXT) FROM " + table + " AS t"
			if tx.Dialect() == db.SQLite {
				var cols []string
				err := tx.Each(ctx, "SELECT name FROM pragma_table_info('"+table+"')", nil, func(r db.Row) error {
					var c string
					err := r.Scan(&c)
					cols = append(cols, "quote("+c+")")
					return err
				})
				if err != nil {
					return err
				}
				text = "SELECT " + strings.Join(cols, " || ',' || ") + " FROM " + table
			}
			err := tx.Each(ctx, text, nil, func(r db.Row) error {
				var s string
				err := r.Scan(&s)
				rows = append(rows, s)
				return err
			})
			if err != nil {
				return err
			}
			slices.Sort(rows)
			out[table] = sha256.Sum256([]byte(strings.Join(rows, "\n")))
		}
		return nil
	})
	return out
}

// check holds the database against the model after a step.
func (m *model) check() {
	digest, entries := m.digests(), m.count("entry")
	if entries == m.entries && !maps.Equal(digest, m.digest) {
		m.rt.Fatal("something changed without an entry")
	}
	m.entries, m.digest = entries, digest
	m.checkStates()
	m.checkRequests()
	m.checkDecisions()
	m.checkGrants()
	m.checkEntries()
}

// checkStates follows every client along its periods: each step is one of clientele.Moves,
// and nothing ever comes back from the end.
func (m *model) checkStates() {
	reach := func(from, to clientele.State) bool {
		return slices.ContainsFunc(clientele.Moves, func(mv clientele.Move) bool { return mv.From == from && mv.To == to })
	}
	trail := map[clientele.ClientID][]clientele.State{}
	m.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Each(ctx, "SELECT client_id, state FROM client_period WHERE superseded_at = 0 ORDER BY client_id, valid_from", nil, func(r db.Row) error {
			var id clientele.ClientID
			var s clientele.State
			err := r.Scan(&id, &s)
			trail[id] = append(trail[id], s)
			return err
		})
	})
	moved := m.movesOnRecord()
	for id, states := range trail {
		steps := append([]clientele.State{""}, moved[id]...)
		for i := 1; i < len(steps); i++ {
			if !reach(steps[i-1], steps[i]) {
				m.rt.Fatalf("%s went from %q to %q", id, steps[i-1], steps[i])
			}
		}
		if last := states[len(states)-1]; last != steps[len(steps)-1] {
			m.rt.Fatalf("%s is %q, its entries end with %q", id, last, steps[len(steps)-1])
		}
		m.state[id] = states[len(states)-1]
	}
	for id := range m.state {
		if len(trail[id]) == 0 {
			m.rt.Fatalf("%s is gone", id)
		}
	}
}

// movesOnRecord are the states that the entries say each client went through.
func (m *model) movesOnRecord() map[clientele.ClientID][]clientele.State {
	out := map[clientele.ClientID][]clientele.State{}
	m.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Each(ctx, "SELECT body FROM entry WHERE outcome = 'done' AND client_id <> '' ORDER BY seq", nil, func(r db.Row) error {
			var body string
			if err := r.Scan(&body); err != nil {
				return err
			}
			e, err := audit.Decode([]byte(body))
			if err != nil {
				return err
			}
			to, _ := e.Details["to"].(string)
			if e.Act == "scan:post" {
				to = string(clientele.Discovered)
			}
			if slices.Contains(clientele.States, clientele.State(to)) {
				out[e.Client] = append(out[e.Client], clientele.State(to))
			}
			return nil
		})
	})
	return out
}

func (m *model) checkRequests() {
	m.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Each(ctx, "SELECT id, state FROM request", nil, func(r db.Row) error {
			var id, state string
			if err := r.Scan(&id, &state); err != nil {
				return err
			}
			if was := m.ended[id]; was != "" && was != state {
				m.rt.Fatalf("request %s was %s and is %s", id, was, state)
			}
			if state != lifecycle.Pending {
				m.ended[id] = state
			}
			return nil
		})
	})
}

// checkDecisions: nobody on their own, at tier 4 nobody twice and nobody's power twice.
func (m *model) checkDecisions() {
	bad := m.count(`decision AS d JOIN request AS r ON r.id = d.request_id WHERE d.by = r.requester OR d.on_behalf = r.requester OR d.by = r.beneficiary OR d.by NOT LIKE 'per%'`)
	twice := m.count(`decision_office AS a JOIN decision_office AS b ON a.request_id = b.request_id AND (a.office <> b.office OR a.n <> b.n) AND a.tier = 4
		AND (a.by = b.by OR a.holder = b.holder OR a.by = b.holder)`)
	unseen := m.count(`request AS r WHERE r.state = 'approved' AND r.auto = 0 AND NOT EXISTS (SELECT 1 FROM decision_office AS o WHERE o.request_id = r.id)`)
	lone := m.count(`request AS r WHERE r.state = 'approved' AND r.auto = 0 AND r.tier = 4 AND (SELECT COUNT(DISTINCT o.holder) FROM decision_office AS o WHERE o.request_id = r.id) < 2`)
	if bad+twice+unseen+lone > 0 {
		m.rt.Fatalf("decisions: %d own, %d twice, %d missing, %d alone at tier 4", bad, twice, unseen, lone)
	}
}

// checkGrants: no grant is wider or longer than what was asked and decided.
func (m *model) checkGrants() {
	wider := m.count(`access_grant AS g JOIN request AS r ON r.id = g.request_id
		WHERE r.state <> 'approved' OR r.client_id <> g.client_id OR g.valid_to > r.decided_at + r.granted_s * 1000000
		OR NOT EXISTS (SELECT 1 FROM request_scope AS s WHERE s.request_id = r.id AND s.round = r.round AND s.service_id = g.service_id AND s.method = g.method AND s.path = g.path
			AND s.verb = g.verb AND s.row_cap = g.row_cap AND s.byte_cap = g.byte_cap AND s.destination = g.destination AND s.mask = g.mask)`)
	crossed := m.count(`access_grant AS g JOIN client AS c ON c.id = g.client_id JOIN service AS s ON s.id = g.service_id WHERE s.environment <> c.environment`)
	alive := m.count(`access_grant AS g JOIN client AS c ON c.id = g.client_id WHERE c.state IN ('discovered', 'claimed', 'rejected', 'retiring', 'retired') AND g.superseded_at = 0 AND g.valid_to > ?`, db.Micro(m.clock()))
	if wider+crossed+alive > 0 {
		m.rt.Fatalf("grants: %d wider than decided, %d in another environment, %d of clients without rights", wider, crossed, alive)
	}
	m.checkNarrowed()
}

// checkNarrowed: each round of a request lies within the one before.
func (m *model) checkNarrowed() {
	for id, asked := range m.asked {
		m.read(func(ctx context.Context, tx *db.Tx) error {
			r, err := lifecycle.GetRequest(ctx, tx, id)
			for _, s := range r.Scopes {
				if !slices.ContainsFunc(asked.Scopes, func(w lifecycle.Scope) bool { return s == w || narrower(s, w) }) {
					m.rt.Fatalf("%+v was never asked for in %+v", s, asked.Scopes)
				}
			}
			if r.Granted > asked.Lifetime {
				m.rt.Fatalf("granted for %s, asked for %s", r.Granted, asked.Lifetime)
			}
			return err
		})
	}
}

// narrower is written out for the few narrowings that the model tries.
func narrower(s, w lifecycle.Scope) bool {
	return s.ServiceID == w.ServiceID && s.Verb == w.Verb && s.Destination == w.Destination && s.Mask == w.Mask && s.ByteCap == w.ByteCap &&
		(s.Path == w.Path || w.Path == "/orders/*" && s.Path == "/orders/7") && (w.RowCap == 0 || s.RowCap > 0 && s.RowCap <= w.RowCap)
}

// checkEntries: each row that says something happened has an entry that says so.
func (m *model) checkEntries() {
	for _, c := range []struct{ rows, entries string }{
		{"request", "entry WHERE act IN ('request:create', 'break_glass:use') AND outcome = 'done'"},
		{"decision WHERE verdict = 'approve'", "entry WHERE act = 'request:approve' AND outcome = 'done'"},
		{"decision WHERE verdict = 'deny'", "entry WHERE act = 'request:deny' AND outcome = 'done'"},
		{"request WHERE auto = 1 AND id NOT IN (SELECT request_id FROM break_glass)", "entry WHERE act = 'request:auto_approve' AND outcome = 'done'"},
		{"delegation", "entry WHERE act = 'delegation:create' AND outcome = 'done'"},
		{"break_glass", "entry WHERE act = 'break_glass:use' AND outcome = 'done'"},
		{"dead_test", "entry WHERE act = 'client:confirm_dead' AND actor NOT LIKE 'system%' AND outcome = 'done'"},
	} {
		if rows, entries := m.count(c.rows), m.count(c.entries); rows != entries {
			m.rt.Fatalf("%d rows of %s, %d entries", rows, c.rows, entries)
		}
	}
}

// verify hashes the log again and holds it against its head.
func (m *model) verify() {
	m.t.Helper()
	var leaves []tlog.Hash
	m.read(func(ctx context.Context, tx *db.Tx) error {
		err := tx.Each(ctx, "SELECT body FROM entry ORDER BY seq", nil, func(r db.Row) error {
			var body string
			err := r.Scan(&body)
			leaves = append(leaves, tlog.LeafHash([]byte(body)))
			return err
		})
		if err != nil {
			return err
		}
		head, err := m.g.Log().Head(ctx, tx)
		if err != nil {
			return err
		}
		nodes, err := tlog.Append(0, leaves, tlog.Nodes{})
		if err != nil {
			return err
		}
		all := tlog.Nodes{}
		all.Add(nodes)
		root, err := tlog.Root(int64(len(leaves)), all)
		if err != nil {
			return err
		}
		if head.Size != int64(len(leaves)) || head.Root != root {
			return fmt.Errorf("the log has %d entries and root %x, its head says %d and %x", len(leaves), root, head.Size, head.Root)
		}
		return nil
	})
}
