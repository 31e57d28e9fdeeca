package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// merge is one part on its way into the inventory.
type merge struct {
	in   *Intake
	act  *guard.Act
	scan *Scan
	at   int64 // microseconds

	seen    []seen
	known   map[string]owned // keys
	clients map[clientele.ClientID]*Client
	made    []*Client
	changed map[clientele.ClientID]bool // their row
}

// seen is a client of the part with the one of the inventory that it is.
type seen struct {
	wire *api.Client
	keys []mergeKey
	is   *Client
}

// owned says whose a key is. n tells the older client from the younger.
type owned struct {
	id clientele.ClientID
	n  int64
}

// apply merges a part into the inventory.
func (in *Intake) apply(act *guard.Act, s *Scan, p *Part) error {
	m := &merge{in: in, act: act, scan: s, at: db.Micro(act.At), known: map[string]owned{}, clients: map[clientele.ClientID]*Client{}, changed: map[clientele.ClientID]bool{}}
	for i := range p.wire.Clients {
		c := &p.wire.Clients[i]
		m.seen = append(m.seen, seen{wire: c, keys: keysOf(s.Host, c)})
	}
	for _, step := range []func() error{
		m.lookUp, m.recognise, m.writeClients, m.writeSightings, m.writeEndpoints, m.writeIdentities, m.writeCandidates,
		func() error { return m.writeSecrets(p.wire.Findings) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("merge a scan: %w", err)
		}
	}
	s.Applied++
	s.Clients += int64(len(m.seen))
	s.Discovered += int64(len(m.made))
	return nil
}

