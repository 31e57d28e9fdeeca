package inventory

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
)

func (m *merge) writeSightings() error {
	var rows [][]any
	for _, s := range m.seen {
		file := ""
		if len(s.wire.Files) > 0 {
			file = s.wire.Files[0]
		}
		rows = append(rows, []any{string(s.is.ID), m.scan.Host, s.wire.ID, file, len(s.wire.Files), repositoryOf(s.wire), m.scan.scope, m.scan.ID, m.at, m.at})
	}
	return insert(m.act.Context(), m.act.Tx, "INSERT INTO sighting (client_id, host, place, path, files, repository, scope, scan_id, first_seen, last_seen)",
		` ON CONFLICT (client_id, host, place) DO UPDATE SET path = excluded.path, files = excluded.files, repository = excluded.repository,
		scope = excluded.scope, scan_id = excluded.scan_id, last_seen = excluded.last_seen, gone_at = 0`, rows)
}

func (m *merge) writeEndpoints() error {
	serviceOf, err := m.writeServices()
	if err != nil {
		return err
	}
	var rows [][]any
	for _, s := range m.seen {
		for i := range s.wire.Endpoints {
			e := &s.wire.Endpoints[i]
			scheme, host := strings.ToLower(e.Scheme), normalHost(e.Scheme, e.Host)
			var service any // NULL
			if id, ok := serviceOf[scheme+"://"+host]; ok {
				service = id
			}
			rows = append(rows, []any{string(s.is.ID), scheme, host, strings.ToUpper(e.Method), e.Path, service, string(verbOf(e, len(s.wire.Exports) > 0)), e.Auth, m.at, m.at})
		}
	}
	return insert(m.act.Context(), m.act.Tx, "INSERT INTO endpoint (client_id, scheme, host, method, path, service_id, verb, auth, first_seen, last_seen)",
		` ON CONFLICT (client_id, scheme, host, method, path) DO UPDATE SET service_id = excluded.service_id, verb = excluded.verb, auth = excluded.auth, last_seen = excluded.last_seen`, distinct(rows, 5))
}

// writeServices makes services of hosts that nobody called before, and returns the ids of
// all that the part calls.
func (m *merge) writeServices() (map[string]string, error) {
	var rows [][]any
	var hosts []string
	for _, s := range m.seen {
		for _, e := range s.wire.Endpoints {
			scheme, host := strings.ToLower(e.Scheme), normalHost(e.Scheme, e.Host)
			if servable(scheme, host) {
				rows = append(rows, []any{scheme, host})
				hosts = append(hosts, host)
			}
		}
	}
	rows = distinct(rows, 2)
	slices.Sort(hosts)
	ids := map[string]string{}
	ctx, tx := m.act.Context(), m.act.Tx
	err := eachIn(ctx, tx, "SELECT id, scheme, host FROM service WHERE host", "", slices.Compact(hosts), func(r db.Row) error {
		var id, scheme, host string
		err := r.Scan(&id, &scheme, &host)
		ids[scheme+"://"+host] = id
		return err
	})
	if err != nil {
		return nil, err
	}
	var fresh [][]any
	for _, r := range rows {
		address := r[0].(string) + "://" + r[1].(string)
		if ids[address] == "" {
			ids[address] = m.act.NewID("srv")
			fresh = append(fresh, []any{ids[address], r[1], r[0], r[1], "", "", "", "[]", m.at, m.at, int64(1)})
		}
	}
	return ids, insert(ctx, tx, "INSERT INTO service (id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version)", "", fresh)
}

func (m *merge) writeIdentities() error {
	var rows [][]any
	for _, s := range m.seen {
		for _, id := range s.wire.Identities {
			var expires int64
			if id.ExpiresAt != nil {
				expires = db.Micro(*id.ExpiresAt)
			}
			rows = append(rows, []any{string(s.is.ID), id.Scheme, id.Principal, id.Issuer, id.Kind, id.Audience, listText(id.Scopes), expires, m.at, m.at})
		}
	}
	return insert(m.act.Context(), m.act.Tx, "INSERT INTO client_identity (client_id, scheme, principal, issuer, kind, audience, scopes, expires_at, first_seen, last_seen)",
		` ON CONFLICT (client_id, scheme, principal, issuer) DO UPDATE SET kind = excluded.kind, audience = excluded.audience, scopes = excluded.scopes, expires_at = excluded.expires_at, last_seen = excluded.last_seen`, distinct(rows, 4))
}

func (m *merge) writeCandidates() error {
	parties := map[string]string{} // by what a scan calls them
	var rows [][]any
	for _, s := range m.seen {
		for _, o := range s.wire.Owners {
			party, ok := parties[o.Who]
			if !ok && o.Kind != string(clientele.VendorOwner) {
				var err error
				if party, err = m.resolve(o.Who); err != nil {
					return err
				}
				parties[o.Who] = party
			}
			rows = append(rows, []any{string(s.is.ID), o.Kind, o.Who, o.Evidence, o.Confidence, party, m.at, m.at})
		}
	}
	return insert(m.act.Context(), m.act.Tx, "INSERT INTO candidate (client_id, kind, who, evidence, confidence, party_id, first_seen, last_seen)",
		` ON CONFLICT (client_id, kind, who) DO UPDATE SET evidence = excluded.evidence, confidence = excluded.confidence, party_id = excluded.party_id, last_seen = excluded.last_seen`, distinct(rows, 3))
}

// resolve finds the party that a scan means by "Ann Lee <ann@example.com>", "@org/team",
// "@ann" or a user's name; empty if there is none, or no single one.
func (m *merge) resolve(who string) (string, error) {
	name := who
	if _, rest, ok := strings.Cut(who, "<"); ok && strings.Contains(rest, "@") {
		name, _, _ = strings.Cut(rest, ">")
	} else if handle, ok := strings.CutPrefix(who, "@"); ok {
		name = handle[strings.LastIndexByte(handle, '/')+1:]
	}
	p, ok, err := identity.Resolve(m.act.Context(), m.act.Tx, name)
	if err != nil || !ok || !p.Active {
		return "", err
	}
	return p.ID, nil
}

// pathText is a structural path as it stands in a column.
func pathText(path []string) string {
	if len(path) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(path) // strings always can be
	return string(b)
}
