package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// Intake takes scans in and merges them into the inventory.
//
// A scan comes in parts: Begin, a Part for each, Finish. Each is an act, scan:post, and may
// be repeated. Parts may come in any order within a window of sixteen; they are applied in
// the order of their numbers, so that the same scan always makes the same inventory. One
// that came early waits in the database, and an act applies two parts at most, so that no
// act is long: Finish is called until it says that the scan is finished.
//
//	Begin ──▶ open ──Part…──▶ open ──Finish…──▶ finished
//	            └── a day without its end ──▶ abandoned
//
// What a scan saw is there as soon as its part is applied. What it did not see any more
// ends only when it is finished and said to be complete: sightings, places of credentials
// and findings of the same host, last seen by a scan whose roots lie within this one's. So
// a scan that breaks off ends nothing, and none ends what other hosts have.
//
// A client is personal while all its sightings are on the machines of one person (or on one
// host nobody is known to sit at), none is in a repository with a remote, and it is no job
// of a pipeline. Once somebody governs the client, scans may end that but not begin it; nor
// do they change its name or environment any more.
type Intake struct{ key []byte }

// Config is what an Intake needs.
type Config struct {
	// Key makes the second hash of credentials. It must stay the same, or known credentials
	// and findings become new ones. 32 bytes or more.
	Key []byte
}

// New makes an Intake.
func New(c Config) (*Intake, error) {
	if len(c.Key) < 32 {
		return nil, clientele.Errorf(clientele.Invalid, "the inventory's key has %d bytes, it needs 32", len(c.Key))
	}
	return &Intake{key: slices.Clone(c.Key)}, nil
}

// ScanMeta says what a scan is, when it begins to be sent.
type ScanMeta struct {
	Host      string
	StartedAt time.Time
	Tool      string
	Roots     []string // absolute
	Parts     int
	// Complete: see Intake.
	Complete bool
	// Key makes a repeated Begin find the scan it began; empty: each begins one.
	Key string
}

// The states of a Scan.
const (
	ScanOpen      = "open"
	ScanFinished  = "finished"
	ScanAbandoned = "abandoned"
)

// Scan is a scan that is, or was, being sent.
type Scan struct {
	ID, Host, Tool                      string
	Roots                               []string
	Complete                            bool
	Parts, Received, Applied            int
	State                               string
	Clients, Discovered, Opened, Closed int64 // clients seen, of them new; findings opened or reopened, and closed
	PostedBy                            string
	StartedAt, BegunAt, FinishedAt      time.Time

	meta, scope string
}

// Resource is the scan as policy sees it.
func (s Scan) Resource() policy.Resource {
	return policy.Resource{Type: "Scan", ID: s.ID, Attrs: map[string]any{"host": s.Host, "owner": s.PostedBy, "approvers": []string{"anyone with the system role security"}}}
}

const (
	window      = 16             // parts that may come before the one that is next
	perAct      = 2              // parts applied by an act
	maxOpen     = 16             // scans one party has open
	abandonment = 24 * time.Hour // an open scan is given up
	maxRoots    = 200
)

const scanColumns = `id, host, tool, meta, roots, scope, complete, parts, received, applied, state, clients, discovered, opened, closed, posted_by, started_at, begun_at, finished_at`