// lookUp reads whose the keys are, and those clients.
func (m *merge) lookUp() error {
	var hashes []string
	for _, s := range m.seen {
		for _, k := range s.keys {
			hashes = append(hashes, k.hash)
		}
	}
	slices.Sort(hashes)
	var ids []string
	err := eachIn(m.act.Context(), m.act.Tx, "SELECT k.merge_key, k.client_id, c.n FROM client_key AS k JOIN client AS c ON c.id = k.client_id WHERE k.merge_key", "", slices.Compact(hashes), func(r db.Row) error {
		var hash string
		var o owned
		err := r.Scan(&hash, &o.id, &o.n)
		m.known[hash] = o
		ids = append(ids, string(o.id))
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(ids)
	return eachIn(m.act.Context(), m.act.Tx, "SELECT "+clientColumns+" FROM client AS c WHERE c.id", "", slices.Compact(ids), func(r db.Row) error {
		c := &Client{}
		err := c.scan(r)
		m.clients[c.ID] = c
		return err
	})
}

// recognise tells which client each one seen is, or makes a new one of it, and notes whose
// its keys are from now on.
func (m *merge) recognise() error {
	var claims, moved, doubles [][]any
	young := int64(1) << 62 // new clients are younger than all others
	for i := range m.seen {
		s := &m.seen[i]
		id, others := m.choose(s.keys)
		if id == "" {
			young++
			c := m.discover(s.wire)
			id = c.ID
			m.made, m.clients[id] = append(m.made, c), c
		}
		s.is = m.clients[id]
		for _, k := range s.keys {
			o, ok := m.known[k.hash]
			switch {
			case !ok:
				claims = append(claims, []any{k.hash, string(id), k.strength})
				n := young
				if known := m.ageOf(id); known != 0 {
					n = known
				}
				m.known[k.hash] = owned{id, n}
			case o.id != id && k.strength == byHost:
				moved = append(moved, []any{string(id), k.hash})
				m.known[k.hash] = owned{id, m.ageOf(id)}
			}
		}
		for _, o := range others {
			doubles = append(doubles, []any{string(min(id, o)), string(max(id, o)), m.at})
		}
	}
	if err := m.insertMade(); err != nil {
		return err
	}
	ctx, tx := m.act.Context(), m.act.Tx
	if err := insert(ctx, tx, "INSERT INTO client_key (merge_key, client_id, strength)", "", claims); err != nil {
		return err
	}
	for _, args := range moved {
		if _, err := tx.Exec(ctx, "UPDATE client_key SET client_id = ? WHERE merge_key = ?", args...); err != nil {
			return err
		}
	}
	return insert(ctx, tx, "INSERT INTO client_duplicate (client_id, other_id, noted_at)", " ON CONFLICT (client_id, other_id) DO NOTHING", distinct(doubles, 2))
}

// ageOf is the age of a client that one of the keys is known to belong to, or 0.
func (m *merge) ageOf(id clientele.ClientID) int64 {
	for _, o := range m.known {
		if o.id == id {
			return o.n
		}
	}
	return 0
}

// choose is the client with the strongest of the keys, the older among equals, and the
// others that keys belong to. Keys come strongest first.
func (m *merge) choose(keys []mergeKey) (clientele.ClientID, []clientele.ClientID) {
	type claim struct {
		owned
		strength int64
	}
	var claims []claim
	for _, k := range keys {
		o, ok := m.known[k.hash]
		if ok && !slices.ContainsFunc(claims, func(c claim) bool { return c.id == o.id }) {
			claims = append(claims, claim{o, k.strength})
		}
	}
	if len(claims) == 0 {
		return "", nil
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Or(cmp.Compare(b.strength, a.strength), cmp.Compare(a.n, b.n)) })
	var others []clientele.ClientID
	for _, c := range claims[1:] {
		others = append(others, c.id)
	}
	return claims[0].id, others
}

// discover makes a client of one that nobody knew.
func (m *merge) discover(w *api.Client) *Client {
	return &Client{
		ID: clientele.ClientID(m.act.NewID("cli")), Name: w.Name, Tool: w.Tool, Kind: w.Kind, Environment: strictest(w.Environment), State: clientele.Discovered,
		hosts: hostsOf("", w), CreatedAt: m.act.At, UpdatedAt: m.act.At, FirstSeenAt: m.act.At, LastSeenAt: m.act.At, Version: 1,
	}
}

// strictest is the first of several environments, in the order of their weight.
func strictest(several string) string {
	for _, e := range clientele.Environments {
		if slices.Contains(strings.Split(several, ","), e) {
			return e
		}
	}
	return ""
}

// maxHosts bounds the hosts of a client that the search knows, in bytes.
const maxHosts = 400

// hostsOf adds the hosts a client calls to those known.
func hostsOf(known string, w *api.Client) string {
	list := strings.Fields(known)
	for i := range w.Endpoints {
		h := normalHost(w.Endpoints[i].Scheme, w.Endpoints[i].Host)
		if h != "" && len(known)+len(h) < maxHosts && !strings.ContainsAny(h, " {}<>") && !slices.Contains(list, h) {
			list = append(list, h)
			known = strings.TrimSpace(known + " " + h)
		}
	}
	return known
}

// writeClients brings the rows of known clients up to date.
func (m *merge) writeClients() error {
	for _, s := range m.seen {
		c, w := s.is, s.wire
		before := *c
		if c.State == clientele.Discovered {
			c.Name = w.Name
			if e := strictest(strings.Trim(c.Environment+","+w.Environment, ",")); e != "" {
				c.Environment = e
			}
		}
		c.hosts = hostsOf(c.hosts, w)
		if before.Name != c.Name || before.Environment != c.Environment || before.hosts != c.hosts {
			m.changed[c.ID] = true
		}
	}
	ctx, tx := m.act.Context(), m.act.Tx
	var changed []string
	for id := range m.changed {
		c := m.clients[id]
		changed = append(changed, string(id))
		_, err := tx.Exec(ctx, "UPDATE client SET name = ?, environment = ?, hosts = ?, search = ?, updated_at = ? WHERE id = ?", c.Name, c.Environment, c.hosts, c.search(), m.at, string(id))
		if err != nil {
			return err
		}
	}
	_, err := execIn(ctx, tx, "UPDATE client SET last_seen_at = ?, first_seen_at = CASE first_seen_at WHEN 0 THEN ? ELSE first_seen_at END WHERE id", "", m.ids(), m.at, m.at)
	if err != nil {
		return err
	}
	slices.Sort(changed)
	return reindex(m.act, changed)
}

// ids are the clients of the part, each once.
func (m *merge) ids() []string {
	all := make([]string, 0, len(m.seen))
	for _, s := range m.seen {
		all = append(all, string(s.is.ID))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// distinct leaves out rows whose first n columns were there before.
func distinct(rows [][]any, n int) [][]any {
	have := make(map[string]bool, len(rows))
	out := rows[:0]
	for _, r := range rows {
		k := fmt.Sprintf("%q", r[:n])
		if !have[k] {
			have[k] = true
			out = append(out, r)
		}
	}
	return out
}

// insertMade writes the new clients.
func (m *merge) insertMade() error { return insertClients(m.act, m.made) }

// insertClients writes new clients with the beginning of their first state.
func insertClients(act *guard.Act, made []*Client) error {
	ctx, tx, at := act.Context(), act.Tx, db.Micro(act.At)
	var rows, periods [][]any
	var ids []string
	for _, c := range made {
		rows = append(rows, []any{string(c.ID), c.Name, c.Tool, c.Kind, c.Environment, string(c.State), int64(c.Tier), c.OwnerID, c.BackupID, c.TeamID, c.StewardID, db.Micro(c.AttestedAt),
			db.Bool(c.Personal), c.Purpose, c.Vendor.Name, c.Vendor.Contact, c.Vendor.SponsorID, c.Vendor.Runbook, db.Micro(c.Vendor.ContractEnd), db.Micro(c.Vendor.DrilledAt),
			string(c.Replaces), int64(c.Risk), db.Bool(c.HasSecrets), db.Micro(c.CreatedAt), db.Micro(c.UpdatedAt), db.Micro(c.FirstSeenAt), db.Micro(c.LastSeenAt),
			db.Micro(c.LastUsedAt), db.Micro(c.NextReviewAt), db.Micro(c.SuspendedAt), c.Version, c.hosts, c.search()})
		periods = append(periods, []any{string(c.ID), string(c.State), at, int64(0), at, int64(0)})
		ids = append(ids, string(c.ID))
	}
	err := insert(ctx, tx, "INSERT INTO client (id, name, tool, kind, environment, state, tier, owner_id, backup_id, team_id, steward_id, attested_at, personal, purpose, vendor_name, vendor_contact, vendor_sponsor_id, vendor_runbook, vendor_contract_end, vendor_drilled_at, replaces, risk, has_secrets, created_at, updated_at, first_seen_at, last_seen_at, last_used_at, next_review_at, suspended_at, version, hosts, search)", "", rows)
	if err != nil {
		return err
	}
	if err := insert(ctx, tx, "INSERT INTO client_period (client_id, state, valid_from, valid_to, recorded_at, superseded_at)", "", periods); err != nil {
		return err
	}
	return reindex(act, ids)
}

// reindex brings the full-text index up to date with the rows of clients. PostgreSQL does
// that by itself.
func reindex(act *guard.Act, ids []string) error {
	if act.Tx.Dialect() != db.SQLite || len(ids) == 0 {
		return nil
	}
	_, err := execIn(act.Context(), act.Tx, "INSERT OR REPLACE INTO client_text (rowid, search) SELECT n, search FROM client WHERE id", "", ids)
	if err != nil {
		return fmt.Errorf("write the text index: %w", err)
	}
	return nil
}
