package inventory

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// sum is the keyed hash of some texts, in hex, 128 bits. Scans send fingerprints, which are
// keyed hashes; with this second one a copy of the database says nothing to somebody who
// has the scanners' key.
func (in *Intake) sum(kind string, parts ...string) string {
	h := hmac.New(sha256.New, in.key)
	for _, p := range append([]string{kind}, parts...) {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// writeSecrets writes credentials, their places and findings, and what follows from them.
func (m *merge) writeSecrets(findings []api.Finding) error {
	ids, err := m.writeCredentials()
	if err != nil {
		return err
	}
	if err := m.writePlaces(ids); err != nil {
		return err
	}
	touched := make([]string, 0, len(ids))
	for _, id := range ids {
		touched = append(touched, id)
	}
	slices.Sort(touched)
	if err := recountHolders(m.act, touched); err != nil {
		return err
	}
	if err := m.writeFindings(findings, ids); err != nil {
		return err
	}
	return recompute(m.act, m.ids())
}

// writeCredentials returns the ids of credentials by hash.
func (m *merge) writeCredentials() (map[string]string, error) {
	var rows [][]any
	var hashes []string
	for _, s := range m.seen {
		for _, k := range s.wire.Credentials {
			if k.Fingerprint == "" {
				continue
			}
			var expires int64
			if k.ExpiresAt != nil {
				expires = db.Micro(*k.ExpiresAt)
			}
			hash := m.in.sum("credential", k.Fingerprint)
			hashes = append(hashes, hash)
			rows = append(rows, []any{hash, m.act.NewID("crd"), k.Role, k.Class, k.Provider, db.Bool(k.Weak), expires, m.at, m.at})
		}
	}
	ctx, tx := m.act.Context(), m.act.Tx
	err := insert(ctx, tx, "INSERT INTO credential (hash, id, role, class, provider, weak, expires_at, first_seen, last_seen)",
		` ON CONFLICT (hash) DO UPDATE SET last_seen = excluded.last_seen,
		provider = CASE credential.provider WHEN '' THEN excluded.provider ELSE credential.provider END,
		expires_at = CASE credential.expires_at WHEN 0 THEN excluded.expires_at ELSE credential.expires_at END`, distinct(rows, 1))
	if err != nil {
		return nil, err
	}
	slices.Sort(hashes)
	ids := map[string]string{}
	err = eachIn(ctx, tx, "SELECT hash, id FROM credential WHERE hash", "", slices.Compact(hashes), func(r db.Row) error {
		var hash, id string
		err := r.Scan(&hash, &id)
		ids[hash] = id
		return err
	})
	return ids, err
}

func (m *merge) writePlaces(ids map[string]string) error {
	var rows [][]any
	for _, s := range m.seen {
		for _, k := range s.wire.Credentials {
			if k.Fingerprint == "" {
				continue
			}
			path := pathText(k.Location.Path)
			rows = append(rows, []any{string(s.is.ID), ids[m.in.sum("credential", k.Fingerprint)], m.scan.Host, s.wire.ID, digestOf(k.Location.File, path, k.Name),
				k.Location.File, path, k.Location.Line, k.Name, k.Excerpt, k.Principal, m.scan.ID, m.at, m.at})
		}
	}
	return insert(m.act.Context(), m.act.Tx, "INSERT INTO credential_place (client_id, credential_id, host, place, slot, file, path, line, name, excerpt, principal, scan_id, first_seen, last_seen)",
		` ON CONFLICT (client_id, credential_id, host, place, slot) DO UPDATE SET line = excluded.line, excerpt = excluded.excerpt, principal = excluded.principal, scan_id = excluded.scan_id, last_seen = excluded.last_seen, gone_at = 0`, distinct(rows, 5))
}

// recountHolders counts the clients that hold each of the credentials now, to a hundred.
func recountHolders(act *guard.Act, ids []string) error {
	_, err := execIn(act.Context(), act.Tx, `UPDATE credential SET holders = (SELECT COUNT(*) FROM
		(SELECT DISTINCT p.client_id FROM credential_place AS p WHERE p.credential_id = credential.id AND p.gone_at = 0 LIMIT 100) AS held) WHERE id`, "", ids)
	if err != nil {
		return fmt.Errorf("count who holds a credential: %w", err)
	}
	return nil
}

// retiredInUse is the rule that this package adds to those of the scanner.
var retiredInUse = clientele.Rule{
	ID: "retired-client-in-use", Severity: clientele.High, Title: "A client that was retired or rejected is still there",
	Why:    "Its files can still be run, and whoever does so uses access that was taken away, or should have been.",
	Remedy: "Delete the files, or ask for the client again.", NHI: "NHI1:2025", CSF: "PR.AA-05",
}

// RetiredInUse is the rule of findings on clients that are seen again after their end.
func RetiredInUse() clientele.Rule { return retiredInUse }

// sighted is a finding of the part, with the client it is on.
type sighted struct {
	client      clientele.ClientID
	fingerprint string
	wire        api.Finding
	severity    clientele.Severity
	credential  string // its id, or empty
}

// findings are those of the part, and those this package adds. On one client a rule broken
// by one value, or at one structural place, is one finding, on however many hosts.
func (m *merge) findings(wire []api.Finding, credentials map[string]string) []sighted {
	is := make(map[string]*Client, len(m.seen))
	for _, s := range m.seen {
		is[s.wire.ID] = s.is
	}
	var all []sighted
	for _, f := range wire {
		x := sighted{client: is[f.Client].ID, wire: f}
		_ = x.severity.UnmarshalText([]byte(f.Severity)) // ReadPart looked at it
		what := pathText(f.Location.Path)
		if f.Credential != "" {
			what = m.in.sum("credential", f.Credential)
			x.credential = credentials[what]
		}
		x.fingerprint = m.in.sum("finding", f.Rule, what)
		all = append(all, x)
	}
	for _, s := range m.seen {
		if s.is.State.Live() {
			continue
		}
		r := retiredInUse
		all = append(all, sighted{client: s.is.ID, fingerprint: m.in.sum("finding", string(r.ID)), severity: r.Severity, wire: api.Finding{
			Client: s.wire.ID, Rule: string(r.ID), Remedy: r.Remedy, Message: fmt.Sprintf("it was %s, and was seen again", s.is.State), Location: api.Location{File: first(s.wire.Files)},
		}})
	}
	return all
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// writeFindings opens, reopens and refreshes findings.
func (m *merge) writeFindings(wire []api.Finding, credentials map[string]string) error {
	all := m.findings(wire, credentials)
	known, err := m.knownFindings(all)
	if err != nil {
		return err
	}
	ctx, tx := m.act.Context(), m.act.Tx
	var fresh, places [][]any
	for _, f := range all {
		key := string(f.client) + " " + f.fingerprint
		k, ok := known[key]
		excuse := ""
		if f.wire.Suppressed != nil {
			excuse = f.wire.Suppressed.Reason
		}
		var credential any // NULL
		if f.credential != "" {
			credential = f.credential
		}
		if !ok {
			k = standing{id: m.act.NewID("fnd"), state: FindingOpen, severity: f.severity, message: f.wire.Message, excuse: excuse}
			fresh = append(fresh, []any{k.id, string(f.client), f.fingerprint, f.wire.Rule, int64(f.severity), credential, f.wire.Message, f.wire.Remedy, excuse, k.state, m.at})
			m.scan.Opened++
		} else if next := m.refreshed(k, f, excuse); next != k {
			_, err := tx.Exec(ctx, "UPDATE finding SET state = ?, severity = ?, message = ?, excuse = ?, reopened = ?, closed_at = CASE ? WHEN 'closed' THEN closed_at ELSE 0 END WHERE id = ?",
				next.state, int64(next.severity), next.message, next.excuse, next.reopened, next.state, k.id)
			if err != nil {
				return err
			}
			k = next
		}
		known[key] = k
		places = append(places, []any{k.id, m.scan.Host, f.wire.Client, f.wire.Location.File, pathText(f.wire.Location.Path), f.wire.Location.Line, m.scan.ID, m.at})
	}
	err = insert(ctx, tx, "INSERT INTO finding (id, client_id, fingerprint, rule, severity, credential_id, message, remedy, excuse, state, opened_at)", "", fresh)
	if err != nil {
		return err
	}
	return insert(ctx, tx, "INSERT INTO finding_place (finding_id, host, place, file, path, line, scan_id, last_seen)",
		` ON CONFLICT (finding_id, host, place) DO UPDATE SET file = excluded.file, path = excluded.path, line = excluded.line, scan_id = excluded.scan_id, last_seen = excluded.last_seen, gone_at = 0`, distinct(places, 3))
}

// standing is what a finding that is there already can change in.
type standing struct {
	id, state, message, excuse string
	severity                   clientele.Severity
	reopened, until            int64
}

// refreshed is a known finding after it was seen again. What was closed opens again, what was
// suppressed until a day that has come, too. A finding on several hosts keeps the text of
// the first; its severity is the worst.
func (m *merge) refreshed(k standing, f sighted, excuse string) standing {
	if k.state == FindingClosed {
		k.severity, k.message = f.severity, f.wire.Message
		k.reopened++
		k.state = FindingOpen
		if k.until > m.at {
			k.state = FindingSuppressed
		}
		m.scan.Opened++
	}
	if k.state == FindingSuppressed && k.until <= m.at {
		k.state = FindingOpen
		m.scan.Opened++
	}
	k.severity = max(k.severity, f.severity)
	if excuse != "" {
		k.excuse = excuse
	}
	return k
}

func (m *merge) knownFindings(all []sighted) (map[string]standing, error) {
	var prints []string
	for _, f := range all {
		prints = append(prints, f.fingerprint)
	}
	known := map[string]standing{}
	if len(all) == 0 {
		return known, nil
	}
	wanted := make(map[string]bool, len(prints))
	for _, p := range prints {
		wanted[p] = true
	}
	err := eachIn(m.act.Context(), m.act.Tx, "SELECT client_id, fingerprint, id, state, message, excuse, severity, reopened, suppressed_until FROM finding WHERE client_id", "", m.ids(), func(r db.Row) error {
		var client, print string
		var k standing
		err := r.Scan(&client, &print, &k.id, &k.state, &k.message, &k.excuse, &k.severity, &k.reopened, &k.until)
		if wanted[print] {
			known[client+" "+print] = k
		}
		return err
	})
	return known, err
}

// recompute brings up to date what follows from findings, places and sightings: a client's
// risk, whether a secret stands in its files, and whether it is personal.
func recompute(act *guard.Act, ids []string) error {
	_, err := execIn(act.Context(), act.Tx, `UPDATE client SET
		risk = COALESCE((SELECT MAX(f.severity) FROM finding AS f WHERE f.client_id = client.id AND f.state = 'open'), 0),
		has_secrets = CASE WHEN EXISTS (SELECT 1 FROM credential_place AS p JOIN credential AS k ON k.id = p.credential_id
			WHERE p.client_id = client.id AND p.gone_at = 0 AND k.weak = 0) THEN 1 ELSE 0 END,
		personal = CASE
			WHEN NOT EXISTS (SELECT 1 FROM sighting AS s WHERE s.client_id = client.id AND s.gone_at = 0) THEN personal
			WHEN kind = 'ci_job' OR EXISTS (SELECT 1 FROM sighting AS s WHERE s.client_id = client.id AND s.gone_at = 0 AND s.repository <> '') THEN 0
			WHEN (SELECT COUNT(DISTINCT CASE h.person_id WHEN '' THEN h.host ELSE h.person_id END) FROM sighting AS s JOIN host AS h ON h.host = s.host
				WHERE s.client_id = client.id AND s.gone_at = 0) > 1 THEN 0
			WHEN state = 'discovered' THEN 1
			ELSE personal END
		WHERE id`, "", ids)
	if err != nil {
		return fmt.Errorf("compute what follows: %w", err)
	}
	return nil
}