func readScans(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Scan, error) {
	var all []Scan
	err := tx.Each(ctx, "SELECT "+scanColumns+" FROM scan WHERE "+where, args, func(r db.Row) error {
		var s Scan
		err := r.Scan(&s.ID, &s.Host, &s.Tool, &s.meta, list{&s.Roots}, &s.scope, truth{&s.Complete}, &s.Parts, &s.Received, &s.Applied, &s.State,
			&s.Clients, &s.Discovered, &s.Opened, &s.Closed, &s.PostedBy, instant{&s.StartedAt}, instant{&s.BegunAt}, instant{&s.FinishedAt})
		all = append(all, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read scans: %w", err)
	}
	return all, nil
}

// GetScan reads a scan. The error is NotFound if there is none.
func GetScan(ctx context.Context, tx *db.Tx, id string) (Scan, error) {
	all, err := readScans(ctx, tx, "id = ?", id)
	if err != nil {
		return Scan{}, err
	}
	if len(all) == 0 {
		return Scan{}, guard.NotFound("Scan")
	}
	return all[0], nil
}

// Scans lists scans by id, those of one host if it is named, and of one poster.
func Scans(ctx context.Context, tx *db.Tx, host, postedBy string, p Page) ([]Scan, string, error) {
	limit := p.limit()
	all, err := readScans(ctx, tx, "id > ? AND (? = '' OR host = ?) AND (? = '' OR posted_by = ?) ORDER BY id LIMIT ?", p.After, host, host, postedBy, postedBy, limit+1)
	if err != nil {
		return nil, "", err
	}
	all, next := cutPage(all, limit, func(s Scan) string { return s.ID })
	return all, next, nil
}

// Missing are the numbers of parts that may be sent now: those not received, up to the end
// of the window.
func (s Scan) Missing(ctx context.Context, tx *db.Tx) ([]int, error) {
	if s.State != ScanOpen {
		return nil, nil
	}
	have := map[int]bool{}
	err := tx.Each(ctx, "SELECT number FROM scan_part WHERE scan_id = ? AND number > ?", []any{s.ID, s.Applied}, func(r db.Row) error {
		var n int
		err := r.Scan(&n)
		have[n] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a scan's parts: %w", err)
	}
	var missing []int
	for n := s.Applied + 1; n <= min(s.Parts, s.Applied+window); n++ {
		if !have[n] {
			missing = append(missing, n)
		}
	}
	return missing, nil
}

func (m *ScanMeta) check(now time.Time) error {
	c := checker{}
	c.need("host", m.Host, 255)
	c.need("tool", m.Tool, maxWord)
	c.text("key", m.Key, guard.MaxKey)
	if m.Parts < 1 || m.Parts > MaxParts {
		c.fail("parts", "there are %d, it is 1 to %d", m.Parts, MaxParts)
	}
	if m.StartedAt.IsZero() || m.StartedAt.After(now.Add(time.Hour)) {
		c.fail("started_at", "it is missing or in the future")
	}
	if len(m.Roots) == 0 {
		c.fail("roots", "they are missing")
	}
	if c.count("roots", len(m.Roots), maxRoots) {
		for i, r := range m.Roots {
			c.need(fmt.Sprintf("roots[%d]", i), r, maxFile)
		}
	}
	return c.err
}

func digestOf(parts ...string) string {
	b, _ := json.Marshal(parts) // strings always can be
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Begin begins a scan, or finds the one that was begun with the same key.
func (in *Intake) Begin(act *guard.Act, m ScanMeta) (Scan, error) {
	m.Host = strings.ToLower(m.Host)
	roots := slices.Compact(slices.Sorted(slices.Values(m.Roots)))
	s := Scan{
		ID: act.NewID("scn"), Host: m.Host, Tool: m.Tool, Roots: roots, Complete: m.Complete, Parts: m.Parts, State: ScanOpen, PostedBy: act.Actor.ID,
		StartedAt: m.StartedAt.UTC(), BegunAt: act.At, scope: digestOf(roots...),
	}
	s.meta = digestOf(m.Host, m.Tool, fmt.Sprint(m.Parts, m.Complete, db.Micro(m.StartedAt)), s.scope)
	var known []Scan
	var err error
	if m.Key != "" {
		if known, err = readScans(act.Context(), act.Tx, "posted_by = ? AND once_key = ?", act.Actor.ID, m.Key); err != nil {
			return Scan{}, err
		}
	}
	if len(known) > 0 {
		s.ID = known[0].ID
	}
	if err := act.Allow(s.Resource()); err != nil {
		return Scan{}, err
	}
	if err := m.check(act.At); err != nil {
		return Scan{}, err
	}
	if len(known) > 0 {
		if known[0].meta != s.meta {
			return Scan{}, clientele.Errorf(clientele.Conflict, "this key was used for another scan").WithHint("use a new key for a new scan")
		}
		return known[0], nil
	}
	if err := enter(act, s.Host); err != nil {
		return Scan{}, err
	}
	if err := giveUp(act); err != nil {
		return Scan{}, err
	}
	act.Detail("parts", s.Parts)
	act.Detail("complete", s.Complete)
	_, err = act.Tx.Exec(act.Context(), `INSERT INTO scan (id, host, tool, once_key, meta, roots, scope, complete, parts, state, posted_by, started_at, begun_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Host, s.Tool, m.Key, s.meta, listText(s.Roots), s.scope, db.Bool(s.Complete), s.Parts, s.State, s.PostedBy, db.Micro(s.StartedAt), db.Micro(s.BegunAt))
	if err != nil {
		return Scan{}, fmt.Errorf("begin a scan: %w", err)
	}
	return s, nil
}

// giveUp abandons what the actor left open for a day, and refuses a seventeenth open scan.
func giveUp(act *guard.Act) error {
	old := db.Micro(act.At.Add(-abandonment))
	_, err := act.Tx.Exec(act.Context(), "DELETE FROM scan_part WHERE scan_id IN (SELECT id FROM scan WHERE posted_by = ? AND state = 'open' AND begun_at < ?)", act.Actor.ID, old)
	if err == nil {
		_, err = act.Tx.Exec(act.Context(), "UPDATE scan SET state = 'abandoned', finished_at = ? WHERE posted_by = ? AND state = 'open' AND begun_at < ?", db.Micro(act.At), act.Actor.ID, old)
	}
	if err != nil {
		return fmt.Errorf("give up old scans: %w", err)
	}
	var open int
	if err := act.Tx.Row(act.Context(), "SELECT COUNT(*) FROM scan WHERE posted_by = ? AND state = 'open'", []any{act.Actor.ID}, &open); err != nil {
		return fmt.Errorf("count open scans: %w", err)
	}
	if open >= maxOpen && !trusted(act.Actor) {
		return clientele.Errorf(clientele.Limit, "you have %d scans open", open).WithHint("finish them; they are given up after a day")
	}
	return nil
}

// trusted reports whether the actor may send scans of any host: security, and the machines
// with that role.
func trusted(a clientele.Actor) bool { return slices.Contains(a.Roles, clientele.SecurityRole) }

// enter notes the host. The first person who sends a scan of a host nobody sent one of is
// whose machine it is; after that only they and security send scans of it, or else anybody
// could close another's findings.
func enter(act *guard.Act, host string) error {
	at := db.Micro(act.At)
	person := ""
	if !trusted(act.Actor) && act.Actor.Kind != clientele.SystemActor {
		person = act.Actor.ID
	}
	var of string
	err := act.Tx.Row(act.Context(), "SELECT person_id FROM host WHERE host = ?", []any{host}, &of)
	switch {
	case guard.NoRows(err):
		_, err = act.Tx.Exec(act.Context(), "INSERT INTO host (host, person_id, first_seen, last_seen) VALUES (?, ?, ?, ?)", host, person, at, at)
	case err != nil:
	case person != "" && person != of:
		e := guard.Deny("host-of-another", "scans of this host come from somebody else").WithHint("ask security to make it yours: clientele host assign %s --to …", host)
		e.Approvers = []string{"anyone with the system role security"}
		return e
	default:
		_, err = act.Tx.Exec(act.Context(), "UPDATE host SET last_seen = ? WHERE host = ?", at, host)
	}
	if err != nil {
		return fmt.Errorf("note the host: %w", err)
	}
	return nil
}

// AssignHost says whose machine a host is; an empty id: nobody's. An act of its own,
// host:assign.
func AssignHost(act *guard.Act, host, personID string) (Host, error) {
	h := Host{Host: strings.ToLower(host), PersonID: personID}
	if err := act.Allow(policy.Resource{Type: "Host", ID: h.Host, Attrs: map[string]any{}}); err != nil {
		return Host{}, err
	}
	err := act.Tx.Row(act.Context(), "SELECT first_seen, last_seen FROM host WHERE host = ?", []any{h.Host}, instant{&h.FirstSeen}, instant{&h.LastSeen})
	if guard.NoRows(err) {
		return Host{}, guard.NotFound("Host")
	}
	if err == nil {
		_, err = act.Tx.Exec(act.Context(), "UPDATE host SET person_id = ? WHERE host = ?", personID, h.Host)
	}
	if err != nil {
		return Host{}, fmt.Errorf("assign a host: %w", err)
	}
	act.Detail("person", personID)
	return h, nil
}

// open reads a scan for the one who posts it.
func open(act *guard.Act, id string) (Scan, error) {
	s, err := GetScan(act.Context(), act.Tx, id)
	if err != nil {
		return Scan{}, err
	}
	if s.PostedBy != act.Actor.ID {
		return Scan{}, guard.NotFound("Scan")
	}
	return s, act.Allow(s.Resource())
}

// Part takes in one part, numbered from 1. The same part again changes nothing, another one
// under its number is a Conflict, and so is one beyond the window.
func (in *Intake) Part(act *guard.Act, id string, number int, p *Part) (Scan, error) {
	s, err := open(act, id)
	if err != nil {
		return Scan{}, err
	}
	act.Detail("part", number)
	if number < 1 || number > s.Parts {
		return Scan{}, clientele.Errorf(clientele.Invalid, "part %d of a scan that has parts 1 to %d", number, s.Parts)
	}
	var digest string
	err = act.Tx.Row(act.Context(), "SELECT digest FROM scan_part WHERE scan_id = ? AND number = ?", []any{id, number}, &digest)
	switch {
	case err == nil && digest == p.digest:
		return s, nil
	case err == nil:
		return Scan{}, clientele.Errorf(clientele.Conflict, "part %d was another when it came first", number).WithHint("begin a new scan")
	case !guard.NoRows(err):
		return Scan{}, fmt.Errorf("read a scan's part: %w", err)
	case s.State != ScanOpen:
		return Scan{}, clientele.Errorf(clientele.Conflict, "the scan is %s", s.State).WithHint("begin a new scan")
	case number > s.Applied+window:
		return Scan{}, clientele.Errorf(clientele.Conflict, "part %d is too far ahead", number).WithHint("send part %d first", s.Applied+1)
	}
	body := p.body
	if number == s.Applied+1 {
		body = []byte{}
	}
	if _, err := act.Tx.Exec(act.Context(), "INSERT INTO scan_part (scan_id, number, digest, body) VALUES (?, ?, ?, ?)", id, number, p.digest, body); err != nil {
		return Scan{}, fmt.Errorf("keep a scan's part: %w", err)
	}
	s.Received++
	todo := perAct
	if number == s.Applied+1 {
		if err := in.apply(act, &s, p); err != nil {
			return Scan{}, err
		}
		todo--
	}
	if err := in.applyWaiting(act, &s, todo); err != nil {
		return Scan{}, err
	}
	return s, s.save(act)
}

// applyWaiting applies up to n parts that came before their turn.
func (in *Intake) applyWaiting(act *guard.Act, s *Scan, n int) error {
	for range n {
		var body []byte
		err := act.Tx.Row(act.Context(), "SELECT body FROM scan_part WHERE scan_id = ? AND number = ?", []any{s.ID, s.Applied + 1}, &body)
		if guard.NoRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a scan's part: %w", err)
		}
		p, err := ReadPart(body)
		if err != nil {
			return err
		}
		number := s.Applied + 1
		if err := in.apply(act, s, p); err != nil {
			return err
		}
		if _, err := act.Tx.Exec(act.Context(), "UPDATE scan_part SET body = ? WHERE scan_id = ? AND number = ?", []byte{}, s.ID, number); err != nil {
			return fmt.Errorf("let go of a scan's part: %w", err)
		}
	}
	return nil
}

func (s *Scan) save(act *guard.Act) error {
	_, err := act.Tx.Exec(act.Context(), "UPDATE scan SET received = ?, applied = ?, state = ?, clients = ?, discovered = ?, opened = ?, closed = ?, finished_at = ? WHERE id = ?",
		s.Received, s.Applied, s.State, s.Clients, s.Discovered, s.Opened, s.Closed, db.Micro(s.FinishedAt), s.ID)
	if err != nil {
		return fmt.Errorf("write a scan: %w", err)
	}
	return nil
}

// Finish applies what waits and, when all is there, ends what a complete scan did not see
// any more. It does so step by step: call it until the scan is finished. It is a Conflict
// while parts are missing.
func (in *Intake) Finish(act *guard.Act, id string) (Scan, error) {
	s, err := open(act, id)
	if err != nil || s.State == ScanFinished {
		return s, err
	}
	switch {
	case s.State != ScanOpen:
		return Scan{}, clientele.Errorf(clientele.Conflict, "the scan is %s", s.State).WithHint("begin a new scan")
	case s.Received < s.Parts:
		return Scan{}, clientele.Errorf(clientele.Conflict, "%d of %d parts are missing", s.Parts-s.Received, s.Parts).WithHint("ask which, and send them")
	}
	done := s.Applied == s.Parts
	if !done {
		err = in.applyWaiting(act, &s, perAct)
	} else if s.Complete {
		done, err = end(act, &s)
	}
	if err != nil {
		return Scan{}, err
	}
	if done {
		s.State, s.FinishedAt = ScanFinished, act.At
		act.Detail("clients", s.Clients)
		act.Detail("discovered", s.Discovered)
		act.Detail("opened", s.Opened)
		act.Detail("closed", s.Closed)
	}
	return s, s.save(act)
}

// covered reports whether all roots of an earlier scan lie within those of this one.
func (s Scan) covered(roots []string) bool {
	for _, r := range roots {
		if !slices.ContainsFunc(s.Roots, func(own string) bool { return within(r, own) }) {
			return false
		}
	}
	return true
}

// within reports whether a path is a folder or lies below it, on any system.
func within(name, dir string) bool {
	name, dir = clean(name), clean(dir)
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

func clean(p string) string { return path.Clean(strings.ReplaceAll(p, `\`, "/")) }
